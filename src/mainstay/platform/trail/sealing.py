"""Nothing goes on unsealed: privileged changes wait for their seal, and when sealing fails or falls behind, writes stop."""

import logging
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, OperationalError, close_old_connections, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from mainstay.platform.records.errors import Unavailable
from mainstay.platform.trail import signer
from mainstay.platform.trail.models import Change, Leaf
from mainstay.platform.trail.sequencer import Broken, last_sealed, newest_change, seal

logger = logging.getLogger(__name__)

EVERY = 0.2
"""Seconds between two passes."""
WAIT_AT_MOST = 2.0
"""Seconds a privileged change waits for its seal."""
BEHIND = timedelta(seconds=60)
MOST_WAITING = 100_000
LOOK_EVERY = 2.0
WHOLE_EVERY = {"postgresql": 0.6, "sqlite": 10.0}
TROUBLE = "trouble"

ALWAYS = ("django_session", "identity_accessevent", "jobs_", "trail_")
"""Tables that are written even when writes stop: signing in to see why, and the trail itself."""
WRITE = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lag:
    """How many changes wait for their seal, and how long the oldest of them has waited."""

    waiting: int
    age: timedelta

    @property
    def is_too_much(self) -> bool:
        return self.age > BEHIND or self.waiting > MOST_WAITING


def lag() -> Lag:
    """From the numbers alone, so it costs the same however long the trail is."""
    oldest = Change.objects.filter(seq__gt=last_sealed()).order_by("seq").values_list("seq", "at").first()
    if oldest is None:
        return Lag(waiting=0, age=timedelta())
    return Lag(waiting=newest_change() - oldest[0] + 1, age=max(timedelta(), timezone.now() - oldest[1]))


def run_forever(stop: threading.Event) -> None:
    """Seal every `EVERY` seconds until `stop` is set; what keeps it from sealing is noted where every process sees it."""
    last, whole_at = -1, 0.0
    while not stop.wait(EVERY):
        try:
            # A look at one number, unless it is time for a whole pass: that finds what was committed late under a low one.
            newest = newest_change()
            if newest != last or time.monotonic() > whole_at:
                if not seal_noting_trouble(wait=False):
                    continue  # somebody else seals just now, or nobody may: look again
                last, whole_at = newest, time.monotonic() + WHOLE_EVERY[connection.vendor]
        except DatabaseError:
            logger.exception("the sequencer has no database")
            stop.wait(1.0)
        finally:
            close_old_connections()


def seal_noting_trouble(*, wait: bool = True) -> bool:
    """Seal what waits, and say whether that was done; a trail that may not be signed stops all writes from here on.

    Nothing to do inside a transaction.
    """
    if connection.in_atomic_block:
        return False
    path = signer.folder() / TROUBLE
    try:
        if seal(wait=wait) is None:
            return False
        path.unlink(missing_ok=True)
        return True
    except (Broken, OSError, ValueError) as error:
        told = str(error.message) if isinstance(error, Broken) else str(error)
        if not path.exists() or path.read_text("utf-8") != told:
            logger.error("nothing is sealed any more: %s", told)  # the sentence says it
            signer.put(path, told.encode())
        return False


class _Watch:
    """The last look at whether writes may go on, shared by the threads of a process."""

    def __init__(self) -> None:
        self._looked_at, self._stopped = 0.0, ""

    def reason(self) -> str:
        """Why writes stop; empty while they may go on."""
        try:
            return (signer.folder() / TROUBLE).read_text("utf-8")
        except FileNotFoundError:
            pass
        if time.monotonic() - self._looked_at > LOOK_EVERY:
            self._stopped = self._look()
            self._looked_at = time.monotonic()
        return self._stopped

    def _look(self) -> str:
        if connection.in_atomic_block or not lag().is_too_much:
            return ""
        # Nobody else did: whoever may, seals.
        seal_noting_trouble(wait=False)
        behind = lag()
        if not behind.is_too_much:
            return ""
        return _("%(count)d changes wait for their seal, the oldest for %(seconds)d seconds.") % {
            "count": behind.waiting, "seconds": behind.age.total_seconds(),
        }


_watch = _Watch()
why_stopped = _watch.reason


@contextmanager
def writes_only_if_sealed() -> Iterator[str]:
    """Within the block, refuse every write to a record while nothing is sealed (Unavailable); yields why, or nothing."""
    reason = why_stopped()
    if not reason:
        yield ""
        return

    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        table = WRITE.match(sql)
        if table is not None and not table[1].startswith(ALWAYS):
            raise Unavailable(_("Nothing can be changed now, because changes cannot be sealed: %(reason)s") % {"reason": reason})
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        yield reason


def before_reply(_event: object = None) -> None:
    """Once the transaction under way is committed, wait until it is sealed: for what must never go unseen."""
    transaction.on_commit(_wait)


def _wait() -> None:
    target = newest_change()
    until = time.monotonic() + WAIT_AT_MOST
    while target and not Leaf.objects.filter(seq=target).exists():
        if time.monotonic() > until:
            raise Unavailable(
                _("This is stored, but it could not be sealed in time. Look whether it is there before you repeat it."),
                code="not_sealed",
            )
        # What is committed cannot be taken back: a database that is busy just now is waited for like another sequencer.
        with suppress(OperationalError):
            if seal_noting_trouble(wait=False):
                continue
        time.sleep(0.02)
