"""Answers that are no register: who am I, search, the statement of applicability, readiness, how far a job is."""

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from mainstay.api.door import answer
from mainstay.domains.assurance.readiness import evaluate
from mainstay.domains.context.models import ManagementSystem
from mainstay.domains.controls.queries import soa_rows
from mainstay.domains.library.models import Framework
from mainstay.platform.jobs.models import Job
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import Invalid, NotFound
from mainstay.platform.records.models import Scoped
from mainstay.platform.records.moment import current_day
from mainstay.platform.search.queries import search
from mainstay.platform.units.models import Unit
from mainstay.registers import registry
from mainstay.registers.references import Unresolved, resolve

MOST_HITS = 100


def read_me(request: HttpRequest) -> HttpResponse:
    """Who the caller is and what it holds where."""
    actor = current_actor()
    places = [holding.unit for holding in actor.holdings]
    named = dict(Unit.unscoped_for_system.filter(pk__in=[*places, actor.organisation_id]).values_list("pk", "name"))
    return answer({
        "identity": actor.identity, "name": actor.label, "person": actor.person_id,
        "organisation": {"id": actor.organisation_id, "name": named.get(actor.organisation_id)},
        "scopes": actor.scopes,
        "roles": [
            {"role": holding.role, "permissions": holding.patterns, "unit": {"id": holding.unit, "name": named.get(holding.unit)}}
            for holding in actor.holdings
        ],
    })


def read_search(request: HttpRequest) -> HttpResponse:
    """Records of all kinds by words, best first."""
    only(request, "q", "limit", "register")
    text = request.GET.get("q", "").strip()
    if not text:
        raise Invalid({"q": [_("Say what to look for.")]})
    limit = request.GET.get("limit", "20")
    if not (limit.isascii() and limit.isdecimal() and len(limit) < 4 and 1 <= int(limit) <= MOST_HITS):
        raise Invalid({"limit": [_("A number from 1 to %(most)d.") % {"most": MOST_HITS}]})
    by_noun = {register.noun: register.slug for register in registry.all_registers()}
    kinds = None
    if slugs := request.GET.getlist("register"):
        kinds = [registry.get(slug).noun for slug in slugs]
    hits = search(text[:500], actor=current_actor(), limit=int(limit), kinds=kinds)
    return answer({"items": [
        {"kind": hit.kind, "register": by_noun.get(hit.kind), "id": hit.object_id, "ref": hit.ref, "name": hit.title,
         "name_marks": hit.title_marks, "snippet": hit.snippet, "snippet_marks": hit.snippet_marks, "rank": hit.rank}
        for hit in hits
    ]})


def read_soa(request: HttpRequest) -> HttpResponse:
    """The statement of applicability as it stands (6.1.3 d)."""
    only(request, "management_system", "framework")
    system: ManagementSystem = named_record(request, "management_system", ManagementSystem)
    framework: Framework = named_record(request, "framework", Framework)
    return answer({"items": soa_rows(system, framework)})


def read_readiness(request: HttpRequest) -> HttpResponse:
    """How far clauses 4 to 10 are met, with what each verdict rests on and what is missing."""
    only(request, "on")
    text = request.GET.get("on", "")
    try:
        on = date.fromisoformat(text) if text else current_day()
    except ValueError as error:
        raise Invalid({"on": [_("A day, as 2026-01-31.")]}) from error
    return answer({"on": on, "items": [
        {"clause": item.clause, "name": str(item.name), "status": item.verdict.status, "because": item.verdict.because,
         "missing": item.verdict.missing}
        for item in evaluate(on)
    ]})


def read_job(request: HttpRequest, *, key: UUID) -> HttpResponse:
    """How far a job is. For who asked for it, and for who may see jobs of the organisation."""
    actor = current_actor()
    job = Job.objects.filter(pk=key).first()
    is_own = job is not None and job.user_id is not None and job.user_id == actor.user_id
    if job is None or not (is_own or (job.organisation_id and actor.may("job.view", unit=job.organisation_id))):
        raise NotFound(_("There is no such job."))
    standing = job.progress()
    return answer({
        "id": job.pk, "kind": job.kind, "state": job.state, "done": standing.done, "total": standing.total,
        "message": standing.message, "result": job.result, "error": job.error, "created_at": job.created_at,
        "started_at": job.started_at, "finished_at": job.finished_at,
    })


def only(request: HttpRequest, *names: str) -> None:
    """Refuse parameters that the address does not know, rather than ignore them."""
    if strangers := [name for name in request.GET if name not in names]:
        raise Invalid({name: [_("There is no such parameter.")] for name in strangers})


def named_record(request: HttpRequest, name: str, model: type[Scoped]) -> Any:
    """The visible record that a parameter names by id or reference."""
    text = request.GET.get(name, "").strip()
    if not text:
        raise Invalid({name: [_("This is needed.")]})
    try:
        return resolve(model, text, organisation=current_actor().organisation_id)
    except Unresolved as error:
        raise Invalid({name: [str(error)]}) from error
