"""A record goes back to an earlier entry of its history as a new change, by the rules of plain editing."""

from collections.abc import Callable

import pytest
from django.test import Client

from mainstay.domains.assets.models import Asset
from mainstay.domains.assets.registers import ASSETS
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import Actor, acting
from mainstay.platform.records.errors import Invalid, NotAllowed, NotFound, StaleVersion
from mainstay.platform.trail.models import Change
from mainstay.registers import crud, registry
from mainstay.registers.restoring import earlier, restore
from making import make_record


def entries(asset: Asset) -> list[int]:
    found = Change.objects.filter(table="assets_asset", pk_text=asset.pk.hex).order_by("seq")
    return list(found.values_list("seq", flat=True))


@pytest.fixture
def asset(as_system: Actor, person_with: Callable[..., Actor]) -> Asset:
    owner = Person.unscoped_for_system.get(pk=person_with("employee", name="Ada").person_id)
    made = crud.create(
        ASSETS, {"name": "Payroll", "description": "Old", "owner": owner.ref, "tags": "b, a", "review_on": "2027-01-31"}
    )
    crud.change(ASSETS, made, {"name": "Wages", "description": "New", "owner": "", "tags": "", "review_on": ""})
    return Asset.objects.get(pk=made.pk)


def test_the_whole_record_goes_back(asset: Asset) -> None:
    first = entries(asset)[0]
    names = [item.name for item in earlier(ASSETS, asset, first).differences]

    restored = restore(ASSETS, asset, first, names)

    assert (restored.name, restored.description, restored.tags) == ("Payroll", "Old", "a, b")
    assert (restored.owner.name, str(restored.review_on)) == ("Ada", "2027-01-31")
    assert restored.version == asset.version + 1
    last = Change.objects.order_by("-seq").filter(table="assets_asset").first()
    assert last is not None and last.reason == f"Restored from entry {first}."


def test_one_field_goes_back_and_the_others_stay(asset: Asset) -> None:
    restored = restore(ASSETS, asset, entries(asset)[0], ["description"], reason="It was right")

    assert (restored.name, restored.description) == ("Wages", "Old")
    last = Change.objects.order_by("-seq").filter(table="assets_asset").first()
    assert last is not None and last.reason == "It was right"


def test_the_differences_are_told_in_words(asset: Asset) -> None:
    found = {item.name: (item.before, item.after) for item in earlier(ASSETS, asset, entries(asset)[0]).differences}

    assert found["name"] == ("Wages", "Payroll")
    assert found["owner"][0] == "" and "Ada" in found["owner"][1]
    assert "version" not in found and "changed_at" not in found


def test_there_is_nothing_to_restore_to_the_present(asset: Asset) -> None:
    latest = entries(asset)[-1]

    assert earlier(ASSETS, asset, latest).differences == ()
    with pytest.raises(Invalid):
        restore(ASSETS, asset, latest, ["name"])


def test_an_entry_of_another_record_is_none(asset: Asset, as_system: Actor) -> None:
    other = crud.create(ASSETS, {"name": "Other"})

    with pytest.raises(NotFound):
        restore(ASSETS, other, entries(asset)[0], ["name"])


def test_somebody_who_saved_in_between_is_not_overwritten(asset: Asset) -> None:
    with pytest.raises(StaleVersion):
        restore(ASSETS, asset, entries(asset)[0], ["name"], version=asset.version - 1)


def test_whoever_may_not_change_may_not_restore(asset: Asset, person_with: Callable[..., Actor]) -> None:
    with acting(person_with("auditor_readonly")), pytest.raises(NotAllowed):
        restore(ASSETS, asset, entries(asset)[0], ["name"])

    assert Asset.objects.get().name == "Wages"


def test_every_register_restores_what_it_edited(as_system: Actor) -> None:
    restored = []
    for register in registry.all_registers():
        record = make_record(register)
        cycle = register.model.life_cycle
        if not register.may_add or (cycle and record.state in cycle.frozen):
            continue
        made = Change.objects.filter(table=register.model._meta.db_table, pk_text=record.pk.hex).order_by("-seq").first()
        assert made is not None
        crud.change(register, record, {"name": "Another name", "description": "Something else"})

        back = restore(register, record, made.seq, ["name", "description"])

        assert (back.name, back.description) == (record.name, record.description)
        restored.append(register.slug)
    assert len(restored) > 15


def test_the_page_asks_which_fields_and_carries_it_out(asset: Asset, signed_in: Callable[..., Client]) -> None:
    client = signed_in("administrator")
    address = f"/assets/{asset.ref}/restore/{entries(asset)[0]}"

    history = client.get(f"/assets/{asset.ref}/history").content.decode()
    asked = client.get(address).content.decode()
    sent = client.post(address, {"field": ["name"], "version": asset.version, "reason": "Typo"})

    assert address in history
    assert 'value="name" checked' in asked and "Payroll" in asked
    assert (sent.status_code, sent["Location"]) == (302, f"/assets/{asset.ref}")
    assert Asset.objects.get().name == "Payroll"
    assert Asset.objects.get().description == "New"


def test_the_page_refuses_an_empty_choice_and_a_reader(asset: Asset, signed_in: Callable[..., Client]) -> None:
    address = f"/assets/{asset.ref}/restore/{entries(asset)[0]}"

    empty = signed_in("administrator").post(address, {"version": asset.version})
    reader = signed_in("auditor_readonly").get(address)

    assert (empty.status_code, reader.status_code) == (422, 403)
