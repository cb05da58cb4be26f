"""A day, a time or a size means the last checkpoint up to it; a day ends in the organisation's time zone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from mainstay.platform.records.errors import Invalid
from mainstay.platform.records.moment import current_day, current_time
from mainstay.platform.trail.models import Checkpoint
from mainstay.platform.trail.moments.resolve import at_checkpoint, resolve


def checkpoint(at: str, size: int, *, epoch: int = 1) -> Checkpoint:
    return Checkpoint.objects.create(
        epoch=epoch, size=size, root=bytes([epoch, size % 256]) * 16, note="", at=datetime.fromisoformat(at).replace(tzinfo=UTC)
    )


@pytest.fixture
def three(db: None, settings: Any) -> None:
    """Checkpoints around midnight in Zurich, which is two hours before midnight in UTC in summer."""
    settings.TIME_ZONE = "Europe/Zurich"
    checkpoint("2026-07-01 08:00", 10)
    checkpoint("2026-07-01 21:59", 20)
    checkpoint("2026-07-01 22:01", 30)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("2026-07-01", 20), ("2026-07-02", 30), ("2026-08-15", 30), ("2026-07-01T10:00", 10), ("2026-07-01T23:59:30", 20),
        ("2026-07-01T22:01:00Z", 30), ("2026-07-01T21:58:00+00:00", 10), ("2026-07-01T21:58:00 00:00", 10), ("size:10", 10),
        ("size:19", 10), ("size:30", 30), ("size:1/25", 20), (" 2026-07-01 ", 20),
    ],
)
def test_what_is_said_means_the_last_checkpoint_up_to_it(three: None, text: str, size: int) -> None:
    assert resolve(text).size == size


def test_a_day_ends_with_its_last_microsecond_and_rules_are_judged_at_it(three: None) -> None:
    moment = resolve("2026-07-31")

    assert moment.known_at == datetime(2026, 7, 31, 21, 59, 59, 999999, tzinfo=UTC)
    assert moment.day.isoformat() == "2026-07-31"
    assert moment.sealed_at == datetime(2026, 7, 1, 22, 1, tzinfo=UTC)


def test_the_day_on_which_clocks_are_turned_is_one_day(three: None) -> None:
    assert resolve("2026-10-25").known_at == datetime(2026, 10, 25, 22, 59, 59, 999999, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "2026-06-30", "2026-02-30", "2999-01-01", "now", "size:", "size:9", "size:31", "size:2/5", "size:-1", "１０", "'; --",
     "0001-01-01", "9999-12-31", "2026-07-01T99:00"],
)
def test_what_is_no_moment_is_refused_for_the_parameter(three: None, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        resolve(text)

    assert list(refused.value.fields) == ["as_known"]


def test_before_anything_was_sealed_there_is_no_moment(db: None) -> None:
    with pytest.raises(Invalid, match="Nothing has been sealed yet"):
        resolve(timezone.localdate().isoformat())


def test_a_size_is_one_of_the_newest_epoch_unless_the_epoch_is_said(three: None) -> None:
    checkpoint("2026-07-05 08:00", 5, epoch=2)

    assert (resolve("size:5").epoch, resolve("size:1/20").epoch, resolve("2026-07-05").epoch) == (2, 1, 2)


def test_what_was_kept_leads_to_the_same_moment_again(three: None) -> None:
    moment = resolve("2026-07-31")

    assert at_checkpoint(moment.epoch, moment.size, moment.known_at) == moment
    assert at_checkpoint(1, 11, moment.known_at) is None


def test_without_an_earlier_state_the_day_is_the_clocks(db: None) -> None:
    assert current_day() == timezone.localdate()
    assert abs(current_time() - timezone.now()) < timedelta(minutes=1)
