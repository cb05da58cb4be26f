"""Errors as pages: what happened, and what to do."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from mainstay.platform.records.errors import DomainError, Invalid, NotSignedIn


def page(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The error as a page of the shell, or as a fragment for htmx."""
    if isinstance(error, NotSignedIn):
        return _answer(request, error.status, str(error.title), str(error.message))
    fields = error.fields if isinstance(error, Invalid) else {}
    return _answer(request, error.status, str(error.title), str(error.message), fields)


def _answer(
    request: HttpRequest, status: int, title: str, message: str, fields: dict[str, list[str]] | None = None
) -> HttpResponse:
    template = "mainstay/error_fragment.html" if request.headers.get("HX-Request") else "mainstay/error.html"
    context = {"title": title, "message": message, "fields": fields or {}, "status": status}
    return render(request, template, context, status=status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _answer(
        request, 403, _("This form has expired"),
        _("Go back, reload the page and send it again. What you typed is still there."),
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 404, _("Not found"), _("There is nothing at this address that you can see."))


def server_error(request: HttpRequest) -> HttpResponse:
    number = getattr(request, "request_id", "")
    return _answer(
        request, 500, _("Something went wrong on our side"),
        _("Nothing was saved. The operator finds the details in the log under %(number)s.") % {"number": number},
    )
