"""The pages every register has, through the test client, signed in as a person."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from mainstay.domains.assets.models import Asset
from mainstay.domains.assets.registers import ASSETS
from mainstay.domains.risk.registers import RISKS
from mainstay.platform.records.actor import acting
from mainstay.platform.units.models import Unit
from mainstay.registers import crud, registry

SLUGS = sorted(register.slug for register in registry.all_registers())


@pytest.mark.parametrize("slug", SLUGS)
def test_every_list_opens_for_an_administrator(slug: str, signed_in: Callable[..., Client]) -> None:
    response = signed_in().get(f"/{slug}")

    assert response.status_code == 200


@pytest.mark.parametrize("slug", SLUGS)
def test_a_stranger_is_sent_to_sign_in(slug: str, db: None) -> None:
    response = Client().get(f"/{slug}")

    assert response.status_code == 302 and response["Location"].startswith("/sign-in?next=")


def test_a_record_is_added_changed_and_deleted_with_its_history(signed_in: Callable[..., Client]) -> None:
    client = signed_in()
    added = client.post("/assets/new", {"name": "Payroll", "confidentiality": "3", "kind": "application"})
    assert added.status_code == 302, added.content.decode()
    asset = Asset.unscoped_for_system.get()
    assert added["Location"] == f"/assets/{asset.ref}"

    changed = client.post(f"/assets/{asset.ref}/edit", {"name": "Payroll 2", "version": "1", "reason": "New release"})
    assert changed.status_code == 302
    page = client.get(f"/assets/{asset.ref}").content.decode()
    history = client.get(f"/assets/{asset.ref}/history").content.decode()

    assert "Payroll 2" in page
    assert "New release" in history and "<del>" in history and "Payroll</del>" in history
    assert client.post(f"/assets/{asset.ref}/delete").status_code == 302
    assert client.get(f"/assets/{asset.ref}").status_code == 404


def test_a_wrong_value_is_named_beside_its_field_and_nothing_typed_is_lost(signed_in: Callable[..., Client]) -> None:
    response = signed_in().post("/assets/new", {"name": "Payroll", "review_on": "31.31.2026", "owner": "Nobody"})

    text = response.content.decode()
    assert response.status_code == 422
    assert 'id="id_review_on_error"' in text and 'id="id_owner_error"' in text and 'value="Payroll"' in text
    assert not Asset.unscoped_for_system.exists()


def test_saving_over_someone_elses_change_shows_both(signed_in: Callable[..., Client]) -> None:
    client = signed_in()
    with acting(client.actor):  # type: ignore[attr-defined] # set by the fixture
        asset = crud.create(ASSETS, {"name": "Payroll"})
        crud.change(ASSETS, asset, {"name": "Theirs"})

    response = client.post(f"/assets/{asset.ref}/edit", {"name": "Mine", "version": "1"})

    assert response.status_code == 412
    assert "Mine" in response.content.decode() and "Theirs" in response.content.decode()
    assert Asset.unscoped_for_system.get().name == "Theirs"


@pytest.mark.parametrize("rows", [1, 20])
def test_a_list_costs_the_same_number_of_queries_for_one_row_and_twenty(
    rows: int, signed_in: Callable[..., Client], django_assert_num_queries: Callable[..., object]
) -> None:
    client = signed_in()
    with acting(client.actor):  # type: ignore[attr-defined] # set by the fixture
        crud.create_many(ASSETS, [{"name": f"Asset {number}"} for number in range(rows)])

    with django_assert_num_queries(6):  # type: ignore[attr-defined] # a context manager
        assert client.get("/assets").status_code == 200


def test_a_page_asks_about_what_is_tied_to_a_record_only_where_there_is_something(
    signed_in: Callable[..., Client], django_assert_num_queries: Callable[..., object]
) -> None:
    client = signed_in()
    with acting(client.actor):  # type: ignore[attr-defined] # set by the fixture
        asset = crud.create(ASSETS, {"name": "Server"})
        client.get(f"/assets/{asset.ref}")

        with django_assert_num_queries(12):  # type: ignore[attr-defined] # a context manager
            alone = client.get(f"/assets/{asset.ref}").content.decode()
        risk = crud.create(RISKS, {"name": "Fire", "assets": [asset.ref]})
        with django_assert_num_queries(13):  # type: ignore[attr-defined]
            beset = client.get(f"/assets/{asset.ref}").content.decode()

    assert f'href="/risks/{risk.ref}"' not in alone
    assert f'href="/risks/{risk.ref}"' in beset


def test_what_one_may_not_see_stays_out_of_sight_where_it_is_tied_to_what_one_sees(
    site: Unit, signed_in: Callable[..., Client]
) -> None:
    chief, guest = signed_in(), signed_in("administrator", at=site)
    with acting(chief.actor):  # type: ignore[attr-defined] # set by the fixture
        asset = crud.create(ASSETS, {"name": "Server", "unit": site.ref})
        risk = crud.create(RISKS, {"name": "Takeover", "assets": [asset.ref]})

    assert f"/risks/{risk.ref}" in chief.get(f"/assets/{asset.ref}").content.decode()
    assert "Takeover" not in guest.get(f"/assets/{asset.ref}").content.decode()


def test_the_navigation_offers_only_what_opens(signed_in: Callable[..., Client]) -> None:
    for role in ("administrator", "employee", "risk_owner", "auditor_readonly"):
        client = signed_in(role)
        navigation = client.get("/").content.decode().partition('<nav class="nav"')[2].partition("</nav>")[0]

        addresses = re.findall(r'href="([^"]+)"', navigation)

        assert "/" in addresses
        assert {href for href in addresses if client.get(href).status_code != 200} == set()


def test_the_navigation_marks_where_one_is(signed_in: Callable[..., Client]) -> None:
    client = signed_in()

    marked = {
        path: re.findall(r'<a href="([^"]+)" aria-current="page"><svg', client.get(path).content.decode())
        for path in ("/", "/risks", "/risks/map", "/assets/new")
    }

    assert marked == {"/": ["/"], "/risks": ["/risks"], "/risks/map": ["/risks/map"], "/assets/new": ["/assets"]}


def test_the_pages_of_a_list_show_each_record_once(signed_in: Callable[..., Client]) -> None:
    client = signed_in()
    with acting(client.actor):  # type: ignore[attr-defined] # set by the fixture
        crud.create_many(ASSETS, [{"name": f"Asset {number:03}"} for number in range(120)])
    seen: list[str] = []
    where: str | None = "/assets?sort=-name"

    while where:
        page = client.get(where)
        seen += [row["name"] for row in page.context["page"].rows]
        where = page.context["next_link"] and f"/assets{page.context['next_link']}"

    assert seen == [f"Asset {number:03}" for number in reversed(range(120))]


def test_one_value_is_edited_in_its_row(signed_in: Callable[..., Client]) -> None:
    client = signed_in()
    with acting(client.actor):  # type: ignore[attr-defined] # set by the fixture
        asset = crud.create(ASSETS, {"name": "Payroll"})
    form = client.get(f"/assets/{asset.ref}/cell/classification")
    assert form.status_code == 200 and 'name="version"' in form.content.decode()

    saved = client.post(f"/assets/{asset.ref}/cell/classification", {"classification": "internal", "version": "1"})

    assert saved.status_code == 200 and "internal" in saved.content.decode()
    assert Asset.unscoped_for_system.get().classification == "internal"


def test_many_are_changed_at_once_or_none(signed_in: Callable[..., Client], site: Unit) -> None:
    client = signed_in()
    with acting(client.actor):  # type: ignore[attr-defined] # set by the fixture
        first, second = crud.create_many(ASSETS, [{"name": "One"}, {"name": "Two"}])
    chosen = {"verb": "change", "confirmed": "yes", "id": [str(first.pk), str(second.pk)], "field": "classification"}

    refused = client.post("/assets/bulk", {**chosen, "value_classification": "secret"})
    assert refused.status_code == 422
    done = client.post("/assets/bulk", {**chosen, "value_classification": "internal"})

    assert done.status_code == 302
    assert set(Asset.unscoped_for_system.values_list("classification", flat=True)) == {"internal"}


def test_records_of_another_organisation_do_not_exist(signed_in: Callable[..., Client]) -> None:
    from mainstay.platform.records.actor import system
    from mainstay.platform.units.services import found_organisation

    with acting(system("test")):
        other = found_organisation("Other Hospital")
    with acting(system("test", organisation=other.pk)):
        foreign = crud.create(ASSETS, {"name": "Their secret"})
    client = signed_in()

    for address in (
        f"/assets/{foreign.pk}",
        f"/assets/{foreign.ref}",
        f"/assets/{foreign.pk}/edit",
        f"/assets/{foreign.pk}/history",
    ):
        response = client.get(address)
        assert response.status_code == 404 and b"Their secret" not in response.content
    assert b"Their secret" not in client.get("/assets").content
