"""Levels of risk, derived from the criteria: one function for each number, and nothing typed by hand (6.1.2 d)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol


class Criteria(Protocol):
    """The approved method, as far as rating needs it."""

    @property
    def likelihoods(self) -> Any: ...
    @property
    def impacts(self) -> Any: ...
    @property
    def matrix(self) -> Any: ...
    @property
    def levels(self) -> Any: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """What a control does to a risk: steps down on each scale, and whether it is in operation or at least planned."""

    likelihood: int
    impact: int
    is_operating: bool
    is_planned: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Rated:
    """A point on the scales and its level; None throughout while likelihood or impact is not said."""

    likelihood: int | None
    impact: int | None
    level: int | None


def level_at(criteria: Criteria, likelihood: int, impact: int) -> int:
    """The level the matrix gives; both from 1. Raises LookupError off the scale."""
    if likelihood < 1 or impact < 1:
        raise LookupError("scales begin at 1")
    return int(criteria.matrix[likelihood - 1][impact - 1])


def overall_impact(impacts: Sequence[int | None]) -> int | None:
    """The worst of the dimensions that were rated."""
    return max((value for value in impacts if value is not None), default=None)


def after_controls(
    criteria: Criteria, likelihood: int | None, impact: int | None, effects: Sequence[Effect]
) -> Rated:
    """Likelihood, impact and level when the given effects hold: their steps add up, and no scale goes below 1."""
    if likelihood is None or impact is None:
        return Rated(likelihood=None, impact=None, level=None)
    lowered_likelihood = max(1, likelihood - sum(effect.likelihood for effect in effects))
    lowered_impact = max(1, impact - sum(effect.impact for effect in effects))
    return Rated(
        likelihood=lowered_likelihood, impact=lowered_impact,
        level=level_at(criteria, lowered_likelihood, lowered_impact),
    )


def current(criteria: Criteria, likelihood: int | None, impact: int | None, effects: Sequence[Effect]) -> Rated:
    """Risk as it is today. Planned controls do not count: an auditor wants today's risk, not next year's."""
    return after_controls(criteria, likelihood, impact, [effect for effect in effects if effect.is_operating])


def target(criteria: Criteria, likelihood: int | None, impact: int | None, effects: Sequence[Effect]) -> Rated:
    """Risk once everything planned is in operation."""
    return after_controls(
        criteria, likelihood, impact, [effect for effect in effects if effect.is_operating or effect.is_planned]
    )


def level_of(criteria: Criteria, number: int | None) -> Mapping[str, Any] | None:
    """The criteria's own description of a level: label, colour, authority."""
    return next((level for level in criteria.levels if level["number"] == number), None)


AUTHORITY_RANKS = {"risk owner": 1, "CISO": 2, "top management": 3}
ROLE_RANKS = {"risk_owner": 1, "isms_manager": 1, "ciso": 2, "management": 3}


def authority_needed(criteria: Criteria, number: int) -> tuple[str, int]:
    """Who may accept a risk of this level, by name and rank; a name outside the known ones needs the highest rank."""
    level = level_of(criteria, number)
    name = str(level["authority"]) if level else "top management"
    return name, AUTHORITY_RANKS.get(name, 3)


def acceptance_holds(*, until: date, accepted_level: int, current_level: int | None, state: str, on: date) -> bool:
    """Whether an acceptance still covers a risk: given, not run out, and the risk not higher than what was accepted."""
    return state == "given" and until >= on and current_level is not None and current_level <= accepted_level
