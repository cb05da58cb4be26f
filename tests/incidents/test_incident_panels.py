"""What an incident's page shows besides its fields."""

import pytest
from django.template.loader import render_to_string

from mainstay.domains.assets.models import Asset
from mainstay.domains.incidents.factories import make_incident
from mainstay.domains.incidents.models import Incident
from mainstay.domains.incidents.services import notify_authority, triage_incident
from mainstay.registers import registry


def drawn(incident: Incident) -> str:
    panels = [item for item in registry.extra_panels(Incident) if item.template.startswith("incidents/")]
    contexts = [(item, item.context(incident)) for item in panels]
    return "".join(render_to_string(item.template, {"data": context}) for item, context in contexts if context is not None)


@pytest.mark.usefixtures("handling")
def test_the_timeline_is_shown_with_who_wrote_it() -> None:
    page = drawn(make_incident())

    assert "Reported." in page
    assert "Ines Duarte" in page
    assert "GDPR" not in page


@pytest.mark.usefixtures("handling")
def test_a_duty_is_shown_with_its_date_and_then_as_settled() -> None:
    incident = make_incident(personal_data_affected=True)
    waiting = drawn(incident)
    triage_incident(incident, classification="breach", severity="3")
    incident.refresh_from_db()
    due = drawn(incident)
    notify_authority(incident, duty="gdpr-33", text="Case 2026/17")
    told = drawn(incident)

    assert "Waits for triage" in waiting
    assert "status partly" in due
    assert "Told in time" in told


@pytest.mark.usefixtures("handling")
def test_what_people_write_is_not_taken_for_html() -> None:
    incident = make_incident()
    triage_incident(incident, classification="event", reason="<script>alert(1)</script>")

    assert "<script>" not in drawn(incident)


def test_incidents_are_shown_with_the_asset_they_struck() -> None:
    assert "asset_links__asset" in {item.via for item in registry.related_panels(Asset) if item.of is Incident}
