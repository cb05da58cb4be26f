"""Two moments side by side: which records came, went and changed between them, field by field, in words.

The trail says which rows were touched; what they were is read from the two rebuilt states, so both are in the shape of
today, and only what the actor may see counts.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.moment import Moment
from mainstay.platform.trail.moments.bounds import touched_between
from mainstay.platform.trail.moments.routing import as_known
from mainstay.platform.trail.moments.upgrades import UPGRADES, renamed_tables
from mainstay.registers import registry
from mainstay.registers.declaration import Register
from mainstay.registers.fields import fields_of
from mainstay.registers.history import FieldChange, field_changes, reference_texts

AT_ONCE = 500
Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """A moment and the file it has been rebuilt in."""

    moment: Moment
    file: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Different:
    """A record that is not what it was; `changes` is empty for one that came or went."""

    key: str
    ref: str
    name: str
    changes: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """What became of one register between two moments."""

    register: Register
    added: tuple[Different, ...]
    removed: tuple[Different, ...]
    changed: tuple[Different, ...]

    @property
    def is_equal(self) -> bool:
        return not (self.added or self.removed or self.changed)


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """The touched records of a register as they stand in one state, with what their references are called there."""

    rows: Mapping[str, Row]
    links: Mapping[str, Mapping[str, frozenset[str]]]
    """By the name of the link field, what each record is linked to."""
    texts: Mapping[str, str]


def compare(earlier: State, later: State, *, only: Sequence[Register] = ()) -> Iterator[Comparison]:
    """Each register in which something differs that the actor may see."""
    touched = _touched(earlier.moment, later.moment)
    actor = current_actor()
    for register in only or registry.all_registers():
        keys = _keys(register, touched, (earlier, later))
        if keys and actor.may(register.permission("view")):
            before, after = (_seen(register, keys, state) for state in (earlier, later))
            found = _compared(register, before, after)
            if not found.is_equal:
                yield found


def _touched(earlier: Moment, later: Moment) -> Mapping[str, list[str]]:
    renamed = renamed_tables(UPGRADES)
    found: defaultdict[str, list[str]] = defaultdict(list)
    for table, keys in touched_between(earlier, later).items():
        found[renamed.get(table, table)] += keys
    return found


def _keys(register: Register, touched: Mapping[str, list[str]], states: Iterable[State]) -> list[str]:
    """The records that were touched themselves or by one of their links."""
    found = set(touched.get(register.model._meta.db_table, ()))
    for link in register.links:
        through, source = link.through, f"{link.through.ends[0]}_id"
        for state in states:
            with as_known(state.moment, state.file):
                for some in _chunks(touched.get(through._meta.db_table, ())):
                    sources = through.unscoped_for_system.filter(pk__in=some).values_list(source, flat=True)
                    found |= {key.hex for key in sources}
    return sorted(found)


def _chunks(keys: Sequence[str]) -> Iterator[list[UUID]]:
    for start in range(0, len(keys), AT_ONCE):
        yield [UUID(key) for key in keys[start : start + AT_ONCE]]


def _seen(register: Register, keys: Sequence[str], state: State) -> _Seen:
    columns = [item.attname for item in register.model._meta.concrete_fields]
    rows: dict[str, Row] = {}
    links: dict[str, dict[str, frozenset[str]]] = {link.name: {} for link in register.links}
    mentioned: list[tuple[str, Row]] = []
    with as_known(state.moment, state.file):
        for some in _chunks(keys):
            for values in register.model.objects.filter(pk__in=some).values(*columns):
                rows[values["id"].hex] = {name: _plain(value) for name, value in values.items()}
            for link in register.links:
                source, end = (f"{name}_id" for name in link.through.ends)
                ends: defaultdict[str, set[str]] = defaultdict(set)
                linked = link.through.unscoped_for_system.filter(**{f"{source}__in": some}).values_list(source, end)
                for one, other in linked:
                    ends[one.hex].add(other.hex)
                    mentioned.append((link.through._meta.db_table, {end: other.hex}))
                links[link.name] |= {key: frozenset(found) for key, found in ends.items()}
        mentioned += [(register.model._meta.db_table, row) for row in rows.values()]
        texts = reference_texts(register, mentioned)
    return _Seen(rows=rows, links=links, texts=texts)


def _plain(value: Any) -> Any:
    """A value as the trail writes it, which is what `field_changes` reads."""
    match value:
        case UUID():
            return value.hex
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case date() | Decimal():
            return str(value)
    return value


def _compared(register: Register, before: _Seen, after: _Seen) -> Comparison:
    both = before.rows.keys() & after.rows.keys()
    changed = [
        _named(key, after.rows[key], changes)
        for key in both if (changes := _changes(register, key, before, after))
    ]
    return Comparison(
        register=register,
        added=_in_order(_named(key, after.rows[key]) for key in after.rows.keys() - both),
        removed=_in_order(_named(key, before.rows[key]) for key in before.rows.keys() - both),
        changed=_in_order(changed),
    )


def _changes(register: Register, key: str, before: _Seen, after: _Seen) -> tuple[FieldChange, ...]:
    # What something is called may have changed as well; then each side says it as it was called then.
    old = {item.name: item for item in field_changes(register, "U", after.rows[key], before.rows[key], before.texts)}
    new = field_changes(register, "U", before.rows[key], after.rows[key], after.texts)
    found = [
        FieldChange(name=item.name, label=item.label, before=old[item.name].after, after=item.after) for item in new
    ]
    for link in register.links:
        was, is_now = (seen.links[link.name].get(key, frozenset()) for seen in (before, after))
        label = fields_of(register)[link.name].label
        gone, come = _texts(was - is_now, before.texts), _texts(is_now - was, after.texts)
        if gone or come:
            found.append(FieldChange(name=link.name, label=label, before=gone, after=come))
    return tuple(found)


def _texts(keys: Iterable[str], texts: Mapping[str, str]) -> str:
    return "; ".join(sorted(texts.get(key, key) for key in keys))


def _named(key: str, row: Row, changes: tuple[FieldChange, ...] = ()) -> Different:
    return Different(key=key, ref=str(row.get("ref", "")), name=str(row.get("name", "")), changes=changes)


def _in_order(found: Iterable[Different]) -> tuple[Different, ...]:
    return tuple(sorted(found, key=lambda item: (len(item.ref), item.ref, item.key)))
