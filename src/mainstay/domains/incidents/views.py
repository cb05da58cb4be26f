"""Reporting an incident: a short form for everyone, and what happens next."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from mainstay.domains.incidents.registers import INCIDENTS
from mainstay.domains.incidents.reporting import ASKED, own_report, own_reports, report_incident
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import DomainError, Invalid, NotFound
from mainstay.registers.fields import editable_fields
from mainstay.registers.pages.editing import control


@require_http_methods(["GET", "POST"])
def report_page(request: HttpRequest) -> HttpResponseBase:
    """Ask what happened and when it was noticed; nothing else is needed now."""
    current_actor().require(INCIDENTS.permission("add"))
    if request.method == "GET":
        now = timezone.localtime().isoformat(timespec="minutes")[:16]
        return _form(request, {"detected_at": now} | {name: request.GET[name] for name in ASKED if name in request.GET}, None)
    typed = {name: request.POST.get(name, "") for name in ASKED}
    try:
        return redirect(f"/report-incident/{report_incident(typed).pk}")
    except DomainError as error:
        return _form(request, typed, error)


def _form(request: HttpRequest, typed: dict[str, str], error: DomainError | None) -> HttpResponse:
    fields, wrong = editable_fields(INCIDENTS), error.fields if isinstance(error, Invalid) else {}
    context = {
        "controls": {name: control(fields[name], typed.get(name, ""), list(wrong.get(name, ()))) for name in ASKED},
        "error": error, "others": [text for name, texts in wrong.items() if name not in ASKED for text in texts],
        "reports": own_reports(),
    }
    return render(request, "incidents/report.html", context, status=error.status if error else 200)


@require_GET
def thanks_page(request: HttpRequest, key: UUID) -> HttpResponse:
    """The reference of a report, and what happens next; for the one who made it."""
    incident = own_report(key)
    if incident is None:
        raise NotFound(_("There is no such report of yours."))
    may_see = current_actor().may(INCIDENTS.permission("view"), unit=incident.unit_id)
    return render(request, "incidents/thanks.html", {"incident": incident, "may_see": may_see})
