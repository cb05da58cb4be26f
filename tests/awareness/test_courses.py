"""Courses from draft to certificate."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import models
from django.utils import timezone

from mainstay.domains.awareness.evaluation import Standing
from mainstay.domains.awareness.factories import (
    make_completion,
    make_course,
    make_lesson,
    make_published_course,
    make_question,
)
from mainstay.domains.awareness.models import Completion, Course, Lesson, Question
from mainstay.domains.awareness.queries import (
    assigned,
    certificate,
    shown_lessons,
    shown_questions,
    trained_percent,
    training_share,
)
from mainstay.domains.awareness.registers import COURSES, LESSONS, QUESTIONS
from mainstay.domains.awareness.services import add_question, publish_course, questions_of, take_course
from mainstay.kit.dates import add_months
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import Actor, acting
from mainstay.platform.records.errors import Conflict, Invalid, NotAllowed, RuleViolation
from mainstay.platform.units.models import Unit
from mainstay.registers import crud
from mainstay.registers.verbs import perform, verbs_of

pytestmark = pytest.mark.usefixtures("as_system")


@pytest.fixture
def employee(person_with: Callable[..., Actor]) -> Actor:
    return person_with("employee", name="Emil Employee")


def person(actor: Actor) -> Person:
    return Person.unscoped_for_system.get(pk=actor.person_id)  # type: ignore[no-any-return]


def reopened(course: Course) -> Course:
    return verbs_of(Course)["reopen"].run(course, reason="Something changed.")  # type: ignore[no-any-return]


def test_a_course_without_lesson_or_question_is_not_published() -> None:
    course = make_course()
    with pytest.raises(RuleViolation) as refused:
        publish_course(course)
    assert refused.value.code == "no_lessons"

    make_lesson(course=course)
    with pytest.raises(RuleViolation) as refused:
        publish_course(course)
    assert refused.value.code == "no_questions"


@pytest.mark.parametrize(("answers", "correct"), [
    ("only one", 1), ("a\na", 1), ("a\nb", 3), ("a\nb", 0), ("\n".join("abcdefghijk"), 1),
])
def test_a_question_with_impossible_answers_is_refused(answers: str, correct: int) -> None:
    with pytest.raises(Invalid):
        make_question(answers=answers, correct=correct)


def test_taking_is_scored_here_and_kept_with_its_edition(employee: Actor) -> None:
    course = make_published_course(questions=5, pass_mark="80", validity_months="12")

    made = make_completion(course=course, taker=employee, right=4)

    assert (made.score, made.passed, made.right, made.of) == (80, True, 4, 5)
    assert (made.edition, made.digest, made.person_id) == (1, course.digest, employee.person_id)
    assert made.valid_until == add_months(timezone.localdate(), 12)


def test_a_failed_attempt_is_kept_and_gives_no_certificate(employee: Actor) -> None:
    failed = make_completion(course=make_published_course(questions=2), taker=employee, right=1)

    assert (failed.passed, failed.valid_until) == (False, None)
    with pytest.raises(RuleViolation):
        certificate(failed)


def test_the_certificate_says_what_the_completion_says(employee: Actor) -> None:
    course = make_published_course(name="Phishing")
    completion = make_completion(course=course, taker=employee)

    told = certificate(completion)

    assert (told.person, told.course, told.edition, told.digest) == ("Emil Employee", "Phishing", 1, course.digest)
    assert told.number.startswith(course.ref)


def test_takers_never_see_which_answer_is_right() -> None:
    course = make_published_course()

    shown = shown_questions(course)[0]

    assert not hasattr(shown, "correct")
    assert [text for _, text in shown.options] == ["Tell it", "Hang up and report it"]
    assert "<p>" in shown_lessons(course)[0].html


def test_an_employee_cannot_read_the_questions_with_their_answers(employee: Actor) -> None:
    make_published_course()

    with acting(employee):
        assert not Question.objects.exists()


@pytest.mark.parametrize("answers", ["x", {"no-uuid": 1}, {"00000000-0000-7000-8000-000000000000": 1}])
def test_answers_that_answer_nothing_are_refused(answers: object, employee: Actor) -> None:
    course = make_published_course()

    with acting(employee), pytest.raises(Invalid):
        perform(verbs_of(Course)["take"], course, {"answers": answers})
    assert not Completion.objects.exists()


def test_empty_answers_are_an_attempt_with_nothing_right(employee: Actor) -> None:
    course = make_published_course()

    with acting(employee):
        made = take_course(course, answers={str(questions_of(course)[0].pk): ""})

    assert (made.right, made.passed) == (0, False)


def test_a_course_that_changed_meanwhile_is_not_scored(employee: Actor) -> None:
    course = make_published_course()

    with acting(employee), pytest.raises(Conflict):
        take_course(course, answers={}, digest="0" * 64)


def test_a_draft_cannot_be_taken(employee: Actor) -> None:
    course = make_course()

    with acting(employee), pytest.raises(RuleViolation):
        take_course(course, answers={})


def test_a_published_course_cannot_be_rewritten_in_any_way() -> None:
    course = make_published_course()
    lesson, question = Lesson.objects.get(), Question.objects.get()

    with pytest.raises(RuleViolation):
        crud.change(COURSES, course, {"pass_mark": "1"})
    with pytest.raises(RuleViolation):
        crud.change(LESSONS, lesson, {"body": "Other."})
    with pytest.raises(RuleViolation):
        crud.change(QUESTIONS, question, {"correct": "1"})
    with pytest.raises(RuleViolation):
        crud.delete(QUESTIONS, question)
    with pytest.raises(RuleViolation):
        add_question(course, asks="More?", answers="a\nb", correct=1)
    assert Question.objects.get().correct == 2


def test_changed_content_makes_a_new_edition_and_unchanged_content_does_not() -> None:
    course = publish_course(reopened(make_published_course()))
    assert course.edition == 1

    course = reopened(course)
    crud.change(LESSONS, Lesson.objects.get(), {"body": "Longer beats longer."})

    assert publish_course(course).edition == 2


def test_who_passed_an_earlier_edition_keeps_it(employee: Actor) -> None:
    course = make_published_course()
    first = make_completion(course=course, taker=employee)
    course = reopened(course)
    make_question(course=course)
    publish_course(course)

    with acting(employee):
        (mine,) = assigned(person(employee), on=timezone.localdate())

    assert (mine.standing, mine.completion) == (Standing.DONE, first)


def test_a_taken_course_is_not_deleted(employee: Actor) -> None:
    course = make_published_course()
    make_completion(course=course, taker=employee)

    with pytest.raises(models.ProtectedError):
        course.delete()


def test_an_employee_does_not_publish(employee: Actor) -> None:
    course = make_course()

    with acting(employee), pytest.raises(NotAllowed):
        publish_course(course)


def test_assigned_are_the_courses_of_the_audience_with_those_to_do_first(
    employee: Actor, site: Unit, person_with: Callable[..., Actor]
) -> None:
    done = make_published_course(name="Done")
    make_published_course(name="To do")
    make_published_course(name="For the site", audience=str(site.pk))
    make_course(name="Draft")
    make_completion(course=done, taker=employee)

    with acting(employee):
        mine = assigned(person(employee), on=timezone.localdate())

    assert [(item.course.name, item.standing) for item in mine] == [("To do", Standing.DUE), ("Done", Standing.DONE)]


def test_the_training_share_counts_people_times_courses_and_forgets_what_expired(
    employee: Actor, organisation: Unit, person_with: Callable[..., Actor]
) -> None:
    person_with("employee")
    course = make_published_course(validity_months="12")
    today = timezone.localdate()
    make_completion(course=course, taker=employee)

    share = training_share(today, unit=organisation.pk)
    assert (share.done, share.of) == (1, 2)
    assert trained_percent(organisation.pk, on=today) == 50
    later = training_share(add_months(today, 12) + timedelta(days=1), unit=organisation.pk)
    assert (later.done, later.of) == (0, 2)


def test_changing_a_course_does_not_empty_the_share(employee: Actor, organisation: Unit) -> None:
    reopened(make_published_course())

    assert training_share(timezone.localdate(), unit=organisation.pk).of == 1


def test_of_nobody_there_is_no_share(organisation: Unit) -> None:
    assert training_share(timezone.localdate(), unit=organisation.pk).percent is None
    assert trained_percent(organisation.pk, on=timezone.localdate()) is None
