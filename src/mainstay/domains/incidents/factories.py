"""One minimal valid record of each kind, made the way every door makes it."""

from typing import Any

from mainstay.domains.incidents.models import Incident
from mainstay.domains.incidents.registers import INCIDENTS
from mainstay.domains.incidents.services import contain_incident, resolve_incident, triage_incident
from mainstay.registers import crud


def make_incident(**rest: Any) -> Incident:
    """A reported incident: a name and a few words are enough."""
    given = {"name": "Strange mail opened", "description": "A colleague opened an attachment and the screen went black."}
    return crud.create(INCIDENTS, given | rest)  # type: ignore[no-any-return]


def make_resolved_incident(**rest: Any) -> Incident:
    """An incident that was triaged, contained and resolved."""
    incident = make_incident(**rest)
    triage_incident(incident, classification="incident", severity="2")
    contain_incident(incident, how="The laptop was taken off the network.")
    return resolve_incident(incident, how="The laptop was set up anew.")
