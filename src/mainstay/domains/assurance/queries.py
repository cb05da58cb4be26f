"""Questions across the records that assurance looks at."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from mainstay.domains.assets.models import Asset, Process
from mainstay.domains.assurance.models import Audit, AuditItem, AuditMember, AuditProgramme
from mainstay.domains.controls.models import Applicability, Control
from mainstay.domains.library.models import Framework, Requirement
from mainstay.domains.risk.models import Risk
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.models import Scoped
from mainstay.platform.units.models import UnitPath


def seen(model: type[Scoped]) -> QuerySet[Any]:
    """What the actor may see of the organisation they are in: a verdict never mixes two organisations."""
    found: QuerySet[Any] = model.objects.all()
    organisation = current_actor().organisation_id
    return found if organisation is None else found.filter(organisation_id=organisation)


@dataclass(frozen=True, kw_only=True, slots=True)
class Conflict:
    """A person of an audit's team answers for something that is audited."""

    person_id: UUID
    noun: str
    ref: str
    name: str


OWNED: tuple[tuple[type[Any], tuple[str, ...], str], ...] = (
    (Asset, ("owner",), "retired"), (Process, ("owner",), ""), (Control, ("owner", "operator"), "retired"),
    (Risk, ("owner",), "closed"),
)
"""What makes someone responsible for the work that is audited: model, fields that name them, state that is past."""


def team_of(audit: Audit) -> set[UUID]:
    """The lead and the members of an audit."""
    team = set(AuditMember.unscoped_for_system.filter(audit=audit).values_list("person_id", flat=True))
    return team | {audit.lead_id} if audit.lead_id else team


def conflicts_of(unit: UUID, people: Collection[UUID]) -> list[Conflict]:
    """What the people own or operate in the unit and below it (9.2.2 c)."""
    units = UnitPath.objects.filter(ancestor=unit).values("descendant")
    found: list[Conflict] = []
    for model, fields, past in OWNED if people else ():
        for field in fields:
            rows = model.unscoped_for_system.filter(**{f"{field}__in": people, "unit__in": units})
            if past:
                rows = rows.exclude(state=past)
            found += [
                Conflict(person_id=person, noun=model.permission_noun(), ref=ref, name=name)
                for person, ref, name in rows.order_by("ref").values_list(f"{field}_id", "ref", "name")[:20]
            ]
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    """How far the audits of a programme reach into its framework, by references of requirements in their order."""

    asked: tuple[str, ...]
    audited: tuple[str, ...]
    planned: tuple[str, ...]
    """Not audited yet, but on the checklist of an audit that is still to end within the period."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Neither audited nor planned."""
        known = {*self.audited, *self.planned}
        return tuple(ref for ref in self.asked if ref not in known)


def auditable(framework: Framework) -> QuerySet[Requirement]:
    """What internal audits of a framework have to reach: all it asks but what the SoA excludes."""
    excluded = Applicability.unscoped_for_system.filter(decision="excluded", organisation_id=framework.organisation_id)
    return Requirement.unscoped_for_system.filter(  # type: ignore[no-any-return] # a manager made at run time
        framework=framework, kind=Requirement.Kind.ASSESSABLE, is_withdrawn=False
    ).exclude(pk__in=excluded.values("requirement_id")).order_by("position")


def coverage(programme: AuditProgramme, *, on: date) -> Coverage:
    """Which requirements the internal audits of the programme's period have reached by a day, in two queries."""
    asked = dict(auditable(programme.framework).values_list("pk", "ref"))
    reached = Q(
        audit__state__in=("reported", "closed"), audit__reported_on__gte=programme.start_on,
        audit__reported_on__lte=min(programme.end_on, on),
    ) & ~Q(result=AuditItem.NOT_TESTED)
    coming = Q(audit__state__in=("planned", "running"), audit__end_on__gte=on, audit__end_on__lte=programme.end_on)
    rows = AuditItem.unscoped_for_system.filter(
        reached | coming, organisation_id=programme.organisation_id, audit__kind=Audit.Kind.INTERNAL,
        requirement_id__in=list(asked)
    ).values_list("requirement_id", "audit__state")
    audited: set[UUID] = set()
    planned: set[UUID] = set()
    for requirement, state in rows:
        (audited if state in ("reported", "closed") else planned).add(requirement)
    return Coverage(
        asked=tuple(asked.values()), audited=tuple(ref for key, ref in asked.items() if key in audited),
        planned=tuple(ref for key, ref in asked.items() if key in planned - audited),
    )
