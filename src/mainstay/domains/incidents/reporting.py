"""Reporting what looks odd: open to everyone, with a name and a few words (A.6.8)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from mainstay.domains.incidents.models import Incident
from mainstay.domains.incidents.registers import INCIDENTS
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import current_actor
from mainstay.registers import crud

ASKED = ("name", "description", "detected_at")


def report_incident(told: Mapping[str, Any]) -> Incident:
    """Take a report by the current actor, at the unit they belong to where they may report there."""
    actor = current_actor()
    person = Person.unscoped_for_system.filter(pk=actor.person_id).first()
    values = crud.clean(INCIDENTS, {name: told[name] for name in ASKED if name in told})
    # Who may report at one site only reports there; all others to the organisation as a whole.
    if person is not None and not actor.may(INCIDENTS.permission("add"), unit=actor.organisation_id):
        values["unit"] = person.unit_id
    return crud.create_many(INCIDENTS, [values])[0]  # type: ignore[no-any-return]


def own_report(key: UUID) -> Incident | None:
    """What the current person reported: they see that much of it even where incidents are not theirs to see."""
    person = current_actor().person_id
    return Incident.unscoped_for_system.filter(pk=key, reported_by_id=person).first() if person else None


def own_reports() -> list[Incident]:
    """The current person's reports, newest first."""
    person = current_actor().person_id
    return list(Incident.unscoped_for_system.filter(reported_by_id=person).order_by("-created_at")[:20]) if person else []
