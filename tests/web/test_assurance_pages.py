"""Readiness, working through a checklist, holding a review: as people see and use them in a browser."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mainstay.domains.assurance.auditing import fill_checklist, start_audit
from mainstay.domains.assurance.correcting import analyse_nonconformity, raise_from_incident
from mainstay.domains.assurance.factories import make_audit, make_finding, make_management_review, make_nonconformity
from mainstay.domains.assurance.models import Attendance, Audit, AuditItem, ManagementReview
from mainstay.domains.assurance.reviewing import collect_review
from mainstay.domains.context.registers import CONTEXT_ISSUES
from mainstay.domains.incidents.factories import make_incident
from mainstay.domains.library.models import Requirement
from mainstay.domains.library.services import import_bundled
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import Actor, acting
from mainstay.platform.units.models import Unit
from mainstay.registers import crud


@pytest.fixture
def browser(signed_in: Callable[..., Client]) -> Client:
    return signed_in("administrator", name="Ines Duarte")


@pytest.fixture
def actor(browser: Client) -> Actor:
    return browser.actor  # type: ignore[attr-defined,no-any-return] # set by the fixture


@pytest.fixture
def running(actor: Actor, organisation: Unit) -> Audit:
    """An audit under way with the whole of ISO/IEC 27001 on its checklist."""
    with acting(actor):
        framework = import_bundled("iso-27001-2022", unit=organisation)
        audit = make_audit(framework=str(framework.pk), lead=str(actor.person_id))
        fill_checklist(audit)
        start_audit(audit)
    audit.refresh_from_db()
    return audit


def line_of(audit: Audit, ref: str) -> AuditItem:
    return AuditItem.unscoped_for_system.get(audit=audit, requirement__ref=ref)


# Readiness


def test_with_nothing_on_record_no_clause_is_met(browser: Client) -> None:
    page = browser.get("/readiness").content.decode()

    assert "<h1>0 of 25 clauses are met</h1>" in page
    assert 'id="clause-10.2"' in page
    assert '<a href="/management-systems">' in page


def test_what_a_verdict_rests_on_leads_to_its_record(browser: Client, actor: Actor) -> None:
    with acting(actor):
        issue = crud.create(CONTEXT_ISSUES, {"name": "Nurses are hard to find", "kind": "external"})

    page = browser.get("/readiness").content.decode()
    opened = browser.get(f"/open/context_issue/{issue.pk}")

    assert f'href="/open/context_issue/{issue.pk}"' in page
    assert opened["Location"] == f"/context-issues/{issue.ref}"


def test_readiness_is_narrowed_to_one_status_and_to_a_day(browser: Client) -> None:
    met = browser.get("/readiness?status=met").content.decode()
    earlier = browser.get("/readiness?on=2026-01-31").content.decode()
    wrong = browser.get("/readiness?on=yesterday")

    assert "No clause has this status." in met
    assert "As of 31 Jan 2026." in earlier
    assert wrong.status_code == 422


def test_readiness_costs_the_same_queries_whatever_there_is(browser: Client, actor: Actor) -> None:
    with acting(actor):
        make_nonconformity()
    browser.get("/readiness")
    with CaptureQueriesContext(connection) as few:
        browser.get("/readiness")
    with acting(actor):
        for number in range(12):
            make_nonconformity(name=f"Leavers keep badge {number}")
    with CaptureQueriesContext(connection) as many:
        browser.get("/readiness")

    assert len(many) == len(few)


def test_an_employee_does_not_see_readiness(signed_in: Callable[..., Client]) -> None:
    employee = signed_in("employee")

    assert employee.get("/readiness").status_code == 403
    assert 'href="/readiness"' not in employee.get("/report-incident").content.decode()


# The checklist


def test_a_result_is_recorded_on_the_page_and_counted(browser: Client, running: Audit) -> None:
    item = line_of(running, "A.5.1")

    answer = browser.post(f"/audits/{running.ref}/checklist/{item.pk}", {"result": "minor", "note": "Two of nine are old."})
    page = browser.get(answer["Location"]).content.decode()

    item.refresh_from_db()
    assert (item.result, item.note) == ("minor", "Two of nine are old.")
    assert answer["Location"].endswith(f"?part=A.5#line-{item.pk}")
    assert "1 of" in page
    assert "Two of nine are old." in page
    assert f"/findings/new?audit={running.ref}&amp;requirement={item.requirement_id}&amp;grade=minor" in page


def test_htmx_gets_the_line_and_the_progress_alone(browser: Client, running: Audit) -> None:
    item = line_of(running, "A.5.1")

    answer = browser.post(f"/audits/{running.ref}/checklist/{item.pk}", {"result": "conformity"}, headers={"HX-Request": "true"})

    page = answer.content.decode()
    assert page.lstrip().startswith("<article")
    assert page.count("<article") == 1
    assert "Recorded" in page
    assert 'hx-swap-oob="true"' in page


def test_a_result_that_does_not_exist_is_refused_and_the_note_kept(browser: Client, running: Audit) -> None:
    item = line_of(running, "A.5.1")

    answer = browser.post(f"/audits/{running.ref}/checklist/{item.pk}", {"result": "superb", "note": "Typed for long"})

    item.refresh_from_db()
    assert answer.status_code == 422
    assert "Typed for long" in answer.content.decode()
    assert item.result == "not_tested"


def test_a_line_of_another_audit_is_not_recorded_here(browser: Client, actor: Actor, running: Audit) -> None:
    with acting(actor):
        other = make_audit(name="Another")

    answer = browser.post(f"/audits/{other.ref}/checklist/{line_of(running, 'A.5.1').pk}", {"result": "conformity"})

    assert answer.status_code == 404


def test_the_page_shows_one_part_and_the_first_unfinished_one_unless_asked(browser: Client, running: Audit) -> None:
    first = browser.get(f"/audits/{running.ref}/checklist").content.decode()
    asked = browser.get(f"/audits/{running.ref}/checklist?part=A.8").content.decode()

    assert f'id="line-{line_of(running, "4.1").pk}"' in first
    assert f'id="line-{line_of(running, "A.8.1").pk}"' not in first
    assert f'id="line-{line_of(running, "A.8.1").pk}"' in asked


def test_a_part_costs_the_same_queries_whatever_its_size(browser: Client, running: Audit) -> None:
    browser.get(f"/audits/{running.ref}/checklist")
    with CaptureQueriesContext(connection) as few:
        browser.get(f"/audits/{running.ref}/checklist?part=10")
    with CaptureQueriesContext(connection) as many:
        browser.get(f"/audits/{running.ref}/checklist?part=A.5")

    assert len(many) == len(few)


def test_the_form_of_a_finding_is_filled_in_from_the_line(browser: Client, running: Audit) -> None:
    item = line_of(running, "A.5.1")
    browser.post(f"/audits/{running.ref}/checklist/{item.pk}", {"result": "minor", "note": "Two of nine are old."})

    form = browser.get(
        "/findings/new", {"audit": running.ref, "requirement": str(item.requirement_id), "grade": "minor", "name": "Old policies"}
    ).content.decode()
    made = browser.post("/findings/new", {
        "audit": running.ref, "requirement": str(item.requirement_id), "grade": "minor", "name": "Old policies",
    })
    page = browser.get(f"/audits/{running.ref}/checklist?part=A.5").content.decode()

    assert "Old policies" in form
    assert made.status_code == 302
    assert "Old policies" in page


def test_who_only_reads_sees_results_without_forms(signed_in: Callable[..., Client], running: Audit) -> None:
    page = signed_in("auditor_readonly").get(f"/audits/{running.ref}/checklist").content.decode()

    assert 'name="result"' not in page
    assert "Not tested" in page


# The management review


def test_a_review_shows_live_inputs_until_they_are_frozen(browser: Client, actor: Actor) -> None:
    with acting(actor):
        review = make_management_review()
        nonconformity = make_nonconformity()

    live = browser.get(f"/management-reviews/{review.ref}/minutes").content.decode()
    with acting(actor):
        collect_review(review)
        later = make_nonconformity(name="Found afterwards")
    frozen = browser.get(f"/management-reviews/{review.ref}/minutes").content.decode()

    assert f"/open/nonconformity/{nonconformity.pk}" in live
    assert "This is how the records stand now" in live
    assert "Frozen as of" in frozen
    assert str(later.pk) not in frozen


def test_attendance_and_decisions_are_written_on_the_page(browser: Client, actor: Actor) -> None:
    with acting(actor):
        review = make_management_review()
        person = Person.objects.get(pk=actor.person_id)

    answer = browser.post(f"/management-reviews/{review.ref}/minutes", {
        "version": str(review.version), "attendance": person.ref, "feedback": "None", "decisions": "Buy a second safe.",
        "name": "not a field of this page",
    })

    review = ManagementReview.unscoped_for_system.get(pk=review.pk)
    assert answer.status_code == 302
    assert review.decisions == "Buy a second safe."
    assert review.name == "Management review"
    assert [item.person_id for item in Attendance.unscoped_for_system.filter(review=review)] == [actor.person_id]


def test_what_someone_else_saved_meanwhile_is_not_overwritten(browser: Client, actor: Actor) -> None:
    with acting(actor):
        review = make_management_review()

    browser.post(f"/management-reviews/{review.ref}/minutes", {"version": "1", "decisions": "First"})
    answer = browser.post(f"/management-reviews/{review.ref}/minutes", {"version": "1", "decisions": "Second"})

    assert answer.status_code == 412
    assert "Second" in answer.content.decode()
    assert ManagementReview.unscoped_for_system.get(pk=review.pk).decisions == "First"


def test_the_next_step_of_a_review_is_offered_first(browser: Client, actor: Actor) -> None:
    with acting(actor):
        review = make_management_review()

    before = browser.get(f"/management-reviews/{review.ref}/minutes").content.decode()
    with acting(actor):
        collect_review(review)
    after = browser.get(f"/management-reviews/{review.ref}/minutes").content.decode()

    assert f'class="button primary" href="/management-reviews/{review.ref}/do/collect"' in before
    assert f'class="button primary" href="/management-reviews/{review.ref}/do/hold"' in after


# Nonconformities


def test_a_nonconformity_shows_where_it_is_on_its_way(browser: Client, actor: Actor) -> None:
    with acting(actor):
        nonconformity = make_nonconformity()
    fresh = browser.get(f"/nonconformities/{nonconformity.ref}").content.decode()
    with acting(actor):
        analyse_nonconformity(nonconformity, root_cause="No form for leavers", method="five_whys", correction="Badge taken back")
    analysed = browser.get(f"/nonconformities/{nonconformity.ref}").content.decode()

    assert fresh.count('class="is-done"') == 0
    assert analysed.count('class="is-done"') == 1
    assert "No form for leavers" in analysed
    assert f"/nonconformities/{nonconformity.ref}/do/plan" in analysed


def test_what_was_raised_from_an_incident_or_an_audit_is_listed_there(browser: Client, actor: Actor) -> None:
    with acting(actor):
        incident = make_incident()
        from_incident = raise_from_incident(incident)
        finding = make_finding()
    answer = browser.post(f"/findings/{finding.ref}/do/raise", {"due_on": str(timezone.localdate() + timedelta(days=30))})
    incident_page = browser.get(f"/incidents/{incident.ref}").content.decode()
    audit_page = browser.get(f"/audits/{finding.audit.ref}").content.decode()

    assert f"/nonconformities/{from_incident.ref}" in incident_page
    assert answer["Location"] in audit_page


def test_requirements_on_the_checklist_lead_to_the_library(browser: Client, running: Audit) -> None:
    requirement = Requirement.unscoped_for_system.get(ref="4.1")

    assert browser.get(f"/open/requirement/{requirement.pk}").status_code == 302
    assert f"/open/requirement/{requirement.pk}" in browser.get(f"/audits/{running.ref}/checklist").content.decode()
