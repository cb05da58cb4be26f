"""Pages of assurance beside its registers: readiness by clause, the checklist of an audit, the minutes of a review."""

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from mainstay.domains.assurance.checklist import checklist_page
from mainstay.domains.assurance.minutes import fields_of_minutes, minutes_of
from mainstay.domains.assurance.models import Audit, AuditItem, ManagementReview
from mainstay.domains.assurance.readiness_page import readiness_page
from mainstay.domains.assurance.registers import AUDITS, MANAGEMENT_REVIEWS
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import DomainError, Invalid
from mainstay.platform.records.moment import current_day
from mainstay.registers import crud
from mainstay.registers.showing import record_address
from mainstay.registers.verbs import perform, verbs_of


@require_GET
def readiness(request: HttpRequest) -> HttpResponse:
    """How far clauses 4 to 10 are met on a day, what each verdict rests on, and what is missing."""
    current_actor().require("management_system.view")
    page = readiness_page(_day(request), status=request.GET.get("status", ""))
    return render(request, "assurance/readiness.html", {"page": page, "is_today": page.on == current_day()})


def _day(request: HttpRequest) -> date:
    text = request.GET.get("on", "")
    try:
        return date.fromisoformat(text) if text else current_day()
    except ValueError as error:
        raise Invalid({"on": [_("A day, as 2026-01-31.")]}) from error


# The checklist


@require_GET
def checklist(request: HttpRequest, key: str) -> HttpResponse:
    """One part of an audit's checklist, to be worked through."""
    page = checklist_page(crud.find(AUDITS, key), part=request.GET.get("part", ""))
    return render(request, "assurance/checklist_page.html", {"page": page})


@require_POST
def record_line(request: HttpRequest, key: str, item: UUID) -> HttpResponseBase:
    """Record the result of one line by the audit's verb; answers with the line where htmx asked, else leads back to it."""
    audit: Audit = crud.find(AUDITS, key)
    line: AuditItem = get_object_or_404(AuditItem.unscoped_for_system, pk=item, audit=audit)
    sent = {name: request.POST.get(name, "") for name in ("result", "note")}
    refused = ""
    try:
        perform(verbs_of(Audit)["record"], audit, sent | {"requirement": str(line.requirement_id)})
    except Invalid as error:
        refused = " ".join(text for texts in error.fields.values() for text in texts)
    except DomainError as error:
        refused = str(error.message)
    page = checklist_page(audit, item=item, sent=sent, error=refused)
    if request.headers.get("HX-Request"):
        shown = next(one for one in page.lines if one.item.pk == item)
        return render(
            request, "assurance/checklist_answer.html", {"page": page, "line": shown}, status=422 if refused else 200
        )
    if refused:
        return render(request, "assurance/checklist_page.html", {"page": page}, status=422)
    return redirect(f"{record_address(audit)}/checklist?part={page.part.ref if page.part else ''}#line-{item}")


# The minutes


@require_http_methods(["GET", "POST"])
def minutes(request: HttpRequest, key: str) -> HttpResponseBase:
    """A management review: its inputs, frozen or as they are now, beside what is decided."""
    review: ManagementReview = crud.find(MANAGEMENT_REVIEWS, key)
    if request.method == "GET":
        return render(request, "assurance/minutes.html", {"page": minutes_of(review)})
    typed = {name: request.POST[name] for name in fields_of_minutes(review) if name in request.POST}
    version = request.POST.get("version", "")
    try:
        crud.change(
            MANAGEMENT_REVIEWS, review, typed, version=int(version) if version.isdecimal() and len(version) < 10 else None
        )
    except DomainError as error:
        wrong = error.fields if isinstance(error, Invalid) else {}
        page = minutes_of(crud.find(MANAGEMENT_REVIEWS, review.pk), typed=typed, wrong=wrong)
        return render(request, "assurance/minutes.html", {"page": page, "error": error}, status=error.status)
    messages.success(request, format_html(_("{} was saved."), str(review)))
    return redirect(f"{record_address(review)}/minutes")
