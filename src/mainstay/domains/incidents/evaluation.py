"""Which authorities an incident must be told to, by when, and whether that was done (A.5.5, A.5.26).

DORA's duties (art. 19) are not computed: they run from a classification as a major ICT incident of a financial entity,
for which the incident keeps no field yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from mainstay.kit.dates import add_months

PERSONAL_DATA_BREACH = "gdpr-33"
EARLY_WARNING, INCIDENT_NOTIFICATION, FINAL_REPORT = "nis2-early-warning", "nis2-notification", "nis2-final-report"

DUTIES: tuple[tuple[str, object], ...] = (
    (PERSONAL_DATA_BREACH, _("GDPR: supervisory authority, 72 hours")),
    (EARLY_WARNING, _("NIS2: early warning, 24 hours")),
    (INCIDENT_NOTIFICATION, _("NIS2: incident notification, 72 hours")),
    (FINAL_REPORT, _("NIS2: final report, one month")),
)
"""Every duty this module knows, by key, as people choose it."""


class DutyState(StrEnum):
    """Where a duty stands. `waiting` has no date yet, because nobody said when the organisation became aware."""

    WAITING = "waiting"
    DUE = "due"
    OVERDUE = "overdue"
    MET = "met"
    MET_LATE = "met_late"
    NOT_OWED = "not_owed"


OUTSTANDING = frozenset({DutyState.WAITING, DutyState.DUE, DutyState.OVERDUE})


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A notification on record: which duty, when, and whether it was sent or found not to be owed."""

    duty: str
    at: datetime
    is_sent: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class IncidentFacts:
    """What the duties depend on. `classification` is empty until triage."""

    classification: str
    aware_at: datetime | None
    personal_data_affected: bool
    is_significant: bool
    told: Sequence[Told] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Duty:
    """One duty to notify, with the last moment at which it is met in time."""

    key: str
    regime: str
    authority: object
    name: object
    due_at: datetime | None
    state: DutyState
    settled_at: datetime | None = None


def notification_duties(incident: IncidentFacts, on_time: datetime) -> tuple[Duty, ...]:
    """The duties an incident brings, as they stand at `on_time`; none once it is found to be a mere event.

    GDPR art. 33 (1): 72 hours from awareness of a personal data breach, which art. 4 (12) defines by what happened to the
    data, so it does not wait for the label "breach". NIS2 art. 23 (4): 24 hours, 72 hours, and one month after the
    notification was made (until it is made: after it was due).
    """
    if incident.classification == "event":
        return ()
    duties: list[Duty] = []
    aware = incident.aware_at
    if incident.personal_data_affected:
        duties.append(Duty(
            key=PERSONAL_DATA_BREACH, regime="GDPR art. 33", authority=_("data protection supervisory authority"),
            name=_("Notification of the breach"), due_at=_after(aware, hours=72), state=DutyState.WAITING,
        ))
    if incident.is_significant:
        notified_by = _after(aware, hours=72)
        notified = min((told.at for told in incident.told if told.duty == INCIDENT_NOTIFICATION and told.is_sent),
                       default=notified_by)
        duties += [
            Duty(key=key, regime="NIS2 art. 23", authority=_("CSIRT or competent authority"), name=name, due_at=due_at,
                 state=DutyState.WAITING)
            for key, name, due_at in (
                (EARLY_WARNING, _("Early warning"), _after(aware, hours=24)),
                (INCIDENT_NOTIFICATION, _("Incident notification"), notified_by),
                (FINAL_REPORT, _("Final report"), one_month_after(notified) if notified else None),
            )
        ]
    return tuple(_settled(duty, incident.told, on_time) for duty in duties)


def one_month_after(moment: datetime) -> datetime:
    """The same day and hour of the next month, or of its last day (31 January gives 28 or 29 February)."""
    return datetime.combine(add_months(moment.date(), 1), moment.timetz())


def _after(aware: datetime | None, *, hours: int) -> datetime | None:
    return aware + timedelta(hours=hours) if aware is not None else None


def _settled(duty: Duty, told: Sequence[Told], on_time: datetime) -> Duty:
    """The duty with its state, from what was told by `on_time`."""
    known = [one for one in told if one.duty == duty.key and one.at <= on_time]
    sent = min((one.at for one in known if one.is_sent), default=None)
    if sent is not None:
        # The first one counts: what was added later does not make it late.
        in_time = duty.due_at is None or sent <= duty.due_at
        return replace(duty, state=DutyState.MET if in_time else DutyState.MET_LATE, settled_at=sent)
    if known:
        return replace(duty, state=DutyState.NOT_OWED, settled_at=max(one.at for one in known))
    if duty.due_at is None:
        return duty
    return replace(duty, state=DutyState.DUE if on_time <= duty.due_at else DutyState.OVERDUE)
