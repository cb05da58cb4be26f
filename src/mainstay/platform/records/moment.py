"""Now, or an earlier state: which one this thread looks at, what day it is there, and where today's database is meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mainstay.platform.records.errors import RuleViolation

LIVE = "live"
"""The alias of today's database while the default one is an earlier state."""


class InThePast(RuleViolation):
    """Somebody would change what is over."""

    code, status, title = "in_the_past", 409, gettext_lazy("The past cannot be changed")

    def __init__(self) -> None:
        super().__init__(_("You are looking at an earlier state. Go back to now to change anything."))


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """What was known at `known_at`: all changes below `size` in the tree of `epoch`, as its checkpoint signed them."""

    epoch: int
    size: int
    root: str
    """The root of the tree, in hexadecimal digits."""
    sealed_at: datetime
    known_at: datetime
    """What was asked for; no checkpoint lies between `sealed_at` and it."""

    @property
    def day(self) -> date:
        return timezone.localdate(self.known_at)

    @property
    def short_root(self) -> str:
        return self.root[:12]

    def __str__(self) -> str:
        at = date_format(timezone.localtime(self.known_at), "j F Y, H:i")
        return _("As known on %(at)s: %(size)d entries of the trail, root %(root)s") % {
            "at": at, "size": self.size, "root": self.short_root,
        }


_moment: ContextVar[Moment | None] = ContextVar("mainstay_moment", default=None)


def current_moment() -> Moment | None:
    """The earlier state that is looked at; None while it is now."""
    return _moment.get()


@contextmanager
def standing_at(moment: Moment, then: BaseDatabaseWrapper) -> Iterator[None]:
    """Within the block it is that moment, and this thread's default database is `then`. For `trail.moments.routing` alone."""
    if _moment.get() is not None:
        raise RuntimeError("one earlier state is looked at already")
    live = connections[DEFAULT_DB_ALIAS]
    connections[LIVE], connections[DEFAULT_DB_ALIAS] = live, then
    token = _moment.set(moment)
    try:
        yield
    finally:
        _moment.reset(token)
        connections[DEFAULT_DB_ALIAS] = live
        del connections[LIVE]


@contextmanager
def in_the_present() -> Iterator[None]:
    """Within the block it is now, whatever state one looks at: for what is noted of somebody who looks."""
    moment = _moment.get()
    if moment is None:
        yield
        return
    then = connections[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS] = connections[LIVE]
    token = _moment.set(None)
    try:
        yield
    finally:
        _moment.reset(token)
        connections[DEFAULT_DB_ALIAS] = then


def current_day() -> date:
    """The day rules are judged at unless another is said: of the moment in an earlier state, else of the organisation's clock."""
    moment = _moment.get()
    return timezone.localdate() if moment is None else moment.day


def current_time() -> datetime:
    """The same as a time."""
    moment = _moment.get()
    return timezone.now() if moment is None else moment.known_at


def live_alias() -> str:
    """The alias of today's database, wherever one stands: for queries about now that are carried out later."""
    return DEFAULT_DB_ALIAS if _moment.get() is None else LIVE
