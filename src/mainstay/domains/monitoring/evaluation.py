"""Whether a metric is where it should be: from its measurements and a day, nothing else."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, TypeVar


class MetricStatus(StrEnum):
    """The values of status that a metric can take; `unknown` whenever nobody measured in time."""

    MET = "met"
    PARTLY = "partly"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"


class Target(Protocol):
    """What the evaluation needs to know of a metric."""

    direction: str
    target: Decimal
    amber: Decimal | None
    frequency_days: int


class Measured(Protocol):
    """What it needs to know of a measurement; `recorded_at` is anything that orders them."""

    period_to: date
    value: Decimal

    @property
    def recorded_at(self) -> object: ...


_M = TypeVar("_M", bound=Measured)


def latest(measurements: Iterable[_M], *, on: date) -> _M | None:
    """The measurement that counts on a day: of the last period ended by then, the one recorded last."""
    known = [item for item in measurements if item.period_to <= on]
    return max(known, key=lambda item: (item.period_to, item.recorded_at), default=None)


def next_due(measured_to: date, frequency_days: int) -> date:
    """The last day on which a measurement up to `measured_to` still tells how things are."""
    return measured_to + timedelta(days=frequency_days)


def value_status(
    value: Decimal | None, measured_to: date | None, *, direction: str, target: Decimal, amber: Decimal | None,
    frequency_days: int, on: date,
) -> MetricStatus:
    """The status a value up to a day gives. Too old or missing is unknown: an old green says nothing about today."""
    if value is None or measured_to is None or on > next_due(measured_to, frequency_days):
        return MetricStatus.UNKNOWN
    if _reaches(value, target, direction):
        return MetricStatus.MET
    return MetricStatus.PARTLY if amber is not None and _reaches(value, amber, direction) else MetricStatus.NOT_MET


def metric_status(measurements: Iterable[Measured], metric: Target, *, on: date) -> MetricStatus:
    """Whether the metric is met on the day, by the measurement that then counts (9.1 e)."""
    found = latest(measurements, on=on)
    return value_status(
        found.value if found else None, found.period_to if found else None, direction=metric.direction,
        target=metric.target, amber=metric.amber, frequency_days=metric.frequency_days, on=on,
    )


def _reaches(value: Decimal, bound: Decimal, direction: str) -> bool:
    return value >= bound if direction == "higher" else value <= bound
