"""Audits from the plan to the report, by people who do not audit their own work (9.2)."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.utils import timezone

from mainstay.domains.assets.registers import ASSETS
from mainstay.domains.assurance.auditing import (
    close_audit,
    fill_checklist,
    record_result,
    report_audit,
    start_audit,
)
from mainstay.domains.assurance.correcting import raise_from_finding
from mainstay.domains.assurance.factories import make_audit, make_audit_programme, make_finding
from mainstay.domains.assurance.models import Audit, AuditItem, Finding
from mainstay.domains.assurance.queries import coverage
from mainstay.domains.assurance.registers import AUDITS, FINDINGS
from mainstay.domains.context.registers import MANAGEMENT_SYSTEMS
from mainstay.domains.controls.models import Applicability
from mainstay.domains.library.models import Framework, Requirement
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import Actor, acting
from mainstay.platform.records.errors import Invalid, RuleViolation
from mainstay.platform.units.models import Unit
from mainstay.registers import crud

PersonOf = Callable[[Actor], Person]
TODAY = timezone.localdate


def requirement(framework: Framework, ref: str) -> Requirement:
    return Requirement.objects.get(framework=framework, ref=ref)  # type: ignore[no-any-return]


def running(lead: Person, **rest: object) -> Audit:
    return start_audit(make_audit(lead=str(lead.pk), **rest))


def test_an_owner_of_what_is_audited_may_not_lead_the_audit(managing: Actor, person_of: PersonOf) -> None:
    lead = person_of(managing)
    crud.create(ASSETS, {"name": "Laboratory system", "owner": str(lead.pk)})

    with pytest.raises(RuleViolation) as refused:
        make_audit(lead=str(lead.pk))

    assert refused.value.code == "not_independent"
    assert "Laboratory system" in str(refused.value)
    assert not Audit.objects.exists()


def test_a_team_member_must_be_independent_too(managing: Actor, auditor: Actor, person_of: PersonOf) -> None:
    owner = person_of(managing)
    crud.create(ASSETS, {"name": "Laboratory system", "owner": str(owner.pk)})
    audit = make_audit(lead=str(auditor.person_id))

    with pytest.raises(RuleViolation) as refused:
        crud.change(AUDITS, audit, {"team": [owner.ref]})

    assert refused.value.code == "not_independent"
    assert not audit.members.exists()


def test_ownership_elsewhere_does_not_matter(organisation: Unit, site: Unit, managing: Actor, auditor: Actor) -> None:
    crud.create(ASSETS, {"name": "Main house system", "owner": str(auditor.person_id), "unit": str(organisation.pk)})

    audit = make_audit(lead=str(auditor.person_id), unit=str(site.pk))

    assert audit.lead_id == auditor.person_id


def test_ownership_below_the_audited_unit_matters(site: Unit, managing: Actor, auditor: Actor) -> None:
    crud.create(ASSETS, {"name": "Site system", "owner": str(auditor.person_id), "unit": str(site.pk)})

    with pytest.raises(RuleViolation):
        make_audit(lead=str(auditor.person_id))


def test_someone_outside_the_team_may_waive_independence_with_a_reason(managing: Actor, auditor: Actor) -> None:
    crud.create(ASSETS, {"name": "Laboratory system", "owner": str(auditor.person_id)})

    audit = make_audit(lead=str(auditor.person_id), independence_waiver="Three of us; a consultant reads the report.")

    assert audit.waived_by_id == managing.person_id


def test_nobody_waives_their_own_independence(auditor: Actor) -> None:
    with acting(auditor):
        crud.create(ASSETS, {"name": "Laboratory system", "owner": str(auditor.person_id)})

        with pytest.raises(RuleViolation) as refused:
            make_audit(lead=str(auditor.person_id), independence_waiver="I am fair.")

    assert refused.value.code == "own_waiver"


def test_who_became_owner_after_planning_does_not_start_the_audit(managing: Actor, auditor: Actor) -> None:
    audit = make_audit(lead=str(auditor.person_id))
    crud.create(ASSETS, {"name": "Laboratory system", "owner": str(auditor.person_id)})

    with pytest.raises(RuleViolation) as refused:
        start_audit(audit)

    assert refused.value.code == "not_independent"


@pytest.mark.usefixtures("managing")
def test_an_audit_without_lead_scope_and_criteria_does_not_start() -> None:
    audit = make_audit(scope="", criteria="")

    with pytest.raises(Invalid) as refused:
        start_audit(audit)

    assert set(refused.value.fields) == {"lead", "scope", "criteria"}


@pytest.mark.usefixtures("managing")
def test_the_checklist_is_filled_from_a_part_of_the_framework_once(framework: Framework) -> None:
    audit = make_audit(framework=str(framework.pk))

    fill_checklist(audit, below=requirement(framework, "9"))
    again = fill_checklist(audit, below=requirement(framework, "9"))

    refs = [item.requirement.ref for item in AuditItem.objects.filter(audit=audit)]
    assert refs == ["9.1", "9.2.1", "9.2.2", "9.3.1", "9.3.2", "9.3.3"]
    assert again == []


@pytest.mark.usefixtures("managing")
def test_an_audit_that_audited_nothing_is_not_reported(auditor: Actor, person_of: PersonOf) -> None:
    audit = running(person_of(auditor), conclusion="All well.")

    with pytest.raises(RuleViolation) as refused:
        report_audit(audit)

    assert refused.value.code == "nothing_audited"


@pytest.mark.usefixtures("managing")
def test_a_checklist_with_silent_gaps_is_not_reported(framework: Framework, auditor: Actor, person_of: PersonOf) -> None:
    audit = make_audit(framework=str(framework.pk), lead=str(auditor.person_id), conclusion="Mostly well.")
    fill_checklist(audit, below=requirement(framework, "10"))
    start_audit(audit)
    record_result(audit, requirement=requirement(framework, "10.1"), result="conformity")

    with pytest.raises(RuleViolation) as refused:
        report_audit(audit)
    record_result(audit, requirement=requirement(framework, "10.2"), result="not_tested", note="No time; next audit.")
    reported = report_audit(audit)

    assert "10.2" in str(refused.value)
    assert (reported.state, reported.reported_on) == ("reported", TODAY())


@pytest.mark.usefixtures("managing")
def test_what_does_not_conform_needs_a_finding_and_then_a_nonconformity(framework: Framework, auditor: Actor) -> None:
    audit = make_audit(framework=str(framework.pk), lead=str(auditor.person_id), conclusion="One gap.")
    start_audit(audit)
    record_result(audit, requirement=requirement(framework, "9.1"), result="minor", note="No metric has a method.")

    with pytest.raises(RuleViolation) as without_finding:
        report_audit(audit)
    finding = make_finding(audit=audit, requirement="9.1")
    report_audit(audit)
    with pytest.raises(RuleViolation) as without_nonconformity:
        close_audit(audit)
    raise_from_finding(finding)
    closed = close_audit(audit)

    assert "9.1" in str(without_finding.value)
    assert finding.ref in str(without_nonconformity.value)
    assert closed.state == "closed"


@pytest.mark.usefixtures("managing")
def test_findings_of_a_reported_audit_stay_as_they_are(auditor: Actor, person_of: PersonOf) -> None:
    audit = running(person_of(auditor), conclusion="One gap.")
    finding = make_finding(audit=audit)
    report_audit(audit)

    for attempt in (
        lambda: crud.change(FINDINGS, finding, {"grade": "observation"}),
        lambda: crud.delete(FINDINGS, finding),
        lambda: make_finding(audit=audit),
    ):
        with pytest.raises(RuleViolation) as refused:
            attempt()
        assert refused.value.code == "frozen"
    assert Finding.objects.get().grade == "minor"


@pytest.mark.usefixtures("managing")
def test_a_report_is_not_dated_ahead(auditor: Actor, person_of: PersonOf) -> None:
    audit = running(person_of(auditor), conclusion="Well.")
    make_finding(audit=audit, grade="observation")

    with pytest.raises(Invalid):
        report_audit(audit, reported_on=TODAY() + timedelta(days=1))


@pytest.mark.usefixtures("managing")
def test_coverage_counts_only_what_was_tested_in_reported_internal_audits(framework: Framework, auditor: Actor) -> None:
    programme = make_audit_programme(framework=framework, start_on=date(2020, 1, 1), end_on=date(2100, 1, 1))
    for kind, result in (("internal", "conformity"), ("external", "conformity"), ("internal", "not_tested")):
        audit = make_audit(framework=str(framework.pk), lead=str(auditor.person_id), kind=kind, conclusion="Well.")
        start_audit(audit)
        ref = {"conformity": "9.1", "not_tested": "9.2.1"}[result] if kind == "internal" else "10.1"
        record_result(audit, requirement=requirement(framework, ref), result=result, note="Seen.")
        make_finding(audit=audit, grade="observation")
        report_audit(audit)

    reached = coverage(programme, on=TODAY())

    assert reached.audited == ("9.1",)
    assert reached.planned == ()
    assert "9.2.1" in reached.missing
    assert "10.1" in reached.missing


@pytest.mark.usefixtures("managing")
def test_coverage_counts_the_checklists_of_audits_still_to_come_as_planned(framework: Framework) -> None:
    programme = make_audit_programme(framework=framework, start_on=date(2020, 1, 1), end_on=date(2100, 1, 1))
    coming = make_audit(framework=str(framework.pk), end_on=TODAY() + timedelta(days=30))
    fill_checklist(coming, below=requirement(framework, "10"))
    past = make_audit(framework=str(framework.pk), end_on=TODAY() - timedelta(days=1))
    fill_checklist(past, below=requirement(framework, "9.2"))

    reached = coverage(programme, on=TODAY())

    assert reached.planned == ("10.1", "10.2")
    assert reached.audited == ()


@pytest.mark.usefixtures("managing")
def test_what_the_soa_excludes_need_not_be_audited(organisation: Unit, framework: Framework) -> None:
    programme = make_audit_programme(framework=framework)
    before = coverage(programme, on=TODAY()).asked
    system = crud.create(MANAGEMENT_SYSTEMS, {"name": "ISMS"})
    Applicability.unscoped_for_system.create(
        organisation=organisation, unit=organisation, ref="AP-1", name="A.8.30", management_system=system,
        requirement=requirement(framework, "A.8.30"), decision="excluded", justification="Nothing is developed outside.",
    )

    after = coverage(programme, on=TODAY()).asked

    assert set(before) - set(after) == {"A.8.30"}
