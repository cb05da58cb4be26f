"""Jobs that come back: asked for once, at their time, whatever happened to the last."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mainstay.platform.jobs import schedule
from mainstay.platform.jobs.models import Job
from mainstay.platform.jobs.progress import Progress
from mainstay.platform.jobs.registry import job
from mainstay.platform.jobs.schedule import ensure_scheduled, recurring, repeat
from mainstay.platform.jobs.services import run_one

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@job("test-daily", title="Daily", max_attempts=1)
def daily(progress: Progress) -> str:
    return "done"


@job("test-daily-broken", title="Daily", max_attempts=1)
def broken(progress: Progress) -> None:
    raise ZeroDivisionError


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, timedelta]]:
    """The table with one job that comes back every day."""
    told = {"test-daily": DAY}
    monkeypatch.setattr(schedule, "_recurring", told)
    yield told


@pytest.mark.usefixtures("table")
def test_a_job_that_never_ran_is_asked_for_at_once_and_only_once() -> None:
    made = ensure_scheduled(now=NOON)
    again = ensure_scheduled(now=NOON)

    assert [(item.kind, item.run_after, item.user_id) for item in made] == [("test-daily", NOON, None)]
    assert again == []


@pytest.mark.usefixtures("table")
def test_it_comes_back_a_day_after_it_was_due() -> None:
    ensure_scheduled(now=NOON)
    assert run_one("worker", now=NOON + timedelta(hours=1))

    made = ensure_scheduled(now=NOON + timedelta(hours=2))

    assert [item.run_after for item in made] == [NOON + DAY]
    assert not run_one("worker", now=NOON + timedelta(hours=3))
    assert run_one("worker", now=NOON + DAY)


@pytest.mark.usefixtures("table")
def test_after_days_without_a_worker_it_runs_once_and_now() -> None:
    ensure_scheduled(now=NOON)
    run_one("worker", now=NOON)

    made = ensure_scheduled(now=NOON + 9 * DAY)

    assert [item.run_after for item in made] == [NOON + 9 * DAY]


def test_one_that_failed_comes_back_all_the_same(table: dict[str, timedelta]) -> None:
    table.clear()
    table["test-daily-broken"] = DAY
    ensure_scheduled(now=NOON)
    run_one("worker", now=NOON)

    made = ensure_scheduled(now=NOON)

    assert Job.objects.filter(state=Job.State.FAILED).count() == 1
    assert [item.run_after for item in made] == [NOON + DAY]


@pytest.mark.usefixtures("table")
def test_a_look_that_finds_nothing_to_do_is_one_query_without_a_lock() -> None:
    ensure_scheduled(now=NOON)

    with CaptureQueriesContext(connection) as queries:
        ensure_scheduled(now=NOON)

    assert len(queries) == 1


@pytest.mark.usefixtures("table")
def test_what_comes_back_cannot_be_told_two_intervals_or_less_than_a_minute() -> None:
    repeat("test-daily", every=DAY)

    with pytest.raises(ValueError, match="comes back every"):
        repeat("test-daily", every=2 * DAY)
    with pytest.raises(ValueError, match="once a minute"):
        repeat("test-often", every=timedelta(seconds=10))


def test_due_metrics_are_measured_every_day() -> None:
    assert recurring()["compute-due-metrics"] == DAY
