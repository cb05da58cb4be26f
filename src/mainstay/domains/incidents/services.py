"""What happens to incidents. Every step writes the timeline by itself, so that the story cannot be left out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mainstay.domains.incidents.evaluation import DUTIES, OUTSTANDING
from mainstay.domains.incidents.models import Incident, Notification, TimelineEntry
from mainstay.domains.incidents.queries import duties_of, open_actions
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import Invalid, RuleViolation
from mainstay.registers.crud import touch
from mainstay.registers.verbs import Choices, Help, Long, move, verb

Kind = TimelineEntry.Kind
Moment = Annotated[datetime | None, Help(_("Now if left empty."), _("When"))]
SEVERITIES = tuple((str(value), label) for value, label in Incident.Severity.choices)


def _not_closed(incident: Incident) -> bool:
    return incident.state != "closed"


@verb(_("Triage"), on=Incident, when=_not_closed, tone="primary")
def triage_incident(
    incident: Incident, *,
    classification: Annotated[str, Choices(tuple(Incident.Classification.choices))],
    severity: Annotated[str, Choices(SEVERITIES), Help(_("Not needed for a mere event."))] = "",
    aware_at: Annotated[
        datetime | None,
        Help(_("When you knew with reasonable certainty; legal periods run from here. The time of the report if left empty."),
             _("Aware since")),
    ] = None,
    reason: Annotated[str, Long(500), Help(_("Why so; needed to dismiss it as an event."))] = "",
) -> Incident:
    """Say what it is and how bad (A.5.25). An event ends here, with its reason; later findings may change the triage."""
    if classification == Incident.Classification.EVENT:
        return _dismiss(incident, reason)
    if not severity:
        raise Invalid({"severity": [_("Say how severe it is.")]})
    aware = _past(aware_at, "aware_at") if aware_at else incident.aware_at or incident.created_at
    if incident.occurred_at and aware < incident.occurred_at:
        raise Invalid({"aware_at": [_("Nobody knows of an incident before it happened.")]})
    incident.classification, incident.severity, incident.aware_at = classification, int(severity), aware
    told = _("Triaged as %(what)s, severity %(severity)s, aware since %(aware)s.") % {
        "what": Incident.Classification(classification).label, "severity": Incident.Severity(int(severity)).label,
        "aware": timezone.localtime(aware).strftime("%Y-%m-%d %H:%M"),
    }
    _write(incident, Kind.DECISION, f"{told} {reason}".strip())
    if incident.state == "reported":
        return move(incident, "triage")  # type: ignore[no-any-return]
    touch(incident)
    return incident


def _dismiss(incident: Incident, reason: str) -> Incident:
    if not reason.strip():
        raise Invalid({"reason": [_("Say why it is only an event.")]})
    if incident.notifications.filter(outcome=Notification.Outcome.SENT).exists():
        raise RuleViolation(_("An authority was told of it; it cannot be dismissed as an event."), code="authority_told")
    incident.classification, incident.severity = Incident.Classification.EVENT, None
    incident.closed_at = timezone.now()
    _write(incident, Kind.DECISION, _("Dismissed as an event: %(reason)s") % {"reason": reason})
    return move(incident, "dismiss")  # type: ignore[no-any-return]


@verb(_("Contain"), on=Incident, when=lambda incident: incident.state == "triaged", tone="primary")
def contain_incident(
    incident: Incident, *, how: Annotated[str, Long(2_000), Help(_("What keeps it from spreading."))], at: Moment = None
) -> Incident:
    """Say that it does not spread any more (A.5.26)."""
    incident.contained_at = _past(at)
    _write(incident, Kind.CONTAINMENT, how, at=incident.contained_at)
    return move(incident, "contain")  # type: ignore[no-any-return]


@verb(_("Resolve"), on=Incident, when=lambda incident: incident.state in ("triaged", "contained"), tone="primary")
def resolve_incident(
    incident: Incident, *, how: Annotated[str, Long(2_000), Help(_("What was done so that all works as it should."))],
    at: Moment = None
) -> Incident:
    """Say that its effects are gone and normal work is back."""
    incident.resolved_at = _past(at)
    if incident.contained_at and incident.resolved_at < incident.contained_at:
        raise Invalid({"at": [_("It was contained later than that.")]})
    _write(incident, Kind.DECISION, _("Resolved: %(how)s") % {"how": how}, at=incident.resolved_at)
    return move(incident, "resolve")  # type: ignore[no-any-return]


@verb(_("Close"), on=Incident, when=lambda incident: incident.state == "resolved", tone="primary")
def close_incident(incident: Incident) -> Incident:
    """Close it once its cause is known, the lesson is drawn and nothing is left to do (A.5.27)."""
    missing = {
        name: [_("This is needed before the incident can be closed.")]
        for name in ("root_cause", "lessons") if not getattr(incident, name).strip()
    }
    if missing:
        raise Invalid(missing)
    if left := open_actions(incident):
        raise RuleViolation(
            _("Still to be done: %(actions)s.") % {"actions": ", ".join(action.ref for action in left)}, code="open_actions"
        )
    now = timezone.now()
    if owed := [duty for duty in duties_of(incident, now) if duty.state in OUTSTANDING]:
        names = ", ".join(f"{duty.regime}: {duty.name}" for duty in owed)
        raise RuleViolation(_("Notifications without a record: %(names)s.") % {"names": names}, code="duties_open")
    incident.closed_at = now
    _write(incident, Kind.DECISION, _("Closed."))
    return move(incident, "close")  # type: ignore[no-any-return]


@verb(_("Reopen"), on=Incident, when=lambda incident: incident.state in ("resolved", "closed"), tone="warning")
def reopen_incident(incident: Incident, *, reason: Annotated[str, Long(500)]) -> Incident:
    """Take it up again because it was not over. What was dismissed as an event is triaged anew."""
    _write(incident, Kind.DECISION, _("Reopened: %(reason)s") % {"reason": reason})
    incident.resolved_at = incident.closed_at = None
    if incident.classification == Incident.Classification.EVENT:
        incident.classification = ""
        return move(incident, "reconsider")  # type: ignore[no-any-return]
    return move(incident, "reopen")  # type: ignore[no-any-return]


@verb(_("Add to timeline"), on=Incident)
def note_incident(
    incident: Incident, *, text: Annotated[str, Long(5_000)],
    kind: Annotated[str, Choices(tuple(Kind.choices))] = Kind.NOTE.value, at: Moment = None,
) -> TimelineEntry:
    """Write down what was seen, decided, done or told, and when that was."""
    return _write(incident, Kind(kind), text, at=_past(at))


@verb(_("Record notification"), on=Incident, when=lambda incident: incident.classification != "event")
def notify_authority(
    incident: Incident, *,
    duty: Annotated[str, Choices(DUTIES)],
    text: Annotated[str, Long(5_000), Help(_("What was told and its reference, or why nothing had to be told."))],
    outcome: Annotated[str, Choices(tuple(Notification.Outcome.choices))] = Notification.Outcome.SENT.value,
    sent_at: Moment = None,
) -> Notification:
    """Record that an authority was told, or why it need not be: a duty is settled by its record alone."""
    moment = _past(sent_at, "sent_at")
    if duty not in {owed.key for owed in duties_of(incident, timezone.now())}:
        raise RuleViolation(_("This incident does not bring that duty."), code="no_such_duty")
    made = Notification(
        organisation_id=incident.organisation_id, incident=incident, duty=duty, outcome=outcome, sent_at=moment, text=text,
        recorded_by_id=current_actor().person_id,
    )
    made.save(force_insert=True)
    label = f"{dict(DUTIES)[duty]}: {Notification.Outcome(outcome).label}"
    _write(incident, Kind.COMMUNICATION, f"{label}. {text}", at=moment)
    return made


def write_reports(incidents: Sequence[Incident], changed: frozenset[str]) -> None:
    """After incidents are stored: the timeline of a new one begins with its report."""
    if changed:
        return
    TimelineEntry.unscoped_for_system.bulk_create(
        TimelineEntry(
            organisation_id=incident.organisation_id, incident=incident, at=incident.created_at, kind=Kind.NOTE,
            text=str(_("Reported.")), recorded_by_id=current_actor().person_id,
        )
        for incident in incidents
    )


def _write(incident: Incident, kind: TimelineEntry.Kind, text: object, *, at: datetime | None = None) -> TimelineEntry:
    entry = TimelineEntry(
        organisation_id=incident.organisation_id, incident=incident, at=at or timezone.now(), kind=kind, text=str(text)[:5_000],
        recorded_by_id=current_actor().person_id,
    )
    entry.save(force_insert=True)
    return entry


def _past(moment: datetime | None, name: str = "at") -> datetime:
    """The moment, now if none is given; Invalid when it has not come yet."""
    now = timezone.now()
    if moment is not None and moment > now:
        raise Invalid({name: [_("This time has not come yet.")]})
    return moment or now
