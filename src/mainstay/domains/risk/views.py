"""The pages of risk beyond its registers: the heat map, the assessment by scales, and the method."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from mainstay.domains.risk.criteria import adopt_criteria, in_force
from mainstay.domains.risk.heat import STANDPOINTS, heat_page
from mainstay.domains.risk.method import change_method
from mainstay.domains.risk.method_form import MethodForm
from mainstay.domains.risk.models import Risk, RiskCriteria
from mainstay.domains.risk.registers import CRITERIA, RISKS
from mainstay.domains.risk.services import IMPACTS
from mainstay.domains.risk.templates_data import read_criteria
from mainstay.platform.records.actor import because, current_actor
from mainstay.platform.records.errors import DomainError, Invalid
from mainstay.platform.units.models import Unit
from mainstay.registers import crud
from mainstay.registers.pages.editing import away
from mainstay.registers.pages.listing import list_page
from mainstay.registers.showing import record_address
from mainstay.registers.verbs import perform, verbs_of


@require_GET
def map_page(request: HttpRequest) -> HttpResponse:
    """The heat map from one of three standpoints, as a picture or as a table."""
    current_actor().require(RISKS.permission("view"))
    which = request.GET.get("which", "current")
    which = which if which in STANDPOINTS else "current"
    context = {
        "map": heat_page(which), "which": which, "tabs": [(name, label) for name, (label, *_rest) in STANDPOINTS.items()],
        "as_table": request.GET.get("as") == "table",
    }
    return render(request, "risk/map.html", context)


# Assessing


@require_http_methods(["GET", "POST"])
def assess_page(request: HttpRequest, key: str) -> HttpResponseBase:
    """Rate a risk on the scales of the criteria in force, each step with its meaning; stands in for the verb's dialog."""
    risk: Risk = crud.find(RISKS, key)
    verb = verbs_of(Risk)["assess"]
    current_actor().require(verb.permission, unit=risk.place)
    if request.method == "GET":
        return _assessment(request, risk, {name: getattr(risk, name) for name in ("likelihood", *IMPACTS, "rationale")}, {}, "")
    raw = {parameter.name: request.POST[parameter.name] for parameter in verb.parameters if parameter.name in request.POST}
    try:
        perform(verb, risk, raw)
    except Invalid as error:
        return _assessment(request, risk, raw, error.fields, "")
    except DomainError as error:
        return _assessment(request, risk, raw, {}, str(error.message))
    messages.success(request, format_html(_('<a href="{}">{}</a> is assessed.'), record_address(risk), str(risk)))
    return away(request, record_address(risk))


def _assessment(
    request: HttpRequest, risk: Risk, given: Mapping[str, Any], wrong: Mapping[str, list[str]], refused: str
) -> HttpResponse:
    criteria = in_force(risk.organisation_id)
    scales = [] if criteria is None else [
        _scale(criteria, parameter.name, parameter.label, given.get(parameter.name), wrong.get(parameter.name, []))
        for parameter in verbs_of(Risk)["assess"].parameters if parameter.name != "rationale"
    ]
    context = {
        "risk": risk, "record": risk, "where": record_address(risk), "criteria": criteria, "scales": scales,
        "rationale": given.get("rationale") or "", "refused": refused, "wrong": wrong,
        "is_dialog": bool(request.headers.get("HX-Request")),
    }
    return render(request, "risk/assess.html", context, status=422 if wrong or refused else 200)


def _scale(criteria: RiskCriteria, name: str, label: str, given: Any, errors: list[str]) -> dict[str, Any]:
    dimension = name.removeprefix("impact_")
    steps = criteria.likelihoods if name == "likelihood" else criteria.impacts
    return {
        "name": name, "label": label, "given": str(given or ""), "errors": errors, "optional": name != "likelihood",
        "steps": [
            (
                str(step["value"]), step["label"],
                step["meaning"] if name == "likelihood" else (step.get("meaning") or {}).get(dimension, ""),
            )
            for step in steps
        ],
    }


# The method


@require_GET
def criteria_page(request: HttpRequest) -> HttpResponseBase:
    """The criteria there are; while there are none, the ready-made methods to begin with."""
    current_actor().require(CRITERIA.permission("view"))
    if RiskCriteria.objects.exists():
        return list_page(request, slug=CRITERIA.slug)
    return _methods(request)


@require_http_methods(["GET", "POST"])
def adopt_page(request: HttpRequest) -> HttpResponseBase:
    """Choose a ready-made method; it becomes a draft that one can change before it is approved."""
    actor = current_actor()
    actor.require(CRITERIA.permission("add"))
    if request.method == "GET":
        return _methods(request)
    unit = Unit.objects.get(pk=actor.organisation_id)
    draft = adopt_criteria(request.POST.get("method", ""), unit=unit)
    messages.success(request, _("The method is a draft now. Look at it, change what does not fit, then approve it."))
    return redirect(record_address(draft))


def _methods(request: HttpRequest) -> HttpResponse:
    actor = current_actor()
    may_adopt = actor.may(CRITERIA.permission("add"), unit=actor.organisation_id)
    context = {"methods": read_criteria(), "may_adopt": may_adopt, "register": CRITERIA}
    return render(request, "risk/methods.html", context)


@require_http_methods(["GET", "POST"])
def method_page(request: HttpRequest, key: str) -> HttpResponseBase:
    """Change the scales' words, the matrix, the levels and the acceptance line of a draft."""
    criteria: RiskCriteria = crud.find(CRITERIA, key)
    current_actor().require(CRITERIA.permission("change"), unit=criteria.place)
    if request.method == "GET":
        return _method_form(request, criteria, {}, None)
    version = request.POST.get("version", "")
    try:
        with because(request.POST.get("reason", "")):
            change_method(
                criteria, request.POST.dict(), version=int(version) if version.isdecimal() and len(version) < 10 else None,
            )
    except DomainError as error:
        return _method_form(request, criteria, request.POST.dict(), error)
    messages.success(request, _("The method was saved. Below is what approving it would change."))
    return redirect(record_address(criteria))


def _method_form(
    request: HttpRequest, criteria: RiskCriteria, typed: Mapping[str, str], error: DomainError | None
) -> HttpResponse:
    wrong = error.fields if isinstance(error, Invalid) else {"": [str(error.message)]} if error else {}
    context = {
        "criteria": criteria, "where": record_address(criteria), "error": error,
        "messages_of_whole": [
            *wrong.get("", []), *wrong.get("matrix", []),
        ], "form": MethodForm(criteria, typed=typed, wrong=wrong),
    }
    return render(request, "risk/method_form.html", context, status=error.status if error else 200)
