"""Pictures on the pages of what is measured: the course of a metric, and how far an objective has come (9.1, 6.2)."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from mainstay.domains.context.models import Objective
from mainstay.domains.monitoring.models import Metric
from mainstay.domains.monitoring.queries import series, status_of
from mainstay.domains.monitoring.registers import status_html
from mainstay.domains.reporting.render.document import Svg
from mainstay.domains.reporting.render.figures import Bar, Threshold, bars, trend
from mainstay.domains.reporting.render.values import shown
from mainstay.domains.reporting.reports.frame import document_words
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.moment import current_day
from mainstay.registers import registry
from mainstay.registers.declaration import ExtraPanel

POINTS = 60
"""Measurements drawn at most, the latest ones: five years of months."""


def metric_course(metric: Metric) -> Mapping[str, Any] | None:
    """Where a metric stands, and its measurements as a line with its target once there are any."""
    if not current_actor().may("measurement.view", unit=metric.place):
        return None
    today = current_day()
    context: dict[str, Any] = {"is_first": True, "status": status_html(status_of(metric, on=today))}
    points = [(item.period_to, _plain(item.value)) for item in series(metric, until=today)][-POINTS:]
    if not points:
        return context | {"caption": _("Nobody has measured this yet.")}
    return context | {"caption": _course_caption(metric, points), "drawing": drawn(_course(metric, points))}


def _course(metric: Metric, points: Sequence[tuple[date, Decimal]]) -> Svg:
    limits = [Threshold(value=_plain(metric.target), label=_("target"))]
    if metric.amber is not None and metric.amber != metric.target:
        limits.append(Threshold(value=_plain(metric.amber), label=_("partly met")))
    words = document_words()
    said = "; ".join(f"{shown(day, words=words)}: {_amount(value, metric.unit_of_measure)}" for day, value in points)
    return trend(points, title=metric.name, description=said, thresholds=limits, words=words)


def _course_caption(metric: Metric, points: Sequence[tuple[date, Decimal]]) -> str:
    told = {"value": _amount(points[-1][1], metric.unit_of_measure), "target": _amount(metric.target, metric.unit_of_measure)}
    if metric.direction == Metric.Direction.HIGHER:
        return _("%(value)s; at least %(target)s is the target") % told
    return _("%(value)s; at most %(target)s is the target") % told


def objective_progress(objective: Objective) -> Mapping[str, Any] | None:
    """Where an objective began, stands and is to end; None while there is nothing to compare."""
    unit = objective.unit_of_measure
    values = [
        (label, _plain(value))
        for label, value in (
            (_("Baseline"), objective.baseline),
            (_("Latest"), objective.latest),
            (_("Target"), objective.target),
        )
        if value is not None
    ]
    # A bar begins at zero, so amounts below it are left to the fields above.
    if objective.latest is None or objective.target is None or any(value < 0 for _label, value in values):
        return None
    caption = _("%(latest)s of %(target)s") % {
        "latest": _amount(objective.latest, unit),
        "target": _amount(objective.target, unit),
    }
    drawing = bars([Bar(label=label, value=value) for label, value in values], title=caption, words=document_words())
    return {"is_first": True, "caption": caption, "note": _way_gone(objective), "drawing": drawn(drawing)}


def _way_gone(objective: Objective) -> str:
    """How much of the way from baseline to target lies behind, in words; empty where there is no baseline."""
    begin, end, latest = objective.baseline, objective.target, objective.latest
    if begin is None or end is None or latest is None or begin == end:
        return ""
    share = (latest - begin) / (end - begin) * 100
    return _("%(share)d %% of the way from the baseline") % {"share": round(share)}


def drawn(drawing: Svg) -> SafeString:
    """A figure of the renderers as HTML of a page."""
    return mark_safe(drawing)  # noqa: S308 # the figures escape all text


def _amount(value: Decimal, unit: str) -> str:
    return f"{shown(_plain(value), words=document_words())} {unit}".rstrip()


def _plain(value: Decimal) -> Decimal:
    """The value without the zeros that its column adds."""
    return value.normalize()


def subscribe() -> None:
    """Put the pictures on their pages."""
    registry.relate(
        [
            ExtraPanel(title=lazy("Course"), on=Metric, template="reporting/measured.html", context=metric_course),
            ExtraPanel(title=lazy("Progress"), on=Objective, template="reporting/measured.html", context=objective_progress),
        ]
    )
