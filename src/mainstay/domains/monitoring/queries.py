"""Questions about metrics that span their measurements."""

from collections import Counter
from datetime import date
from uuid import UUID

from mainstay.domains.monitoring.evaluation import MetricStatus, metric_status, next_due
from mainstay.domains.monitoring.models import Measurement, Metric


def series(metric: Metric, *, until: date) -> list[Measurement]:
    """One measurement per period end, the last recorded of each, oldest first: what a chart draws."""
    found: dict[date, Measurement] = {}
    rows = Measurement.objects.filter(metric=metric, period_to__lte=until).order_by("period_to", "recorded_at")
    for item in rows:
        found[item.period_to] = item
    return list(found.values())


def status_of(metric: Metric, *, on: date) -> MetricStatus:
    """The status of one metric on a day."""
    return metric_status(Measurement.objects.filter(metric=metric, period_to__lte=on), metric, on=on)


def status_counts(*, on: date) -> Counter[MetricStatus]:
    """How many visible metrics in use have which status on the day; one query for the metrics, one for their values."""
    metrics = list(Metric.objects.filter(state="measured"))
    by_metric: dict[UUID, list[Measurement]] = {}
    for item in Measurement.objects.filter(metric__in=[item.pk for item in metrics], period_to__lte=on):
        by_metric.setdefault(item.metric_id, []).append(item)
    return Counter(metric_status(by_metric.get(metric.pk, []), metric, on=on) for metric in metrics)


def overdue_metrics(*, on: date) -> list[Metric]:
    """Visible metrics in use whose last measurement is missing or too old: each is unknown today."""
    return [
        metric for metric in Metric.objects.filter(state="measured").select_related("owner")
        if metric.latest_on is None or on > next_due(metric.latest_on, metric.frequency_days)
    ]
