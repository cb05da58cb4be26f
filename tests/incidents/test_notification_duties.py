"""The clocks of GDPR art. 33 and NIS2 art. 23."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from mainstay.domains.incidents.evaluation import (
    DutyState,
    IncidentFacts,
    Told,
    notification_duties,
    one_month_after,
)
from mainstay.domains.incidents.factories import make_incident
from mainstay.domains.incidents.queries import duties_of
from mainstay.domains.incidents.registers import INCIDENTS
from mainstay.domains.incidents.services import close_incident, notify_authority, resolve_incident, triage_incident
from mainstay.platform.records.errors import RuleViolation
from mainstay.registers import crud

AWARE = datetime(2026, 1, 30, 9, 0, tzinfo=UTC)


def facts(*told: Told, classification: str = "breach", personal: bool = False, significant: bool = False) -> IncidentFacts:
    return IncidentFacts(
        classification=classification, aware_at=AWARE, personal_data_affected=personal, is_significant=significant, told=told
    )


def states(incident: IncidentFacts, on_time: datetime) -> dict[str, DutyState]:
    return {duty.key: duty.state for duty in notification_duties(incident, on_time)}


def test_an_incident_without_personal_data_or_significance_brings_no_duty() -> None:
    assert notification_duties(facts(), AWARE) == ()


def test_a_mere_event_brings_no_duty() -> None:
    assert notification_duties(facts(classification="event", personal=True, significant=True), AWARE) == ()


def test_the_supervisory_authority_is_told_within_72_hours_of_awareness() -> None:
    duty, = notification_duties(facts(personal=True), AWARE)

    assert duty.due_at == AWARE + timedelta(hours=72)
    assert duty.state is DutyState.DUE


def test_personal_data_makes_it_a_breach_whatever_the_triage_called_it() -> None:
    assert states(facts(classification="incident", personal=True), AWARE) == {"gdpr-33": DutyState.DUE}


def test_the_clock_waits_for_the_moment_of_awareness() -> None:
    incident = IncidentFacts(classification="", aware_at=None, personal_data_affected=True, is_significant=True)

    duties = notification_duties(incident, AWARE)

    assert {duty.state for duty in duties} == {DutyState.WAITING}
    assert {duty.due_at for duty in duties} == {None}


def test_a_significant_incident_has_three_dates_under_nis2() -> None:
    due = {duty.key: duty.due_at for duty in notification_duties(facts(significant=True), AWARE)}

    assert due == {
        "nis2-early-warning": AWARE + timedelta(hours=24),
        "nis2-notification": AWARE + timedelta(hours=72),
        "nis2-final-report": datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
    }


def test_the_final_report_runs_from_the_notification_once_it_was_made() -> None:
    sent = Told(duty="nis2-notification", at=datetime(2026, 1, 31, 8, 0, tzinfo=UTC))

    due = {duty.key: duty.due_at for duty in notification_duties(facts(sent, significant=True), AWARE + timedelta(days=3))}

    assert due["nis2-final-report"] == datetime(2026, 2, 28, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "expected"), [(71, DutyState.MET), (72, DutyState.MET), (73, DutyState.MET_LATE)]
)
def test_only_the_record_says_whether_it_was_in_time(hours: int, expected: DutyState) -> None:
    told = Told(duty="gdpr-33", at=AWARE + timedelta(hours=hours))

    assert states(facts(told, personal=True), AWARE + timedelta(days=30)) == {"gdpr-33": expected}


def test_a_later_addition_does_not_make_a_timely_notification_late() -> None:
    told = (Told(duty="gdpr-33", at=AWARE + timedelta(hours=hours)) for hours in (200, 10))

    assert states(facts(*told, personal=True), AWARE + timedelta(days=30)) == {"gdpr-33": DutyState.MET}


def test_a_reason_not_to_notify_settles_the_duty_as_not_owed() -> None:
    reason = Told(duty="gdpr-33", at=AWARE, is_sent=False)

    assert states(facts(reason, personal=True), AWARE + timedelta(days=30)) == {"gdpr-33": DutyState.NOT_OWED}


@given(hours=st.integers(min_value=0, max_value=2_000))
def test_without_a_record_every_duty_is_due_until_its_moment_and_overdue_after(hours: int) -> None:
    on_time = AWARE + timedelta(hours=hours)

    for duty in notification_duties(facts(personal=True, significant=True), on_time):
        assert duty.due_at is not None
        assert duty.state is (DutyState.DUE if on_time <= duty.due_at else DutyState.OVERDUE)


@given(moment=st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1),
                           timezones=st.just(UTC)))  # bounds are naive
def test_a_month_is_28_to_31_days_and_never_changes_the_hour(moment: datetime) -> None:
    later = one_month_after(moment)

    assert 28 <= (later - moment).days <= 31
    assert later.timetz() == moment.timetz()


@pytest.mark.usefixtures("handling")
def test_an_incident_is_not_closed_while_a_notification_has_no_record() -> None:
    incident = make_incident(personal_data_affected=True, root_cause="A lost key.", lessons="Encrypt sticks.")
    triage_incident(incident, classification="breach", severity="3")
    resolve_incident(incident, how="Stick found.")

    with pytest.raises(RuleViolation) as refused:
        close_incident(incident)
    notify_authority(incident, duty="gdpr-33", text="Case 2026/17")
    closed = close_incident(incident)

    assert refused.value.code == "duties_open"
    assert closed.state == "closed"
    assert [duty.state for duty in duties_of(incident, timezone.now())] == [DutyState.MET]


@pytest.mark.usefixtures("handling")
def test_a_notification_that_no_duty_asks_for_is_refused() -> None:
    incident = make_incident()

    with pytest.raises(RuleViolation) as refused:
        notify_authority(incident, duty="gdpr-33", text="Case 2026/17")

    assert refused.value.code == "no_such_duty"


@pytest.mark.usefixtures("handling")
def test_what_an_authority_was_told_of_is_not_dismissed_as_an_event() -> None:
    incident = make_incident(is_significant=True)
    triage_incident(incident, classification="incident", severity="3")
    notify_authority(incident, duty="nis2-early-warning", text="Told by phone")

    with pytest.raises(RuleViolation) as refused:
        triage_incident(incident, classification="event", reason="Nothing was lost.")

    assert refused.value.code == "authority_told"


@pytest.mark.usefixtures("handling")
def test_marking_an_incident_as_significant_starts_its_clocks() -> None:
    incident = make_incident()
    triage_incident(incident, classification="incident", severity="4")

    crud.change(INCIDENTS, incident, {"is_significant": True})
    incident.refresh_from_db()

    assert len(duties_of(incident, timezone.now())) == 3
