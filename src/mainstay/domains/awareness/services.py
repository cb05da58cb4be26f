"""What happens to courses: they are written, published and taken."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mainstay.domains.awareness.evaluation import score_test, valid_until
from mainstay.domains.awareness.models import Completion, Course, Lesson, Question
from mainstay.kit.canonical import digest as digest_of
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import Conflict, Invalid, RuleViolation
from mainstay.platform.records.moment import current_day
from mainstay.platform.records.refs import next_refs
from mainstay.registers.crud import locked
from mainstay.registers.verbs import Help, Long, move, verb

MOST_ANSWERS = 10


def _is_draft(course: Course) -> bool:
    return course.state == "draft"


def lessons_of(course: Course) -> list[Lesson]:
    """The lessons in reading order."""
    return list(Lesson.unscoped_for_system.filter(course=course).order_by("position", "ref"))


def questions_of(course: Course) -> list[Question]:
    """The questions in the order everyone is asked."""
    return list(Question.unscoped_for_system.filter(course=course).order_by("position", "ref"))


def content_of(course: Course) -> dict[str, Any]:
    """All that a course teaches and asks, as plain data: what an edition's digest is made of."""
    return {
        "course": str(course.pk), "title": course.name, "pass_mark": course.pass_mark,
        "lessons": [{"title": item.name, "body": item.body} for item in lessons_of(course)],
        "questions": [
            {"asks": item.name, "about": item.description, "options": item.options, "correct": item.correct}
            for item in questions_of(course)
        ],
    }


# Writing


@verb(_("Add a lesson"), on=Course, name="add_lesson", when=_is_draft)
def add_lesson(
    course: Course, *,
    title: Annotated[str, Help("", _("Title"))],
    body: Annotated[str, Long(50_000), Help(_("Written in Markdown."), _("Text"))],
) -> Lesson:
    """Add a lesson after the last one."""
    lesson = Lesson(**_part(course, Lesson, title), body=body, position=_next_position(Lesson, course))
    lesson.save(force_insert=True)
    return lesson


@verb(_("Add a question"), on=Course, name="add_question", when=_is_draft)
def add_question(
    course: Course, *,
    asks: Annotated[str, Help("", _("Question"))],
    answers: Annotated[str, Long(4_000), Help(_("One a line, two to ten."), _("Answers"))],
    correct: Annotated[int, Help(_("Its line: 1 is the first."), _("Right answer"))],
) -> Question:
    """Add a question to the end of the test."""
    question = Question(
        **_part(course, Question, asks), answers=answers, correct=correct, position=_next_position(Question, course)
    )
    _check_answers(question)
    question.save(force_insert=True)
    return question


def _part(course: Course, model: type[Lesson] | type[Question], name: str) -> dict[str, Any]:
    if not name.strip() or len(name) > 200:
        raise Invalid({"title" if model is Lesson else "asks": [_("Between 1 and 200 characters.")]})
    return {
        "organisation_id": course.organisation_id, "unit_id": course.unit_id, "course": course, "name": name.strip(),
        "ref": next_refs(course.organisation_id, model.ref_prefix)[0],
    }


def _next_position(model: type[Lesson] | type[Question], course: Course) -> int:
    last = model.unscoped_for_system.filter(course=course).order_by("-position").first()
    return last.position + 1 if last else 1


def _check_answers(question: Question) -> None:
    options = question.options
    if not 2 <= len(options) <= MOST_ANSWERS or len(set(options)) < len(options):
        raise Invalid({"answers": [_("Give two to ten different answers, one a line.")]})
    if not 1 <= question.correct <= len(options):
        raise Invalid({"correct": [_("There is no answer on this line.")]})


def prepare_part(part: Lesson | Question, changed: frozenset[str]) -> None:
    """What a published course teaches and asks stays as people took it."""
    _refuse_unless_draft(part.course)
    if isinstance(part, Question):
        _check_answers(part)


def after_parts(parts: Sequence[Lesson | Question], changed: frozenset[str]) -> None:
    """Taking a part away is a change like any other."""
    if "deleted" in changed:
        for part in parts:
            _refuse_unless_draft(part.course)


def after_courses(courses: Sequence[Course], changed: frozenset[str]) -> None:
    """Lessons and questions stand where their course stands."""
    if "unit" in changed:
        for course in courses:
            Lesson.unscoped_for_system.filter(course=course).update(unit_id=course.unit_id)
            Question.unscoped_for_system.filter(course=course).update(unit_id=course.unit_id)


def _refuse_unless_draft(course: Course) -> None:
    if locked(Course, course.pk).state != "draft":
        raise RuleViolation(
            _("%(course)s is published; reopen it to change it.") % {"course": course.label}, code="frozen"
        )


# Publishing


@verb(_("Publish"), on=Course, when=_is_draft, tone="primary")
def publish_course(course: Course) -> Course:
    """Open the course to its audience. Changed content makes a new edition; who passed an earlier one keeps it."""
    if not lessons_of(course):
        raise RuleViolation(_("A course teaches something: add a lesson first."), code="no_lessons")
    if not questions_of(course):
        raise RuleViolation(_("Without a question nobody can show that they learned it."), code="no_questions")
    content = digest_of(content_of(course))
    if content != course.digest:
        course.digest, course.edition = content, course.edition + 1
    course.published_on = course.published_on or current_day()
    return move(course, "publish")  # type: ignore[no-any-return]


# Taking


@verb(_("Take"), on=Course, when=lambda course: course.state == "published", tone="primary")
def take_course(
    course: Course, *,
    answers: Annotated[dict, Help(_("Question id to the number of the answer chosen, 1 being the first."))],  # type: ignore[type-arg] # a verb's parameter is a plain class
    digest: Annotated[str, Help(_("The SHA-256 of the edition you took; refused if it is another."))] = "",
) -> Completion:
    """Take the test at the end of the course. Every attempt is kept with its result."""
    person = current_actor().person_id
    if person is None:
        raise RuleViolation(_("A person takes a course, not a program."), code="person_needed")
    if digest and digest != course.digest:
        raise Conflict(_("The course has changed since you began. Read it again first."), code="other_content")
    questions = questions_of(course)
    chosen = _chosen(answers, {question.pk for question in questions})
    result = score_test(questions, chosen, pass_mark=course.pass_mark)
    today = current_day()
    made = Completion(
        organisation_id=course.organisation_id, course=course, person_id=person, edition=course.edition,
        digest=course.digest, right=result.right, of=result.of, score=result.score, passed=result.passed, completed_on=today,
        valid_until=valid_until(today, months=course.validity_months) if result.passed else None,
    )
    made.save(force_insert=True)
    return made


def _chosen(answers: object, known: set[UUID]) -> dict[UUID, int]:
    """Answers by question id as sent by any door. What is no question of this course is refused, not overlooked."""
    if not isinstance(answers, Mapping):
        raise Invalid({"answers": [_("This takes question ids with the numbers of the answers chosen.")]})
    chosen = {}
    for key, value in answers.items():
        try:
            question = UUID(str(key))
            number = None if value in (None, "") else int(str(value))
        except ValueError as error:
            raise Invalid({"answers": [_("This takes question ids with the numbers of the answers chosen.")]}) from error
        if question not in known:
            raise Invalid({"answers": [_("One of these is no question of this course.")]})
        if number is not None:
            chosen[question] = number
    return chosen
