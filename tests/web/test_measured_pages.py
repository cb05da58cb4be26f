"""Pictures on the pages of metrics and objectives."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from mainstay.domains.context.registers import OBJECTIVES
from mainstay.domains.monitoring.factories import make_measurement, make_metric
from mainstay.platform.records.actor import acting
from mainstay.registers import crud


@pytest.fixture
def browser(signed_in: Callable[..., Client]) -> Client:
    return signed_in("administrator")


def test_a_metric_shows_its_course_with_the_target_and_its_status(browser: Client) -> None:
    today = timezone.localdate()
    with acting(browser.actor):  # type: ignore[attr-defined] # set by the fixture
        metric = make_metric(amber="80", unit_of_measure="%")
        for back, value in ((200, 70), (100, 88), (0, 97)):
            make_measurement(metric=metric, value=Decimal(value), period_to=today - timedelta(days=back))

    page = browser.get(f"/metrics/{metric.ref}").content.decode()

    assert page.count("<circle") == 3
    assert "target 95" in page
    assert "97 %; at least 95 % is the target" in page
    assert 'class="status met"' in page


def test_a_metric_nobody_measured_says_so_and_is_unknown(browser: Client) -> None:
    with acting(browser.actor):  # type: ignore[attr-defined] # set by the fixture
        metric = make_metric()

    page = browser.get(f"/metrics/{metric.ref}").content.decode()

    assert "Nobody has measured this yet." in page
    assert 'class="status unknown"' in page


@pytest.mark.parametrize(("values", "sentence"), [
    ({"baseline": "20", "latest": "55", "target": "90"}, "50 % of the way from the baseline"),
    ({"latest": "55", "target": "90"}, "55 of 90"),
    ({"baseline": "40", "latest": "10", "target": "0"}, "75 % of the way from the baseline"),
])
def test_an_objective_shows_how_far_it_has_come(browser: Client, values: dict[str, str], sentence: str) -> None:
    with acting(browser.actor):  # type: ignore[attr-defined] # set by the fixture
        objective = crud.create(OBJECTIVES, {"name": "Trained people", "due_on": date(2030, 1, 1), **values})

    assert sentence in browser.get(f"/objectives/{objective.ref}").content.decode()


def test_an_objective_without_a_value_or_below_zero_has_no_picture(browser: Client) -> None:
    with acting(browser.actor):  # type: ignore[attr-defined] # set by the fixture
        without = crud.create(OBJECTIVES, {"name": "Trained people", "target": "90"})
        below = crud.create(OBJECTIVES, {"name": "Balance", "latest": "-5", "target": "90"})

    for objective in (without, below):
        assert "<figure" not in browser.get(f"/objectives/{objective.ref}").content.decode()
