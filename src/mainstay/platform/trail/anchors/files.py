"""A file outside the home: on a drive that cannot be rewritten, a share of somebody else, or a folder that is synchronised."""

import os
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from mainstay.platform.trail.anchors.delivery import Delivery


def complaint(target: str) -> str:
    """What is wrong with the path, or nothing."""
    path, home = Path(target), Path(settings.CONFIGURATION.home).resolve()
    if not path.is_absolute():
        return _("Write the whole path.")
    if path.resolve().is_relative_to(home):
        return _("A file in the home falls with the home.")
    return "" if path.parent.is_dir() else _("There is no folder %(folder)s.") % {"folder": path.parent}


def deliver(delivery: Delivery) -> None:
    """Append the note, with an empty line before it, and force it to disk; the last five lines are always the last note."""
    descriptor = os.open(delivery.anchor.target, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    with os.fdopen(descriptor, "ab") as file:
        file.write(b"\n" + delivery.checkpoint.note.encode())
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(Path(delivery.anchor.target).parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
