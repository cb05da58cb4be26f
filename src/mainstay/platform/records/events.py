"""Down by call, up by announcement: lower layers announce what happened, upper layers listen, in the same transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar


@dataclass(frozen=True, slots=True)
class Privileged:
    """What must never go unseen was done: rights, credentials, exports, erasure. The answer waits for its seal on the trail."""


@dataclass(frozen=True, slots=True)
class Erased:
    """Contents were erased, and the space they took is being overwritten: whoever keeps copies in the database does the same."""


_E = TypeVar("_E")
_listeners: dict[type[Any], list[Callable[[Any], None]]] = {}


def listen(event: type[_E], listener: Callable[[_E], None]) -> None:
    """Call `listener` with every announced event of this type. Registered once, in an app's `ready`."""
    listeners = _listeners.setdefault(event, [])
    if listener not in listeners:
        listeners.append(listener)


def announce(event: object) -> None:
    """Tell everyone who listens, in the order they registered; what they raise undoes the transaction."""
    for listener in _listeners.get(type(event), ()):
        listener(event)
