"""`mainstay trail export` and `mainstay trail receipt`: the trail in the hands of an auditor."""

import shutil
import sys
from contextlib import redirect_stderr
from dataclasses import asdict
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Annotated

import typer
from django.utils import timezone

from mainstay.cli.options import As, Json, Org, at_the_shell
from mainstay.cli.output import say, write_json
from mainstay.offline import mainstay_verify
from mainstay.platform.identity.models import AccessEvent, User
from mainstay.platform.identity.services import record_event
from mainstay.platform.records.actor import Actor
from mainstay.platform.trail.anchors.sending import cosigned_now
from mainstay.platform.trail.bundle import receipt, write_bundle
from mainstay.platform.trail.disclosure import seen_by
from mainstay.platform.trail.sealing import seal_noting_trouble

PERMISSION = "trail.export"


def export(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder that is empty or not there yet.")],
    since: Annotated[
        datetime | None, typer.Option("--since-date", formats=["%Y-%m-%d"], help="Contents of changes from this day on only.")
    ] = None,
    zipped: Annotated[bool, typer.Option("--zip", help="Write FOLDER.zip in place of the folder.")] = False,
    as_: As = "", org: Org = "", as_json: Json = False,
) -> None:
    """Write the whole trail as a folder that anybody can verify without this installation; contents as far as you may see."""
    target = folder.with_name(f"{folder.name}.zip")
    if zipped and target.exists():
        raise typer.BadParameter(f"{target} is there already", param_hint="FOLDER")
    with at_the_shell(as_, org) as actor:
        _require(actor)
        user = User(pk=actor.user_id) if actor.user_id else None
        record_event(AccessEvent.Kind.EXPORTED, user=user, name=actor.label, detail=f"trail {folder.name}")
        seal_noting_trouble()
        start = timezone.make_aware(since) if since else None
        written = write_bundle(folder, see=seen_by(actor), since=start, until=cosigned_now())
    holds, told = _verified(folder, written.verifier_key)
    if zipped:
        shutil.make_archive(str(folder), "zip", folder)
        shutil.rmtree(folder)
    if as_json:
        write_json({"folder": target if zipped else folder, "holds": holds} | asdict(written))
    else:
        say(f"{target if zipped else folder}: {written.entries} entries, content of {written.disclosed}\n{told}".rstrip())
    if not holds:
        raise typer.Exit(1)


def receipt_of(
    seq: Annotated[int, typer.Argument(metavar="SEQ", help="The number of the change, as `trail log --json` tells it.")],
    as_: As = "", org: Org = "",
) -> None:
    """Write a proof that this change is sealed, as C2SP's tlog-proof; `mainstay_witnessed.py proof` reads it."""
    with at_the_shell(as_, org) as actor:
        _require(actor)
        sys.stdout.write(receipt(seq))


def _require(actor: Actor) -> None:
    actor.require(PERMISSION, unit=actor.organisation_id)


def _verified(folder: Path, key: str) -> tuple[bool, str]:
    """Whether what was written holds before those who did not write it, and what the verifier says of it."""
    with redirect_stderr(StringIO()) as told:
        code = mainstay_verify.main(["verify", str(folder), "--key", key])
    return code == 0, told.getvalue()
