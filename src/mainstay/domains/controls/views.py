"""The pages of the statement of applicability (27001 6.1.3 d)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from mainstay.domains.context.models import ManagementSystem
from mainstay.domains.controls import soa
from mainstay.domains.controls.evaluation import SoaRow, compare, thaw
from mainstay.domains.controls.models import Applicability, SoaVersion
from mainstay.domains.controls.queries import soa_rows
from mainstay.domains.controls.registers import APPLICABILITY, SOA_VERSIONS
from mainstay.domains.library.services import import_bundled
from mainstay.kit.canonical import digest
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import DomainError, Invalid, NotFound
from mainstay.platform.units.models import Unit
from mainstay.registers import crud
from mainstay.registers.registry import of
from mainstay.registers.showing import record_address
from mainstay.registers.verbs import perform, standing_verbs, verbs_of

DECISION = ("decision", "justification")


@require_GET
def soa_page(request: HttpRequest) -> HttpResponse:
    """The statement as it stands."""
    current_actor().require(APPLICABILITY.permission("view"))
    return _page(request, request.GET)


def _page(request: HttpRequest, query: QueryDict, *, wrong: Mapping[str, str] | None = None) -> HttpResponse:
    chosen = soa.choose(query.get("system", ""), query.get("framework", ""))
    if chosen.system is None or chosen.framework is None:
        return render(request, "controls/soa_empty.html", {"chosen": chosen, "may_start": _may("start_soa", chosen.system)})
    rows, asked = soa_rows(chosen.system, chosen.framework), soa.read_filter(plain(query))
    refused = wrong or {}
    visible = [row for row in rows if asked.lets_through(row) or row.applicability_id in refused]
    context = {
        "chosen": chosen, "tally": soa.tally(rows), "asked": asked, "query": query.urlencode(), "at": _at(query),
        "rows": [soa.shown(row, wrong=refused.get(row.applicability_id, "")) for row in visible],
        "themes": list(dict.fromkeys(row.theme for row in rows if row.theme)), "families": _families(rows, asked),
        "decisions": Applicability.Decision.choices, "gaps": soa.GAPS.items(),
        "implementations": [(name, label) for name, (_mark, label) in soa.IMPLEMENTATIONS.items()],
        "versions": soa.versions_of(chosen.system, chosen.framework), "may_decide": _may("decide", None, Applicability),
        "may_propose": _may("propose_soa", chosen.system), "may_start": _may("start_soa", chosen.system),
    }
    return render(request, "controls/soa.html", context, status=422 if refused else 200)


def plain(query: QueryDict) -> dict[str, str]:
    """The last text of each parameter."""
    return {name: str(query[name]) for name in query}


def _at(query: QueryDict) -> str:
    """The part of the address that says which statement, to put filters behind."""
    kept = QueryDict(mutable=True)
    for name in ("system", "framework"):
        if query.get(name):
            kept[name] = str(query[name])
    return f"/soa?{kept.urlencode()}&" if kept else "/soa?"


def _may(verb: str, system: ManagementSystem | None, model: type[Any] = ManagementSystem) -> bool:
    return current_actor().may(verbs_of(model)[verb].permission, unit=system.place if system else None)


def _families(rows: list[SoaRow], asked: soa.SoaFilter) -> list[tuple[str, object, list[str], str]]:
    return [
        (name, label, sorted({value for row in rows for value in row.attributes.get(name, ())}), asked.attributes.get(name, ""))
        for name, label in soa.FAMILIES.items()
    ]


# Deciding


@require_POST
def decide_row(request: HttpRequest, key: UUID) -> HttpResponseBase:
    """Decide on one requirement: the row again for htmx, the whole page without."""
    record = crud.find(APPLICABILITY, key)
    wrong = ""
    try:
        perform(verbs_of(Applicability)["decide"], record, _decision(request) | {"is_best_practice": _ticked(request)})
    except DomainError as error:
        wrong = _sentence(error)
    query = QueryDict(request.POST.get("query", ""))
    if not request.headers.get("HX-Request"):
        if wrong:
            return _page(request, query, wrong={str(record.pk): wrong})
        return redirect(f"/soa?{query.urlencode()}#row-{record.requirement.ref}")
    system, framework = record.management_system, record.requirement.framework
    rows = soa_rows(system, framework, brief=True)
    row = soa_rows(system, framework, requirement=record.requirement_id)[0]
    context = {
        "shown": soa.shown(row, wrong=wrong), "query": query.urlencode(), "may_decide": True,
        "decisions": Applicability.Decision.choices, "tally": soa.tally(rows), "at": _at(query), "is_again": True,
    }
    return render(request, "controls/soa_row.html", context, status=422 if wrong else 200)


def _decision(request: HttpRequest) -> dict[str, Any]:
    return {name: request.POST[name] for name in DECISION if name in request.POST}


def _ticked(request: HttpRequest) -> bool:
    return "is_best_practice" in request.POST


def _sentence(error: DomainError) -> str:
    if isinstance(error, Invalid):
        return " ".join(text for texts in error.fields.values() for text in texts)
    return str(error.message)


@require_POST
def decide_many(request: HttpRequest) -> HttpResponseBase:
    """Decide alike on the chosen rows, or on all that the filter shows: all of them or none."""
    query = QueryDict(request.POST.get("query", ""))
    chosen = _chosen(request, query)
    # Of many rows good practice is only said, never taken back: a box left empty says nothing about each of them.
    raw = _decision(request) | ({"is_best_practice": True} if _ticked(request) else {})
    with transaction.atomic():
        for record in chosen:
            perform(verbs_of(Applicability)["decide"], record, raw)
    count = len(chosen)
    messages.success(request, ngettext("%(count)d row was decided.", "%(count)d rows were decided.", count) % {"count": count})
    return redirect(f"/soa?{query.urlencode()}")


def _chosen(request: HttpRequest, query: QueryDict) -> list[Applicability]:
    if "all" in request.POST:
        at = soa.choose(query.get("system", ""), query.get("framework", ""))
        if at.system is None or at.framework is None:
            raise NotFound(_("There is no statement of applicability yet."))
        asked = soa.read_filter(plain(query))
        wanted = [row.applicability_id for row in soa_rows(at.system, at.framework, brief=True) if asked.lets_through(row)]
    else:
        wanted = request.POST.getlist("id")
    try:
        ids = [UUID(text) for text in wanted]
    except ValueError as error:
        raise Invalid({"id": [_("This is not one of our rows.")]}) from error
    found = list(Applicability.objects.filter(pk__in=ids).order_by("requirement__position"))
    if not found:
        raise Invalid({"": [_("Select at least one row.")]})
    return found


# Beginning


@require_http_methods(["GET", "POST"])
def start_page(request: HttpRequest) -> HttpResponseBase:
    """Begin a statement: choose the framework whose requirements are decided on."""
    chosen = soa.choose(request.POST.get("system", request.GET.get("system", "")), "")
    if chosen.system is None:
        return redirect("/management-systems/new")
    current_actor().require(verbs_of(ManagementSystem)["start_soa"].permission, unit=chosen.system.place)
    offered = soa.frameworks_to_start()
    wrong = ""
    if request.method == "POST":
        try:
            return redirect(_start(chosen.system, request.POST.get("framework", ""), offered))
        except DomainError as error:
            wrong = _sentence(error)
    context = {
        "chosen": chosen, "offered": offered, "wrong": wrong, "picked": request.POST.get("framework", _first_choice(offered)),
        "is_dialog": bool(request.headers.get("HX-Request")),
    }
    return render(request, "controls/soa_start.html", context, status=422 if wrong else 200)


def _first_choice(offered: list[tuple[str, str]]) -> str:
    return next((value for value, _name in offered if "iso-27001" in value), offered[0][0] if offered else "")


@transaction.atomic
def _start(system: ManagementSystem, framework: str, offered: list[tuple[str, str]]) -> str:
    if framework not in {value for value, _name in offered}:
        raise Invalid({"framework": [_("Choose a framework.")]})
    ref = framework
    if framework.startswith(soa.BUNDLED):
        unit = Unit.objects.get(pk=system.organisation_id)
        ref = import_bundled(framework.removeprefix(soa.BUNDLED), unit=unit).ref
    perform(verbs_of(ManagementSystem)["start_soa"], system, {"framework": ref})
    return f"/soa?system={system.ref}&framework={ref}"


# Versions


@require_GET
def version_page(request: HttpRequest, key: str) -> HttpResponse:
    """One version, frozen as it was proposed, with its hash and what can be decided about it."""
    version: SoaVersion = crud.find(SOA_VERSIONS, key)
    cycle = SoaVersion.life_cycle
    others = [
        item for item in soa.versions_of(version.management_system, version.framework) if item.pk != version.pk
    ]
    standing = standing_verbs(version)
    context = {
        "version": version, "where": record_address(version), "state": cycle.state(version.state), "others": others,
        "is_whole": digest(version.frozen) == version.digest, "rows": _frozen(version),
        "register": of(SoaVersion), "verbs": [verb for verb, against in standing if not against],
        "left_to_others": [(verb, against) for verb, against in standing if against],
    }
    return render(request, "controls/soa_version.html", context)


def _frozen(version: SoaVersion) -> list[dict[str, Any]]:
    return [
        {
            "row": row, "mark": soa.IMPLEMENTATIONS[row.implementation][0],
            "decision": soa.cell_words("decision", row.decision), "reasons": soa.reason_words(row.reasons, row.counts),
            "controls": soa.control_lines(row), "implementation": soa.cell_words("implementation", row.implementation),
        }
        for row in map(thaw, version.frozen["rows"])
    ]


@require_GET
def compare_page(request: HttpRequest) -> HttpResponse:
    """Every cell that differs between two versions, or between a version and the statement as it stands now."""
    before: SoaVersion = crud.find(SOA_VERSIONS, request.GET.get("from", ""))
    later = request.GET.get("to", "now")
    if later == "now":
        after, rows = None, [row.frozen() for row in soa_rows(before.management_system, before.framework)]
    else:
        after = crud.find(SOA_VERSIONS, later)
        rows = after.frozen["rows"]
    changes = [
        {
            **change, "label": soa.CELLS.get(str(change["cell"]), change["cell"]),
            "was": soa.cell_words(str(change["cell"]), change["before"]),
            "is": soa.cell_words(str(change["cell"]), change["after"]),
        }
        for change in compare(before.frozen["rows"], rows)
    ]
    versions = soa.versions_of(before.management_system, before.framework)
    context = {
        "before": before, "after": after, "changes": changes, "versions": versions,
        "requirements": len({change["ref"] for change in changes}),
    }
    return render(request, "controls/soa_compare.html", context)
