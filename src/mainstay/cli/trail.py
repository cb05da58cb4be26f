"""`mainstay trail`: what was changed, when and by whom, and the proof of it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from django.db import connection

from mainstay.cli import trail_anchors, trail_export
from mainstay.cli.options import As, Json, Org, at_the_shell
from mainstay.cli.output import progress, say, write_json, write_rows
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import NotAllowed, NotFound
from mainstay.platform.trail import erasure, live_rows, sealing, sequencer, triggers, verification
from mainstay.platform.trail.models import Change, Checkpoint
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


app.add_typer(trail_anchors.app, name="anchors")
app.add_typer(trail_anchors.witness, name="witness")
app.command("export")(trail_export.export)
app.command("receipt")(trail_export.receipt_of)

OPERATIONS = {"I": "added", "U": "changed", "D": "deleted", "E": "event"}


@app.command()
def verify(
    held: Annotated[
        list[Path], typer.Option("--held", metavar="FILE", help="A checkpoint that somebody kept from before; may be repeated.")
    ] = [],  # noqa: B006 # typer's way; never changed
    as_json: Json = False,
) -> None:
    """Prove the trail: tree, checkpoints and signer agree, and every table is what the trail says. Exit code 1 if not."""
    with at_the_shell():
        sealing.seal_noting_trouble()
        notes = [path.read_text("utf-8") for path in held]
        with progress("Verifying") as step:
            result = verification.verify(held=notes, step=step)
    if as_json:
        write_json({"proves": result.proves} | asdict(result))
    else:
        for finding in result.findings:
            say(finding.message)
        if result.unlisted:
            say(f"{result.unlisted} more were found.")
        for line in _verdict(result, held):
            say(line)
    if not result.proves:
        raise typer.Exit(1)


def _verdict(result: verification.Result, held: list[Path]) -> list[str]:
    told = [
        f"{result.entries} entries in {result.epochs} epoch{'' if result.epochs == 1 else 's'}, {result.checkpoints} checkpoints,"
        f" {result.rows} rows of tables compared, {result.erased} erased contents. Root {result.root[:12]}…",
        *result.breaks,
    ]
    if not held:
        told.append("Not checked: a checkpoint kept elsewhere (--held FILE). Who rules this machine could have written all anew.")
    told.append("It holds." if result.proves else "It does not hold.")
    return told


@app.command()
def seal(as_json: Json = False) -> None:
    """Seal what waits now, and write the latest signed checkpoint: keep it where nobody here can change it."""
    with at_the_shell():
        checkpoint = sequencer.seal()
    _write_checkpoint(checkpoint, as_json)


@app.command()
def checkpoint(as_json: Json = False) -> None:
    """Write the latest signed checkpoint, as a signed note (C2SP tlog-checkpoint)."""
    _write_checkpoint(sequencer.latest_checkpoint(), as_json)


def _write_checkpoint(found: Checkpoint | None, as_json: bool) -> None:
    if found is None:
        raise NotFound("Nothing was sealed yet.")
    if as_json:
        root = bytes(found.root).hex()
        write_json({"epoch": found.epoch, "size": found.size, "root": root, "at": found.at, "note": found.note})
    else:
        typer.echo(found.note, nl=False)


@app.command()
def accept(
    reason: Annotated[str, typer.Option("--reason", help="Why the edits stand, for everyone who verifies later.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Let stand what was edited behind the trail: each row is written on it as it is now, with the reason."""
    queries = triggers.rows_queries(connection.vendor)
    found = list(live_rows.edited(queries))
    for table, key, columns in found:
        say(f"{table} {key} {', '.join(columns)}".strip())
    if not found:
        say("Every table is what the trail says.")
        return
    if not yes:
        typer.confirm(f"Let these {len(found)} rows stand?", abort=True)
    with at_the_shell(reason=reason):
        say(f"{live_rows.take_over(queries)} rows are on the trail as they are.")


@app.command("erase-person")
def erase(
    person: Annotated[str, typer.Argument(metavar="REF", help="The person's reference, as P-12.")],
    why: Annotated[str, typer.Option("--why", help="The request this follows, without naming the person. Stays for ever.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False, org: Org = "",
) -> None:
    """Erase a person from all records and from the contents of the trail; its proof stays whole. Cannot be undone."""
    with at_the_shell(org=org):
        found = crud.find(registry.get("people"), person)
        if not yes:
            typer.confirm(f"Erase {found} for good?", abort=True)
        event = erasure.erase_person(found, why=why)
        erasure.leave_no_trace()
    say(f"{found.ref} is erased from {len(json.loads(event.row or '{}')['changes'])} changes of the trail (change {event.seq}).")


@app.command("new-epoch")
def new_epoch(
    reason: Annotated[str, typer.Option("--reason", help="What happened, for everyone who verifies later.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Go on after a restore or a manipulation: a new epoch, which names what was signed before. The break stays visible."""
    if not yes:
        typer.confirm("A new epoch stays visible for ever. Begin one?", abort=True)
    with at_the_shell():
        begun = sequencer.new_epoch(reason)
        sealing.seal_noting_trouble()
        again = erasure.erase_again()
    say(f"Epoch {begun.epoch} has begun.")
    if again:
        say(f"Erased again, because a backup had brought them back: {', '.join(again)}.")


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
