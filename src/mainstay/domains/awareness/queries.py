"""Questions about training: who has to do what, who has, and what the certificate says."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import models
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from mainstay.domains.awareness.evaluation import Standing, counting, standing
from mainstay.domains.awareness.models import Completion, Course, CourseAudience
from mainstay.domains.awareness.services import lessons_of, questions_of
from mainstay.domains.documents.audience import Share, audience_of, is_at_work, meant_for, people_in
from mainstay.domains.documents.rendering import to_html
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import RuleViolation
from mainstay.platform.units.models import Unit


@dataclass(frozen=True, kw_only=True, slots=True)
class Assigned:
    """A course that is for a person, and where they stand with it; `completion` is the one that counts."""

    course: Course
    standing: Standing
    completion: Completion | None

    @property
    def can_be_taken(self) -> bool:
        return self.course.state == "published"


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownLesson:
    """A lesson as a taker reads it."""

    title: str
    html: SafeString


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownQuestion:
    """A question as a taker sees it: which answer is right is not in it."""

    id: UUID
    asks: str
    about: str
    options: tuple[tuple[int, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate:
    """What a certificate says: all of it from the completion, nothing typed."""

    number: str
    person: str
    course: str
    edition: int
    digest: str
    score: int
    completed_on: date
    valid_until: date | None


def _running() -> models.Q:
    """Courses that people have to do: published once and not retired, also while they are being changed."""
    return models.Q(edition__gte=1) & ~models.Q(state="retired")


def assigned(person: Person, *, on: date) -> list[Assigned]:
    """The courses that are for a person on a day, with their standing; those still to do first."""
    if not is_at_work(person, on=on):
        return []
    courses = Course.objects.filter(
        _running(), meant_for(person, CourseAudience), organisation_id=person.organisation_id, published_on__lte=on
    )
    taken: dict[UUID, list[Completion]] = {}
    for item in Completion.unscoped_for_system.filter(person=person, passed=True, completed_on__lte=on):
        taken.setdefault(item.course_id, []).append(item)
    found = [
        Assigned(
            course=course, standing=standing(taken.get(course.pk, ()), on=on),
            completion=counting(taken.get(course.pk, ()), on=on),
        )
        for course in courses.order_by("ref")
    ]
    return sorted(found, key=lambda item: item.standing is Standing.DONE)


def course_share(course: Course, *, on: date, within: "models.QuerySet[Person] | None" = None) -> Share:
    """How many of the people a course is for have a completion that counts on the day."""
    audience = audience_of(course, CourseAudience, on=on)
    if within is not None:
        audience = audience.filter(pk__in=within.values("pk"))
    trained = Completion.unscoped_for_system.filter(
        models.Q(valid_until__isnull=True) | models.Q(valid_until__gte=on), course=course, passed=True, completed_on__lte=on
    ).values("person")
    return Share(done=audience.filter(pk__in=trained).count(), of=audience.count())


def training_share(on: date, *, unit: UUID) -> Share:
    """Courses done, of all that people of a unit and below have to do: one each for every person and course (7.2)."""
    people = people_in([unit], on=on)
    organisation = Unit.unscoped_for_system.values_list("organisation_id", flat=True).get(pk=unit)
    courses = Course.unscoped_for_system.filter(_running(), organisation_id=organisation, published_on__lte=on)
    shares = [course_share(course, on=on, within=people) for course in courses]
    return Share(done=sum(share.done for share in shares), of=sum(share.of for share in shares))


def trained_percent(unit: UUID, *, on: date) -> Decimal | None:
    """The training share in percent; None where nobody has to do anything."""
    share = training_share(on, unit=unit)
    return Decimal(100 * share.done) / share.of if share.of else None


def own_or_visible(key: UUID) -> Completion | None:
    """A completion by id: one's own always, another's for those who may see completions there."""
    found: Completion | None = Completion.unscoped_for_system.select_related("course", "person").filter(pk=key).first()
    if found is None or found.person_id == current_actor().person_id:
        return found
    return found if current_actor().may("completion.view", unit=found.place) else None


def shown_lessons(course: Course) -> list[ShownLesson]:
    """The lessons of a course, rendered."""
    return [ShownLesson(title=item.name, html=to_html(item.body)) for item in lessons_of(course)]


def shown_questions(course: Course) -> list[ShownQuestion]:
    """The test as it is put to a taker."""
    return [
        ShownQuestion(id=item.pk, asks=item.name, about=item.description, options=tuple(enumerate(item.options, start=1)))
        for item in questions_of(course)
    ]


def certificate(completion: Completion) -> Certificate:
    """The certificate of a passed completion; RuleViolation for one that was not passed."""
    if not completion.passed:
        raise RuleViolation(_("A test that was not passed has no certificate."), code="not_passed")
    return Certificate(
        number=f"{completion.course.ref}-{completion.pk.hex[-12:].upper()}", person=completion.person.name,
        course=completion.course.name, edition=completion.edition, digest=completion.digest, score=completion.score,
        completed_on=completion.completed_on, valid_until=completion.valid_until,
    )
