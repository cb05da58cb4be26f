"""Who is doing this. Nothing happens without an actor: every door opens `acting(...)`, services ask `require`."""

from collections.abc import Iterator, MutableSet
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Protocol
from uuid import UUID

from django.utils.translation import gettext as _

from mainstay.platform.records.errors import NotAllowed, NotSignedIn

READING = ("view", "export")
"""The verbs of permissions that leave everything as it is."""


class Placed(Protocol):
    """Anything that stands at a place in the organisation."""

    @property
    def unit_id(self) -> UUID: ...


@lru_cache(maxsize=4096)
def _matches(permission: str, patterns: tuple[str, ...]) -> bool:
    # Each page asks the same of the same roles.
    return any(fnmatchcase(permission, pattern) for pattern in patterns)


@dataclass(frozen=True, kw_only=True, slots=True)
class Holding:
    """A role held at a unit, and so at every unit below it.

    `patterns` are shell-style patterns over permissions such as `risk.*` or `*.view`; `covers` are the
    descendants of `unit`, itself included; a unit added below while the actor acts joins them.
    """

    role: str
    patterns: tuple[str, ...]
    unit: UUID
    organisation: UUID
    covers: MutableSet[UUID]

    def permits(self, permission: str) -> bool:
        return _matches(permission, self.patterns)


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """One acting user, token, job or the system itself, with what it may do where.

    `scopes` narrow the holdings: a token may do what both its scopes and its user's roles include.
    """

    label: str
    channel: str
    identity: str = "system"
    user_id: UUID | None = None
    person_id: UUID | None = None
    organisation_id: UUID | None = None
    holdings: tuple[Holding, ...] = ()
    is_system: bool = False
    scopes: tuple[str, ...] = ("*",)
    _cache: dict[str, tuple[Holding, ...]] = field(default_factory=dict, repr=False, compare=False)

    def holdings_for(self, permission: str) -> tuple[Holding, ...]:
        """The holdings whose role includes the permission, if the scopes do."""
        found = self._cache.get(permission)
        if found is None:
            in_scope = _matches(permission, self.scopes)
            found = tuple(holding for holding in self.holdings if in_scope and holding.permits(permission))
            self._cache[permission] = found
        return found

    def may(self, permission: str, record: Placed | None = None, *, unit: UUID | None = None) -> bool:
        """Whether the actor holds `permission` at the record's unit; without a place, anywhere."""
        if self.is_system:
            return True
        place = unit if unit is not None else (record.unit_id if record is not None else None)
        return any(place is None or place in holding.covers for holding in self.holdings_for(permission))

    def require(self, permission: str, record: Placed | None = None, *, unit: UUID | None = None) -> None:
        """Raise NotAllowed unless `may`."""
        if not self.may(permission, record, unit=unit):
            raise NotAllowed(_("Your roles do not include “%(permission)s” here.") % {"permission": permission})


@dataclass(frozen=True, kw_only=True, slots=True)
class Deed:
    """What the trail writes beside each change: the actor, and why and through which request it came."""

    actor: Actor
    reason: str = ""
    request: str = ""


_deed: ContextVar[Deed | None] = ContextVar("mainstay_deed", default=None)


def current_deed() -> Deed | None:
    return _deed.get()


def current_actor() -> Actor:
    """The actor of the innermost `acting` block; raises NotSignedIn outside of one."""
    deed = _deed.get()
    if deed is None:
        raise NotSignedIn(_("Nothing happens here without an actor."))
    return deed.actor


@contextmanager
def acting(actor: Actor, *, reason: str = "", request: str = "") -> Iterator[Actor]:
    """Make `actor` the one whose rights decide and whose name the trail carries, within the block."""
    token = _deed.set(Deed(actor=actor, reason=reason[:500], request=request[:64]))
    try:
        yield actor
    finally:
        _deed.reset(token)


@contextmanager
def because(reason: str) -> Iterator[None]:
    """Give the changes within the block a reason, keeping the actor and the request."""
    deed = _deed.get()
    if deed is None or not reason:
        yield
        return
    with acting(deed.actor, reason=reason, request=deed.request):
        yield


def reading_only(actor: Actor) -> Actor:
    """The same actor, without whatever would change something: for earlier states, where nothing can be changed."""
    narrowed = tuple(f"{noun or '*'}.{verb}" for noun, verb in _reading(actor.scopes))
    return replace(actor, scopes=narrowed, _cache={})


def _reading(scopes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for scope in scopes:
        noun, _dot, verb = scope.rpartition(".")
        yield from ((noun, reading) for reading in READING if fnmatchcase(reading, verb))


def system(channel: str, *, organisation: UUID | None = None) -> Actor:
    """The product itself, or its operator at the command line, within one organisation if given. Never a request."""
    return Actor(label="Mainstay", channel=channel, is_system=True, organisation_id=organisation)
