"""Months later, whatever their length."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from mainstay.kit.dates import add_months

DAYS = st.dates(min_value=date(1900, 1, 1), max_value=date(2200, 1, 1))


def test_a_day_the_month_does_not_have_becomes_its_last() -> None:
    assert add_months(date(2027, 1, 31), 1) == date(2027, 2, 28)
    assert add_months(date(2028, 2, 29), 12) == date(2029, 2, 28)


@given(DAYS, st.integers(min_value=-600, max_value=600))
def test_it_lands_in_the_month_that_many_later(day: date, months: int) -> None:
    found = add_months(day, months)

    assert (found.year - day.year) * 12 + found.month - day.month == months
    assert found.day <= day.day


@given(DAYS, DAYS, st.integers(min_value=0, max_value=600))
def test_it_keeps_the_order_of_days(one: date, other: date, months: int) -> None:
    first, last = sorted((one, other))

    assert add_months(first, months) <= add_months(last, months)
