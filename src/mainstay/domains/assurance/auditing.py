"""What happens to audits: they are staffed, started, worked through, reported and closed (9.2)."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mainstay.domains.assurance.models import Audit, AuditItem, Finding, Grade
from mainstay.domains.assurance.models.audits import NONCONFORMING
from mainstay.domains.assurance.queries import auditable, conflicts_of, team_of
from mainstay.domains.library.models import Requirement
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import Invalid, RuleViolation
from mainstay.platform.records.moment import current_day
from mainstay.registers.crud import Saved
from mainstay.registers.verbs import Choices, Help, Long, move, verb

RESULTS = (*Grade.choices, (AuditItem.NOT_TESTED, _("not tested")))
BEARS_ON_INDEPENDENCE = frozenset({"lead", "team", "unit", "independence_waiver"})


def prepare_audit(audit: Audit, changed: frozenset[str]) -> None:
    """Before an audit is stored: a waiver of independence carries the name of who wrote it."""
    if "independence_waiver" in changed or (not changed and audit.independence_waiver):
        audit.waived_by_id = current_actor().person_id if audit.independence_waiver else None


def after_audits(audits: Sequence[Audit], changed: frozenset[str]) -> None:
    """After audits are stored: nobody on their teams audits what is theirs."""
    if not changed or changed & BEARS_ON_INDEPENDENCE:
        for audit in audits:
            check_independence(audit)


def check_independence(audit: Audit) -> None:
    """RuleViolation when someone on the team owns what is audited and nobody outside the team waived that (9.2.2 c)."""
    team = team_of(audit)
    conflicts = conflicts_of(audit.unit_id, team)
    if not conflicts or (audit.independence_waiver.strip() and audit.waived_by_id not in team):
        return
    if audit.independence_waiver.strip():
        raise RuleViolation(_("Nobody on the team waives the team's own independence; someone else has to."), code="own_waiver")
    first = conflicts[0]
    person = Person.unscoped_for_system.get(pk=first.person_id)
    raise RuleViolation(
        _("%(person)s answers for %(ref)s %(name)s there and cannot audit it, unless that is waived with a reason.")
        % {"person": person.name, "ref": first.ref, "name": first.name}, code="not_independent",
    )


@verb(_("Fill checklist"), on=Audit, name="checklist", when=lambda audit: audit.state in ("planned", "running"))
def fill_checklist(
    audit: Audit, *,
    below: Annotated[Requirement | None, Help(_("Only this part of the framework; all of it if left empty."), _("Part"))] = None,
) -> list[AuditItem]:
    """Put requirements of the framework on the checklist; those the SoA excludes and those already there are left out."""
    if audit.framework is None:
        raise Invalid({"framework": [_("Say first which framework is audited.")]})
    wanted = {item.pk: item for item in auditable(audit.framework)}
    if below is not None:
        inside = _below(below)
        wanted = {key: item for key, item in wanted.items() if key in inside}
    present = set(AuditItem.unscoped_for_system.filter(audit=audit).values_list("requirement_id", flat=True))
    fresh = [
        AuditItem(organisation_id=audit.organisation_id, audit=audit, requirement=item)
        for key, item in wanted.items() if key not in present
    ]
    return AuditItem.unscoped_for_system.bulk_create(fresh)  # type: ignore[no-any-return]


def _below(top: Requirement) -> set[UUID]:
    """The requirement and all that is part of it."""
    children: defaultdict[UUID | None, list[UUID]] = defaultdict(list)
    for key, parent in Requirement.unscoped_for_system.filter(framework_id=top.framework_id).values_list("pk", "parent_id"):
        children[parent].append(key)
    found: set[UUID] = set()
    waiting = [top.pk]
    while waiting:
        key = waiting.pop()
        found.add(key)
        waiting += children[key]
    return found


@verb(_("Start"), on=Audit, when=lambda audit: audit.state == "planned", tone="primary")
def start_audit(audit: Audit) -> Audit:
    """Start the audit once it is clear against what, where and by whom."""
    missing = {
        name: [_("This is needed before the audit starts.")] for name in ("lead_id", "scope") if not getattr(audit, name)
    }
    if not audit.criteria.strip() and audit.framework_id is None:
        missing["criteria"] = [_("Say against what is audited: a framework or criteria in words.")]
    if missing:
        raise Invalid({name.removesuffix("_id"): texts for name, texts in missing.items()})
    check_independence(audit)
    return move(audit, "start")  # type: ignore[no-any-return]


@verb(_("Record result"), on=Audit, name="record", when=lambda audit: audit.state == "running")
def record_result(
    audit: Audit, *,
    requirement: Annotated[Requirement, Help(_("One that the audit looked at."), _("Requirement"))],  # type: ignore[valid-type] # the Django plugin misreads it
    result: Annotated[str, Choices(RESULTS)],
    note: Annotated[str, Long(5_000), Help(_("What was seen; why it was not tested."))] = "",
) -> AuditItem:
    """Say what the audit found about one requirement."""
    if audit.framework_id not in (None, requirement.framework_id):
        raise Invalid({"requirement": [_("This belongs to another framework than the one audited.")]})
    item, _made = AuditItem.unscoped_for_system.update_or_create(
        audit=audit, requirement=requirement,
        defaults={
            "organisation_id": audit.organisation_id, "result": result, "note": note, "recorded_by_id": current_actor().person_id,
        },
    )
    return item  # type: ignore[no-any-return]


@verb(_("Report"), on=Audit, when=lambda audit: audit.state == "running", tone="primary")
def report_audit(
    audit: Audit, *, reported_on: Annotated[date | None, Help(_("Today if left empty."), _("Reported on"))] = None
) -> Audit:
    """Report the results (9.2.2 d): everything on the checklist has one, and what does not conform has its finding."""
    if not audit.conclusion.strip():
        raise Invalid({"conclusion": [_("Write the conclusion before the audit is reported.")]})
    today = current_day()
    if reported_on is not None and reported_on > today:
        raise Invalid({"reported_on": [_("This day has not come yet.")]})
    items = list(AuditItem.unscoped_for_system.filter(audit=audit).select_related("requirement"))
    findings = set(Finding.unscoped_for_system.filter(audit=audit).values_list("requirement_id", flat=True))
    if all(item.result == AuditItem.NOT_TESTED for item in items) and not findings:
        raise RuleViolation(_("Nothing was audited yet: no result and no finding."), code="nothing_audited")
    untold = [item for item in items if item.result == AuditItem.NOT_TESTED and not item.note.strip()]
    _refuse(untold, str(_("Not tested, and no note says why: %(refs)s.")))
    lacking = [item for item in items if item.result in NONCONFORMING and item.requirement_id not in findings]
    _refuse(lacking, str(_("Nonconforming without a finding: %(refs)s.")))
    check_independence(audit)
    audit.reported_on = reported_on or today
    return move(audit, "report")  # type: ignore[no-any-return]


def _refuse(items: Sequence[AuditItem], sentence: str) -> None:
    if items:
        refs = ", ".join(item.requirement.ref for item in items[:8]) + (" …" if len(items) > 8 else "")
        raise RuleViolation(sentence % {"refs": refs}, code="checklist_open")


@verb(_("Close"), on=Audit, when=lambda audit: audit.state == "reported", tone="primary")
def close_audit(audit: Audit) -> Audit:
    """Close the audit once every nonconformity it found is being dealt with (9.2.2, 10.2)."""
    left = Finding.unscoped_for_system.filter(audit=audit, grade__in=NONCONFORMING, nonconformities=None).order_by("ref")
    if refs := list(left.values_list("ref", flat=True)[:8]):
        raise RuleViolation(_("No nonconformity was raised for: %(refs)s.") % {"refs": ", ".join(refs)}, code="findings_open")
    return move(audit, "close")  # type: ignore[no-any-return]


def prepare_finding(finding: Finding, changed: frozenset[str]) -> None:
    """Before a finding is stored: what an audit reported stays as it was reported."""
    _keep_reported([finding])


def keep_findings(event: Saved) -> None:
    """Findings of a reported audit are not deleted either."""
    if event.model is Finding and "deleted" in event.changed:
        _keep_reported(event.records)


def _keep_reported(findings: Sequence[Finding]) -> None:
    for finding in findings:
        if finding.audit.state in Audit.life_cycle.frozen:
            raise RuleViolation(_("%(audit)s is reported; its findings stay as they are.") % {"audit": finding.audit},
                                code="frozen")
