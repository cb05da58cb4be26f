"""The pages of the reports, and the files they are handed over as."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header, urlencode
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from mainstay.domains.reporting import render as rendering
from mainstay.domains.reporting.render.html import html_fragment
from mainstay.domains.reporting.reports import (
    FORMATS,
    PERMISSION,
    REPORTS,
    Report,
    build_report,
    file_name,
    may_read,
    render_report,
    report_named,
)
from mainstay.domains.reporting.reports.frame import CLASSIFICATIONS
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import Invalid

FORMAT_NAMES: Mapping[str, object] = {
    "pdf": lazy("PDF"), "docx": lazy("Word"), "xlsx": lazy("Excel"), "html": lazy("HTML"), "json": lazy("JSON"),
}
_STYLE = "".join(
    path.read_text(encoding="utf-8")
    for path in (
        Path(rendering.__file__).with_name("document.css"), Path(__file__).with_name("reports") / "in_shell.css",
    )
)


@require_safe
def reports_page(request: HttpRequest) -> HttpResponse:
    """What there is to report, each with its formats and its frozen states."""
    current_actor().require(PERMISSION)
    shown = [_listed(report) for report in REPORTS.values() if may_read(report)]
    return render(request, "reporting/reports.html", {"reports": shown})


def _listed(report: Report) -> dict[str, Any]:
    editions = report.editions() if report.editions is not None else []
    return {
        "report": report, "formats": _formats(report, {}),
        "editions": [
            {"edition": item, "query": urlencode(chosen), "formats": _formats(report, chosen)}
            for item in editions for chosen in ({report.edition: item.ref},)
        ],
    }


def _formats(report: Report, asked: Mapping[str, str]) -> list[tuple[str, object]]:
    given = {key: value for key, value in asked.items() if value}
    query = f"?{urlencode(given)}" if given else ""
    return [(f"/reports/{report.name}.{format}{query}", FORMAT_NAMES[format]) for format in FORMATS]


@require_safe
def report_page(request: HttpRequest, name: str) -> HttpResponse:
    """The report as a page, with the links to take it away."""
    report, asked = report_named(name), _asked(request)
    document = build_report(name, on=_day(request), parameters=asked)
    context = {
        "report": report, "title": document.title, "formats": _formats(report, request.GET.dict()),
        "document": mark_safe(html_fragment(document)),  # noqa: S308 # the renderer escapes all it is given
        "classifications": CLASSIFICATIONS.items(), "chosen": asked.get("classification", "internal"),
        "editions": report.editions() if report.editions is not None else (),
        "edition": asked.get(report.edition, "") if report.edition else "", "on": request.GET.get("on", ""),
        "kept": [(key, asked[key]) for key in report.parameters if asked.get(key)],
    }
    return render(request, "reporting/report.html", context)


@require_safe
def download(request: HttpRequest, name: str, format: str) -> HttpResponse:
    """The report as a file. Needs an actor and raises DomainErrors, so that the API can stand it behind its own door."""
    asked = _asked(request)
    rendered = render_report(
        name, format, on=_day(request), parameters=asked, address=request.META.get("REMOTE_ADDR", "")
    )
    response = HttpResponse(rendered.content, content_type=rendered.media_type)
    called = file_name(name, rendered.extension, parameters=asked)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=called) or "attachment"
    return response


@require_safe
def document_style(request: HttpRequest) -> HttpResponse:
    """The style of documents: the policy allows none inside a page."""
    return HttpResponse(_STYLE, content_type="text/css; charset=utf-8")


def _asked(request: HttpRequest) -> dict[str, str]:
    return {key: value for key, value in request.GET.dict().items() if key != "on"}


def _day(request: HttpRequest) -> date | None:
    text = request.GET.get("on", "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise Invalid({"on": [_("A day, as 2026-01-31.")]}) from error
