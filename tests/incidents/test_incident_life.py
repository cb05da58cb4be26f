"""From the first report to the lesson."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from mainstay.domains.assets.models import Asset
from mainstay.domains.incidents.factories import make_incident, make_resolved_incident
from mainstay.domains.incidents.models import Incident, TimelineEntry
from mainstay.domains.incidents.queries import timeline_of
from mainstay.domains.incidents.registers import INCIDENTS
from mainstay.domains.incidents.services import (
    close_incident,
    contain_incident,
    note_incident,
    reopen_incident,
    resolve_incident,
    triage_incident,
)
from mainstay.domains.work.services import add_action, finish_action
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import Actor
from mainstay.platform.records.errors import Invalid, NotAllowed, RuleViolation
from mainstay.platform.units.models import Unit
from mainstay.registers import crud
from mainstay.registers.verbs import perform, verbs_of

NOW = timezone.now


def texts(incident: Incident) -> list[str]:
    return [entry.text for entry in timeline_of(incident)]


def explain_and_learn(incident: Incident) -> Incident:
    raw = {"root_cause": "Macros were allowed.", "root_cause_method": "five_whys", "lessons": "Macros stay off."}
    return crud.change(INCIDENTS, incident, raw)  # type: ignore[no-any-return]


def test_an_employee_reports_with_a_name_and_a_few_words(reporting: Actor) -> None:
    incident = crud.create(INCIDENTS, {"name": "Lost badge", "description": "I cannot find my badge."})

    assert incident.state == "reported"
    assert incident.severity is None
    assert incident.classification == ""
    assert incident.reported_by_id == reporting.person_id
    assert texts(incident) == ["Reported."]


@pytest.mark.usefixtures("reporting")
def test_who_may_only_report_may_not_triage() -> None:
    incident = make_incident()

    with pytest.raises(NotAllowed):
        triage_incident(incident, classification="incident", severity="1")


@pytest.mark.usefixtures("handling")
def test_severity_is_given_by_triage_alone() -> None:
    incident = make_incident()

    with pytest.raises(Invalid) as refused:
        crud.change(INCIDENTS, incident, {"severity": "4"})

    assert set(refused.value.fields) == {"severity"}


@pytest.mark.usefixtures("handling")
def test_triage_takes_the_report_as_the_moment_of_awareness_unless_told() -> None:
    incident = make_incident()

    triaged = triage_incident(incident, classification="breach", severity="3")

    assert (triaged.state, triaged.classification, triaged.severity) == ("triaged", "breach", 3)
    assert triaged.aware_at == incident.created_at


@pytest.mark.usefixtures("handling")
def test_triage_without_severity_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        triage_incident(make_incident(), classification="incident")

    assert set(refused.value.fields) == {"severity"}


@pytest.mark.usefixtures("handling")
def test_nobody_is_aware_before_it_happened_or_in_the_future() -> None:
    incident = make_incident(occurred_at=NOW() - timedelta(hours=2))

    for aware in (NOW() - timedelta(hours=3), NOW() + timedelta(hours=1)):
        with pytest.raises(Invalid) as refused:
            triage_incident(incident, classification="incident", severity="2", aware_at=aware)
        assert set(refused.value.fields) == {"aware_at"}


@pytest.mark.usefixtures("handling")
def test_triage_may_change_with_what_is_found_later() -> None:
    incident = make_incident()
    triage_incident(incident, classification="incident", severity="1")
    contain_incident(incident, how="Account locked.")

    again = triage_incident(incident, classification="breach", severity="4", reason="Data left the house.")

    assert (again.state, again.classification, again.severity) == ("contained", "breach", 4)
    assert len([text for text in texts(incident) if text.startswith("Triaged")]) == 2


@pytest.mark.usefixtures("handling")
def test_a_mere_event_is_dismissed_with_its_reason() -> None:
    incident = make_incident()

    with pytest.raises(Invalid):
        triage_incident(incident, classification="event")
    dismissed = triage_incident(incident, classification="event", reason="The mail was from our own test.")

    assert (dismissed.state, dismissed.classification, dismissed.severity) == ("closed", "event", None)
    assert "The mail was from our own test." in texts(incident)[-1]


@pytest.mark.usefixtures("handling")
def test_a_dismissed_event_that_is_reopened_is_triaged_anew() -> None:
    incident = make_incident()
    triage_incident(incident, classification="event", reason="Harmless.")

    reopened = reopen_incident(incident, reason="A second mail came.")

    assert (reopened.state, reopened.classification, reopened.closed_at) == ("reported", "", None)


@pytest.mark.usefixtures("handling")
def test_every_step_writes_the_timeline_by_itself() -> None:
    incident = make_resolved_incident()
    explain_and_learn(incident)

    close_incident(incident)
    reopen_incident(incident, reason="It came back.")

    told = texts(incident)
    assert told[0] == "Reported."
    assert told[1].startswith("Triaged as incident")
    assert told[2] == "The laptop was taken off the network."
    assert told[3] == "Resolved: The laptop was set up anew."
    assert told[4:] == ["Closed.", "Reopened: It came back."]


@pytest.mark.usefixtures("handling")
def test_the_timeline_is_told_in_the_order_of_what_happened(handler: Person) -> None:
    incident = make_incident()
    seen = NOW() - timedelta(days=2)

    entry = note_incident(incident, text="First odd sign-in.", kind="evidence", at=seen)

    assert texts(incident) == ["First odd sign-in.", "Reported."]
    assert entry.recorded_by_id == handler.pk
    assert entry.recorded_at > entry.at == seen


@pytest.mark.usefixtures("handling")
def test_what_has_not_happened_yet_is_not_written_down() -> None:
    with pytest.raises(Invalid):
        note_incident(make_incident(), text="Tomorrow.", at=NOW() + timedelta(minutes=5))


@pytest.mark.usefixtures("handling")
def test_closing_needs_cause_and_lesson() -> None:
    incident = make_resolved_incident()

    with pytest.raises(Invalid) as refused:
        close_incident(incident)

    assert set(refused.value.fields) == {"root_cause", "lessons"}


@pytest.mark.usefixtures("handling")
def test_closing_with_an_open_action_is_refused(handler: Person) -> None:
    incident = explain_and_learn(make_resolved_incident())
    action = add_action(incident, name="Switch macros off", owner=handler)

    with pytest.raises(RuleViolation) as refused:
        close_incident(incident)
    finish_action(action)
    closed = close_incident(incident)

    assert refused.value.code == "open_actions"
    assert closed.state == "closed"
    assert closed.closed_at is not None


@pytest.mark.usefixtures("handling")
def test_steps_cannot_be_skipped() -> None:
    incident = make_incident()

    for step in (lambda: contain_incident(incident, how="x"), lambda: resolve_incident(incident, how="x"),
                 lambda: close_incident(incident)):
        with pytest.raises(RuleViolation):
            step()


@pytest.mark.usefixtures("handling")
def test_it_is_not_resolved_before_it_was_contained() -> None:
    incident = make_incident()
    triage_incident(incident, classification="incident", severity="2")
    contain_incident(incident, how="Unplugged.")

    with pytest.raises(Invalid) as refused:
        resolve_incident(incident, how="New disk.", at=NOW() - timedelta(days=1))

    assert set(refused.value.fields) == {"at"}


@pytest.mark.usefixtures("handling")
def test_a_closed_incident_is_not_edited() -> None:
    incident = explain_and_learn(make_resolved_incident())
    close_incident(incident)

    with pytest.raises(RuleViolation) as refused:
        crud.change(INCIDENTS, incident, {"lessons": "None."})

    assert refused.value.code == "frozen"


@pytest.mark.usefixtures("handling")
def test_every_verb_reads_its_parameters_from_raw_input() -> None:
    incident = make_incident()
    raw: dict[str, Any] = {"classification": "incident", "severity": "high", "aware_at": ""}

    perform(verbs_of(Incident)["triage"], incident, raw)

    incident = Incident.objects.get(pk=incident.pk)
    assert (incident.state, incident.severity) == ("triaged", 3)


@pytest.mark.usefixtures("handling")
def test_an_incident_names_the_assets_it_struck(organisation: Unit) -> None:
    asset = Asset.unscoped_for_system.create(organisation=organisation, unit=organisation, ref="A-1", name="Laboratory system")

    incident = make_incident(assets="A-1")

    assert [link.asset for link in incident.asset_links.all()] == [asset]
    assert TimelineEntry.objects.filter(incident__asset_links__asset=asset).count() == 1
