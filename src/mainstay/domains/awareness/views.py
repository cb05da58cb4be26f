"""Taking a course: its lessons, its test, and what came of it."""

from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from mainstay.domains.awareness.models import Completion, Course
from mainstay.domains.awareness.queries import certificate, own_or_visible, shown_lessons, shown_questions
from mainstay.domains.awareness.registers import COURSES
from mainstay.domains.awareness.services import take_course
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import NotFound, RuleViolation
from mainstay.registers import crud


@require_http_methods(["GET", "POST"])
def take(request: HttpRequest, key: str) -> HttpResponseBase:
    """Show lessons and test; score what was sent."""
    course: Course = crud.find(COURSES, key)
    current_actor().require("course.take", unit=course.place)
    if course.state != "published":
        raise RuleViolation(_("This course cannot be taken at the moment."), code="not_now")
    questions = shown_questions(course)
    if request.method == "POST":
        answers = {str(item.id): request.POST.get(f"q-{item.id}", "") for item in questions}
        made = take_course(course, answers=answers, digest=request.POST.get("digest", ""))
        return redirect(f"/completions/{made.pk}")
    context = {"course": course, "lessons": shown_lessons(course), "questions": questions}
    return render(request, "awareness/take.html", context)


@require_GET
def take_by_reading(request: HttpRequest, key: str) -> HttpResponseBase:
    """A course is not taken in a dialog: the verb leads to its page."""
    return redirect(f"/courses/{crud.find(COURSES, key).ref}/take")


@require_GET
def completion_page(request: HttpRequest, key: UUID) -> HttpResponseBase:
    """The result of one attempt; the certificate if it was passed."""
    completion: Completion | None = own_or_visible(key)
    if completion is None:
        raise NotFound(_("There is no such completion."))
    told = certificate(completion) if completion.passed else None
    return render(request, "awareness/completion.html", {"completion": completion, "certificate": told})
