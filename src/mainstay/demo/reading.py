"""Reading the data files: cells separated by bars, dates as days from today, references as the files' own short keys."""

import csv
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from importlib.resources import files
from typing import Any
from uuid import UUID

from django.utils import timezone

from mainstay.platform.records.actor import Actor
from mainstay.platform.records.models import Scoped
from mainstay.platform.units.models import Unit
from mainstay.registers.references import Resolver

_DATA = files("mainstay.demo") / "data"
_DAY = re.compile(r"d([+-]\d+)")


class Keys(Resolver):
    """Resolves the short keys of the files, and everything else as an import would."""

    def __init__(self, organisation: UUID) -> None:
        super().__init__(organisation)
        self._keyed: dict[tuple[type[Scoped], str], UUID] = {}

    def find(self, model: type[Scoped], text: object) -> UUID:
        if isinstance(text, UUID):
            return text
        return self._keyed.get((model, str(text))) or super().find(model, text)

    def keep(self, model: type[Scoped], key: str, identifier: UUID) -> None:
        """Remember what a file calls a record."""
        self._keyed[model, key] = identifier


@dataclass(frozen=True, kw_only=True)
class Story:
    """What all chapters of the loading share."""

    organisation: Unit
    today: date
    keys: Keys
    units: dict[str, Unit]
    actors: dict[str, Actor] = field(default_factory=dict)

    def day(self, offset: int) -> date:
        return self.today + timedelta(days=offset)

    def actor(self, key: str, permission: str, *, unit: UUID | None = None, stand_in: str = "brandt") -> Actor:
        """Whoever does it: the person if their roles allow it, else the ISMS manager, else the first user."""
        for name in (key, stand_in):
            found = self.actors.get(name)
            if found is not None and found.may(permission, unit=unit or self.organisation.pk):
                return found
        return self.actors["winter"]


def rows(name: str, *, today: date) -> list[dict[str, str]]:
    """The rows of a data file without their empty cells."""
    text = (_DATA / f"{name}.csv").read_text("utf-8")
    return [
        {column: _dated(cell, today) for column, cell in row.items() if cell}
        for row in csv.DictReader(text.splitlines(), delimiter="|")
    ]


def tables(name: str, *, today: date) -> dict[str, Any]:
    """A data file of tables."""
    told: dict[str, Any] = _dated_all(tomllib.loads((_DATA / f"{name}.toml").read_text("utf-8")), today)
    return told


def _dated(cell: str, today: date) -> str:
    found = _DAY.fullmatch(cell)
    return (today + timedelta(days=int(found[1]))).isoformat() if found else cell


def _dated_all(value: Any, today: date) -> Any:
    if isinstance(value, str):
        return _dated(value.strip(), today)
    if isinstance(value, Mapping):
        return {key: _dated_all(inner, today) for key, inner in value.items()}
    return [_dated_all(inner, today) for inner in value] if isinstance(value, list) else value


@contextmanager
def as_of(days: int = 0, *, hours: int = 0) -> Iterator[None]:
    """Let the services run as on an earlier day, so that approvals, acceptances and courses are as old as they claim.

    Both counts are negative. The services all ask `django.utils.timezone.now`; the trail asks the database and tells the
    truth, which is when the sample was loaded. For one thread, as loading is.
    """
    real = timezone.now

    def earlier() -> datetime:
        return real() + timedelta(days=days, hours=hours)

    timezone.now = earlier
    try:
        yield
    finally:
        timezone.now = real


def levels(listed: list[dict[str, str]], column: str) -> list[list[dict[str, str]]]:
    """The rows in layers, so that what `column` names by key comes in an earlier layer. ValueError for a circle."""
    waiting, done, found = list(listed), set[str](), []
    while waiting:
        layer = [row for row in waiting if done.issuperset(row.get(column, "").split())]
        if not layer:
            raise ValueError(f"these name each other in {column}: {', '.join(row['key'] for row in waiting)}")
        done |= {row["key"] for row in layer}
        waiting = [row for row in waiting if row["key"] not in done]
        found.append(layer)
    return found
