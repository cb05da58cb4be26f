"""Earlier states in the browser: `?as_known=2026-10-01` on any page enters one, and stays until one goes back to now."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from mainstay.platform.jobs.models import Job
from mainstay.platform.jobs.rebuilding import file_or_job
from mainstay.platform.records.actor import acting, reading_only
from mainstay.platform.records.errors import DomainError
from mainstay.platform.records.moment import InThePast, Moment
from mainstay.platform.trail.moments.resolve import at_checkpoint, resolve
from mainstay.platform.trail.moments.routing import as_known, let_go
from mainstay.web import errors

Answer = Callable[[HttpRequest], HttpResponseBase]

PARAMETER = "as_known"
NOW = ("", "now")
SAFE = frozenset({"GET", "HEAD"})
ALWAYS_NOW = (
    "/api", "/me", "/sign-in", "/sign-out", "/theme", "/health", "/jobs", "/moments", "/compare", "/administration/trail",
)
"""Pages about one's own login, work under way, the choice of a moment, and the trail itself, which tells of all of them. The
API asks for a moment with each request."""
RELOADED_AFTER_SECONDS = "1"


class AsKnown:
    """Lead the requests of a browser that looks at an earlier state to that state. Stands after Acting: rights are today's."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if getattr(request, "actor", None) is None:
            return self._get_response(request)
        is_now = any(request.path_info == path or request.path_info.startswith(f"{path}/") for path in ALWAYS_NOW)
        try:
            if PARAMETER in request.GET and request.method in SAFE and not is_now:
                return _turn(request)
            moment = None if is_now else _kept(request)
            if moment is None:
                if PARAMETER not in request.GET:
                    let_go()
                return self._get_response(request)
            return self._then(request, moment)
        except DomainError as error:
            return errors.page(request, error)

    def _then(self, request: HttpRequest, moment: Moment) -> HttpResponseBase:
        request.moment = moment  # type: ignore[attr-defined] # the shell reads it
        if request.method not in SAFE:
            raise InThePast
        found = file_or_job(moment)
        if isinstance(found, Job):
            return waiting(request, found)
        return self._answered(request, moment, found)

    def _answered(self, request: HttpRequest, moment: Moment, file: Path) -> HttpResponseBase:
        actor = reading_only(request.actor)  # type: ignore[attr-defined] # asked by the caller
        request.actor = actor  # type: ignore[attr-defined] # templates and views read it
        # Whose house it is stands above every page, also of the time before it was founded.
        _organisation = request.user.person.organisation  # type: ignore[union-attr] # signed in
        with as_known(moment, file), acting(actor, request=request.request_id):  # type: ignore[attr-defined] # set by Acting
            return self._get_response(request)


def _turn(request: HttpRequest) -> HttpResponse:
    """Enter another moment, or go back to now; the address then does not say so any more."""
    said = request.GET[PARAMETER].strip()
    if said in NOW:
        request.session.pop(PARAMETER, None)
    else:
        moment = resolve(said)
        request.session[PARAMETER] = [moment.epoch, moment.size, moment.known_at.isoformat()]
    parameters = request.GET.copy()
    parameters.pop(PARAMETER)
    return redirect(f"{request.path}?{parameters.urlencode()}" if parameters else request.path)


def _kept(request: HttpRequest) -> Moment | None:
    """The moment this browser looks at; none when it is now, or when that checkpoint is no longer there."""
    kept = request.session.get(PARAMETER)
    if kept is None:
        return None
    epoch, size, known_at = kept
    moment = at_checkpoint(epoch, size, datetime.fromisoformat(known_at))
    if moment is None:
        request.session.pop(PARAMETER)
    return moment


def waiting(request: HttpRequest, job: Job) -> HttpResponse:
    """How far the state is rebuilt; the page asks again by itself, and then is what was asked for."""
    response = render(request, "mainstay/rebuilding.html", {"job": job, "standing": job.progress()}, status=202)
    response["Refresh"] = RELOADED_AFTER_SECONDS
    return response
