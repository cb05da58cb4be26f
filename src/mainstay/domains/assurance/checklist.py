"""What the page of an audit's checklist shows: one part of the framework at a time, each line with its result and finding."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.http import urlencode

from mainstay.domains.assurance.auditing import RESULTS
from mainstay.domains.assurance.models import Audit, AuditItem, Finding, Grade
from mainstay.domains.assurance.models.audits import NONCONFORMING
from mainstay.domains.library.models import Requirement
from mainstay.platform.records.actor import current_actor
from mainstay.registers.verbs import possible_verbs

WORTH_A_FINDING = (*NONCONFORMING, Grade.OPPORTUNITY, Grade.OBSERVATION)


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A group of the framework with how many of its lines have a result."""

    ref: str
    name: str
    tested: int
    total: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One requirement: what is recorded, or what was sent and refused, with its findings."""

    item: AuditItem
    result: str
    note: str
    findings: tuple[Finding, ...]
    new_finding: str
    """Address of the form of a finding about it, filled in as far as it is known; empty where none is called for."""
    error: str = ""
    is_saved: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Checklist:
    """The page."""

    audit: Audit
    parts: tuple[Part, ...]
    part: Part | None
    lines: tuple[Line, ...]
    tested: int
    total: int
    may_record: bool
    results: tuple[tuple[str, object], ...] = RESULTS


def checklist_page(
    audit: Audit, *, part: str = "", item: UUID | None = None, sent: dict[str, str] | None = None, error: str = ""
) -> Checklist:
    """The checklist at one part: the one named, the one of `item`, else the first with something left. Four queries.

    `sent` and `error` are what was typed for `item` and why it was refused.
    """
    items = list(AuditItem.unscoped_for_system.filter(audit=audit).select_related("requirement"))
    groups = _groups(items)
    by_part: dict[str, list[AuditItem]] = {}
    for one in items:
        by_part.setdefault(groups[one.requirement_id].ref, []).append(one)
    headings = {group.ref: group for group in groups.values()}
    parts = tuple(
        Part(ref=ref, name=headings[ref].name, tested=_tested(found), total=len(found))
        for ref, found in sorted(by_part.items(), key=lambda pair: headings[pair[0]].position)
    )
    asked = next((groups[one.requirement_id].ref for one in items if one.pk == item), part)
    chosen = next((one for one in parts if one.ref == asked), None) or next(
        (one for one in parts if one.tested < one.total), parts[0] if parts else None
    )
    shown = by_part[chosen.ref] if chosen else []
    asked_about = [one.requirement_id for one in shown]
    findings = list(Finding.objects.filter(audit=audit, requirement__in=asked_about).order_by("ref_order"))
    may_record = any(verb.name == "record" for verb in possible_verbs(audit))
    return Checklist(
        audit=audit, parts=parts, part=chosen, tested=_tested(items), total=len(items), may_record=may_record,
        lines=tuple(
            _line(audit, one, findings, sent=sent if one.pk == item else None, error=error if one.pk == item else "")
            for one in shown
        ),
    )


def _tested(items: Iterable[AuditItem]) -> int:
    return sum(one.result != AuditItem.NOT_TESTED for one in items)


def _groups(items: list[AuditItem]) -> dict[UUID, Requirement]:
    """By requirement, the heading it stands under: the nearest one above it that is a heading, else itself."""
    frameworks = {one.requirement.framework_id for one in items}
    parents = Requirement.unscoped_for_system.filter(framework_id__in=frameworks).filter(
        Q(kind=Requirement.Kind.GROUP) | Q(children__isnull=False)
    ).distinct()
    known: dict[Any, Requirement] = {one.pk: one for one in parents}
    found = {}
    for one in items:
        above = known.get(one.requirement.parent_id)
        while above is not None and above.kind != Requirement.Kind.GROUP and above.parent_id in known:
            above = known[above.parent_id]
        found[one.requirement_id] = above or one.requirement
    return found


def _line(audit: Audit, item: AuditItem, findings: list[Finding], *, sent: dict[str, str] | None, error: str) -> Line:
    own = tuple(one for one in findings if one.requirement_id == item.requirement_id)
    may_add = current_actor().may("finding.add", unit=audit.unit_id) and audit.state == "running"
    wanted = {
        "audit": audit.ref, "requirement": str(item.requirement_id), "grade": item.result,
        "name": item.requirement.name, "statement": item.note,
    }
    return Line(
        item=item, findings=own, error=error, is_saved=sent is not None and not error,
        result=(sent or {}).get("result", item.result), note=(sent or {}).get("note", item.note),
        new_finding=f"/findings/new?{urlencode(wanted)}" if may_add and item.result in WORTH_A_FINDING else "",
    )
