"""What people have to know, and the record that they do (27001 7.2 d, 7.3, A.6.3)."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from mainstay.platform.records.life_cycle import LifeCycle, Move, State
from mainstay.platform.records.models import Link, Record, Scoped, state_field

COURSE_LIFE = LifeCycle(
    states=(
        State(value="draft", label=_("draft"), tone="busy"), State(value="published", label=_("published"), tone="good"),
        State(value="retired", label=_("retired"), tone="quiet"),
    ),
    moves=(
        Move(name="publish", label=_("Publish"), sources=("draft",), target="published", by_hand=False),
        Move(name="reopen", label=_("Change the course"), sources=("published", "retired"), target="draft", needs_reason=True),
        Move(name="retire", label=_("Retire"), sources=("draft", "published"), target="retired", needs_reason=True),
    ),
    frozen=("published", "retired"),
)


class Course(Record):
    """Lessons with a test at the end. Each publication of changed content is a new edition."""

    ref_prefix: ClassVar[str] = "CO"
    life_cycle: ClassVar[LifeCycle] = COURSE_LIFE

    state = state_field(COURSE_LIFE)
    validity_months = models.PositiveSmallIntegerField(
        _("valid for months"), default=12, null=True, blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(120)], help_text=_("Empty: once is enough."),
    )
    pass_mark = models.PositiveSmallIntegerField(
        _("pass mark, %"), default=80, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    audience_note = models.CharField(_("audience in words"), max_length=300, blank=True)
    edition = models.PositiveSmallIntegerField(_("edition"), default=0, editable=False)
    digest = models.CharField("SHA-256", max_length=64, blank=True, editable=False)
    published_on = models.DateField(_("first published"), null=True, editable=False)

    class Meta(Record.Meta):
        verbose_name = _("course")
        verbose_name_plural = _("courses")
        constraints = [
            models.UniqueConstraint(fields=("organisation", "ref"), name="course_ref_unique"),
            models.CheckConstraint(
                condition=~models.Q(state="published") | models.Q(edition__gte=1, published_on__isnull=False)
                & ~models.Q(digest=""),
                name="course_published_in_an_edition",
            ),
        ]


class CourseAudience(Link):
    """A course is for the people of a unit and of those below it."""

    scope_path: ClassVar[str] = "course__unit"
    ends: ClassVar[tuple[str, str]] = ("course", "audience")

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="audience_links")
    audience = models.ForeignKey("units.Unit", on_delete=models.PROTECT, related_name="+")

    class Meta(Link.Meta):
        constraints = [models.UniqueConstraint(fields=("course", "audience"), name="course_audience_unique")]


class Lesson(Record):
    """One page of a course."""

    ref_prefix: ClassVar[str] = "LE"

    course = models.ForeignKey(
        Course, on_delete=models.CASCADE, related_name="lessons", verbose_name=_("course"), editable=False
    )
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    body = models.TextField(_("text"), max_length=50_000, help_text=_("Written in Markdown."))

    class Meta(Record.Meta):
        verbose_name = _("lesson")
        verbose_name_plural = _("lessons")
        ordering = ("position",)
        constraints = [models.UniqueConstraint(fields=("organisation", "ref"), name="lesson_ref_unique")]


class Question(Record):
    """One question of a course's test; its name is what is asked. Takers never see which answer is right."""

    ref_prefix: ClassVar[str] = "QU"

    course = models.ForeignKey(
        Course, on_delete=models.CASCADE, related_name="questions", verbose_name=_("course"), editable=False
    )
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    answers = models.TextField(_("answers"), max_length=4_000, help_text=_("One a line, two to ten."))
    correct = models.PositiveSmallIntegerField(
        _("right answer"), validators=[MinValueValidator(1), MaxValueValidator(10)], help_text=_("Its line: 1 is the first.")
    )

    class Meta(Record.Meta):
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ("position",)
        constraints = [models.UniqueConstraint(fields=("organisation", "ref"), name="question_ref_unique")]

    @property
    def options(self) -> tuple[str, ...]:
        """The answers to choose from, in their order."""
        return tuple(line.strip() for line in self.answers.splitlines() if line.strip())


class Completion(Scoped):
    """One person took one edition of a course, with this result. Only ever added; failed attempts stay too (7.2 d)."""

    scope_path: ClassVar[str] = "course__unit"

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="completions", verbose_name=_("course"))
    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+", verbose_name=_("person"))
    edition = models.PositiveSmallIntegerField(_("edition"))
    digest = models.CharField("SHA-256", max_length=64)
    right = models.PositiveSmallIntegerField(_("right answers"))
    of = models.PositiveSmallIntegerField(_("questions"))
    score = models.PositiveSmallIntegerField(_("score, %"))
    passed = models.BooleanField(_("passed"))
    completed_at = models.DateTimeField(_("taken"), auto_now_add=True)
    completed_on = models.DateField(_("taken on"))
    valid_until = models.DateField(_("valid until"), null=True)

    class Meta(Scoped.Meta):
        verbose_name = _("completion")
        verbose_name_plural = _("completions")
        ordering = ("-completed_at",)
        constraints = [
            models.CheckConstraint(
                condition=models.Q(of__gte=1, right__lte=models.F("of"), score__lte=100), name="completion_score_possible"
            ),
        ]
        indexes = [models.Index(fields=("person", "course", "-completed_at"), name="completion_latest")]

    def __str__(self) -> str:
        return f"{self.course.ref} {self.completed_on}"

    @property
    def label(self) -> str:
        return str(self)
