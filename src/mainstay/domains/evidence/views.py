"""Attaching evidence to records, taking it off, and giving out its files."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from mainstay.domains.evidence.models import Evidence
from mainstay.domains.evidence.registers import EVIDENCE
from mainstay.domains.evidence.services import attach, bring, detach, give_out
from mainstay.platform.files.names import safe_headers
from mainstay.platform.files.store import open_file
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import DomainError, Invalid
from mainstay.platform.records.models import Record
from mainstay.registers import crud
from mainstay.registers.fields import fields_of
from mainstay.registers.pages.editing import control
from mainstay.registers.showing import record_address
from mainstay.registers.subjects import read_subject

BROUGHT = ("name", "description", "link", "effective_from", "effective_to", "valid_until")


@require_http_methods(["GET", "POST"])
def attach_page(request: HttpRequest) -> HttpResponseBase:
    """Attach evidence there is, or bring new: a file, a link, or a recorded fact."""
    about = request.POST.get("subject") or request.GET.get("subject") or ""
    record = read_subject(about)
    current_actor().require(EVIDENCE.permission("add"), unit=record.place)
    if request.method == "GET":
        return _form(request, record, about, {}, None)
    raw = {name: request.POST[name] for name in BROUGHT if name in request.POST}
    present = request.POST.get("evidence", "").strip()
    try:
        if present:
            evidence = crud.find(EVIDENCE, present)
            attach(record, evidence)
        else:
            evidence = bring(record, raw, file=request.FILES.get("file"))
    except DomainError as error:
        return _form(request, record, about, {**raw, "evidence": present}, error)
    messages.success(request, format_html(_('<a href="{}">{}</a> was attached.'), record_address(evidence), str(evidence)))
    return redirect(record_address(record))


def _form(request: HttpRequest, record: Record, about: str, raw: dict[str, Any], error: DomainError | None) -> HttpResponse:
    wrong = error.fields if isinstance(error, Invalid) else {}
    fields = fields_of(EVIDENCE)
    shown = {"evidence", "file", *BROUGHT}
    context = {
        "record": record, "where": record_address(record), "about": about, "present": raw.get("evidence", ""),
        "present_errors": [*wrong.get("evidence", [])] if error is None or isinstance(error, Invalid) else [str(error.message)],
        "file_errors": wrong.get("file", []), "is_dialog": bool(request.headers.get("HX-Request")),
        "other_errors": [text for name, texts in wrong.items() if name not in shown for text in texts],
        "controls": [control(fields[name], raw.get(name, ""), list(wrong.get(name, ()))) for name in BROUGHT],
    }
    return render(request, "evidence/attach.html", context, status=422 if error else 200)


@require_POST
def detach_page(request: HttpRequest, key: str) -> HttpResponseBase:
    """Take evidence off a record."""
    evidence: Evidence = crud.find(EVIDENCE, key)
    record = read_subject(request.POST.get("subject", ""))
    detach(record, evidence)
    messages.success(
        request, _("%(evidence)s no longer stands as proof of %(record)s.") % {"evidence": evidence, "record": record},
    )
    return redirect(record_address(record))


@require_GET
def file_of(request: HttpRequest, key: str) -> StreamingHttpResponse:
    """The file of a piece of evidence, for whoever may see the evidence; that they took it is on the trail."""
    evidence: Evidence = crud.find(EVIDENCE, key)
    stored = give_out(evidence)
    response = StreamingHttpResponse(open_file(stored))
    for name, value in safe_headers(stored).items():
        response[name] = value
    return response
