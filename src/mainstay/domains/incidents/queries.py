"""Questions about incidents that several records answer."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from mainstay.domains.incidents.evaluation import Duty, IncidentFacts, Told, notification_duties
from mainstay.domains.incidents.models import Incident, Notification, TimelineEntry
from mainstay.domains.work.models import Action
from mainstay.platform.records.models import Record


def duties_of(incident: Incident, on_time: datetime) -> tuple[Duty, ...]:
    """The notification duties of one incident as they stand at `on_time`."""
    return duties_of_all([incident], on_time)[incident.pk]


def duties_of_all(incidents: Iterable[Incident], on_time: datetime) -> dict[UUID, tuple[Duty, ...]]:
    """The notification duties of several incidents, in one query."""
    listed = list(incidents)
    told: dict[UUID, list[Told]] = {incident.pk: [] for incident in listed}
    rows = Notification.unscoped_for_system.filter(incident__in=listed).values_list("incident_id", "duty", "sent_at", "outcome")
    for incident_id, duty, sent_at, outcome in rows:
        told[incident_id].append(Told(duty=duty, at=sent_at, is_sent=outcome == Notification.Outcome.SENT))
    return {
        incident.pk: notification_duties(
            IncidentFacts(
                classification=incident.classification, aware_at=incident.aware_at, told=told[incident.pk],
                personal_data_affected=incident.personal_data_affected, is_significant=incident.is_significant,
            ),
            on_time,
        )
        for incident in listed
    }


def timeline_of(incident: Incident) -> list[TimelineEntry]:
    """What happened, in the order in which it happened."""
    return list(TimelineEntry.unscoped_for_system.filter(incident=incident).select_related("recorded_by"))


def open_actions(record: Record) -> list[Action]:
    """The actions because of a record that are neither done nor dropped."""
    return list(Action.unscoped_for_system.filter(subject_id=record.pk, state__in=("open", "doing")).order_by("ref"))
