"""What happens to metrics: they are measured, by hand or by Mainstay itself."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mainstay.domains.monitoring.computed import MANUAL, computed
from mainstay.domains.monitoring.evaluation import latest, next_due
from mainstay.domains.monitoring.models import DIGITS, PLACES, Measurement, Metric
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import Invalid, RuleViolation
from mainstay.platform.records.moment import current_day
from mainstay.registers.crud import touch
from mainstay.registers.verbs import Help, verb

LARGEST = Decimal(10) ** (DIGITS - PLACES)


def _is_entered(metric: Metric) -> bool:
    return metric.state == "measured" and metric.source == MANUAL


def _is_computed(metric: Metric) -> bool:
    return metric.state == "measured" and metric.source != MANUAL


@verb(_("Measure"), on=Metric, when=_is_entered, tone="primary")
def measure_metric(
    metric: Metric, *,
    value: Decimal,
    period_to: Annotated[date | None, Help(_("The last day the value covers; today if left empty."), _("Up to"))] = None,
    period_from: Annotated[date | None, Help(_("Left empty, it follows on the last measurement."), _("From"))] = None,
    note: Annotated[str, Help(_("Where the value comes from."))] = "",
) -> Measurement:
    """Record a value for a period. Nothing is overwritten; the last one recorded for a period counts."""
    return _add(metric, value=value, period_from=period_from, period_to=period_to, note=note)


@verb(_("Measure now"), on=Metric, when=_is_computed, tone="primary", bulk=True)
def compute_metric(metric: Metric) -> Measurement:
    """Work the value out from what Mainstay holds today. What nobody typed, nobody can retouch."""
    found = computed(metric.source)
    value = found.function(metric, current_day()) if found else None
    if value is None:
        raise RuleViolation(
            _("There is nothing to work %(label)s out from.") % {"label": metric.label}, code="nothing_to_measure"
        )
    return _add(metric, value=round(value, PLACES), note="")


def compute_due_metrics(on: date, *, organisation: UUID | None = None) -> list[Measurement]:
    """Measure every computed metric whose last value is about to go stale; those with nothing to count stay unknown.

    For the daily job. Ahead by a tenth of the interval, so that a day's outage does not turn a metric unknown.
    """
    made = []
    found = Metric.objects.filter(state="measured").exclude(source=MANUAL)
    for metric in found if organisation is None else found.filter(organisation_id=organisation):
        margin = timedelta(days=metric.frequency_days // 10)
        if metric.latest_on is None or on + margin >= next_due(metric.latest_on, metric.frequency_days):
            try:
                made.append(compute_metric(metric))
            except RuleViolation:
                continue
    return made


def _add(
    metric: Metric, *, value: Decimal, note: str, period_from: date | None = None, period_to: date | None = None
) -> Measurement:
    today = current_day()
    until = period_to or today
    if until > today:
        raise Invalid({"period_to": [_("This day has not come; a measurement tells what was.")]})
    begin = period_from or _follows_on(metric, until)
    if begin > until:
        raise Invalid({"period_from": [_("The period ends before it begins.")]})
    if not value.is_finite() or abs(value) >= LARGEST:
        raise Invalid({"value": [_("This number is out of range.")]})
    made = Measurement(
        organisation_id=metric.organisation_id, metric=metric, period_from=begin, period_to=until, value=value,
        source=metric.source, note=note[:500], recorded_by_id=current_actor().person_id,
    )
    made.save(force_insert=True)
    if metric.latest_on is None or until >= metric.latest_on:
        metric.latest_value, metric.latest_on = value, until
        touch(metric)
    return made


def _follows_on(metric: Metric, until: date) -> date:
    """The day after the last period that ended before, or one interval back."""
    before = latest(
        Measurement.unscoped_for_system.filter(metric=metric, period_to__lt=until), on=until
    )
    if before is not None:
        return before.period_to + timedelta(days=1)  # type: ignore[no-any-return] # a date field
    return until - timedelta(days=metric.frequency_days - 1)
