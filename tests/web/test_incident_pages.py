"""Reporting an incident, and what its page says about duties and time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from mainstay.domains.incidents.factories import make_incident
from mainstay.domains.incidents.models import Incident, TimelineEntry
from mainstay.domains.incidents.registers import clock
from mainstay.domains.incidents.services import triage_incident
from mainstay.platform.records.actor import Actor, acting
from mainstay.platform.units.models import Unit

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def test_an_employee_reports_with_a_line_and_learns_the_reference(signed_in: Callable[..., Client]) -> None:
    employee = signed_in("employee", name="Rosa Reader")

    answer = employee.post("/report-incident", {"name": "Odd mail", "description": "It asked for my password."})
    page = employee.get(answer["Location"]).content.decode()

    incident = Incident.unscoped_for_system.get()
    assert incident.reported_by_id == employee.actor.person_id  # type: ignore[attr-defined] # set by the fixture
    assert incident.ref in page
    assert "Someone looks at it" in page
    assert f'href="/incidents/{incident.ref}"' not in page


def test_who_works_at_one_site_reports_there(signed_in: Callable[..., Client], site: Unit) -> None:
    employee = signed_in("employee", at=site)

    employee.post("/report-incident", {"name": "Odd mail"})

    assert Incident.unscoped_for_system.get().unit_id == site.pk


def test_a_report_without_a_line_is_asked_again_and_keeps_what_was_typed(signed_in: Callable[..., Client]) -> None:
    answer = signed_in("employee").post("/report-incident", {"name": "", "description": "It asked for my password."})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "It asked for my password." in page
    assert 'id="id_name_error"' in page
    assert not Incident.unscoped_for_system.exists()


def test_a_report_cannot_set_what_triage_decides(signed_in: Callable[..., Client]) -> None:
    signed_in("employee").post("/report-incident", {"name": "Odd mail", "personal_data_affected": "on", "owner": "P-1"})

    incident = Incident.unscoped_for_system.get()
    assert not incident.personal_data_affected
    assert incident.owner_id is None


def test_nobody_reads_the_thanks_of_someone_else(signed_in: Callable[..., Client]) -> None:
    signed_in("employee").post("/report-incident", {"name": "Odd mail"})

    page = signed_in("employee", name="Someone Else").get(f"/report-incident/{Incident.unscoped_for_system.get().pk}")

    assert page.status_code == 404


def test_reporting_is_in_the_navigation_of_those_who_may(signed_in: Callable[..., Client]) -> None:
    offered = signed_in("employee").get("/me").content.decode()
    kept_back = signed_in("auditor_readonly").get("/me").content.decode()

    assert 'href="/report-incident"' in offered
    assert 'href="/report-incident"' not in kept_back


@pytest.mark.parametrize(("due", "expected"), [
    (NOON + timedelta(hours=5, minutes=30), ("soon", "due in 5 h 30 min")),
    (NOON + timedelta(days=9, hours=3), ("soon", "due in 9 days")),
    (NOON - timedelta(minutes=12), ("late", "overdue by 12 min")),
    (NOON, ("soon", "due in 0 min")),
])
def test_the_clock_says_what_is_left_or_over(due: datetime, expected: tuple[str, str]) -> None:
    assert clock(due, now=NOON) == expected


def test_a_due_notification_shows_its_clock_and_the_way_to_settle_it(signed_in: Callable[..., Client]) -> None:
    browser = signed_in("administrator")
    actor: Actor = browser.actor  # type: ignore[attr-defined] # set by the fixture
    with acting(actor):
        incident = make_incident(personal_data_affected=True)
        aware = timezone.now() - timedelta(hours=70, minutes=10)
        triage_incident(incident, classification="breach", severity="3", aware_at=aware)

    page = browser.get(f"/incidents/{incident.ref}").content.decode()
    dialog = browser.get(f"/incidents/{incident.ref}/do/notify?duty=gdpr-33").content.decode()

    assert "due in 1 h 4" in page
    assert f"/incidents/{incident.ref}/do/notify?duty=gdpr-33" in page
    assert '<option value="gdpr-33" selected>' in dialog


def test_a_note_is_added_to_the_timeline_from_the_page(signed_in: Callable[..., Client]) -> None:
    browser = signed_in("administrator")
    with acting(browser.actor):  # type: ignore[attr-defined] # set by the fixture
        incident = make_incident()

    answer = browser.post(f"/incidents/{incident.ref}/do/note", {
        "text": "Mailbox <b>locked</b>.", "kind": "containment", "at": "",
    })
    page = browser.get(f"/incidents/{incident.ref}").content.decode()

    assert answer.status_code == 302
    assert TimelineEntry.unscoped_for_system.filter(kind="containment").count() == 1
    assert "Mailbox &lt;b&gt;locked&lt;/b&gt;." in page


def test_who_only_reads_gets_the_timeline_without_its_form(signed_in: Callable[..., Client]) -> None:
    browser = signed_in("administrator")
    with acting(browser.actor):  # type: ignore[attr-defined] # set by the fixture
        incident = make_incident()

    page = signed_in("auditor_readonly").get(f"/incidents/{incident.ref}").content.decode()

    assert "Reported." in page
    assert 'id="timeline-form"' not in page
