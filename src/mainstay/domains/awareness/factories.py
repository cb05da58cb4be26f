"""One minimal valid record per model, for tests and demo data. Runs within `acting`."""

from typing import Any

from mainstay.domains.awareness.models import Completion, Course, Lesson, Question
from mainstay.domains.awareness.registers import COURSES
from mainstay.domains.awareness.services import add_lesson, add_question, publish_course, questions_of, take_course
from mainstay.platform.records.actor import Actor, acting
from mainstay.registers import crud


def make_course(**rest: Any) -> Course:
    """A course in draft, empty."""
    course: Course = crud.create(COURSES, {"name": "Security basics", **rest})
    return course


def make_lesson(*, course: Course | None = None, title: str = "Passwords", body: str = "Long beats complicated.") -> Lesson:
    return add_lesson(course or make_course(), title=title, body=body)


def make_question(
    *, course: Course | None = None, asks: str = "A caller asks for your password. What do you do?",
    answers: str = "Tell it\nHang up and report it", correct: int = 2,
) -> Question:
    return add_question(course or make_course(), asks=asks, answers=answers, correct=correct)


def make_published_course(*, questions: int = 1, **rest: Any) -> Course:
    course = make_course(**rest)
    make_lesson(course=course)
    for number in range(1, questions + 1):
        make_question(course=course, asks=f"Question {number}")
    return publish_course(course)


def make_completion(*, course: Course, taker: Actor, right: int | None = None) -> Completion:
    """The taker's attempt with so many right answers; all, unless said."""
    questions = questions_of(course)
    wanted = len(questions) if right is None else right
    answers = {str(item.pk): item.correct for item in questions[:wanted]}
    with acting(taker):
        return take_course(course, answers=answers)
