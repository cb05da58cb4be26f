"""What holds on a day: which version is in force, and whether its review is late."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol, TypeVar

from mainstay.kit.dates import add_months


class Publication(Protocol):
    """What the evaluation needs to know of a version."""

    published_on: date | None
    superseded_on: date | None


_V = TypeVar("_V", bound=Publication)


def version_in_force(versions: Iterable[_V], *, on: date) -> _V | None:
    """The version people must follow on the day, if any. The day of supersession belongs to the successor."""
    holding = [
        item for item in versions
        if item.published_on is not None and item.published_on <= on
        and (item.superseded_on is None or on < item.superseded_on)
    ]
    return max(holding, key=lambda item: item.published_on or date.min, default=None)


def next_review(published_on: date | None, reviewed_on: date | None, *, months: int | None) -> date | None:
    """When the document is due to be looked at again: so many months after publication or the last review (7.5.2 c)."""
    seen = [day for day in (published_on, reviewed_on) if day is not None]
    if published_on is None or months is None:
        return None
    return add_months(max(seen), months)
