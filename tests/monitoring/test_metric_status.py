"""A metric's status: from its measurements and the day, never green without a measurement in time."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.domains.monitoring.evaluation import MetricStatus, latest, metric_status

DAY = date(2027, 3, 1)


@dataclass
class Wanted:
    direction: str = "higher"
    target: Decimal = Decimal(95)
    amber: Decimal | None = Decimal(90)
    frequency_days: int = 30


@dataclass
class Value:
    value: Decimal
    period_to: date = DAY
    recorded_at: int = 0


DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2030, 1, 1))
NUMBERS = st.decimals(min_value=-1000, max_value=1000, places=2)


@pytest.mark.parametrize(("value", "direction", "amber", "status"), [
    (95, "higher", 90, "met"), (94, "higher", 90, "partly"), (90, "higher", 90, "partly"), (89, "higher", 90, "not_met"),
    (94, "higher", None, "not_met"), (95, "lower", 99, "met"), (96, "lower", 99, "partly"), (100, "lower", 99, "not_met"),
])
def test_the_bounds_count_as_reached(value: int, direction: str, amber: int | None, status: str) -> None:
    metric = Wanted(direction=direction, amber=None if amber is None else Decimal(amber))

    assert metric_status([Value(Decimal(value))], metric, on=DAY) == status


def test_a_metric_nobody_measured_is_unknown() -> None:
    assert metric_status([], Wanted(), on=DAY) is MetricStatus.UNKNOWN


def test_a_good_value_goes_stale_after_its_interval() -> None:
    measured = [Value(Decimal(99))]

    assert metric_status(measured, Wanted(), on=DAY + timedelta(days=30)) is MetricStatus.MET
    assert metric_status(measured, Wanted(), on=DAY + timedelta(days=31)) is MetricStatus.UNKNOWN


def test_a_value_of_a_later_period_says_nothing_about_an_earlier_day() -> None:
    assert metric_status([Value(Decimal(99))], Wanted(), on=DAY - timedelta(days=1)) is MetricStatus.UNKNOWN


def test_of_one_period_the_value_recorded_last_counts() -> None:
    measured = [Value(Decimal(50), recorded_at=2), Value(Decimal(99), recorded_at=1)]

    assert metric_status(measured, Wanted(), on=DAY) is MetricStatus.NOT_MET


@given(st.lists(st.builds(Value, NUMBERS, DAYS, st.integers(0, 9))), DAYS, st.sampled_from(["higher", "lower"]))
def test_no_history_is_green_unless_the_counting_value_is_in_time_and_good(
    history: list[Value], on: date, direction: str
) -> None:
    metric = Wanted(direction=direction)
    status = metric_status(history, metric, on=on)

    found = latest(history, on=on)
    in_time = found is not None and on - found.period_to <= timedelta(days=30)
    assert (status is MetricStatus.UNKNOWN) == (not in_time)
    if status is MetricStatus.MET:
        assert found is not None
        assert (found.value >= metric.target) if direction == "higher" else (found.value <= metric.target)


@given(NUMBERS, NUMBERS, st.sampled_from(["higher", "lower"]))
def test_a_better_value_never_has_a_worse_status(one: Decimal, other: Decimal, direction: str) -> None:
    rank = [MetricStatus.NOT_MET, MetricStatus.PARTLY, MetricStatus.MET]
    amber = Decimal(90) if direction == "higher" else Decimal(100)
    worse, better = sorted((one, other), reverse=direction == "lower")

    statuses = [
        metric_status([Value(value)], Wanted(direction=direction, amber=amber), on=DAY) for value in (worse, better)
    ]

    assert rank.index(statuses[0]) <= rank.index(statuses[1])
