"""Scores, and what completions are worth on a day."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.domains.awareness.evaluation import Standing, counting, score_test, standing, valid_until

DAY = date(2027, 3, 1)


@dataclass
class Asked:
    correct: int = 2
    id: UUID = field(default_factory=uuid4)


@dataclass
class Taken:
    passed: bool = True
    completed_on: date = DAY
    valid_until: date | None = None


@given(st.lists(st.tuples(st.integers(1, 4), st.none() | st.integers(0, 5)), max_size=12), st.integers(1, 100))
def test_the_score_counts_right_answers_and_nothing_else(test: list[tuple[int, int | None]], pass_mark: int) -> None:
    questions = [Asked(correct=correct) for correct, _ in test]
    answers = {question.id: chosen for question, (_, chosen) in zip(questions, test, strict=True) if chosen is not None}
    right = sum(correct == chosen for correct, chosen in test)

    result = score_test(questions, answers, pass_mark=pass_mark)

    assert (result.right, result.of) == (right, len(test))
    assert result.passed == (len(test) > 0 and right / len(test) * 100 >= pass_mark - 1e-9)
    assert 0 <= result.score <= 100


def test_an_unanswered_question_is_a_wrong_one() -> None:
    questions = [Asked(), Asked()]

    assert score_test(questions, {questions[0].id: 2}, pass_mark=60).passed is False


def test_a_test_without_questions_is_not_passed() -> None:
    assert score_test([], {}, pass_mark=1).passed is False


def test_just_below_the_pass_mark_is_not_rounded_up() -> None:
    questions = [Asked() for _ in range(6)]
    answers = {question.id: 2 for question in questions[:4]}

    assert score_test(questions, answers, pass_mark=67).passed is False
    assert score_test(questions, answers, pass_mark=66).passed is True


def test_a_completion_counts_until_its_last_day() -> None:
    until = valid_until(DAY, months=12)
    assert until == date(2028, 3, 1)
    taken = [Taken(valid_until=until)]

    assert standing(taken, on=until) is Standing.DONE
    assert standing(taken, on=until + timedelta(days=1)) is Standing.EXPIRED


@pytest.mark.parametrize("taken", [[], [Taken(passed=False)], [Taken(completed_on=DAY + timedelta(days=1))]])
def test_without_a_passed_attempt_by_then_it_is_due(taken: list[Taken]) -> None:
    assert standing(taken, on=DAY) is Standing.DUE


def test_a_later_failure_does_not_take_away_what_was_passed() -> None:
    taken = [Taken(), Taken(passed=False, completed_on=DAY + timedelta(days=5))]

    assert standing(taken, on=DAY + timedelta(days=9)) is Standing.DONE
    assert counting(taken, on=DAY + timedelta(days=9)) is taken[0]
