"""What the how-to pages promise. The register of “Add a register” is built from the code on that page."""

import csv
import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from typer.testing import CliRunner

import mainstay.domains
from browsing import browser  # noqa: F401 # a fixture
from mainstay.api.openapi import document
from mainstay.cli.main import COMMANDS, app
from mainstay.configuration import Configuration
from mainstay.domains.assets.registers import ASSETS
from mainstay.platform.access.services import create_token
from mainstay.platform.identity.models import User
from mainstay.platform.records.actor import Actor, acting
from mainstay.platform.records.errors import Invalid, NotAllowed, RuleViolation
from mainstay.platform.search import registry as search_registry
from mainstay.platform.search.queries import search
from mainstay.registers import crud, lists, registry, verbs
from mainstay.registers.checks import check_registers
from mainstay.registers.exports import export
from mainstay.registers.history import history_of
from mainstay.registers.imports.plan import plan
from mainstay.registers.imports.profile import propose_profile
from mainstay.registers.imports.run import carry_out
from mainstay.registers.imports.sheet import open_sheet

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
CODE = re.compile(r"^`src/mainstay/domains/visits/(\w+\.py)`\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
Browser = Callable[..., tuple[Client, Actor]]


@pytest.fixture(scope="module", autouse=True)
def visits(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[None]:
    """The app of the page as a part of the product, with its table, for the tests of this module."""
    folder = tmp_path_factory.mktemp("domains") / "visits"
    folder.mkdir()
    (folder / "__init__.py").touch()
    for name, code in CODE.findall((HOW_TO / "add-a-register.md").read_text("utf-8")):
        (folder / name).write_text(code, "utf-8")
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setattr(mainstay.domains, "__path__", [*mainstay.domains.__path__, str(folder.parent)])
        for place, name in ((registry, "_by_slug"), (registry, "_related"), (search_registry, "_kinds"), (verbs, "_verbs")):
            patch.setattr(place, name, getattr(place, name).copy())
        with override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, "mainstay.domains.visits"]):
            # Without a migration of its own the app's table is made here, and with it the triggers of trail and search.
            call_command("migrate", run_syncdb=True, verbosity=0)
            yield
            with connection.schema_editor() as editor:
                editor.delete_model(import_module("mainstay.domains.visits.models").Visit)
    apps.all_models.pop("visits")
    apps.clear_cache()
    for name in [name for name in sys.modules if name.startswith("mainstay.domains.visits")]:
        del sys.modules[name]


@pytest.fixture
def make_visit() -> Callable[..., Any]:
    return import_module("mainstay.domains.visits.factories").make_visit  # type: ignore[no-any-return]


@pytest.fixture
def api(person_with: Callable[..., Actor]) -> Callable[..., Any]:
    """Speaks to the API as an administrator, and gives the parsed answer."""
    actor = person_with("administrator")
    with acting(actor):
        _token, secret = create_token(User.objects.get(pk=actor.user_id), name="test")
    client = Client(headers={"Authorization": f"Bearer {secret}"})

    def call(method: str, path: str, body: Any = None) -> tuple[int, Any]:
        response = client.generic(method, f"/api/v1/{path}", json.dumps(body) if body is not None else "", "application/json")
        return response.status_code, json.loads(response.content)

    return call


def test_the_page_holds_the_whole_app() -> None:
    named = [name for name, _code in CODE.findall((HOW_TO / "add-a-register.md").read_text("utf-8"))]

    assert sorted(named) == ["apps.py", "factories.py", "models.py", "registers.py", "services.py"]


def test_the_declaration_passes_the_system_check() -> None:
    assert registry.get("visits").label_plural == "visits"
    assert check_registers() == []


def test_list_form_and_page_follow(browser: Browser) -> None:  # noqa: F811 # the fixture
    client, _actor = browser()

    form = client.get("/visits/new").content.decode()
    added = client.post("/visits/new", {"name": "Lift inspector", "visit_on": "2027-01-31", "purpose": "maintenance"})
    shown = client.get("/visits/VIS-1").content.decode()
    listed = client.get("/visits?purpose=maintenance&state=expected").content.decode()

    assert "The day they come." in form and "maintenance" in form
    assert added.status_code == 302 and added["Location"] == "/visits/VIS-1"
    assert "Lift inspector" in shown and "/visits/VIS-1/do/arrive" in shown and "/visits/VIS-1/do/leave" not in shown
    assert "Lift inspector" in listed
    assert "Lift inspector" not in client.get("/visits?purpose=meeting").content.decode()


def test_the_panel_stands_on_the_page_of_the_asset(browser: Browser, make_visit: Callable[..., Any]) -> None:  # noqa: F811
    client, actor = browser()
    with acting(actor):
        asset = crud.create(ASSETS, {"name": "Server room", "kind": "site"})
        make_visit(name="Lift inspector", place=asset.ref)

    assert "Lift inspector" in client.get(f"/assets/{asset.ref}").content.decode()


def test_the_resource_and_its_verbs_follow(api: Callable[..., Any]) -> None:
    status, made = api("POST", "visits", {"name": "Lift inspector", "visit_on": "2027-01-31"})
    assert (status, made["ref"], made["state"]) == (201, "VIS-1", "expected")

    assert api("POST", "visits/VIS-1/arrive")[1]["record"]["state"] == "present"
    status, refused = api("POST", "visits/VIS-1/leave", {"badge_returned": False})
    assert status == 422 and [error["field"] for error in refused["errors"]] == ["badge_returned"]
    assert api("POST", "visits/VIS-1/leave", {"badge_returned": True})[1]["record"]["state"] == "left"
    assert api("PATCH", "visits/VIS-1", {"name": "Someone else"})[0] == 409

    assert {"/api/v1/visits", "/api/v1/visits/{key}/leave"} <= set(document()["paths"])


def test_the_command_follows() -> None:
    told = CliRunner().invoke(app, ["visits", "leave", "--help"], env={"COLUMNS": "200"})

    assert told.exit_code == 0
    assert "--badge-returned" in told.stdout and "Nobody leaves with a badge." in told.stdout


def test_the_wrapper_of_the_verb_asks_state_and_permission(
    person_with: Callable[..., Actor], as_system: Actor, make_visit: Callable[..., Any]
) -> None:
    note_departure = import_module("mainstay.domains.visits.services").note_departure
    visit = make_visit()
    with pytest.raises(RuleViolation):
        note_departure(visit, badge_returned=True)

    verbs.verbs_of(type(visit))["arrive"].run(visit)

    with acting(person_with("contributor")), pytest.raises(NotAllowed):
        note_departure(visit, badge_returned=True)


def test_search_finds_it_and_only_for_those_who_may_see_it(
    person_with: Callable[..., Actor], as_system: Actor, make_visit: Callable[..., Any]
) -> None:
    visit = make_visit(name="Lift inspector", description="Comes with a torque wrench.")

    assert [hit.ref for hit in search("torque", actor=person_with("auditor_readonly"))] == [visit.ref]
    assert search("torque", actor=person_with("employee")) == []


def test_the_trail_tells_its_history(as_system: Actor, make_visit: Callable[..., Any]) -> None:
    register, visit = registry.get("visits"), make_visit()

    crud.change(register, visit, {"purpose": "maintenance"})

    changed, made = history_of(register, visit)
    assert made.operation == "I"
    assert [(change.label, change.before, change.after) for change in changed.changes] == [("purpose", "meeting", "maintenance")]


def test_a_file_goes_in_and_comes_out(as_system: Actor) -> None:
    register = registry.get("visits")
    file = io.BytesIO(b"Name;Day;Purpose\nLift inspector;2027-01-31;maintenance\nAuditor;2027-02-03;meeting\n")
    sheet = open_sheet(file, name="visits.csv")
    profile = propose_profile(register, sheet)

    assert plan(register, sheet, profile).counts["new"] == 2
    assert register.model.objects.count() == 0
    carry_out(register, sheet, profile)
    written = b"".join(export(register, lists.Listing(columns=("name", "visit_on", "purpose"), sort="name"), "csv"))

    assert list(csv.reader(io.StringIO(written.decode("utf-8-sig"))))[1:] == [
        ["Auditor", "2027-02-03", "meeting"], ["Lift inspector", "2027-01-31", "maintenance"],
    ]


def test_the_constraint_is_refused_in_words(as_system: Actor, make_visit: Callable[..., Any]) -> None:
    make_visit(ref="VIS-7")

    with pytest.raises(Invalid) as refusal:
        make_visit(ref="VIS-7")

    assert list(refusal.value.fields) == ["ref"]


def test_the_roles_see_what_the_page_says(person_with: Callable[..., Actor]) -> None:
    assert person_with("auditor_readonly").may("visit.view")
    assert not person_with("contributor").may("visit.add")


# Operating


def test_the_configuration_table_says_what_the_configuration_says() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \|$", (HOW_TO / "operate.md").read_text("utf-8"), re.MULTILINE)

    assert rows == [(f"MAINSTAY_{item.name.upper()}", _default(item), item.metadata["help"]) for item in fields(Configuration)]


def _default(item: Any) -> str:
    if item.default is MISSING:
        return "`~/.mainstay`"
    value = {True: "yes", False: "no"}.get(item.default) if isinstance(item.default, bool) else item.default
    text = ",".join(value) if isinstance(value, tuple) else str(value)
    return f"`{text}`" if text else "–"


@pytest.mark.parametrize("page", sorted(HOW_TO.glob("*.md")), ids=lambda page: page.stem)
def test_the_pages_name_commands_that_exist(page: Path) -> None:
    code = re.findall(r"^```.*?^```|`[^`\n]*`", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)

    named = set(re.findall(r"\bmainstay ([a-z-]+)", "\n".join(code)))

    assert named <= {*COMMANDS, *(register.slug for register in registry.all_registers())}
