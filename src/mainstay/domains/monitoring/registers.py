"""How metrics look."""

from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from mainstay.domains.context.models import Objective
from mainstay.domains.monitoring import services as _services  # registers the verbs  # noqa: F401
from mainstay.domains.monitoring.evaluation import MetricStatus, value_status
from mainstay.domains.monitoring.models import Measurement, Metric
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.moment import current_day
from mainstay.registers import registry
from mainstay.registers.declaration import ExtraPanel, Register, RelatedPanel, column, panel
from mainstay.registers.showing import icon_html

STATUS_LABELS = {
    MetricStatus.MET: _("met"), MetricStatus.PARTLY: _("partly met"),
    MetricStatus.NOT_MET: _("not met"), MetricStatus.UNKNOWN: _("unknown"),
}


def status_html(status: MetricStatus) -> SafeString:
    """A status as icon and word."""
    mark = status.value.replace("_", "-")
    return format_html('<span class="status {}">{}{}</span>', mark, icon_html(mark), STATUS_LABELS[status])


def show_status(value: Any, row: Mapping[str, Any]) -> str:
    """The metric's status today, from the row's own columns."""
    return status_html(value_status(
        row["latest_value"], row["latest_on"], direction=row["direction"], target=row["target"], amber=row["amber"],
        frequency_days=row["frequency_days"], on=current_day(),
    ))


SHOWN = 20


def measurements_context(metric: Metric) -> dict[str, Any] | None:
    """The latest measurements, newest first; None while there are none."""
    if not current_actor().may("measurement.view", unit=metric.place):
        return None
    rows = list(Measurement.objects.filter(metric=metric).select_related("recorded_by")[:SHOWN])
    return {"measurements": rows} if rows else None


METRICS = Register(
    model=Metric,
    group="check",
    icon="monitoring",
    about=_("What you measure to see whether information security works, how often, and what is good enough (9.1)."),
    columns=(
        column("ref"), column("name"),
        column("status", label=_("status"), show=show_status,
               needs=("latest_value", "latest_on", "direction", "target", "amber", "frequency_days")),
        column("latest_value"), column("latest_on"), column("target"), column("unit_of_measure"), column("owner"),
        column("objective", shown_first=False), column("state", shown_first=False),
    ),
    filters=("state", "owner", "objective", "source", "latest_on", "unit"),
    panels=(
        panel(_("What is measured"), "name", "description", "measures", "method", "unit_of_measure", "source"),
        panel(_("What is good enough"), "direction", "target", "amber", "frequency_days",
              help=_("A metric nobody measured in time is unknown, whatever its last value was.")),
        panel(_("Latest"), "latest_value", "latest_on"),
        panel(_("Place"), "objective", "owner", "unit", "tags"),
    ),
    search=("description", "method"),
    derived=("latest_value", "latest_on"),
)

registry.add(METRICS)
registry.relate([
    ExtraPanel(title=_("Measurements"), on=Metric, template="monitoring/measurements.html", context=measurements_context),
    RelatedPanel(title=_("Metrics"), on=Objective, of=Metric, via="objective",
                 columns=("ref", "name", "latest_value", "latest_on", "target")),
])
