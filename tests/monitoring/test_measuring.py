"""Measuring: what is recorded stays, and what Mainstay works out nobody types."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import models
from django.utils import timezone

from mainstay.domains.monitoring import computed
from mainstay.domains.monitoring.daily import KIND
from mainstay.domains.monitoring.evaluation import MetricStatus
from mainstay.domains.monitoring.factories import make_measurement, make_metric
from mainstay.domains.monitoring.models import Measurement, Metric
from mainstay.domains.monitoring.queries import overdue_metrics, series, status_counts, status_of
from mainstay.domains.monitoring.registers import METRICS, show_status
from mainstay.domains.monitoring.services import compute_due_metrics, compute_metric, measure_metric
from mainstay.platform.jobs.services import enqueue, run_one
from mainstay.platform.records.actor import Actor, acting, system
from mainstay.platform.records.errors import Invalid, NotAllowed, RuleViolation
from mainstay.platform.units.services import found_organisation
from mainstay.registers import crud, lists
from mainstay.registers.fields import fields_of
from mainstay.registers.verbs import perform, verbs_of

pytestmark = pytest.mark.usefixtures("as_system")


@pytest.fixture
def forty_two() -> Iterator[str]:
    """A source that counts 42, and nothing for metrics named so."""
    def count(metric: Metric, on: object) -> Decimal | None:
        return None if metric.name == "nothing" else Decimal(42)

    computed.register_computed("test_forty_two", "forty-two", count)
    fields_of.cache_clear()  # apps hand their sources over before anyone reads the fields
    yield "test_forty_two"
    del computed._computed["test_forty_two"]
    fields_of.cache_clear()


def test_measuring_through_the_verb_records_value_period_and_person(person_with: Callable[..., Actor]) -> None:
    manager = person_with("isms_manager")
    metric = make_metric(frequency_days="30")

    with acting(manager):
        made = perform(verbs_of(Metric)["measure"], metric, {"value": "97.5", "note": "backup log"})

    assert (made.value, made.recorded_by_id, made.note) == (Decimal("97.5"), manager.person_id, "backup log")
    assert (made.period_from, made.period_to) == (timezone.localdate() - timedelta(days=29), timezone.localdate())
    assert status_of(metric, on=timezone.localdate()) is MetricStatus.MET


def test_a_period_follows_on_the_last_one() -> None:
    metric = make_metric()
    make_measurement(metric=metric, period_to=timezone.localdate() - timedelta(days=10))

    assert make_measurement(metric=metric).period_from == timezone.localdate() - timedelta(days=9)


def test_the_future_is_not_measured() -> None:
    with pytest.raises(Invalid) as refused:
        make_measurement(period_to=timezone.localdate() + timedelta(days=1))

    assert "period_to" in refused.value.fields


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(Invalid):
        make_measurement(period_from=timezone.localdate(), period_to=timezone.localdate() - timedelta(days=1))


@pytest.mark.parametrize("value", ["1e14", "-1e14", "NaN", "Infinity"])
def test_a_number_that_cannot_be_stored_is_refused(value: str) -> None:
    with pytest.raises(Invalid):
        make_measurement(value=Decimal(value))


def test_measuring_again_keeps_the_first_value_and_counts_the_second() -> None:
    metric = make_metric()
    make_measurement(metric=metric, value=Decimal(50))
    make_measurement(metric=metric, value=Decimal(97))

    assert Measurement.objects.count() == 2
    assert [item.value for item in series(metric, until=timezone.localdate())] == [Decimal(97)]
    assert Metric.objects.get().latest_value == Decimal(97)


def test_a_value_entered_late_for_an_earlier_period_does_not_become_the_latest() -> None:
    metric = make_metric()
    make_measurement(metric=metric, value=Decimal(97))
    make_measurement(metric=metric, value=Decimal(10), period_to=timezone.localdate() - timedelta(days=40))

    assert Metric.objects.get().latest_value == Decimal(97)


def test_a_measured_metric_is_not_deleted() -> None:
    metric = make_measurement().metric

    with pytest.raises(RuleViolation):
        crud.delete(METRICS, metric)
    with pytest.raises(models.ProtectedError):
        metric.delete()


def test_a_viewer_does_not_measure(person_with: Callable[..., Actor]) -> None:
    metric = make_metric()

    with acting(person_with("auditor_readonly")), pytest.raises(NotAllowed):
        measure_metric(metric, value=Decimal(100))


def test_a_computed_value_is_worked_out_and_not_typed(forty_two: str) -> None:
    metric = make_metric(source=forty_two)

    with pytest.raises(RuleViolation):
        measure_metric(metric, value=Decimal(100))
    assert compute_metric(metric).value == 42


def test_where_there_is_nothing_to_count_no_value_is_made_up(forty_two: str) -> None:
    metric = make_metric(name="nothing", source=forty_two)

    with pytest.raises(RuleViolation):
        compute_metric(metric)
    assert compute_due_metrics(timezone.localdate()) == []
    assert status_counts(on=timezone.localdate()) == {MetricStatus.UNKNOWN: 1}


def test_the_daily_job_measures_what_is_due_and_only_that(forty_two: str) -> None:
    metric = make_metric(source=forty_two, frequency_days="30")

    assert len(compute_due_metrics(timezone.localdate())) == 1
    assert compute_due_metrics(timezone.localdate()) == []
    assert len(compute_due_metrics(timezone.localdate() + timedelta(days=27))) == 1
    assert metric.measurements.count() == 2


def test_two_sources_of_one_name_are_a_mistake(forty_two: str) -> None:
    with pytest.raises(ValueError, match="two sources"):
        computed.register_computed(forty_two, "another", lambda metric, on: None)


def test_a_source_nobody_offers_is_refused() -> None:
    with pytest.raises(Invalid):
        make_metric(source="invented")


def test_amber_on_the_better_side_is_refused() -> None:
    with pytest.raises(Invalid):
        make_metric(target="95", amber="97")


def test_the_list_shows_the_status_of_today() -> None:
    old = make_metric(frequency_days="5", name="old")
    make_measurement(metric=old, period_to=timezone.localdate() - timedelta(days=6))
    make_measurement(metric=make_metric(name="new"))

    page = lists.page(METRICS, lists.parse(METRICS, {"sort": ["name"]}))

    new_one, old_one = (show_status(None, row) for row in page.rows)
    assert 'class="status met"' in new_one
    assert 'class="status unknown"' in old_one
    assert overdue_metrics(on=timezone.localdate()) == [Metric.objects.get(name="old")]


def test_a_retired_metric_is_neither_measured_nor_counted() -> None:
    metric = make_metric()
    verbs_of(Metric)["retire"].run(metric, reason="No longer asked for.")

    with pytest.raises(RuleViolation):
        make_measurement(metric=metric)
    assert not status_counts(on=timezone.localdate())


def test_the_daily_job_measures_what_is_due_in_every_organisation(forty_two: str) -> None:
    with acting(system("test")):
        other = found_organisation("Second Hospital")
    metrics = [make_metric(source=forty_two)]
    with acting(system("test", organisation=other.pk)):
        metrics.append(make_metric(source=forty_two))
    with acting(system("worker")):
        job = enqueue(KIND)

    run_one("worker")

    job.refresh_from_db()
    assert (job.state, job.result) == ("done", {"measurements": 2})
    assert all(Measurement.unscoped_for_system.filter(metric=metric).count() == 1 for metric in metrics)
