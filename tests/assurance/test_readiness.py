"""What the records say about clauses 4 to 10: never green for want of records, green when they are there."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mainstay.domains.assets.registers import ASSETS
from mainstay.domains.assurance.auditing import (
    fill_checklist,
    record_result,
    report_audit,
    start_audit,
)
from mainstay.domains.assurance.correcting import (
    analyse_nonconformity,
    finish_improvement,
    plan_correction,
    plan_improvement,
    verify_nonconformity,
)
from mainstay.domains.assurance.factories import (
    make_audit,
    make_audit_programme,
    make_finding,
    make_improvement,
    make_management_review,
    make_nonconformity,
)
from mainstay.domains.assurance.models import AuditItem, Nonconformity
from mainstay.domains.assurance.readiness import CLAUSES, evaluate
from mainstay.domains.assurance.reviewing import collect_review, hold_review, sign_review
from mainstay.domains.assurance.rules import leadership
from mainstay.domains.assurance.verdicts import Status, Verdict
from mainstay.domains.awareness.factories import make_completion, make_published_course
from mainstay.domains.context.registers import (
    CONTEXT_ISSUES,
    INTERESTED_PARTIES,
    MANAGEMENT_SYSTEMS,
    OBJECTIVES,
    PARTY_REQUIREMENTS,
)
from mainstay.domains.controls.models import Applicability
from mainstay.domains.controls.registers import CONTROLS
from mainstay.domains.documents.factories import (
    make_acknowledgement,
    make_document,
    make_document_version,
    make_published_version,
)
from mainstay.domains.documents.models import DocumentVersion
from mainstay.domains.library.models import Framework, Requirement
from mainstay.domains.monitoring.factories import make_measurement, make_metric
from mainstay.domains.risk.criteria import adopt_criteria
from mainstay.domains.risk.models import Risk, RiskAssessment
from mainstay.domains.risk.registers import ASSESSMENTS, RISKS
from mainstay.domains.suppliers.factories import make_supplier, make_supplier_assessment
from mainstay.domains.suppliers.models import Supplier
from mainstay.domains.work.models import Action
from mainstay.domains.work.registers import ACTIONS
from mainstay.domains.work.services import add_action, finish_action
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import Actor, acting
from mainstay.platform.units.models import Unit
from mainstay.registers import crud
from mainstay.registers.verbs import perform, verbs_of
from making import by_another

TODAY = timezone.localdate
SOON = TODAY() + timedelta(days=30)
SUPPLIER_ANSWERS = dict.fromkeys(
    ("management", "contract", "access", "protection", "incidents", "chain", "continuity", "leaving"), "yes"
)


def do(record: object, verb: str, **raw: object) -> object:
    return perform(verbs_of(type(record))[verb], record, raw)  # type: ignore[arg-type]


def verdicts(on: date | None = None) -> dict[str, Verdict]:
    return {item.clause: item.verdict for item in evaluate(on or TODAY())}


def status(clause: str, on: date | None = None) -> Status:
    return verdicts(on)[clause].status


def publish(approver: Actor, clause: str, *, name: str, owner: Actor, kind: str = "policy") -> DocumentVersion:
    document = make_document(name=name, kind=kind, implements=clause, owner=str(owner.person_id))
    return make_published_version(approver=approver, version=make_document_version(document=document))


# Nothing is green for want of records


@pytest.mark.usefixtures("managing")
def test_an_empty_organisation_meets_nothing_and_is_told_what_to_do() -> None:
    found = verdicts()

    assert len(found) == len(CLAUSES) == 25
    assert {verdict.status for verdict in found.values()} == {Status.NOT_MET, Status.UNKNOWN}
    assert all(verdict.missing.endswith(".") for verdict in found.values())


@pytest.mark.usefixtures("managing")
def test_clauses_without_records_say_so() -> None:
    found = verdicts()

    for clause in ("6.3", "7.2", "7.4"):
        assert found[clause].status is Status.UNKNOWN
        assert "not kept" in found[clause].missing


def test_a_document_about_a_clause_without_records_is_only_part_of_the_proof(
    framework: Framework, managing: Actor, auditor: Actor
) -> None:
    publish(auditor, "7.4", name="Communication plan", owner=managing, kind="plan")

    assert status("7.4") is Status.PARTLY


def test_who_may_not_see_the_records_gets_no_verdict_on_them(managing: Actor, person_with: Callable[..., Actor]) -> None:
    crud.create(CONTEXT_ISSUES, {"name": "New law", "kind": "external", "reviewed_on": TODAY().isoformat()})

    with acting(person_with("employee")):
        verdict = verdicts()["4.1"]

    assert verdict.status is Status.UNKNOWN
    assert "may not see" in verdict.missing


# Chapter 4


def issue(kind: str, **rest: object) -> None:
    crud.create(CONTEXT_ISSUES, {"name": kind, "kind": kind, "reviewed_on": TODAY().isoformat()} | rest)


@pytest.mark.usefixtures("managing")
def test_context_is_met_by_reviewed_issues_of_all_kinds_and_fades_after_a_year() -> None:
    issue("internal")
    issue("external")
    without_climate = status("4.1")
    issue("climate")

    assert without_climate is Status.PARTLY
    assert status("4.1") is Status.MET
    assert status("4.1", TODAY() + timedelta(days=367)) is Status.PARTLY


@pytest.mark.usefixtures("managing")
def test_climate_change_is_not_waved_aside_without_a_reason() -> None:
    issue("internal")
    issue("external")

    issue("climate", is_relevant=False)

    assert "climate" in verdicts()["4.1"].missing


@pytest.mark.usefixtures("managing")
def test_parties_are_met_when_each_requirement_is_decided_on() -> None:
    party = crud.create(INTERESTED_PARTIES, {"name": "Patients", "reviewed_on": TODAY().isoformat()})
    asked = crud.create(PARTY_REQUIREMENTS, {"name": "Privacy", "party": party.ref})
    undecided = verdicts()["4.2"]
    crud.change(PARTY_REQUIREMENTS, asked, {"addressed": "yes"})

    assert undecided.status is Status.PARTLY
    assert asked.ref in undecided.missing
    assert status("4.2") is Status.MET


@pytest.mark.usefixtures("managing")
def test_a_scope_counts_once_somebody_else_approved_it() -> None:
    parts = dict.fromkeys(("scope_statement", "boundaries", "interfaces", "exclusions"), "All of it.")
    system = crud.create(MANAGEMENT_SYSTEMS, {"name": "ISMS"} | parts)
    described = status("4.3")

    by_another(system, "approve")

    assert described is Status.PARTLY
    assert status("4.3") is Status.MET


@pytest.mark.usefixtures("managing")
def test_the_isms_runs_with_a_method_and_a_cycle_that_includes_the_day(organisation: Unit) -> None:
    crud.create(MANAGEMENT_SYSTEMS, {"name": "ISMS", "cycle_start_on": "2026-01-01", "cycle_end_on": "2100-12-31"})
    by_another(adopt_criteria("iso-27005-5x5", unit=organisation), "approve")

    assert status("4.4") is Status.MET
    assert status("4.4", date(2101, 1, 1)) is Status.PARTLY


# Chapter 5


def signed_review(actor: Actor) -> None:
    review = make_management_review(attendance=[str(actor.person_id)], feedback="None came in.", decisions="Go on.")
    sign_review(hold_review(collect_review(review)))


def test_leadership_needs_review_objectives_and_means(managing: Actor) -> None:
    signed_review(managing)
    crud.create(OBJECTIVES, {"name": "Trained staff"})
    without_means = status("5.1")
    crud.create(CONTROLS, {"name": "Daily backup", "yearly_cost": "900"})

    assert without_means is Status.PARTLY
    assert status("5.1") is Status.MET
    assert status("5.1", TODAY() + timedelta(days=367)) is Status.PARTLY


def test_a_policy_counts_when_people_have_confirmed_it(framework: Framework, managing: Actor, auditor: Actor) -> None:
    version = publish(auditor, "5.2", name="Security policy", owner=managing)
    make_acknowledgement(version=version, reader=managing)
    half = verdicts()["5.2"]
    make_acknowledgement(version=version, reader=auditor)

    assert half.status is Status.PARTLY
    assert "1 of 2" in half.because[-1].text
    assert status("5.2") is Status.MET
    assert status("5.2", TODAY() + timedelta(days=400)) is Status.PARTLY


@pytest.mark.parametrize("few", [leadership.FEW, 0], ids=["few left", "many left"])
def test_what_a_leaver_owns_is_an_orphan(
    managing: Actor, organisation: Unit, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(leadership, "FEW", few)
    me = str(managing.person_id)
    crud.create(MANAGEMENT_SYSTEMS, {"name": "ISMS", "owner": me})
    crud.create(CONTROLS, {"name": "Backup", "owner": me})
    crud.create(RISKS, {"name": "Loss", "owner": me})
    crud.create(ASSETS, {"name": "Records", "owner": me})
    before = status("5.3")

    Person.unscoped_for_system.filter(pk=managing.person_id).update(leave_on=TODAY() - timedelta(days=1))

    assert before is Status.MET
    assert status("5.3") is Status.NOT_MET


# Chapter 6 and 8


@pytest.fixture
def spine(organisation: Unit, framework: Framework, managing: Actor) -> Risk:
    """A risk assessed by approved criteria and treated by a control in operation, and an approved SoA."""
    me = str(managing.person_id)
    system = crud.create(MANAGEMENT_SYSTEMS, {"name": "ISMS", "owner": me})
    do(system, "start_soa", framework=framework.ref)
    by_another(adopt_criteria("iso-27005-5x5", unit=organisation), "approve")
    assessment = crud.create(ASSESSMENTS, {"name": "Assessment 2026"})
    asset = crud.create(ASSETS, {"name": "Patient records", "confidentiality": "4", "owner": me})
    control = crud.create(CONTROLS, {"name": "Daily backup", "requirements": "A.8.13", "owner": me, "due_on": SOON.isoformat()})
    risk = crud.create(RISKS, {"name": "Loss of records", "assets": asset.ref, "assessment": assessment.ref, "owner": me})
    do(risk, "assess", likelihood=4, impact_availability=5)
    do(risk, "treat", option="modify", reason="Backups restore it.", controls=control.ref, likelihood_effect=3, impact_effect=4)
    for row in Applicability.objects.all():
        do(row, "decide", decision="applicable", is_best_practice=True)
    do(assessment, "submit")
    by_another(RiskAssessment.objects.get(pk=assessment.pk), "approve")
    do(control, "operate")
    by_another(do(system, "propose_soa", framework=framework.ref), "approve")
    return Risk.objects.get(pk=risk.pk)  # type: ignore[no-any-return]


@pytest.mark.usefixtures("spine")
def test_an_assessed_and_treated_risk_with_an_approved_soa_meets_the_method() -> None:
    found = verdicts()

    assert {clause: found[clause].status for clause in ("6.1.2", "6.1.3", "8.2", "8.3")} == {
        "6.1.2": Status.MET, "6.1.3": Status.MET, "8.2": Status.MET, "8.3": Status.MET,
    }


@pytest.mark.usefixtures("spine")
def test_an_soa_that_no_longer_says_what_is_so_is_noticed() -> None:
    row = Applicability.objects.get(requirement__ref="A.8.30")

    do(row, "decide", decision="excluded", justification="Nothing is developed outside.")

    verdict = verdicts()["6.1.3"]
    assert verdict.status is Status.PARTLY
    assert "approve a new version" in verdict.missing


@pytest.mark.usefixtures("spine")
def test_a_risk_above_acceptance_without_treatment_is_named() -> None:
    untreated = crud.create(RISKS, {"name": "Fire"})
    do(untreated, "assess", likelihood=5, impact_availability=5)

    missing = verdicts()["6.1.3"].missing

    assert f"Decide the treatment of risks above acceptance (1): {untreated.ref}" in missing
    assert f"have accepted, risks that stay above acceptance (1): {untreated.ref}" in missing


@pytest.mark.usefixtures("spine")
def test_an_assessment_older_than_its_interval_is_not_enough() -> None:
    assert status("8.2", TODAY() + timedelta(days=400)) is Status.PARTLY


def test_an_asset_that_matters_more_makes_the_assessment_incomplete(spine: Risk) -> None:
    asset = spine.asset_links.get().asset

    crud.change(ASSETS, asset, {"availability": "4", "confidentiality": "1"})
    crud.change(ASSETS, asset, {"availability": "2"})

    assert status("8.2") is Status.PARTLY


def test_late_treatment_shows(spine: Risk, managing: Actor, person_of: Callable[[Actor], Person]) -> None:
    action = add_action(spine, name="Second site", owner=person_of(managing), due_on=TODAY())
    on_time = status("8.3")

    found = verdicts(TODAY() + timedelta(days=1))

    assert on_time is Status.MET
    assert action.ref in found["8.3"].missing
    assert action.ref in found["8.1"].missing


def test_operation_needs_treatment_in_time_suppliers_and_controlled_changes(
    spine: Risk, managing: Actor, auditor: Actor, person_of: Callable[[Actor], Person]
) -> None:
    add_action(spine, name="Second site", owner=person_of(managing), due_on=SOON)
    publish(auditor, "A.8.32", name="Change procedure", owner=managing, kind="procedure")
    supplier = make_supplier()
    unassessed = verdicts()["8.1"]
    make_supplier_assessment(supplier=Supplier.objects.get(pk=supplier.pk), **SUPPLIER_ANSWERS)

    assert unassessed.status is Status.PARTLY
    assert supplier.ref in unassessed.missing
    assert status("8.1") is Status.MET


def test_objectives_are_measurable_measured_and_published(framework: Framework, managing: Actor, auditor: Actor) -> None:
    vague = crud.create(OBJECTIVES, {"name": "Be secure"})
    before = status("6.2")
    crud.change(OBJECTIVES, vague, {
        "measure": "Share of trained staff", "target": "95", "due_on": SOON.isoformat(), "owner": str(managing.person_id),
        "latest": "80", "latest_on": TODAY().isoformat(),
    })
    publish(auditor, "6.2", name="Objectives", owner=managing, kind="plan")

    assert before is Status.NOT_MET
    assert status("6.2") is Status.MET
    assert status("6.2", TODAY() + timedelta(days=400)) is Status.PARTLY


def test_risks_and_opportunities_both_lead_to_something(
    spine: Risk, managing: Actor, person_of: Callable[[Actor], Person]
) -> None:
    improvement = make_improvement()
    idea = status("6.1.1")
    plan_improvement(improvement, owner=person_of(managing), due_on=SOON)

    assert idea is Status.PARTLY
    assert status("6.1.1") is Status.MET


# Chapter 7


def test_means_are_put_to_the_treatment_and_seen_by_management(
    spine: Risk, managing: Actor, person_of: Callable[[Actor], Person]
) -> None:
    action = add_action(spine, name="Second site", owner=person_of(managing), due_on=SOON)
    signed_review(managing)
    without_figures = status("7.1")
    crud.change(ACTIONS, action, {"effort_days": "5"})

    assert without_figures is Status.PARTLY
    assert status("7.1") is Status.MET


def test_awareness_is_the_share_of_courses_done(managing: Actor, auditor: Actor) -> None:
    course = make_published_course()
    make_completion(course=course, taker=managing)
    half = verdicts()["7.3"]
    make_completion(course=course, taker=auditor)

    assert half.status is Status.PARTLY
    assert "1 of 2" in half.missing
    assert status("7.3") is Status.MET
    assert status("7.3", TODAY() + timedelta(days=400)) is Status.PARTLY


@pytest.mark.usefixtures("spine")
def test_documents_that_must_exist_are_all_asked_for(managing: Actor, auditor: Actor) -> None:
    publish(auditor, "5.2", name="Security policy", owner=managing)

    verdict = verdicts()["7.5"]

    assert verdict.status is Status.PARTLY
    assert verdict.missing == "Have the scope approved (4.3)."


# Chapters 9 and 10


def test_metrics_need_a_method_an_owner_and_fresh_values(managing: Actor) -> None:
    metric = make_metric(method="Count restores.", owner=str(managing.person_id))
    unmeasured = status("9.1")
    make_measurement(metric=metric, value=Decimal(97))

    assert unmeasured is Status.PARTLY
    assert status("9.1") is Status.MET
    assert status("9.1", TODAY() + timedelta(days=365)) is Status.PARTLY


def test_audits_meet_the_clause_when_all_is_audited_or_about_to_be(
    framework: Framework, managing: Actor, auditor: Actor
) -> None:
    make_audit_programme(framework=framework, start_on=date(2020, 1, 1), end_on=date(2100, 1, 1))
    done = make_audit(framework=str(framework.pk), lead=str(auditor.person_id), conclusion="Well.")
    start_audit(done)
    requirement = Requirement.objects.get(framework=framework, ref="9.1")
    record_result(done, requirement=requirement, result="conformity", note="Seen.")
    report_audit(done)
    partly = verdicts()["9.2"]
    fill_checklist(make_audit(framework=str(framework.pk), end_on=SOON))

    assert partly.status is Status.PARTLY
    assert AuditItem.objects.filter(audit__state="planned").count() > 100
    assert status("9.2") is Status.MET
    assert status("9.2", SOON + timedelta(days=1)) is Status.PARTLY


def test_a_plan_alone_is_no_audit(framework: Framework, managing: Actor) -> None:
    make_audit_programme(framework=framework, start_on=date(2020, 1, 1), end_on=date(2100, 1, 1))
    fill_checklist(make_audit(framework=str(framework.pk), end_on=SOON))

    verdict = verdicts()["9.2"]

    assert verdict.status is Status.PARTLY
    assert [proof.status for proof in verdict.because] == [Status.MET, Status.PARTLY]


def test_a_review_counts_when_it_is_signed(managing: Actor) -> None:
    review = make_management_review(attendance=[str(managing.person_id)], feedback="None came in.", decisions="Go on.")
    held = hold_review(collect_review(review))
    before = status("9.3")

    sign_review(held)

    assert before is Status.NOT_MET
    assert status("9.3") is Status.MET
    assert status("9.3", TODAY() + timedelta(days=367)) is Status.NOT_MET


def test_a_review_without_word_from_interested_parties_lacks_an_input(managing: Actor) -> None:
    review = make_management_review(attendance=[str(managing.person_id)], decisions="Go on.")
    sign_review(hold_review(collect_review(review)))

    assert status("9.3") is Status.PARTLY


def test_improvement_means_that_something_gets_better(managing: Actor, person_of: Callable[[Actor], Person]) -> None:
    improvement = make_improvement()
    idea = status("10.1")
    plan_improvement(improvement, owner=person_of(managing), due_on=SOON)
    planned, late = status("10.1"), status("10.1", SOON + timedelta(days=1))
    finish_improvement(improvement, result="One form.")

    assert (idea, planned, late) == (Status.PARTLY, Status.MET, Status.NOT_MET)
    assert status("10.1") is Status.MET


def corrected(manager: Actor, auditor: Actor, person: Person) -> Nonconformity:
    nonconformity = make_nonconformity(owner=str(manager.person_id), due_on=SOON.isoformat())
    analyse_nonconformity(nonconformity, root_cause="No list.", method="five_whys", correction="Badges collected.")
    finish_action(plan_correction(nonconformity, name="List", owner=person, due_on=SOON))
    with acting(auditor):
        return verify_nonconformity(nonconformity, effective="yes", how="No badge left.")


def test_nonconformities_are_in_order_when_verified_and_on_time(
    managing: Actor, auditor: Actor, person_of: Callable[[Actor], Person]
) -> None:
    corrected(managing, auditor, person_of(managing))
    verified = status("10.2")
    unowned = make_nonconformity(name="No owner")

    assert verified is Status.MET
    assert unowned.ref in verdicts()["10.2"].missing


def test_a_late_nonconformity_shows(managing: Actor, auditor: Actor, person_of: Callable[[Actor], Person]) -> None:
    corrected(managing, auditor, person_of(managing))
    late = make_nonconformity(owner=str(managing.person_id), due_on=TODAY().isoformat())

    assert status("10.2") is Status.MET
    assert late.ref in verdicts(TODAY() + timedelta(days=1))["10.2"].missing


# Cost


def _one_of_each(number: int, managing: Actor, auditor: Actor) -> None:
    me = str(managing.person_id)
    issue("internal", name=f"Issue {number}")
    party = crud.create(INTERESTED_PARTIES, {"name": f"Party {number}"})
    crud.create(PARTY_REQUIREMENTS, {"name": "Privacy", "party": party.ref})
    crud.create(MANAGEMENT_SYSTEMS, {"name": f"ISMS {number}"})
    asset = crud.create(ASSETS, {"name": f"Asset {number}"})
    control = crud.create(CONTROLS, {"name": f"Control {number}", "owner": me})
    risk = crud.create(RISKS, {"name": f"Risk {number}", "assets": asset.ref})
    do(risk, "assess", likelihood=4, impact_availability=5)
    do(risk, "treat", option="modify", reason="It helps.", controls=control.ref)
    crud.create(OBJECTIVES, {"name": f"Objective {number}"})
    add_action(risk, name="Do it", owner=None, due_on=TODAY() - timedelta(days=1))
    publish(auditor, "5.2", name=f"Policy {number}", owner=managing)
    make_completion(course=make_published_course(name=f"Course {number}"), taker=managing)
    make_supplier(name=f"Supplier {number}")
    make_metric(name=f"Metric {number}")
    make_finding(name=f"Finding {number}")
    make_nonconformity(name=f"Nonconformity {number}")
    make_improvement(name=f"Improvement {number}")
    signed_review(managing)


def test_twenty_records_of_each_kind_cost_as_many_queries_as_one(
    organisation: Unit, framework: Framework, managing: Actor, auditor: Actor
) -> None:
    by_another(adopt_criteria("iso-27005-5x5", unit=organisation), "approve")
    make_audit_programme(framework=framework, start_on=date(2020, 1, 1), end_on=date(2100, 1, 1))
    _one_of_each(1, managing, auditor)
    with CaptureQueriesContext(connection) as with_one:
        evaluate(TODAY())

    for number in range(2, 21):
        _one_of_each(number, managing, auditor)
    with CaptureQueriesContext(connection) as with_twenty:
        evaluate(TODAY())

    assert Action.objects.count() == 20
    assert len(with_twenty) == len(with_one)
    assert len(with_one) < 120
