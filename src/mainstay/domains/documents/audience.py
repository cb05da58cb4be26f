"""Whom something is for: people at work in some units and below. The same for documents and for courses."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import models

from mainstay.platform.identity.models import Person
from mainstay.platform.records.models import Link
from mainstay.platform.units.models import UnitPath


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """How many of those concerned did something. Of nobody, no share can be told."""

    done: int
    of: int

    @property
    def percent(self) -> int | None:
        """Whole percent, rounded down, so that 100 means everyone."""
        return self.done * 100 // self.of if self.of else None


def at_work(on: date, *, path: str = "") -> models.Q:
    """People doing work under the organisation's control on a day (7.3): employed or contracted, begun, not left."""
    return (
        ~models.Q(**{f"{path}employment": Person.Employment.EXTERNAL})
        & (models.Q(**{f"{path}start_on__isnull": True}) | models.Q(**{f"{path}start_on__lte": on}))
        & (models.Q(**{f"{path}leave_on__isnull": True}) | models.Q(**{f"{path}leave_on__gte": on}))
    )


def people_in(units: Iterable[UUID], *, on: date) -> "models.QuerySet[Person]":
    """Everyone at work on the day in the units and below. Not narrowed to an actor: counts must not depend on who asks."""
    below = UnitPath.objects.filter(ancestor__in=list(units)).values("descendant")
    return Person.unscoped_for_system.filter(at_work(on), unit__in=below)  # type: ignore[no-any-return]


def audience_of(record: Any, through: type[Link], *, on: date) -> "models.QuerySet[Person]":
    """The people a record is for: those of its audience units, or of its own unit where none is named."""
    source, end = through.ends
    units = list(through.unscoped_for_system.filter(**{source: record}).values_list(f"{end}_id", flat=True))
    return people_in(units or [record.unit_id], on=on)


def meant_for(person: Person, through: type[Link], *, path: str = "") -> models.Q:
    """Condition on records (found at `path`) that are for the person, by the unit the person is in now."""
    source, end = through.ends
    above = UnitPath.objects.filter(descendant=person.unit_id).values("ancestor")
    named = through.unscoped_for_system.all()
    key = f"{path}__pk__in" if path else "pk__in"
    unit = f"{path}__unit__in" if path else "unit__in"
    chosen = models.Q(**{key: named.filter(**{f"{end}__in": above}).values(f"{source}_id")})
    own = models.Q(**{unit: above}) & ~models.Q(**{key: named.values(f"{source}_id")})
    return chosen | own


def is_at_work(person: Person, *, on: date) -> bool:
    """Whether the person works under the organisation's control on the day."""
    return (
        person.employment != Person.Employment.EXTERNAL
        and (person.start_on is None or person.start_on <= on)
        and (person.leave_on is None or person.leave_on >= on)
    )
