"""Tiers, scores and gaps of suppliers: from what is known of them and a day, nothing else."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Protocol

from mainstay.kit.dates import add_months

WORST = 4
DATA_WEIGHT: Mapping[str, int] = {"none": 1, "internal": 2, "confidential": 3, "strict": 4}
CYCLE_MONTHS: Mapping[int, int] = {1: 12, 2: 18, 3: 24, 4: 36}
"""Months between assessments by tier: A.5.22 asks for regular ones, the weight of the supplier for how regular."""

TOPICS = ("management", "contract", "access", "protection", "incidents", "chain", "continuity", "leaving")
POINTS: Mapping[str, int] = {"yes": 2, "partly": 1, "no": 0, "": 0}
PASSED_FROM, CONDITIONAL_FROM = 80, 50

EXIT_PLAN_UP_TO_TIER = 2


class Gap(StrEnum):
    """What an auditor would ask about a supplier in use."""

    NEVER_ASSESSED = "never_assessed"
    ASSESSMENT_OVERDUE = "assessment_overdue"
    NOT_SUITABLE = "not_suitable"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CONTRACT_ENDED = "contract_ended"
    NO_EXIT_PLAN = "no_exit_plan"


class Known(Protocol):
    """What the evaluation needs to know of a supplier."""

    state: str
    tier: int
    exit_plan: str
    certificate_until: date | None
    contract_until: date | None
    last_assessed_on: date | None
    last_result: str
    next_assessment_on: date | None


def tier_of(criticality: int | None, data: str) -> int:
    """1 (looked at most closely) to 4, by the heavier of what stops and what leaks. What is not known counts as worst."""
    weight = max(criticality or WORST, DATA_WEIGHT.get(data, WORST))
    return WORST + 1 - weight


def next_assessment(last_assessed_on: date | None, *, tier: int, known_since: date) -> date:
    """When the supplier is due to be assessed; at once if it never was."""
    if last_assessed_on is None:
        return known_since
    return add_months(last_assessed_on, CYCLE_MONTHS[tier])


def score_of(answers: Mapping[str, str]) -> int:
    """0 to 100, rounded down: all topics weigh the same, and what was not answered counts as no."""
    reached = sum(POINTS[answers.get(topic, "")] for topic in TOPICS)
    return reached * 100 // (max(POINTS.values()) * len(TOPICS))


def result_of(score: int) -> str:
    """What a score comes to."""
    if score >= PASSED_FROM:
        return "passed"
    return "conditional" if score >= CONDITIONAL_FROM else "failed"


def gaps_of(supplier: Known, *, on: date) -> tuple[Gap, ...]:
    """What is missing about a supplier in use on the day; empty for one that is not in use."""
    if supplier.state != "active":
        return ()
    overdue = supplier.next_assessment_on is None or supplier.next_assessment_on < on
    found = {
        Gap.NEVER_ASSESSED: supplier.last_assessed_on is None,
        Gap.ASSESSMENT_OVERDUE: supplier.last_assessed_on is not None and overdue,
        Gap.NOT_SUITABLE: supplier.last_result == "failed",
        Gap.CERTIFICATE_EXPIRED: supplier.certificate_until is not None and supplier.certificate_until < on,
        Gap.CONTRACT_ENDED: supplier.contract_until is not None and supplier.contract_until < on,
        Gap.NO_EXIT_PLAN: supplier.tier <= EXIT_PLAN_UP_TO_TIER and not supplier.exit_plan.strip(),
    }
    return tuple(gap for gap, is_there in found.items() if is_there)
