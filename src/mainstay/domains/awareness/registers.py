"""How courses, lessons and questions look."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from mainstay.domains.awareness import services
from mainstay.domains.awareness.models import Completion, Course, CourseAudience, Lesson, Question
from mainstay.domains.awareness.queries import assigned, course_share, trained_percent
from mainstay.domains.monitoring.computed import register_computed
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.moment import current_day
from mainstay.registers import registry
from mainstay.registers.declaration import ExtraPanel, LinkField, Register, RelatedPanel, column, panel

COURSES = Register(
    model=Course,
    group="do",
    icon="awareness",
    about=_("What people have to know about information security, and who has shown that they do (7.3, A.6.3)."),
    columns=(
        column("ref"), column("name"), column("state"), column("edition"), column("pass_mark"), column("validity_months"),
        column("owner"), column("unit"),
    ),
    filters=("state", "owner", "audience", "unit"),
    links=(
        LinkField(name="audience", through=CourseAudience, label=_("audience"),
                  help=_("Units whose people have to do it, with those below. Empty: everyone where it belongs.")),
    ),
    panels=(
        panel(_("Course"), "name", "description"),
        panel(_("Whom it is for"), "audience", "audience_note"),
        panel(_("Test"), "pass_mark", "validity_months"),
        panel(_("Edition"), "edition", "published_on", "digest",
              help=_("The digest is the SHA-256 of all lessons and questions; each completion carries it.")),
        panel(_("Place"), "owner", "unit", "tags"),
    ),
    after=services.after_courses,
)

LESSONS = Register(
    model=Lesson,
    group="do",
    icon="awareness",
    about=_("The pages of the courses. “Add a lesson” on a course in draft makes one."),
    columns=(column("ref"), column("course"), column("position"), column("name")),
    filters=("course",),
    panels=(panel(_("Lesson"), "course", "position", "name", "body"), panel(_("Place"), "owner", "tags")),
    search=("body",),
    derived=("unit",),
    prepare=services.prepare_part,
    after=services.after_parts,
    in_navigation=False,
    may_add=False,
)

QUESTIONS = Register(
    model=Question,
    group="do",
    icon="awareness",
    about=_("The tests of the courses. “Add a question” on a course in draft makes one."),
    columns=(column("ref"), column("course"), column("position"), column("name")),
    filters=("course",),
    panels=(
        panel(_("Question"), "course", "position", "name", "description"), panel(_("Answers"), "answers", "correct"),
        panel(_("Place"), "owner", "tags"),
    ),
    search=("description",),
    derived=("unit",),
    prepare=services.prepare_part,
    after=services.after_parts,
    in_navigation=False,
    may_add=False,
)

SHOWN = 20


def course_context(course: Course) -> dict[str, Any] | None:
    """Share and latest completions of a course that was ever published."""
    if course.edition == 0 or not current_actor().may("completion.view", unit=course.place):
        return None
    taken = Completion.objects.filter(course=course).select_related("person")[:SHOWN]
    return {"share": course_share(course, on=current_day()), "taken": taken}


def person_context(person: Person) -> dict[str, Any] | None:
    """What a person has to do and has done."""
    if not current_actor().may("completion.view", unit=person.place):
        return None
    found = assigned(person, on=current_day())
    return {"assigned": found} if found else None


registry.add(COURSES, LESSONS, QUESTIONS)
registry.relate([
    RelatedPanel(title=_("Lessons"), on=Course, of=Lesson, via="course", columns=("position", "ref", "name")),
    RelatedPanel(title=_("Questions"), on=Course, of=Question, via="course", columns=("position", "ref", "name")),
    ExtraPanel(title=_("Completions"), on=Course, template="awareness/completions.html", context=course_context),
    ExtraPanel(title=_("Training"), on=Person, template="awareness/training.html", context=person_context),
])
register_computed(
    "training_done", _("training done (% of what people have to do)"), lambda metric, on: trained_percent(metric.unit_id, on=on)
)
