"""Rights in an earlier state are those of today: nothing past gives or takes any."""

from collections.abc import Callable

import pytest
from django.db import transaction

from mainstay.domains.assets.models import Asset
from mainstay.domains.assets.registers import ASSETS
from mainstay.platform.access.models import Grant
from mainstay.platform.access.services import actor_for
from mainstay.platform.identity.models import AccessEvent, User
from mainstay.platform.identity.services import record_event
from mainstay.platform.records.actor import Actor, acting, reading_only, system
from mainstay.platform.records.errors import NotAllowed
from mainstay.platform.records.moment import InThePast, current_moment, in_the_present
from mainstay.platform.search.queries import search
from mainstay.platform.units.models import Unit
from mainstay.platform.units.services import add_unit, move_unit
from mainstay.registers import crud

from .conftest import Seal, Then

OPERATOR = system("test")


@pytest.fixture
def person(committed: None, person_with: Callable[..., Actor]) -> Callable[..., Actor]:
    def make(role: str, **rest: object) -> Actor:
        with transaction.atomic():
            return person_with(role, **rest)

    return make


def again(actor: Actor) -> Actor:
    """The same person with the rights of this moment."""
    return actor_for(User.objects.get(pk=actor.user_id), channel="web")


def visible(actor: Actor) -> tuple[list[str], list[str]]:
    """Names of assets in the list, and those that search finds."""
    with acting(actor):
        return sorted(asset.name for asset in Asset.objects.all()), sorted(hit.title for hit in search("asset", actor=actor))


def test_a_role_taken_since_opens_nothing_and_one_given_since_does(
    person: Callable[..., Actor], organisation: Unit, as_system: Actor, seal: Seal, then: Then
) -> None:
    lost, won = person("auditor_readonly"), person("employee")
    crud.create(ASSETS, {"name": "Asset"})
    moment = seal()
    grant = Grant.unscoped_for_system.get(user_id=lost.user_id)
    Grant.unscoped_for_system.filter(user_id=won.user_id).update(role=grant.role)
    grant.delete()
    lost, won = again(lost), again(won)

    with then(moment):
        assert visible(lost) == ([], [])
        assert visible(won) == (["Asset"], ["Asset"])


def test_a_unit_moved_since_is_seen_by_those_who_hold_it_today(
    person: Callable[..., Actor], organisation: Unit, as_system: Actor, seal: Seal, then: Then
) -> None:
    north = add_unit(organisation, name="North", kind="site")
    south = add_unit(organisation, name="South", kind="site")
    ward = add_unit(north, name="Ward", kind="team")
    of_north, of_south = person("auditor_readonly", at=north), person("auditor_readonly", at=south)
    crud.create(ASSETS, {"name": "Asset of the ward", "unit": ward.ref})
    crud.create(ASSETS, {"name": "Asset of the north", "unit": north.ref})
    moment = seal()
    with transaction.atomic():
        move_unit(ward, parent=south)
    of_north, of_south = again(of_north), again(of_south)

    with then(moment):
        assert visible(of_north) == (["Asset of the north"],) * 2
        assert visible(of_south) == (["Asset of the ward"],) * 2
        # What is shown is the tree of then.
        assert Unit.unscoped_for_system.get(pk=ward.pk).parent_id == north.pk


def test_another_organisation_stays_unseen(
    person: Callable[..., Actor], organisation: Unit, as_system: Actor, seal: Seal, then: Then
) -> None:
    from mainstay.platform.units.services import found_organisation

    other = found_organisation("Other Clinic")
    stranger = person("administrator", at=other, organisation=other)
    crud.create(ASSETS, {"name": "Asset"})

    with then(seal()):
        assert visible(stranger) == ([], [])


def test_whoever_looks_back_may_only_read(person: Callable[..., Actor], as_system: Actor, seal: Seal, then: Then) -> None:
    reader = reading_only(person("administrator"))

    assert reader.may("asset.view") and reader.may("asset.export")
    assert not any(reader.may(permission) for permission in ("asset.add", "asset.change", "risk.accept", "grant.add"))


@pytest.mark.parametrize(
    ("scopes", "kept"),
    [
        (("*",), ("*.view", "*.export")), (("risk.*",), ("risk.view", "risk.export")), (("*.view",), ("*.view",)),
        (("asset.change",), ()), (("risk.view", "asset.add"), ("risk.view",)),
    ],
)
def test_the_scopes_of_a_token_are_narrowed_to_reading(scopes: tuple[str, ...], kept: tuple[str, ...]) -> None:
    actor = Actor(label="x", channel="api", scopes=scopes)

    assert reading_only(actor).scopes == kept


def test_nothing_is_written_in_an_earlier_state_by_any_way(as_system: Actor, seal: Seal, then: Then) -> None:
    asset = crud.create(ASSETS, {"name": "Asset"})

    with then(seal()):
        with pytest.raises(InThePast):
            crud.change(ASSETS, asset, {"name": "Changed"})
        with pytest.raises(InThePast):
            Asset.unscoped_for_system.update(name="Changed")
        with pytest.raises(InThePast):
            crud.create(ASSETS, {"name": "New"})
        with pytest.raises(InThePast):
            crud.delete(ASSETS, asset)

    assert [item.name for item in Asset.objects.all()] == ["Asset"]


def test_what_happens_at_the_door_is_noted_now(as_system: Actor, seal: Seal, then: Then) -> None:
    with then(seal()):
        record_event(AccessEvent.Kind.EXPORTED, name="somebody")
        assert not AccessEvent.objects.filter(name="somebody").exists()

    assert AccessEvent.objects.filter(name="somebody").count() == 1


def test_one_steps_out_into_the_present_and_back(as_system: Actor, seal: Seal, then: Then) -> None:
    asset = crud.create(ASSETS, {"name": "Then"})
    moment = seal()
    crud.change(ASSETS, asset, {"name": "Now"})

    with then(moment):
        with in_the_present():
            assert (Asset.objects.get().name, current_moment()) == ("Now", None)
        assert (Asset.objects.get().name, current_moment()) == ("Then", moment)


def test_two_earlier_states_are_not_looked_at_at_once(as_system: Actor, seal: Seal, then: Then) -> None:
    moment = seal()

    with then(moment), pytest.raises(RuntimeError, match="already"), then(moment):
        pass

    assert current_moment() is None


def test_a_person_who_holds_nothing_may_not_ask(person: Callable[..., Actor], as_system: Actor, seal: Seal, then: Then) -> None:
    employee = person("employee")

    with then(seal()), acting(reading_only(employee)), pytest.raises(NotAllowed):
        reading_only(employee).require("user.view")
