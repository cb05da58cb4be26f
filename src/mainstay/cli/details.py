"""One record as the command line shows it."""

from collections.abc import Mapping, Sequence
from typing import Any

import typer

from mainstay.cli.output import say, write_json, write_pairs
from mainstay.platform.records.models import Scoped
from mainstay.registers.declaration import Register
from mainstay.registers.fields import Field, fields_of
from mainstay.registers.lists import shown_text
from mainstay.registers.verbs import Verb, standing_verbs


def write(register: Register, record: Any, *, as_json: bool) -> None:
    """Write all fields of a record, and the verbs the actor may use on it as it stands."""
    fields = fields_of(register)
    standing = standing_verbs(record)
    verbs = [item.name.replace("_", "-") for item, against in standing if not against]
    if as_json:
        write_json(as_data(register, record) | {"verbs": verbs})
        return
    pairs = {item.label: _text(item, value_of(item, record)) for item in fields.values()}
    write_pairs(pairs)
    if verbs:
        typer.echo(f"\nmainstay {register.slug} {'|'.join(verbs)} {record.ref}")
    for item, against in standing:
        if against:
            typer.echo(f"{item.label}: {against}")


def as_data(register: Register, record: Any) -> dict[str, Any]:
    """The record as plain data: references as id, ref and name."""
    plain = {item.name: _plain(value_of(item, record)) for item in fields_of(register).values()}
    return {"id": record.pk, "version": record.version} | plain


def value_of(item: Field, record: Any) -> Any:
    """A field's value; of a link field the visible records it leads to."""
    if item.link is None or item.target is None:
        return getattr(record, item.name)
    source, end = item.link.through.ends
    ids = item.link.through.unscoped_for_system.filter(**{f"{source}_id": record.pk}).values(f"{end}_id")
    return list(item.target.objects.filter(pk__in=ids))


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, Scoped):
        return {"id": value.pk, "ref": getattr(value, "ref", ""), "name": getattr(value, "name", str(value))}
    return value


def _text(item: Field, value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(_text(item, part) for part in value)
    return str(value) if isinstance(value, Scoped) else shown_text(item, value)


def write_outcome(register: Register, record: Any, sentence: str, *, as_json: bool) -> None:
    """Write what a record has become."""
    if as_json:
        write_json(as_data(register, record))
    else:
        say(sentence)


def write_results(register: Register, verb: Verb, results: Sequence[tuple[Any, Any]], *, as_json: bool) -> None:
    """Write what a verb did to each record."""
    if as_json:
        rows: list[Mapping[str, Any]] = [
            {"record": as_data(register, record), "result": _outcome(record, result)} for record, result in results
        ]
        write_json(rows)
        return
    for record, result in results:
        made = _outcome(record, result)
        told = f" → {made.get('ref', '')} {made['name']}" if isinstance(made, dict) and "name" in made else ""
        state = f" ({record.get_state_display()})" if register.has_states else ""
        say(f"{verb.label}: {record.label}{state}{told}")


def _outcome(record: Any, result: Any) -> Any:
    """What a verb gave back, unless that is the record itself."""
    if isinstance(result, Scoped):
        return None if result.pk == record.pk else _plain(result)
    return result if isinstance(result, str | int | float | bool | list | dict | None) else str(result)
