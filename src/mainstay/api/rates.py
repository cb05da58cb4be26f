"""How often one may ask: so many requests a minute per token, counted in each process.

A fixed window forgets at the turn of the minute, so at worst twice the limit passes around it; for a guard against
scripts gone wild that is enough, and it costs a dictionary.
"""

import threading
from dataclasses import dataclass

PER_MINUTE = 600
WINDOW = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowance:
    """What is left to somebody in this window, and in how many seconds the next one begins."""

    limit: int
    remaining: int
    reset: int
    is_spent: bool


class Counter:
    """Requests per identity in the current window."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._window = 0
        self._counts: dict[str, int] = {}

    def take(self, identity: str, *, now: float, limit: int) -> Allowance:
        """Count one request at `now` (Unix time)."""
        window = int(now // WINDOW)
        with self._lock:
            if window != self._window:
                self._window, self._counts = window, {}
            count = self._counts[identity] = self._counts.get(identity, 0) + 1
        return Allowance(
            limit=limit, remaining=max(0, limit - count), reset=int((window + 1) * WINDOW - now) or 1,
            is_spent=count > limit,
        )


requests = Counter()
