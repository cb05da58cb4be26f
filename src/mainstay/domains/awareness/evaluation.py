"""The score of a test, and what a person's completions are worth on a day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol, TypeVar
from uuid import UUID

from mainstay.kit.dates import add_months


class Standing(StrEnum):
    """Where a person stands with a course that is for them."""

    DONE = "done"
    EXPIRED = "expired"
    DUE = "due"


class Asked(Protocol):
    """What scoring needs to know of a question."""

    id: UUID
    correct: int


class Taken(Protocol):
    """What the standing needs to know of a completion."""

    passed: bool
    completed_on: date
    valid_until: date | None


_T = TypeVar("_T", bound=Taken)


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """A test scored: right answers out of so many, whole percent rounded down, and whether that is enough."""

    right: int
    of: int
    score: int
    passed: bool


def score_test(questions: Sequence[Asked], answers: Mapping[UUID, int], *, pass_mark: int) -> Result:
    """Score chosen option numbers (1 is the first) by question id. An unanswered question is a wrong one.

    A test without questions proves nothing and is never passed.
    """
    right = sum(answers.get(question.id) == question.correct for question in questions)
    of = len(questions)
    # Compared as whole numbers: 79.9 % is not 80 %.
    return Result(
        right=right, of=of, score=right * 100 // of if of else 0, passed=of > 0 and right * 100 >= pass_mark * of
    )


def valid_until(completed_on: date, *, months: int | None) -> date | None:
    """The last day a passed test counts; None when it counts for good."""
    return add_months(completed_on, months) if months else None


def counting(completions: Iterable[_T], *, on: date) -> _T | None:
    """The passed completion that counts on the day, the one that counts longest first."""
    valid = [item for item in completions if _holds(item, on)]
    return max(valid, key=lambda item: item.valid_until or date.max, default=None)


def standing(completions: Iterable[Taken], *, on: date) -> Standing:
    """Whether the person has done the course, had once, or still has to."""
    known = [item for item in completions if item.passed and item.completed_on <= on]
    if counting(known, on=on) is not None:
        return Standing.DONE
    return Standing.EXPIRED if known else Standing.DUE


def _holds(item: Taken, on: date) -> bool:
    return item.passed and item.completed_on <= on and (item.valid_until is None or on <= item.valid_until)
