"""The tree of units and its closure."""

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstay.platform.records.actor import Actor, Holding, acting, system
from mainstay.platform.records.errors import Invalid, NotAllowed, NotSignedIn
from mainstay.platform.units.models import Unit, UnitPath
from mainstay.platform.units.services import add_unit, found_organisation, move_unit

pytestmark = pytest.mark.django_db

steps = st.lists(
    st.tuples(st.sampled_from(("add", "move")), st.integers(0, 1_000), st.integers(0, 1_000)), max_size=12
)


def depths_above(unit: UUID, parents: dict[UUID, UUID | None]) -> dict[UUID, int]:
    """Each unit above, itself included, by walking the parents."""
    found: dict[UUID, int] = {}
    here: UUID | None = unit
    while here is not None:
        found[here] = len(found)
        here = parents[here]
    return found


def holding_at(unit: Unit, below: Unit, pattern: str) -> Actor:
    """Somebody who holds the pattern at a unit with one other below it."""
    holding = Holding(
        role="any", patterns=(pattern,), unit=unit.pk, organisation=unit.organisation_id,
        covers=set({unit.pk, below.pk}),
    )
    return Actor(label="Anna", channel="test", holdings=(holding,))


def stored_closure(organisation: Unit) -> dict[UUID, dict[UUID, int]]:
    closure: dict[UUID, dict[UUID, int]] = {}
    rows = UnitPath.objects.filter(descendant__organisation=organisation)
    for descendant, ancestor, depth in rows.values_list("descendant_id", "ancestor_id", "depth"):
        closure.setdefault(descendant, {})[ancestor] = depth
    return closure


@settings(max_examples=25, deadline=None)
@given(steps=steps)
def test_the_closure_equals_the_ancestors_after_any_changes(steps: list[tuple[str, int, int]]) -> None:
    with acting(system("test")):
        root = found_organisation("Acme")
        units = [root]

        for kind, first, second in steps:
            unit, other = units[first % len(units)], units[second % len(units)]
            if kind == "add":
                units.append(add_unit(unit, name=f"Unit {len(units)}"))
                continue
            try:
                move_unit(unit, parent=other)
            except Invalid:
                parents = {one.pk: one.parent_id for one in Unit.objects.filter(organisation=root)}
                assert unit == root or unit.pk in depths_above(other.pk, parents)

        parents = {one.pk: one.parent_id for one in Unit.objects.filter(organisation=root)}
        assert stored_closure(root) == {unit: depths_above(unit, parents) for unit in parents}


def test_a_unit_cannot_become_part_of_what_is_below_it() -> None:
    with acting(system("test")):
        root = found_organisation("Acme")
        upper = add_unit(root, name="Upper")
        lower = add_unit(upper, name="Lower")

        with pytest.raises(Invalid):
            move_unit(upper, parent=lower)
        with pytest.raises(Invalid):
            move_unit(upper, parent=upper)

        assert stored_closure(root)[lower.pk] == {lower.pk: 0, upper.pk: 1, root.pk: 2}


def test_a_unit_cannot_move_to_another_organisation() -> None:
    with acting(system("test")):
        ours, theirs = found_organisation("Acme"), found_organisation("Globex")
        unit = add_unit(ours, name="Unit")

        with pytest.raises(Invalid):
            move_unit(unit, parent=theirs)

        assert not UnitPath.objects.filter(ancestor=theirs, descendant=unit).exists()


def test_an_organisation_cannot_be_hung_under_anything() -> None:
    with acting(system("test")):
        root = found_organisation("Acme")
        unit = add_unit(root, name="Unit")

        with pytest.raises(Invalid):
            move_unit(root, parent=unit)


def test_only_the_installation_founds_organisations() -> None:
    everything = Actor(label="Anna", channel="test")

    with acting(everything), pytest.raises(NotAllowed):
        found_organisation("Acme")
    with pytest.raises(NotSignedIn):
        found_organisation("Acme")


def test_adding_and_moving_need_the_permission_at_both_places() -> None:
    with acting(system("test")):
        root = found_organisation("Acme")
        mine, other = add_unit(root, name="Mine"), add_unit(root, name="Other")
        team = add_unit(mine, name="Team")
    lead = holding_at(mine, team, "unit.*")

    with acting(lead):
        added = add_unit(team, name="Below")
        with pytest.raises(NotAllowed):
            add_unit(other, name="Elsewhere")
        with pytest.raises(NotAllowed):
            move_unit(team, parent=other)
        with pytest.raises(NotAllowed):
            move_unit(other, parent=mine)

    assert added.ref == "U-4"


def test_only_units_below_a_holding_are_visible() -> None:
    with acting(system("test")):
        root = found_organisation("Acme")
        mine = add_unit(root, name="Mine")
        team = add_unit(mine, name="Team")
        add_unit(root, name="Other")

    with acting(holding_at(mine, team, "*.view")):
        seen = set(Unit.objects.all())

    assert seen == {mine, team}
