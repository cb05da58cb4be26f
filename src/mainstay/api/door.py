"""The door every API request comes through: who it is, how often, once or again, and errors as problem documents."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from mainstay.api import earlier, rates
from mainstay.api.idempotency import once
from mainstay.api.problems import Malformed, Unexpected, WrongMethod, problem
from mainstay.api.reading import NO_TEXT, body_of
from mainstay.platform.access.services import actor_for_token
from mainstay.platform.identity.services import record_denial
from mainstay.platform.records.actor import Actor, acting
from mainstay.platform.records.errors import DomainError, Invalid, NotAllowed, NotFound, NotSignedIn, TooMany

logger = logging.getLogger(__name__)

View = Callable[..., HttpResponse]
SAFE = frozenset({"GET", "HEAD"})


def door(*, is_public: bool = False, takes_key: bool = True, **views: View) -> View:
    """One address: a view per method. Views run within `acting`, raise DomainErrors and know nothing of tokens.

    Without `takes_key` an Idempotency-Key is refused: uploads are not read twice to compare them.
    """
    # Tokens need no CSRF protection: no browser sends them by itself. Sessions are checked in `_actor`.
    @csrf_exempt
    def enter(request: HttpRequest, **parts: object) -> HttpResponse:
        request_id = str(getattr(request, "request_id", ""))
        allowances: list[rates.Allowance] = []
        try:
            response = _answer(request, views, parts, allowances, is_public=is_public, takes_key=takes_key, request_id=request_id)
        except DomainError as error:
            response = problem(error, request_id=request_id, in_body=request.method not in SAFE)
        except Exception:  # the edge of the API: the answer is opaque, the log has the details
            logger.exception("request %s failed: %s %s", request_id, request.method, request.path)
            got_request_exception.send(sender=None, request=request)
            response = problem(
                Unexpected(_("The operator finds the details in the log under %(number)s.") % {"number": request_id}),
                request_id=request_id, in_body=False,
            )
        response["X-Request-Id"] = request_id
        for allowance in allowances:
            _tell(allowance, response)
        return response

    return enter


def _answer(
    request: HttpRequest, views: dict[str, View], parts: dict[str, object], allowances: list[rates.Allowance], *,
    is_public: bool, takes_key: bool, request_id: str,
) -> HttpResponse:
    view = views.get("GET" if request.method == "HEAD" else str(request.method))
    if is_public and view is not None:
        return view(request, **parts)
    actor = _actor(request)
    allowances.append(rates.requests.take(actor.identity, now=time.time(), limit=rates.PER_MINUTE))
    if allowances[0].is_spent:
        raise TooMany(_("At most %(limit)d requests a minute.") % {"limit": rates.PER_MINUTE})
    if view is None:
        raise WrongMethod([*views, "HEAD"] if "GET" in views else list(views))
    _refuse_no_text(request, parts)
    with acting(actor, request=request_id), _refusals_recorded(request):
        if earlier.is_asked(request):
            return earlier.answered(request, actor, lambda: view(request, **parts), request_id=request_id)
        key = request.headers.get("Idempotency-Key")
        if key is None or request.method != "POST":
            return view(request, **parts)
        if not takes_key:
            raise Malformed(_("This address takes no Idempotency-Key."))
        return once(request, key, actor=actor, content=body_of(request), perform=lambda: view(request, **parts))


@contextmanager
def _refusals_recorded(request: HttpRequest) -> Iterator[None]:
    try:
        yield
    except NotAllowed:
        record_denial(f"{request.method} {request.path}", address=request.META.get("REMOTE_ADDR", ""))
        raise


def _actor(request: HttpRequest) -> Actor:
    """Of the bearer token; without one, of the browser's session, which changes things only with its CSRF token."""
    authorization = request.headers.get("Authorization", "")
    if authorization:
        scheme, _blank, secret = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise NotSignedIn(_("Send a token: “Authorization: Bearer mst_…”."))
        return actor_for_token(secret.strip())
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None:
        raise NotSignedIn(_("Send a token: “Authorization: Bearer mst_…”."))
    if request.method not in SAFE and not _has_csrf_token(request):
        raise NotAllowed(_("Changing things from a browser takes its X-CSRFToken."), code="csrf")
    return actor


class _Csrf(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        return HttpResponse(status=403)


def _has_csrf_token(request: HttpRequest) -> bool:
    check = _Csrf(lambda _request: HttpResponse())
    check.process_request(request)
    return check.process_view(request, lambda _request: HttpResponse(), (), {}) is None


def _refuse_no_text(request: HttpRequest, parts: dict[str, object]) -> None:
    if any(NO_TEXT.search(str(part)) for part in parts.values()):
        raise NotFound(_("There is nothing at this address."))
    wrong = [name for name, texts in request.GET.lists() if any(NO_TEXT.search(text) for text in (name, *texts))]
    if wrong:
        raise Invalid({NO_TEXT.sub("?", name): [_("This holds characters that are not text.")] for name in wrong})


def _tell(allowance: rates.Allowance, response: HttpResponse) -> None:
    response["RateLimit-Limit"] = str(allowance.limit)
    response["RateLimit-Remaining"] = str(allowance.remaining)
    response["RateLimit-Reset"] = str(allowance.reset)
    if allowance.is_spent:
        response["Retry-After"] = str(allowance.reset)


def answer(body: Any, *, status: int = 200, **headers: str) -> HttpResponse:
    """A value as JSON. Decimals are texts, so that nobody rounds them; times end in Z."""
    raw = orjson.dumps(body, default=str, option=orjson.OPT_UTC_Z)
    response = HttpResponse(raw, status=status, content_type="application/json")
    for name, value in headers.items():
        response[name.replace("_", "-")] = value
    return response


def nothing_here(request: HttpRequest) -> HttpResponse:
    """Any address of the API that leads nowhere."""
    raise NotFound(_("There is nothing at this address."))
