"""The library: bringing frameworks in and reading them as trees."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mainstay.domains.controls.registers import CONTROLS
from mainstay.domains.library.models import Framework, Requirement
from mainstay.domains.library.services import import_bundled
from mainstay.platform.records.actor import Actor
from mainstay.platform.records.errors import Invalid
from mainstay.platform.units.models import Unit
from mainstay.registers import crud
from mainstay.registers.references import Resolver


@pytest.fixture
def browser(signed_in: Callable[..., Client]) -> Client:
    return signed_in("administrator")


@pytest.fixture
def framework(organisation: Unit, as_system: Actor) -> Framework:
    return import_bundled("iso-27001-2022", unit=organisation)


def catalogue(groups: int = 1, **control: Any) -> SimpleUploadedFile:
    """A small OSCAL catalogue as a file."""
    told = {"catalog": {
        "uuid": str(uuid4()), "metadata": {"title": "House rules", "version": "1"},
        "groups": [
            {"id": f"g{group}", "title": f"Group {group}",
             "controls": [{"id": f"c{group}", "title": "Doors <are> shut", **control}]}
            for group in range(groups)
        ],
    }}
    return SimpleUploadedFile("rules.json", json.dumps(told).encode(), content_type="application/json")


def test_a_bundled_framework_is_added_with_one_button(browser: Client) -> None:
    before = browser.get("/library").content.decode()
    answer = browser.post("/library/add", {"framework": "nist-csf-2.0"})
    after = browser.get("/library").content.decode()

    assert 'value="nist-csf-2.0"' in before
    assert answer["Location"] == f"/frameworks/{Framework.unscoped_for_system.get().ref}"
    assert 'value="nist-csf-2.0"' not in after
    assert 'value="iso-27001-2022"' in after


def test_a_framework_that_does_not_come_with_it_is_refused(browser: Client) -> None:
    assert browser.post("/library/add", {"framework": "../../etc/passwd"}).status_code == 422


def test_an_oscal_catalogue_is_brought_in_and_its_names_are_not_html(browser: Client) -> None:
    answer = browser.post("/library/upload", {"file": catalogue()})
    page = browser.get(answer["Location"]).content.decode()

    assert "Doors &lt;are&gt; shut" in page
    assert "<h1><span dir=\"auto\">House rules</span>" in page


@pytest.mark.parametrize(("content", "sentence"), [
    (b"not json", "Not JSON"), (b"{}", "Not an OSCAL catalogue"), (b'{"catalog": {"uuid": "x"}}', "metadata"),
])
def test_what_is_wrong_with_a_file_is_said_in_words(browser: Client, content: bytes, sentence: str) -> None:
    answer = browser.post("/library/upload", {"file": SimpleUploadedFile("x.json", content)})

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Framework.unscoped_for_system.exists()


def test_without_a_file_one_is_asked_for(browser: Client) -> None:
    answer = browser.post("/library/upload", {})

    assert answer.status_code == 422
    assert "Choose a file." in answer.content.decode()


def test_who_may_not_add_frameworks_gets_no_buttons_and_is_refused(signed_in: Callable[..., Client]) -> None:
    reader = signed_in("contributor")

    page = reader.get("/library").content.decode()

    assert "/library/upload" not in page
    assert reader.post("/library/upload", {"file": catalogue()}).status_code == 403
    assert reader.post("/library/add", {"framework": "nist-csf-2.0"}).status_code == 403


def test_a_framework_is_a_tree_that_leads_to_each_requirement(browser: Client, framework: Framework) -> None:
    page = browser.get(f"/frameworks/{framework.ref}").content.decode()
    requirement = Requirement.unscoped_for_system.get(ref="A.5.1")

    asked = Requirement.unscoped_for_system.filter(kind="assessable").count()
    assert f"{asked} requirements" in page
    assert f'href="/requirements/{requirement.pk}"' in page
    assert page.count("<details") - page.count('class="menu') > 5


def test_a_text_narrows_the_tree_and_keeps_the_headings_above(browser: Client, framework: Framework) -> None:
    fragment = browser.get(f"/frameworks/{framework.ref}?q=A.5.1", headers={"HX-Request": "true", "HX-Target": "requirements"})

    page = fragment.content.decode()
    shown = Requirement.unscoped_for_system.filter(ref__startswith="A.5.1")
    assert all(str(item.pk) in page for item in shown)
    assert str(Requirement.unscoped_for_system.get(ref="A.5").pk) in page
    assert str(Requirement.unscoped_for_system.get(ref="A.8.1").pk) not in page
    assert "<html" not in page


def test_the_tree_costs_the_same_queries_for_any_size(browser: Client) -> None:
    small = browser.post("/library/upload", {"file": catalogue(groups=2)})["Location"]
    large = browser.post("/library/upload", {"file": catalogue(groups=80)})["Location"]
    browser.get(small)

    with CaptureQueriesContext(connection) as few:
        browser.get(small)
    with CaptureQueriesContext(connection) as many:
        browser.get(large)

    assert len(many) == len(few)


def test_the_attributes_of_a_requirement_are_shown_as_badges(browser: Client, framework: Framework) -> None:
    requirement = Requirement.unscoped_for_system.exclude(attributes={}).first()
    assert requirement is not None
    name, values = next((name, values) for name, values in requirement.attributes.items() if values)

    page = browser.get(f"/requirements/{requirement.pk}").content.decode()

    assert f'<span class="badge">{values[0]}</span>' in page
    assert name.replace("_", " ").replace("-", " ").capitalize()[:6] in page


def test_other_pages_of_frameworks_still_answer(browser: Client, framework: Framework) -> None:
    assert browser.get(f"/frameworks/{framework.ref}/history").status_code == 200
    assert browser.get("/frameworks").status_code == 200


# Two frameworks that number alike


@pytest.fixture
def alike(framework: Framework, browser: Client) -> Framework:
    """Another framework with a requirement A.5.1 of its own."""
    told = {"id": "a.5.1", "title": "House policy", "props": [{"name": "label", "value": "A.5.1"}]}
    catalog = {"uuid": str(uuid4()), "metadata": {"title": "House rules", "version": "1"}, "controls": [told]}
    sent = SimpleUploadedFile("rules.json", json.dumps({"catalog": catalog}).encode(), content_type="application/json")
    assert browser.post("/library/upload", {"file": sent}).status_code == 302
    return Framework.unscoped_for_system.get(name="House rules")


def test_a_requirement_is_addressed_by_its_framework_and_short_while_only_one_has_the_reference(
    browser: Client, framework: Framework, alike: Framework
) -> None:
    long = browser.get(f"/requirements/{alike.ref}:A.5.1")
    other = browser.get(f"/requirements/{framework.ref}:A.5.1")
    short = browser.get("/requirements/A.5.2")

    assert long.status_code == other.status_code == short.status_code == 200
    assert "House policy" in long.content.decode() and "House policy" not in other.content.decode()


def test_a_short_address_that_several_have_leads_to_a_choice(browser: Client, framework: Framework, alike: Framework) -> None:
    answer = browser.get("/requirements/A.5.1")
    choice = browser.get(answer["Location"]).content.decode()
    history = browser.get("/requirements/A.5.1/history")

    assert answer.status_code == 302
    for one in (framework, alike):
        assert f'href="/requirements/{one.ref}:A.5.1"' in choice
    assert history.status_code == 409 and f"{alike.ref}:A.5.1" in history.content.decode()


def test_the_api_names_the_long_references_and_takes_them(
    browser: Client, framework: Framework, alike: Framework
) -> None:
    refused = browser.get("/api/v1/requirements/A.5.1")
    told = browser.get(f"/api/v1/requirements/{alike.ref}:A.5.1").json()

    assert refused.status_code == 409 and refused.json()["code"] == "ambiguous"
    assert f"{framework.ref}:A.5.1" in refused.json()["detail"]
    assert (told["ref"], told["name"]) == ("A.5.1", "House policy")


def test_a_control_is_tied_to_the_requirement_meant(
    browser: Client, framework: Framework, alike: Framework, as_system: Actor
) -> None:
    with pytest.raises(Invalid, match="more than one"):
        crud.create(CONTROLS, {"name": "Rules", "requirements": "A.5.1"})
    control = crud.create(CONTROLS, {"name": "Rules", "requirements": f"{alike.ref}:A.5.1, A.5.2"})
    found = Resolver(alike.organisation_id).find(Requirement, f"{alike.ref}:a.5.1")

    page = browser.get(f"/controls/{control.ref}").content.decode()

    assert Requirement.objects.get(pk=found).framework == alike
    assert f'href="/requirements/{alike.ref}:A.5.1"' in page and f'href="/requirements/{framework.ref}:A.5.2"' in page
