"""`mainstay trail`: what was changed, when and by whom."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from mainstay.cli.options import As, Json, Org, at_the_shell
from mainstay.cli.output import write_json, write_rows
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import NotAllowed, NotFound
from mainstay.platform.trail.models import Change
from mainstay.registers import crud, registry
from mainstay.registers.declaration import Register
from mainstay.registers.history import actor_names, history_of

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="What was changed, when and by whom."
)


@app.callback()
def _trail() -> None:
    pass


@app.command()
def log(
    record: Annotated[str, typer.Option("--record", metavar="REF", help="Only the history of this record, in words.")] = "",
    register: Annotated[str, typer.Option("--register", help="Its register, where the reference alone does not say.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    as_: As = "", org: Org = "", as_json: Json = False,
) -> None:
    """List changes, the newest first: of one record for whoever may see it, of everything for the operator."""
    with at_the_shell(as_, org):
        rows = _of_record(record, register, limit) if record else _of_all(limit)
    if as_json:
        write_json(rows)
        return
    write_rows(
        ("at", "who", "door", "change", "why"),
        [(row["at"][:19], row["who"], row["channel"], row["what"], row["reason"]) for row in rows],
    )


OPERATIONS = {"I": "added", "U": "changed", "D": "deleted"}


def _of_record(key: str, slug: str, limit: int) -> list[dict[str, Any]]:
    register, found = _find(key, slug)
    rows = []
    for entry in history_of(register, found, limit=limit):
        changes = "; ".join(f"{item.label}: {item.before or '–'} → {item.after or '–'}" for item in entry.changes)
        what = f"{OPERATIONS[entry.operation]} {changes}".strip()
        rows.append(asdict(entry) | {"at": entry.at.isoformat(), "what": what})
    return rows


def _find(key: str, slug: str) -> tuple[Register, Any]:
    """The record of that reference, in the register said or the one whose prefix it has."""
    prefix = key.rpartition("-")[0].upper()
    registers = [registry.get(slug)] if slug else [item for item in registry.all_registers() if item.model.ref_prefix == prefix]
    if len(registers) != 1:
        raise NotFound(f"Say with --register where “{key}” is.")
    return registers[0], crud.find(registers[0], key)


def _of_all(limit: int) -> list[dict[str, Any]]:
    if not current_actor().is_system:
        raise NotAllowed("The whole trail is for the operator; with --record you see the history of what you may see.")
    changes = list(Change.objects.order_by("-seq").defer("salt", "row", "before")[:limit])
    names = actor_names({item.actor for item in changes})
    return [
        {
            "seq": item.seq, "at": item.at.isoformat(), "who": names.get(item.actor, item.actor), "actor": item.actor,
            "channel": item.channel, "what": f"{OPERATIONS[item.op]} {item.table} {item.pk_text}", "reason": item.reason,
            "request": item.request,
        }
        for item in changes
    ]
