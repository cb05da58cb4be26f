"""Actions and approvals on the pages of what they are about."""

from collections.abc import Callable

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mainstay.domains.assets.registers import ASSETS
from mainstay.domains.work.models import Action
from mainstay.domains.work.services import add_action, decide
from mainstay.platform.records.actor import Actor, acting
from mainstay.platform.units.models import Unit
from mainstay.registers import crud

Browser = Callable[..., tuple[Client, Actor]]


def test_an_action_added_on_a_page_belongs_to_its_record(browser: Browser) -> None:
    client, actor = browser()
    with acting(actor):
        asset = crud.create(ASSETS, {"name": "Server"})
    about = f"asset:{asset.pk}"

    form = client.get(f"/actions/new?subject={about}").content.decode()
    answer = client.post("/actions/new", {"subject": about, "name": "Patch it", "due_on": "2027-01-31"})
    page = client.get(f"/assets/{asset.ref}").content.decode()

    action = Action.unscoped_for_system.get()
    assert about in form and answer["Location"] == f"/assets/{asset.ref}"
    assert (action.subject_kind, action.subject_id, action.unit_id) == ("asset", asset.pk, asset.unit_id)
    assert "Patch it" in page and f"subject={about}" in page
    assert f"/open/asset/{asset.pk}" in client.get(f"/actions/{action.ref}").content.decode()


def test_an_action_without_a_name_is_refused_beside_the_field(browser: Browser) -> None:
    client, actor = browser()
    with acting(actor):
        asset = crud.create(ASSETS, {"name": "Server"})

    answer = client.post("/actions/new", {"subject": f"asset:{asset.pk}", "name": ""})

    assert answer.status_code == 422 and 'id="id_name_error"' in answer.content.decode()


def test_an_action_about_what_one_may_not_see_is_not_found(browser: Browser, organisation: Unit, site: Unit) -> None:
    client, _stranger = browser("contributor", at=site)
    _boss, actor = browser()
    with acting(actor):
        asset = crud.create(ASSETS, {"name": "Server"})

    answer = client.post("/actions/new", {"subject": f"asset:{asset.pk}", "name": "Patch it"})

    assert answer.status_code == 404 and not Action.unscoped_for_system.exists()


def test_without_a_subject_the_usual_form_answers(browser: Browser) -> None:
    client, _actor = browser()

    assert 'name="priority"' in client.get("/actions/new").content.decode()


def test_a_decision_stands_on_the_page_with_its_hash(browser: Browser) -> None:
    client, actor = browser(name="Ada Chief")
    with acting(actor):
        asset = crud.create(ASSETS, {"name": "Server"})
        approval = decide(asset, decision="approved", frozen={"name": "Server"}, reason="Looks right.")

    page = client.get(f"/assets/{asset.ref}").content.decode()

    assert f">{approval.digest[:8]}</code>" in page and "Ada Chief" in page and "Looks right." in page


def test_the_panels_cost_the_same_with_twenty_actions_and_decisions_as_with_one(browser: Browser) -> None:
    client, actor = browser()

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/assets/{asset.ref}")
        return len(queries)

    def some(count: int) -> None:
        for number in range(count):
            add_action(asset, name=f"Action {number}", owner=None)
            decide(asset, decision="approved", frozen={"number": number})

    with acting(actor):
        asset = crud.create(ASSETS, {"name": "Server"})
        some(1)
    one = cost()
    with acting(actor):
        some(19)

    assert cost() == one
