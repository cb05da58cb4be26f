"""`mainstay trail anchors` and `mainstay trail witness`: checkpoints out of this house, and those of other houses in it."""

from base64 import b64decode
from pathlib import Path
from typing import Annotated

import typer

from mainstay.cli.options import Json, at_the_shell
from mainstay.cli.output import progress, say, write_json, write_rows
from mainstay.platform.records.errors import NotFound
from mainstay.platform.trail import sealing, sequencer
from mainstay.platform.trail.anchors import sending, webhook, witnessing
from mainstay.platform.trail.models import Anchor, Attestation, Checkpoint, Key

app = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True,
    help="Where checkpoints go, so that whoever rules this machine cannot rewrite what was.",
)
witness = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Logs of others that this installation is a witness for.")

Number = Annotated[int, typer.Argument(metavar="NUMBER", help="As `trail anchors list` says.")]


@app.command("list")
def list_anchors(as_json: Json = False) -> None:
    """List anchors with what last arrived there, and what went wrong since."""
    with at_the_shell():
        rows = [_told(anchor) for anchor in sending.anchors()]
    if as_json:
        write_json(rows)
        return
    write_rows(
        ("number", "kind", "target", "every", "size", "arrived", "error"),
        [tuple("" if cell is None else str(cell) for cell in row.values()) for row in rows],
    )


def _told(anchor: Anchor) -> dict[str, object]:
    standing = sending.standing_of(anchor)
    return {
        "number": anchor.pk, "kind": anchor.kind, "target": anchor.target, "every": anchor.every,
        "size": standing.size if standing and standing.arrived_at else None,
        "arrived": standing.arrived_at and standing.arrived_at.isoformat(timespec="seconds") if standing else None,
        "error": standing.error if standing else "",
    }


@app.command()
def add(
    kind: Annotated[str, typer.Argument(metavar="KIND", help=f"{', '.join(Anchor.Kind.values)}.")],
    target: Annotated[str, typer.Argument(metavar="TARGET", help="A path, a syslog, web or e-mail address; no secret.")],
    every: Annotated[str, typer.Option("--every", metavar="|".join(Anchor.Every.values))] = Anchor.Every.DAY.value,
    key: Annotated[str, typer.Option("--key", metavar="VKEY", help="Of a witness: its verifier key, from its operator.")] = "",
    as_json: Json = False,
) -> None:
    """Send checkpoints there from now on, the first at once. Prints the secret that a webhook's receiver verifies with."""
    with at_the_shell():
        anchor = sending.add(kind, target, every=every, verifier_key=key)
        secret = webhook.secret(anchor) if kind == Anchor.Kind.WEBHOOK else ""
        _send([anchor.pk])
        told = _told(sending.anchors().get(pk=anchor.pk)) | ({"secret": secret} if secret else {})
    if as_json:
        write_json(told)
        return
    say(f"Anchor {anchor.pk}: {kind} {target}, {anchor.get_every_display()}.")
    if secret:
        say(f"Its receiver verifies with {secret}")
    if told["error"]:
        say(f"The first checkpoint did not arrive: {told['error']} It is tried again every hour.")


@app.command()
def remove(number: Number) -> None:
    """Send nothing there any more; what it attested stays."""
    with at_the_shell():
        anchor = _anchor(number)
        sending.remove(anchor)
    say(f"Nothing goes to {anchor.target} any more.")


@app.command()
def send(
    numbers: Annotated[list[int] | None, typer.Argument(metavar="[NUMBER]…", help="Only to these.")] = None,
    as_json: Json = False,
) -> None:
    """Seal what waits, and send the checkpoint to every anchor now. Exit code 1 if it did not arrive everywhere."""
    with at_the_shell():
        wanted = [_anchor(number).pk for number in numbers] if numbers else [anchor.pk for anchor in sending.anchors()]
        _send(wanted)
        rows = [_told(anchor) for anchor in sending.anchors().filter(pk__in=wanted)]
    if as_json:
        write_json(rows)
    else:
        for row in rows:
            say(f"{row['kind']} {row['target']}: {row['error'] or 'size {}'.format(row['size'])}")
    if any(row["error"] for row in rows):
        raise typer.Exit(1)


def _send(numbers: list[int]) -> None:
    sealing.seal_noting_trouble()
    checkpoint = sequencer.latest_checkpoint()
    if checkpoint is None:
        raise NotFound("Nothing was sealed yet.")
    with progress("Sending") as step:
        for done, anchor in enumerate(sending.anchors().filter(pk__in=numbers)):
            step(done, len(numbers), anchor.target)
            sending.send(anchor, checkpoint)


def _anchor(number: int) -> Anchor:
    anchor = sending.anchors().filter(pk=number).first()
    if anchor is None:
        raise NotFound(f"There is no anchor {number}; `mainstay trail anchors list` names them.")
    return anchor


@app.command()
def save(folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Made if it is not there.")]) -> None:
    """Write each checkpoint that others attested: as signed here, with its cosignatures, and time stamps beside it."""
    with at_the_shell():
        attested = list(Attestation.objects.order_by("pk"))
        notes = {(point.epoch, point.size): point.note for point in Checkpoint.objects.filter(
            size__in=Attestation.objects.values("size")
        )}
    folder.mkdir(parents=True, exist_ok=True)
    cosigned = dict(notes)
    for item in attested:
        place, stem = (item.epoch, item.size), f"checkpoint-{item.epoch}-{item.size}"
        # A time stamp is of the note as it was signed here, so that is a file too.
        (folder / f"{stem}.txt").write_bytes(notes[place].encode())
        if item.kind == Anchor.Kind.WITNESS:
            cosigned[place] += item.text
            (folder / f"{stem}.cosigned.txt").write_bytes(cosigned[place].encode())
        else:
            (folder / f"{stem}.{item.pk}.tst").write_bytes(b64decode(item.text))
    say(f"{folder}: {len(attested)} attestations")


@app.command("key")
def log_key() -> None:
    """Write the key that this trail is signed with, for witnesses and policies."""
    with at_the_shell():
        sealing.seal_noting_trouble()
        found = Key.objects.order_by("-epoch").first()
    if found is None:
        raise NotFound("Nothing was sealed yet.")
    typer.echo(found.verifier_key)


# The other side


@witness.command("key")
def witness_key() -> None:
    """Write the key that others verify our cosignatures with."""
    with at_the_shell():
        typer.echo(str(witnessing.verifier_key()))


@witness.command("add")
def witness_add(vkey: Annotated[str, typer.Argument(metavar="VKEY", help="The log's verifier key, from its operator.")]) -> None:
    """Cosign the checkpoints of this log, as long as each goes on from the one before."""
    with at_the_shell():
        log = witnessing.add(vkey)
    say(f"Checkpoints of {log.origin} are cosigned at /witness/add-checkpoint.")


@witness.command("list")
def witness_list(as_json: Json = False) -> None:
    """List the logs with what was last cosigned of each."""
    with at_the_shell():
        rows = [(log.origin, witnessing.seen_of(log.origin).size, log.verifier_key) for log in witnessing.logs()]
    if as_json:
        write_json([{"origin": origin, "size": size, "key": key} for origin, size, key in rows])
    else:
        write_rows(("origin", "size", "key"), [(origin, str(size), key) for origin, size, key in rows])


@witness.command("remove")
def witness_remove(origin: Annotated[str, typer.Argument(metavar="ORIGIN")]) -> None:
    """Cosign nothing of this log any more; what was seen of it is kept."""
    with at_the_shell():
        witnessing.remove(origin)
    say(f"Nothing of {origin} is cosigned any more.")
