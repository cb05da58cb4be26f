"""The scales of a draft get longer and shorter, and the matrix stays one."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstay.domains.risk.criteria import adopt_criteria, check_criteria
from mainstay.domains.risk.models import RiskCriteria
from mainstay.domains.risk.registers import RISKS
from mainstay.platform.records.actor import Actor, acting
from mainstay.platform.records.errors import Invalid, RuleViolation
from mainstay.platform.units.models import Unit
from mainstay.registers import crud
from mainstay.registers.verbs import perform, verbs_of
from making import by_another

Browser = Callable[..., tuple[Client, Actor]]
Method = tuple[list[Any], list[Any], list[list[int]]]


def do(record: RiskCriteria, verb: str, **raw: object) -> Any:
    return perform(verbs_of(RiskCriteria)[verb], record, raw)


def method_of(criteria: RiskCriteria) -> Method:
    stored = RiskCriteria.objects.get(pk=criteria.pk)
    return stored.likelihoods, stored.impacts, stored.matrix


@pytest.fixture
def draft(organisation: Unit, as_system: Actor) -> RiskCriteria:
    return adopt_criteria("iso-27005-3x3", unit=organisation)


def test_a_step_on_top_takes_the_levels_of_the_one_below(draft: RiskCriteria) -> None:
    before = method_of(draft)

    do(draft, "add_step", scale="likelihood", label="Constantly")

    likelihoods, impacts, matrix = method_of(draft)
    assert [step["value"] for step in likelihoods] == [1, 2, 3, 4] and likelihoods[3]["label"] == "Constantly"
    assert likelihoods[:3] == before[0] and impacts == before[1]
    assert matrix == [*before[2], before[2][2]]


def test_a_step_in_between_moves_the_others_up_with_their_words_and_levels(draft: RiskCriteria) -> None:
    before = method_of(draft)

    do(draft, "add_step", scale="impact", label="Noticeable", at=2)

    _likelihoods, impacts, matrix = method_of(draft)
    lowest, *higher = (step["label"] for step in before[1])
    assert [step["label"] for step in impacts] == [lowest, "Noticeable", *higher]
    assert [step["value"] for step in impacts] == [1, 2, 3, 4]
    assert matrix == [[row[0], row[0], row[1], row[2]] for row in before[2]]


@pytest.mark.parametrize("scale", ["likelihood", "impact"])
def test_nothing_is_removed_before_it_was_said_what_goes(draft: RiskCriteria, scale: str) -> None:
    by_another(draft, "approve")
    crud.create(RISKS, {"name": "Fire", "likelihood": 3, "impact_availability": 3})
    crud.create(RISKS, {"name": "Flood", "likelihood": 1, "impact_availability": 1})
    second = do(draft, "revise")
    before = method_of(second)
    label = before[0 if scale == "likelihood" else 1][1]["label"]

    with pytest.raises(Invalid) as warned:
        do(second, "remove_step", scale=scale, step=2)
    unchanged = method_of(second)
    do(second, "remove_step", scale=scale, step=2, is_confirmed="yes")

    (sentence,) = warned.value.fields["is_confirmed"]
    assert f"“{label}”" in sentence and "1 open risks" in sentence
    assert unchanged == before
    likelihoods, impacts, matrix = method_of(second)
    assert (len(matrix), len(matrix[0])) == (len(likelihoods), len(impacts)) == ((2, 3) if scale == "likelihood" else (3, 2))
    assert label not in {step["label"] for step in (likelihoods if scale == "likelihood" else impacts)}


@pytest.mark.parametrize(("verb", "raw", "field"), [
    ("add_step", {"scale": "likelihood", "label": "Never", "at": 0}, "at"),
    ("add_step", {"scale": "likelihood", "label": "Never", "at": 5}, "at"),
    ("add_step", {"scale": "likelihood", "label": "x" * 61}, "label"),
    ("add_step", {"scale": "colour", "label": "Blue"}, "scale"),
    ("remove_step", {"scale": "impact", "step": 4, "is_confirmed": "yes"}, "step"),
    ("remove_step", {"scale": "impact", "step": 0, "is_confirmed": "yes"}, "step"),
])
def test_a_step_that_cannot_be_is_refused_by_name(draft: RiskCriteria, verb: str, raw: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        do(draft, verb, **raw)

    assert set(refused.value.fields) == {field}


def test_a_scale_has_two_to_ten_steps(draft: RiskCriteria) -> None:
    for number in range(7):
        do(draft, "add_step", scale="impact", label=f"Step {number}")
    do(draft, "remove_step", scale="likelihood", step=1, is_confirmed="yes")

    with pytest.raises(Invalid, match="at most 10"):
        do(draft, "add_step", scale="impact", label="One more")
    with pytest.raises(Invalid, match="at least 2"):
        do(draft, "remove_step", scale="likelihood", step=1, is_confirmed="yes")


def test_approved_criteria_keep_their_scales(draft: RiskCriteria) -> None:
    by_another(draft, "approve")
    before = method_of(draft)

    for verb, raw in (("add_step", {"label": "More"}), ("remove_step", {"step": 1, "is_confirmed": "yes"})):
        with pytest.raises(RuleViolation):
            do(draft, verb, scale="impact", **raw)

    assert method_of(draft) == before


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    scale=st.sampled_from(["likelihood", "impact"]), place=st.integers(1, 4),
    later=st.lists(st.tuples(st.sampled_from(["likelihood", "impact"]), st.integers(1, 3)), max_size=3),
)
def test_what_was_added_and_removed_leaves_no_trace_and_every_matrix_is_one(
    draft: RiskCriteria, scale: str, place: int, later: list[tuple[str, int]]
) -> None:
    before = method_of(draft)

    do(draft, "add_step", scale=scale, label="New", at=place)
    check_criteria(RiskCriteria.objects.get(pk=draft.pk))
    do(draft, "remove_step", scale=scale, step=place, is_confirmed="yes")
    after = method_of(draft)
    for other, at in later:
        do(draft, "add_step", scale=other, label="More", at=at)
        check_criteria(RiskCriteria.objects.get(pk=draft.pk))
    for other, at in reversed(later):
        do(draft, "remove_step", scale=other, step=at, is_confirmed="yes")

    assert after == before == method_of(draft)


def test_on_the_page_a_step_is_removed_after_its_warning(browser: Browser, organisation: Unit) -> None:
    client, actor = browser()
    with acting(actor):
        draft = adopt_criteria("iso-27005-3x3", unit=organisation)
    where = f"/risk-criteria/{draft.ref}"

    page = client.get(where).content.decode()
    warned = client.post(f"{where}/do/remove_step", {"scale": "impact", "step": "2"})
    done = client.post(f"{where}/do/remove_step", {"scale": "impact", "step": "2", "is_confirmed": "on"})

    assert f"{where}/do/add_step" in page and f"{where}/do/remove_step" in page
    assert warned.status_code == 422 and "would be gone" in warned.content.decode()
    assert done.status_code == 302 and len(RiskCriteria.unscoped_for_system.get().impacts) == 2
