"""Risks on screen: the map, the levels explained, the assessment by scales, and the method."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mainstay.domains.controls.registers import CONTROLS
from mainstay.domains.risk.criteria import adopt_criteria
from mainstay.domains.risk.heat import heat_page
from mainstay.domains.risk.models import Risk, RiskCriteria
from mainstay.domains.risk.panels import effect_words, levels_panel
from mainstay.domains.risk.registers import RISKS
from mainstay.domains.risk.showing import shade
from mainstay.platform.records.actor import Actor, acting
from mainstay.platform.units.models import Unit
from mainstay.registers import crud
from mainstay.registers.verbs import perform, verbs_of
from making import by_another

Browser = Callable[..., tuple[Client, Actor]]


@pytest.fixture
def judged(organisation: Unit, browser: Browser) -> tuple[Client, Actor]:
    """An administrator's browser where a five by five method is in force."""
    client, actor = browser()
    with acting(actor):
        by_another(adopt_criteria("iso-27005-5x5", unit=organisation), "approve")
    return client, actor


def a_risk(likelihood: int = 5, impact: int = 5, **rest: str) -> Risk:
    found: Risk = crud.create(RISKS, {"name": "Fire", "likelihood": likelihood, "impact_availability": impact, **rest})
    return found


# The map


def test_the_title_of_the_map_is_the_answer_and_each_cell_leads_to_its_risks(judged: tuple[Client, Actor]) -> None:
    client, actor = judged
    with acting(actor):
        first, second = a_risk(), a_risk(1, 1)

    page = client.get("/risks/map").content.decode()
    inside = client.get("/risks?current_likelihood=5&current_impact=5&state__not=closed").content.decode()

    assert "1 of 2 risks are above what you accept" in page
    assert '<a href="/risks?current_likelihood=5&amp;current_impact=5&amp;state__not=closed"' in page
    assert f"/risks/{first.ref}" in inside and f"/risks/{second.ref}" not in inside


def test_the_map_without_controls_links_to_the_rating_itself(judged: tuple[Client, Actor]) -> None:
    client, actor = judged
    with acting(actor):
        risk = a_risk(4, 3)

    page = client.get("/risks/map?which=inherent").content.decode()
    inside = client.get("/risks?likelihood=4&impact=3&state__not=closed").content.decode()

    assert "/risks?likelihood=4&amp;impact=3&amp;state__not=closed" in page and f"/risks/{risk.ref}" in inside


def test_the_table_beside_the_map_holds_the_same_numbers(judged: tuple[Client, Actor]) -> None:
    client, actor = judged
    with acting(actor):
        a_risk(), a_risk(), a_risk(2, 2)
        shown = heat_page("current")

    page = client.get("/risks/map?as=table").content.decode()

    assert shown is not None and [cell.count for cell in shown.filled] == [2, 1]
    assert page.count('<td class="number">') == 2


def test_without_criteria_the_map_says_what_to_do(browser: Browser) -> None:
    client, _actor = browser()

    assert "/risk-criteria" in client.get("/risks/map").content.decode()


def test_the_map_costs_as_many_queries_with_twenty_risks_as_with_one(judged: tuple[Client, Actor]) -> None:
    client, actor = judged

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get("/risks/map")
        return len(queries)

    with acting(actor):
        a_risk()
    one = cost()
    with acting(actor):
        for number in range(20):
            a_risk(1 + number % 5, 1 + number % 4)

    assert cost() == one


@pytest.mark.parametrize(
    ("count", "shades"),
    [(3, [1, 4, 6]), (4, [1, 3, 5, 6]), (5, [1, 3, 4, 5, 6]), (6, [1, 2, 3, 4, 5, 6]), (9, [1, 1, 2, 3, 4, 4, 5, 6, 7])],
)
def test_levels_take_the_shades_of_their_rank(count: int, shades: list[int]) -> None:
    levels = [{"number": number, "label": ""} for number in range(1, count + 1)]

    assert [shade(number, levels) for number in range(1, count + 1)] == shades


# Levels


def test_the_panel_says_which_control_lowers_what(judged: tuple[Client, Actor]) -> None:
    client, actor = judged
    with acting(actor):
        control = crud.create(CONTROLS, {"name": "Sprinklers"})
        risk = a_risk()
        perform(
            verbs_of(Risk)["treat"], risk,
            {"option": "modify", "reason": "It works.", "controls": control.ref, "likelihood_effect": 2},
        )
        risk.refresh_from_db()
        before = levels_panel(risk)
        perform(verbs_of(type(control))["operate"], control, {})
        risk.refresh_from_db()
        after = levels_panel(risk)

    page = client.get(f"/risks/{risk.ref}").content.decode()

    assert before is not None and after is not None
    assert [len(effects) for _title, _standing, effects in before["steps"]] == [0, 0, 1]
    assert [len(effects) for _title, _standing, effects in after["steps"]] == [0, 1, 0]
    assert f"{control.ref}</a> operating: likelihood −2" in page
    assert "can be accepted by: CISO" in page


def test_a_control_without_effect_says_so() -> None:
    assert effect_words(0, 0) == "no effect on the levels"
    assert effect_words(2, 1) == "likelihood −2, impact −1"


# Assessing


def test_the_scales_carry_the_meanings_of_the_criteria(judged: tuple[Client, Actor]) -> None:
    client, actor = judged
    with acting(actor):
        risk = a_risk()

    pages = [client.get(f"/risks/{risk.ref}/{where}").content.decode() for where in ("assess", "do/assess")]

    for page in pages:
        assert "Less than once in ten years" in page and "covered by the running budget" in page


def test_an_assessment_on_the_page_rates_the_risk(judged: tuple[Client, Actor]) -> None:
    client, actor = judged
    with acting(actor):
        risk = crud.create(RISKS, {"name": "Theft"})

    answer = client.post(
        f"/risks/{risk.ref}/assess",
        {"likelihood": "3", "impact_legal": "4", "impact_safety": "", "rationale": "Twice last year."},
    )

    risk.refresh_from_db()
    assert (answer.status_code, answer["Location"]) == (302, f"/risks/{risk.ref}")
    assert (risk.likelihood, risk.impact_legal, risk.impact, risk.inherent_level) == (3, 4, 4, 3)


@pytest.mark.parametrize("typed", [{"likelihood": "3"}, {"impact_legal": "2"}, {"likelihood": "9", "impact_legal": "2"}])
def test_an_assessment_that_does_not_hold_shows_the_scales_again(judged: tuple[Client, Actor], typed: dict[str, str]) -> None:
    client, actor = judged
    with acting(actor):
        risk = crud.create(RISKS, {"name": "Theft"})

    answer = client.post(f"/risks/{risk.ref}/assess", typed)

    risk.refresh_from_db()
    assert answer.status_code == 422 and 'class="error"' in answer.content.decode()
    assert risk.inherent_level is None


def test_before_criteria_are_approved_the_assessment_leads_to_them(browser: Browser) -> None:
    client, actor = browser()
    with acting(actor):
        risk = crud.create(RISKS, {"name": "Theft"})

    page = client.get(f"/risks/{risk.ref}/assess").content.decode()

    assert 'href="/risk-criteria"' in page and 'name="likelihood"' not in page


# The method


def test_the_empty_register_of_criteria_offers_the_ready_made_methods(browser: Browser) -> None:
    client, _actor = browser()

    page = client.get("/risk-criteria").content.decode()
    adopted = client.post("/risk-criteria/new", {"method": "iso-27005-3x3"})

    criteria = RiskCriteria.unscoped_for_system.get()
    assert page.count("Use this method") == 4
    assert adopted["Location"] == f"/risk-criteria/{criteria.ref}" and len(criteria.matrix) == 3


def test_a_draft_is_changed_and_shows_which_risks_it_would_move(judged: tuple[Client, Actor], organisation: Unit) -> None:
    client, actor = judged
    with acting(actor):
        risk = a_risk(3, 3)
        draft = perform(verbs_of(RiskCriteria)["revise"], RiskCriteria.objects.get(), {})
    typed = {f"cell-{row}-{column}": "4" for row in range(3, 6) for column in range(3, 6)}

    saved = client.post(f"/risk-criteria/{draft.ref}/method", {**typed, "level-4-label": "Extreme", "version": "1"})
    page = client.get(f"/risk-criteria/{draft.ref}").content.decode()

    draft.refresh_from_db()
    assert saved.status_code == 302, saved.content.decode()
    assert draft.matrix[2][2] == 4 and draft.levels[3]["label"] == "Extreme"
    assert "change the level of 1 risk" in page and f"/risks/{risk.ref}" in page


def test_a_matrix_whose_levels_fall_is_refused_and_keeps_what_was_typed(judged: tuple[Client, Actor]) -> None:
    client, actor = judged
    with acting(actor):
        draft = perform(verbs_of(RiskCriteria)["revise"], RiskCriteria.objects.get(), {})

    answer = client.post(f"/risk-criteria/{draft.ref}/method", {"cell-5-5": "1", "level-1-label": "Tiny"})

    page = answer.content.decode()
    assert answer.status_code == 422 and "A level falls" in page and 'value="Tiny"' in page


def test_approved_criteria_are_not_changed(judged: tuple[Client, Actor]) -> None:
    client, _actor = judged
    criteria = RiskCriteria.unscoped_for_system.get()

    answer = client.post(f"/risk-criteria/{criteria.ref}/method", {"level-1-label": "Tiny"})

    criteria.refresh_from_db()
    assert answer.status_code == 409 and criteria.levels[0]["label"] != "Tiny"


def test_another_method_can_be_begun_while_there_is_one(judged: tuple[Client, Actor], browser: Browser) -> None:
    client, _actor = judged
    guest, _other = browser("auditor_readonly")

    listed, for_guests = (one.get("/risk-criteria").content.decode() for one in (client, guest))
    offered = client.get("/risk-criteria/new").content.decode()

    assert 'href="/risk-criteria/new"' in listed
    assert 'href="/risk-criteria/new"' not in for_guests
    assert "Use this method" in offered
