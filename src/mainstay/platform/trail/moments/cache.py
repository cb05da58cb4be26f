"""Rebuilt states on disk: one file per checkpoint, built once however many ask, the least recently used thrown away for space.

A file's name says all it depends on: the tables of this version, the erasures so far, and the checkpoint. So a file is never
out of date, and one that nobody can ask for any more is recognised by its name.
"""

import os
import secrets
from pathlib import Path

from django.conf import settings
from django.db.models import Max

from mainstay.kit.locks import alone
from mainstay.platform.records.moment import Moment, live_alias
from mainstay.platform.trail.events import ERASURE
from mainstay.platform.trail.models import Change
from mainstay.platform.trail.moments import schema
from mainstay.platform.trail.moments.replay import Told, replay

ENDING = ".sqlite3"


def folder() -> Path:
    return Path(settings.CONFIGURATION.home) / "moments"


def file_of(moment: Moment) -> Path:
    """Where the state of a moment is, or will be."""
    return folder() / f"{_wanted()}-{moment.epoch}-{moment.size}-{moment.short_root}{ENDING}"


def found(moment: Moment) -> Path | None:
    """The file of a moment if it has been built, noted as used now."""
    file = file_of(moment)
    try:
        os.utime(file)
    except FileNotFoundError:
        return None
    return file


def built(moment: Moment, told: Told = lambda done, total: None) -> Path:
    """The file of a moment, built now unless it is there. Whoever asks while another builds it waits."""
    file = file_of(moment)
    with alone(file.with_suffix(".lock")):
        if found(moment) is None:
            unfinished = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
            try:
                replay(moment, unfinished, told)
                unfinished.replace(file)
            finally:
                unfinished.unlink(missing_ok=True)
            make_room(keep=file)
    return file


def make_room(*, keep: Path | None = None) -> None:
    """Throw away what was not used for longest until the rest fits into the space for it; `keep` stays in any case."""
    files = sorted(folder().glob(f"*{ENDING}"), key=lambda file: file.stat().st_mtime)
    left = sum(file.stat().st_size for file in files) - settings.CONFIGURATION.moments_megabytes * 2**20
    for file in files:
        if left <= 0:
            return
        if file != keep:
            left -= file.stat().st_size
            _remove(file)


def clear_strangers() -> None:
    """Throw away what this version cannot use, what an erasure has overtaken, and what a crash left unfinished.

    Only while nothing is built: when the product starts.
    """
    wanted = f"{_wanted()}-"
    for file in folder().glob("*"):
        if not (file.name.startswith(wanted) and file.suffix == ENDING):
            file.unlink(missing_ok=True)


def forget() -> None:
    """Throw all of it away: an erasure must hold for earlier states as well. They are rebuilt from what is left."""
    for file in folder().glob(f"*{ENDING}*"):
        file.unlink(missing_ok=True)


def _wanted() -> str:
    erasures = Change.objects.using(live_alias()).filter(table=ERASURE).aggregate(last=Max("seq"))["last"]
    return f"{schema.digest()}-{erasures or 0}"


def _remove(file: Path) -> None:
    file.unlink(missing_ok=True)
    file.with_suffix(".lock").unlink(missing_ok=True)
