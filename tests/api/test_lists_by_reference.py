"""Lists in the order of what a reference is called, and lists that are searched, whatever stands in between."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstay.domains.assets.models import Asset
from mainstay.domains.assets.registers import ASSETS
from mainstay.domains.risk.registers import RISKS
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import Actor
from mainstay.platform.records.errors import Invalid
from mainstay.platform.units.models import Unit
from mainstay.registers import by_reference, lists

NAMES = ["Ada", "Ada", "Bo", "bo", "Zoë", "Idle"]


@pytest.fixture
def people(organisation: Unit, as_system: Actor) -> list[Person]:
    """Two of one name, and one who will own nothing."""
    return [
        Person.unscoped_for_system.create(organisation=organisation, unit=organisation, ref=f"P-{number}", name=name)
        for number, name in enumerate(NAMES)
    ]


def owned(organisation: Unit, owners: list[Person | None]) -> None:
    Asset.objects.bulk_create(
        Asset(organisation=organisation, unit=organisation, ref=f"A-{number}", name=f"Asset {number}", owner=owner)
        for number, owner in enumerate(owners)
    )


def pages(limit: int, **asked: list[str]) -> list[str]:
    """The references of all records, page by page."""
    found: list[str] = []
    cursor = ""
    while True:
        page = lists.page(ASSETS, lists.parse(ASSETS, asked | {"limit": [str(limit)], "cursor": [cursor]}))
        found += [row["ref"] for row in page.rows]
        if page.next is None:
            return found
        cursor = page.next


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    owners=st.lists(st.one_of(st.none(), st.integers(0, 4)), max_size=14), limit=st.integers(1, 6),
    is_reversed=st.booleans(), groups=st.integers(1, 6),
)
def test_owner_after_owner_a_list_is_what_one_sort_would_give(
    organisation: Unit, people: list[Person], owners: list[int | None], limit: int, is_reversed: bool, groups: int
) -> None:
    Asset.objects.all().delete()
    owned(organisation, [None if at is None else people[at] for at in owners])
    whole = Asset.objects.order_by(*lists._order("owner__name", is_reversed)).values_list("ref", flat=True)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(by_reference, "GROUPS", groups)
        found = pages(limit, sort=["-owner" if is_reversed else "owner"])

    assert found == list(whole)


def test_a_filter_that_leaves_most_owners_nothing_loses_no_record(organisation: Unit, people: list[Person]) -> None:
    owned(organisation, [*people[:5], None])
    Asset.objects.filter(owner=people[4]).update(location="Cellar")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(by_reference, "GROUPS", 2)
        found = pages(2, sort=["owner"], location=["Cellar"])

    assert found == ["A-4"]


@pytest.mark.parametrize("indexed", [3, 10], ids=["by looking through names", "by the index of the search"])
def test_what_is_searched_is_counted_no_further_than_it_is_found(
    organisation: Unit, as_system: Actor, monkeypatch: pytest.MonkeyPatch, indexed: int
) -> None:
    owned(organisation, [None] * 7)
    monkeypatch.setattr(lists, "FOUND", 3)
    monkeypatch.setattr(lists, "INDEXED", indexed)

    def count(text: str) -> tuple[int, bool]:
        page = lists.page(ASSETS, lists.parse(ASSETS, {"q": [text]}))
        return page.total, page.is_more

    assert (count("Asset"), count("Asset 5")) == ((3, True), (1, False))


@pytest.mark.parametrize("parameter", ["requirement__empty", "requirement__not"])
def test_a_reach_knows_no_operator_but_one_of(as_system: Any, parameter: str) -> None:
    with pytest.raises(Invalid):
        lists.parse(RISKS, {parameter: ["yes"]})
