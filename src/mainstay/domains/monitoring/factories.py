"""One minimal valid record per model, for tests and demo data. Runs within `acting`."""

from decimal import Decimal
from typing import Any

from mainstay.domains.monitoring.models import Measurement, Metric
from mainstay.domains.monitoring.registers import METRICS
from mainstay.domains.monitoring.services import measure_metric
from mainstay.registers import crud


def make_metric(**rest: Any) -> Metric:
    metric: Metric = crud.create(METRICS, {"name": "Backups restored in test", "target": "95", **rest})
    return metric


def make_measurement(*, metric: Metric | None = None, value: Decimal = Decimal(97), **rest: Any) -> Measurement:
    return measure_metric(metric or make_metric(), value=value, **rest)
