"""The statement of applicability on screen."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mainstay.domains.context.models import ManagementSystem
from mainstay.domains.context.registers import MANAGEMENT_SYSTEMS
from mainstay.domains.controls.evaluation import Counts, Implementer, SoaRow
from mainstay.domains.controls.models import Applicability, SoaVersion
from mainstay.domains.controls.registers import CONTROLS
from mainstay.domains.controls.soa import cell_words, read_filter, tally, why
from mainstay.platform.records.actor import Actor, acting
from mainstay.registers import crud
from mainstay.registers.verbs import perform, verbs_of

Browser = Callable[..., tuple[Client, Actor]]


@pytest.fixture
def soa(browser: Browser) -> tuple[Client, Actor, ManagementSystem]:
    """An administrator before a statement of applicability that was just started on the page."""
    client, actor = browser()
    with acting(actor):
        system = crud.create(MANAGEMENT_SYSTEMS, {"name": "ISMS", "scope_statement": "All of it."})
    client.post("/soa/start", {"system": system.ref, "framework": "bundled:iso-27001-2022"})
    return client, actor, system


def row_of(ref: str) -> Applicability:
    found: Applicability = Applicability.unscoped_for_system.select_related("requirement").get(requirement__ref=ref)
    return found


def test_without_a_management_system_the_page_says_what_comes_first(browser: Browser) -> None:
    client, _actor = browser()

    page = client.get("/soa").content.decode()

    assert "/management-systems/new" in page


def test_starting_brings_in_the_bundled_framework_and_a_row_per_control(soa: tuple[Client, Actor, ManagementSystem]) -> None:
    client, _actor, _system = soa

    page = client.get("/soa").content.decode()

    assert Applicability.unscoped_for_system.count() == 93
    assert "93 requirements" in page and "93 not decided" in page


def test_a_decision_without_script_leads_back_to_the_row(soa: tuple[Client, Actor, ManagementSystem]) -> None:
    client, _actor, _system = soa
    row = row_of("A.8.13")

    answer = client.post(f"/soa/rows/{row.pk}", {"decision": "applicable", "is_best_practice": "on", "query": "theme=x"})

    row.refresh_from_db()
    assert (answer.status_code, answer["Location"]) == (302, "/soa?theme=x#row-A.8.13")
    assert (row.decision, row.is_best_practice) == ("applicable", True)


def test_a_decision_with_htmx_answers_with_the_row_and_the_new_counts(soa: tuple[Client, Actor, ManagementSystem]) -> None:
    client, _actor, _system = soa
    row = row_of("A.8.13")

    answer = client.post(f"/soa/rows/{row.pk}", {"decision": "applicable"}, headers={"HX-Request": "true"})

    assert answer.content.decode().count("<tr") == 1
    assert 'id="tally" hx-swap-oob="true"' in answer.content.decode() and "92 not decided" in answer.content.decode()


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_an_exclusion_without_justification_is_refused_beside_its_row(
    soa: tuple[Client, Actor, ManagementSystem], headers: dict[str, str]
) -> None:
    client, _actor, _system = soa
    row = row_of("A.8.30")

    answer = client.post(f"/soa/rows/{row.pk}", {"decision": "excluded"}, headers=headers)

    row.refresh_from_db()
    assert (answer.status_code, row.decision) == (422, "undecided")
    assert "An exclusion needs its justification" in answer.content.decode()


def test_all_rows_that_the_filter_shows_are_decided_alike(soa: tuple[Client, Actor, ManagementSystem]) -> None:
    client, _actor, _system = soa

    client.post("/soa/decide", {"all": "yes", "decision": "applicable", "is_best_practice": "on", "query": "q=A.8.1"})

    decided = set(Applicability.unscoped_for_system.filter(decision="applicable").values_list("requirement__ref", flat=True))
    assert decided == {"A.8.1", *(f"A.8.{number}" for number in range(10, 20))}


def test_a_filter_shows_only_its_rows(soa: tuple[Client, Actor, ManagementSystem]) -> None:
    client, _actor, _system = soa

    page = client.get("/soa?control_type=detective&q=A.8.16").content.decode()

    assert 'id="row-A.8.16"' in page and 'id="row-A.8.13"' not in page


def test_who_may_not_decide_sees_no_forms(soa: tuple[Client, Actor, ManagementSystem], browser: Browser) -> None:
    client, _actor = browser("auditor_readonly")

    page = client.get("/soa").content.decode()
    answer = client.post(f"/soa/rows/{row_of('A.8.1').pk}", {"decision": "applicable"})

    assert "/soa/rows/" not in page and 'id="row-A.8.1"' in page
    assert row_of("A.8.1").decision == "undecided" and answer.status_code in (403, 422)


def test_a_version_shows_what_was_frozen_and_its_comparison_what_changed_since(
    soa: tuple[Client, Actor, ManagementSystem], browser: Browser
) -> None:
    client, actor, system = soa
    client.post("/soa/decide", {"all": "yes", "decision": "applicable", "is_best_practice": "on", "query": ""})
    with acting(actor):
        perform(verbs_of(ManagementSystem)["propose_soa"], system, {"framework": "F-1"})
    version = SoaVersion.unscoped_for_system.get()
    client.post(f"/soa/rows/{row_of('A.8.30').pk}", {"decision": "excluded", "justification": "No outsourcing."})

    own = client.get(f"/soa-versions/{version.ref}").content.decode()
    shown = browser("ciso")[0].get(f"/soa-versions/{version.ref}").content.decode()
    changed = client.get(f"/soa/compare?from={version.ref}&to=now").content.decode()
    same = client.get(f"/soa/compare?from={version.ref}&to={version.ref}").content.decode()

    assert version.digest in shown and "No outsourcing." not in shown
    assert f"/do/approve?digest_seen={version.digest}" in shown
    assert "/do/approve" not in own and "“Approve” is for somebody else" in own
    assert "No outsourcing." in changed and "<del" in changed
    assert "Nothing differs" in same


def test_a_version_that_was_tampered_with_says_so(soa: tuple[Client, Actor, ManagementSystem]) -> None:
    client, actor, system = soa
    client.post("/soa/decide", {"all": "yes", "decision": "applicable", "is_best_practice": "on", "query": ""})
    with acting(actor):
        version = perform(verbs_of(ManagementSystem)["propose_soa"], system, {"framework": "F-1"})
        version.frozen["rows"][0]["decision"] = "excluded"
        version.save()

    page = client.get(f"/soa-versions/{version.ref}").content.decode()

    assert "do not match their hash" in page


def test_the_page_costs_as_many_queries_with_twenty_controls_as_with_one(
    soa: tuple[Client, Actor, ManagementSystem]
) -> None:
    client, actor, _system = soa

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get("/soa")
        return len(queries)

    with acting(actor):
        crud.create(CONTROLS, {"name": "One", "requirements": "A.8.1"})
    one = cost()
    with acting(actor):
        for number in range(20):
            crud.create(CONTROLS, {"name": f"Control {number}", "requirements": "A.8.1, A.8.2, A.8.3"})

    assert cost() == one


# The pure parts


def row(**rest: object) -> SoaRow:
    values: dict[str, object] = {
        "requirement_id": "q", "ref": "A.5.1", "title": "Policies", "theme": "Organisational", "attributes": {},
        "decision": "applicable", "justification": "", "reasons": (), "controls": (), "implementation": "none",
        "owner": "", "review_on": "", "applicability_id": "a", "version": 1,
    }
    return SoaRow(**(values | rest))  # type: ignore[arg-type] # a mapping of the right names


def test_implementation_is_counted_among_what_applies_only() -> None:
    counted = tally(
        [
            row(implementation="implemented"), row(decision="undecided"),
            row(decision="excluded", implementation="not_applicable"),
        ]
    )

    assert (counted.total, counted.applicable, counted.excluded, counted.undecided) == (3, 1, 1, 1)
    assert (counted.implemented, counted.none, counted.gaps) == (1, 0, 3)


def test_why_names_what_operates_and_what_does_not_yet() -> None:
    controls = (
        Implementer(ref="C-1", name="", state="operating", coverage="partial"),
        Implementer(ref="C-2", name="", state="planned", coverage="full"),
    )

    sentences = " ".join(why(row(controls=controls, counts=Counts(controls={"operating": 1, "planned": 1}))))

    assert "C-1 operates and covers it in part." in sentences and "Not in operation yet: C-2." in sentences


def test_an_unknown_filter_lets_every_row_through() -> None:
    assert read_filter({"colour": "red"}).lets_through(row())


def test_frozen_controls_are_put_into_words() -> None:
    lines = cell_words("controls", [{"ref": "C-1", "name": "Backup", "state": "operating", "coverage": "partial"}])

    assert lines == ["C-1 Backup (operating, in part)"]
