"""Between two moments: what came, went and changed, in words, of what the actor may see."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client

from mainstay.domains.assets.registers import ASSETS
from mainstay.domains.risk.registers import RISKS
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import Actor, acting
from mainstay.platform.records.moment import Moment
from mainstay.platform.trail.moments.replay import replay
from mainstay.platform.units.models import Unit
from mainstay.platform.units.services import add_unit
from mainstay.registers import crud
from mainstay.registers.comparing import Comparison, State, compare

from .conftest import Seal

Told = Callable[[Moment, Moment], dict[str, Comparison]]


@pytest.fixture
def told(tmp_path: Path) -> Told:
    def make(earlier: Moment, later: Moment) -> dict[str, Comparison]:
        states = []
        for moment in (earlier, later):
            file = tmp_path / f"{moment.size}.sqlite3"
            if not file.exists():
                replay(moment, file)
            states.append(State(moment=moment, file=file))
        return {item.register.slug: item for item in compare(*states)}

    return make


def test_what_came_went_and_changed_is_told_by_register(as_system: Actor, seal: Seal, told: Told) -> None:
    gone, stays, same = crud.create_many(ASSETS, [{"name": "Gone"}, {"name": "Stays"}, {"name": "Same"}])
    earlier = seal()
    crud.delete(ASSETS, gone)
    crud.change(ASSETS, stays, {"name": "Renamed", "description": "More"})
    new = crud.create(ASSETS, {"name": "New"})
    later = seal()

    found = told(earlier, later)["assets"]

    assert [item.name for item in found.added] == ["New"]
    assert [(item.name, item.ref) for item in found.removed] == [("Gone", gone.ref)]
    (changed,) = found.changed
    assert {(item.name, item.before, item.after) for item in changed.changes} == {
        ("name", "Stays", "Renamed"), ("description", "", "More")
    }
    assert same.ref not in {item.ref for item in (*found.added, *found.removed, *found.changed)} and new.ref


def test_what_changed_and_changed_back_is_equal(as_system: Actor, seal: Seal, told: Told) -> None:
    asset = crud.create(ASSETS, {"name": "Payroll"})
    earlier = seal()
    crud.change(ASSETS, asset, {"name": "Wages"})
    crud.change(ASSETS, asset, {"name": "Payroll"})

    assert told(earlier, seal()) == {}


def test_references_and_links_are_told_by_what_they_were_called(
    as_system: Actor, seal: Seal, told: Told, person_with: Callable[..., Actor]
) -> None:
    with transaction.atomic():
        ada, bob = (Person.unscoped_for_system.get(pk=person_with("employee", name=name).person_id) for name in ("Ada", "Bob"))
    one, two = crud.create_many(ASSETS, [{"name": "One"}, {"name": "Two"}])
    risk = crud.create(RISKS, {"name": "Fire", "owner": ada.ref, "assets": [str(one.pk)]})
    earlier = seal()
    crud.change(RISKS, risk, {"owner": bob.ref, "assets": [str(two.pk)]})
    later = seal()

    (changed,) = told(earlier, later)["risks"].changed

    changes = {item.name: (item.before, item.after) for item in changed.changes}
    assert changes["assets"] == (str(one), str(two))
    assert ("Ada" in changes["owner"][0], "Bob" in changes["owner"][1]) == (True, True)


def test_a_level_that_followed_is_told_as_well(as_system: Actor, seal: Seal, told: Told) -> None:
    from mainstay.domains.risk.criteria import adopt_criteria
    from mainstay.registers.verbs import perform, verbs_of

    criteria = adopt_criteria("iso-27005-5x5", unit=Unit.objects.get(parent=None))
    perform(verbs_of(type(criteria))["approve"], criteria, {})
    risk = crud.create(RISKS, {"name": "Fire", "likelihood": 1, "impact_availability": 1})
    earlier = seal()
    crud.change(RISKS, risk, {"likelihood": 5, "impact_availability": 5})

    (changed,) = told(earlier, seal())["risks"].changed

    assert any("level" in item.name for item in changed.changes)


def test_only_what_the_actor_may_see_is_told(
    as_system: Actor, organisation: Unit, seal: Seal, told: Told, person_with: Callable[..., Actor]
) -> None:
    north = add_unit(organisation, name="North", kind="site")
    with transaction.atomic():
        reader, nobody = person_with("auditor_readonly", at=north), person_with("employee")
    earlier = seal()
    crud.create_many(ASSETS, [{"name": "Central"}, {"name": "Northern", "unit": north.pk}])
    later = seal()

    with acting(reader):
        seen = [item.name for item in told(earlier, later)["assets"].added]
    with acting(nobody):
        unseen = told(earlier, later).get("assets")

    assert seen == ["Northern"]
    assert unseen is None


def test_the_page_shows_the_differences_and_leads_to_the_records_of_then(
    as_system: Actor, seal: Seal, signed_in: Callable[..., Client]
) -> None:
    with transaction.atomic():
        client = signed_in("administrator")
    asset = crud.create(ASSETS, {"name": "Payroll"})
    earlier = seal()
    crud.change(ASSETS, asset, {"name": "Wages"})
    later = seal()

    empty = client.get("/compare")
    page = client.get("/compare", {"from": f"size:{earlier.size}", "to": f"size:{later.size}", "register": "assets"})
    wrong = client.get("/compare", {"from": "never"})

    told = page.content.decode()
    assert (empty.status_code, page.status_code, wrong.status_code) == (200, 200, 422)
    assert "Payroll</del>" in told and "Wages</ins>" in told
    assert f"/assets/{asset.ref}?as_known=size%3A1%2F{later.size}" in told
