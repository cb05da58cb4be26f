"""Tiers, scores and gaps: what is not known never helps a supplier."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.domains.suppliers.evaluation import (
    CYCLE_MONTHS,
    DATA_WEIGHT,
    TOPICS,
    Gap,
    gaps_of,
    next_assessment,
    result_of,
    score_of,
    tier_of,
)
from mainstay.domains.suppliers.models import Answer, Result, Supplier, SupplierAssessment

DAY = date(2027, 3, 1)


@dataclass(frozen=True)
class Known:
    state: str = "active"
    tier: int = 3
    exit_plan: str = ""
    certificate_until: date | None = None
    contract_until: date | None = None
    last_assessed_on: date | None = DAY
    last_result: str = "passed"
    next_assessment_on: date | None = DAY


@pytest.mark.parametrize(("criticality", "data", "tier"), [
    (1, "none", 4), (2, "none", 3), (1, "internal", 3), (4, "none", 1), (1, "strict", 1), (2, "confidential", 2),
    (None, "none", 1), (1, "", 1), (None, "", 1),
])
def test_the_heavier_of_what_stops_and_what_leaks_decides_the_tier(criticality: int | None, data: str, tier: int) -> None:
    assert tier_of(criticality, data) == tier


@given(st.sampled_from([None, 1, 2, 3, 4]), st.sampled_from(["", *DATA_WEIGHT]))
def test_knowing_less_never_makes_a_supplier_lighter(criticality: int | None, data: str) -> None:
    assert tier_of(None, data) <= tier_of(criticality, data)
    assert tier_of(criticality, "") <= tier_of(criticality, data)


def test_the_rules_know_every_choice_the_model_offers() -> None:
    assert set(DATA_WEIGHT) == set(Supplier.MostSensitive.values)
    assert set(CYCLE_MONTHS) == set(Supplier.Tier.values)
    assert {result_of(score) for score in range(101)} == set(Result.values)
    assert all(SupplierAssessment._meta.get_field(topic).choices == Answer.choices for topic in TOPICS)


@given(st.dictionaries(st.sampled_from(TOPICS), st.sampled_from(["yes", "partly", "no", ""])), st.sampled_from(TOPICS))
def test_answering_never_scores_below_silence(answers: dict[str, str], topic: str) -> None:
    silent = {**answers, topic: ""}

    assert score_of(silent) == score_of({**answers, topic: "no"}) <= score_of(answers) <= score_of({**answers, topic: "yes"})


def test_the_ends_of_the_scale() -> None:
    assert score_of({}) == 0
    assert score_of(dict.fromkeys(TOPICS, "yes")) == 100
    assert [result_of(score) for score in (100, 80, 79, 50, 49, 0)] == [
        "passed", "passed", "conditional", "conditional", "failed", "failed",
    ]


def test_a_supplier_never_assessed_is_due_since_it_is_known() -> None:
    assert next_assessment(None, tier=4, known_since=DAY) == DAY
    assert next_assessment(DAY, tier=1, known_since=DAY) == date(2028, 3, 1)


@pytest.mark.parametrize(("change", "gap"), [
    ({"last_assessed_on": None, "last_result": ""}, Gap.NEVER_ASSESSED),
    ({"next_assessment_on": DAY - timedelta(days=1)}, Gap.ASSESSMENT_OVERDUE),
    ({"next_assessment_on": None}, Gap.ASSESSMENT_OVERDUE),
    ({"last_result": "failed"}, Gap.NOT_SUITABLE),
    ({"certificate_until": DAY - timedelta(days=1)}, Gap.CERTIFICATE_EXPIRED),
    ({"contract_until": DAY - timedelta(days=1)}, Gap.CONTRACT_ENDED),
    ({"tier": 2}, Gap.NO_EXIT_PLAN),
])
def test_each_gap_is_found_and_only_while_the_supplier_is_in_use(change: dict[str, object], gap: Gap) -> None:
    supplier = replace(Known(), **change)  # type: ignore[arg-type]

    assert gaps_of(supplier, on=DAY) == (gap,)
    assert gaps_of(replace(supplier, state="ended"), on=DAY) == ()


def test_a_supplier_in_order_has_no_gap() -> None:
    assert gaps_of(Known(certificate_until=DAY, contract_until=DAY), on=DAY) == ()
