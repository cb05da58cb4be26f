"""`?as_known=2026-10-01` on any GET: the answer as it was known then, by the rights of today."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from mainstay.platform.jobs.rebuilding import file_within
from mainstay.platform.records.actor import Actor, acting, reading_only
from mainstay.platform.records.moment import InThePast
from mainstay.platform.trail.moments.resolve import FIELD, resolve
from mainstay.platform.trail.moments.routing import as_known

WAITED_SECONDS = 8.0


def is_asked(request: HttpRequest) -> bool:
    return FIELD in request.GET


def answered(request: HttpRequest, actor: Actor, view: Callable[[], HttpResponse], *, request_id: str) -> HttpResponse:
    """What the view answers in the state that was asked for; header `As-Known` says which that is."""
    if request.method not in ("GET", "HEAD"):
        raise InThePast
    moment = resolve(request.GET[FIELD])
    # The view need not know of it; it refuses what it does not know.
    parameters = request.GET.copy()
    parameters.pop(FIELD)
    request.GET = parameters  # type: ignore[assignment] # a copy with one name less
    file = file_within(moment, seconds=WAITED_SECONDS)
    with as_known(moment, file), acting(reading_only(actor), request=request_id):
        response = view()
    response["As-Known"] = f"size:{moment.epoch}/{moment.size}; root={moment.root}"
    return response
