"""How incidents look."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from mainstay.domains.assets.models import Asset
from mainstay.domains.incidents.evaluation import OUTSTANDING, DutyState
from mainstay.domains.incidents.models import Incident, IncidentAsset, TimelineEntry
from mainstay.domains.incidents.queries import duties_of, timeline_of
from mainstay.domains.incidents.services import write_reports
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.moment import current_time
from mainstay.registers import registry
from mainstay.registers.declaration import ExtraPanel, LinkField, Register, RelatedPanel, column, panel
from mainstay.registers.showing import record_address
from mainstay.registers.verbs import possible_verbs

INCIDENTS = Register(
    model=Incident,
    group="do",
    icon="incident",
    about=_("What went wrong or looks odd. Report it with a name and a few words; the rest comes later (A.6.8)."),
    columns=(
        column("ref"), column("name"), column("state"), column("classification"), column("severity"), column("category"),
        column("owner"), column("detected_at"), column("unit", shown_first=False),
    ),
    filters=("state", "classification", "severity", "category", "owner", "unit", "personal_data_affected", "is_significant",
             "detected_at"),
    links=(LinkField(name="assets", through=IncidentAsset, label=_("assets struck")),),
    panels=(
        panel(_("What happened"), "name", "description", "category", "assets"),
        panel(_("When"), "occurred_at", "detected_at", "aware_at", "contained_at", "resolved_at", "closed_at"),
        panel(_("How bad"), "classification", "severity", "affects_confidentiality", "affects_integrity", "affects_availability",
              "personal_data_affected", "is_significant", "cost"),
        panel(_("What follows from it"), "root_cause", "root_cause_method", "lessons",
              help=_("Cause and lessons are needed before it can be closed (A.5.27).")),
        panel(_("Responsibility"), "owner", "reported_by", "unit", "tags"),
    ),
    search=("description", "root_cause", "lessons"),
    order="ref",
    after=write_reports,
    defaults={"reported_by": lambda: current_actor().person_id},
)

_MARKS: Mapping[DutyState, tuple[str, object]] = {
    DutyState.WAITING: ("unknown", _("waits for triage")),
    DutyState.DUE: ("partly", _("due")),
    DutyState.OVERDUE: ("not-met", _("overdue")),
    DutyState.MET: ("met", _("told in time")),
    DutyState.MET_LATE: ("partly", _("told late")),
    DutyState.NOT_OWED: ("not-applicable", _("not owed")),
}


def _timeline(incident: Any) -> Mapping[str, Any] | None:
    may_write = any(verb.name == "note" for verb in possible_verbs(incident))
    entries = timeline_of(incident)
    if not entries and not may_write:
        return None
    return {
        "entries": entries, "kinds": TimelineEntry.Kind.choices, "now": timezone.localtime().isoformat(timespec="minutes")[:16],
        "action": f"{record_address(incident)}/do/note" if may_write else "",
    }


def _duties(incident: Any) -> Mapping[str, Any] | None:
    now = current_time()
    may_notify = any(verb.name == "notify" for verb in possible_verbs(incident))
    rows = [
        {
            "duty": duty, "mark": _MARKS[duty.state][0], "label": _MARKS[duty.state][1],
            "clock": clock(duty.due_at, now=now) if duty.due_at and duty.state in (DutyState.DUE, DutyState.OVERDUE) else None,
            "settle": f"{record_address(incident)}/do/notify?duty={duty.key}" if may_notify and duty.state in OUTSTANDING else "",
        }
        for duty in duties_of(incident, now)
    ]
    return {"duties": rows, "is_first": True} if rows else None


def clock(due_at: datetime, *, now: datetime) -> tuple[str, str]:
    """How long is left, or how long it is over: the mark (`late`, `soon`) and the words."""
    minutes = int(abs(due_at - now).total_seconds() // 60)
    told = {"span": _span(minutes)}
    return ("late", gettext("overdue by %(span)s") % told) if due_at < now else ("soon", gettext("due in %(span)s") % told)


def _span(minutes: int) -> str:
    """A span in the two units that say most: days and hours, hours and minutes."""
    hours, days = minutes // 60, minutes // 1_440
    if days >= 4:
        return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
    if hours:
        return gettext("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes % 60}
    return gettext("%(minutes)d min") % {"minutes": minutes}


registry.add(INCIDENTS)
registry.relate([
    ExtraPanel(title=_("Duties to notify"), on=Incident, template="incidents/duties.html", context=_duties),
    ExtraPanel(title=_("Timeline"), on=Incident, template="incidents/timeline.html", context=_timeline),
    RelatedPanel(title=_("Incidents"), on=Asset, of=Incident, via="asset_links__asset",
                 columns=("ref", "name", "state", "severity")),
])
