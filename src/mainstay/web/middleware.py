"""What every request passes: security headers, an actor, and one mapping of errors to pages."""

import secrets
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import urlencode

from mainstay.platform.access.services import actor_for
from mainstay.platform.identity.services import record_denial
from mainstay.platform.records.actor import acting
from mainstay.platform.records.errors import DomainError, NotAllowed
from mainstay.platform.trail import sealing
from mainstay.web import errors, sessions

Answer = Callable[[HttpRequest], HttpResponseBase]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)


class SecurityHeaders:
    """Headers on every response, whatever its status (OWASP ASVS 3.4)."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        headers = {
            "Content-Security-Policy": POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Frame-Options": "DENY",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
            "Cache-Control": "no-store",
        }
        if settings.CONFIGURATION.is_secure:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return response


def public(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Mark a view that answers without a sign-in. All others do not."""
    view.is_public = True  # type: ignore[attr-defined] # a mark that Acting reads
    return view


class Acting:
    """Give each request its actor; without one, only public views answer. The API brings its own actor (a token)."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.request_id = secrets.token_hex(8)  # type: ignore[attr-defined] # read by errors and the trail
        request.user = sessions.signed_in(request)  # type: ignore[assignment] # None where nobody is signed in
        request.actor = None  # type: ignore[attr-defined] # set below
        if request.user is None:
            return self._get_response(request)
        actor = actor_for(request.user, channel="web")  # type: ignore[arg-type] # our own user model
        request.actor = actor  # type: ignore[attr-defined] # templates and views read it
        with acting(actor, request=request.request_id):  # type: ignore[attr-defined] # set above
            return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: object, kwargs: object
    ) -> HttpResponseBase | None:
        if getattr(request, "actor", None) is not None or getattr(view, "is_public", False):
            return None
        if request.path_info.startswith("/api/"):
            # That door asks for a token, or refuses in its own form.
            return None
        if request.headers.get("HX-Request"):
            response = HttpResponse(status=401)
            response["HX-Redirect"] = "/sign-in"
            return response
        return redirect(f"/sign-in?{urlencode({'next': request.get_full_path()})}")


class OnlySealed:
    """Let nothing be written while nothing is sealed, whichever door the request comes through; pages say why."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with sealing.writes_only_if_sealed() as why:
            request.writes_stopped = why  # type: ignore[attr-defined] # the shell's banner says it
            return self._get_response(request)


class DomainErrors:
    """Turn the domain's errors into pages; anything else stays an opaque 500."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        if isinstance(error, DomainError) and not request.path_info.startswith("/api/"):
            if isinstance(error, NotAllowed) and getattr(request, "actor", None) is not None:
                record_denial(f"{request.method} {request.path}", address=request.META.get("REMOTE_ADDR", ""))
            return errors.page(request, error)
        return None
