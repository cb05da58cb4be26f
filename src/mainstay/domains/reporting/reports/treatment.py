"""The risk treatment plan: what is done about each risk, by whom, until when, and what it costs (6.1.3 e, f; 8.3)."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from mainstay.domains.controls.models import Control
from mainstay.domains.reporting.render.document import Column, Document, Facts, Note, Paragraph, Section, Table
from mainstay.domains.reporting.render.values import Cell, Status
from mainstay.domains.reporting.reports.frame import (
    Asked,
    Standing,
    assemble,
    document_words,
    level_cell,
    life_label,
    system_owner,
)
from mainstay.domains.reporting.reports.risks import acceptance_cell, acceptances_of, read_risks, ref_order
from mainstay.domains.risk import queries
from mainstay.domains.risk.models import Risk, Treatment
from mainstay.domains.work.models import Action
from mainstay.platform.records.actor import current_actor

Row = dict[str, Cell]


def build(asked: Asked) -> Document:
    """The plan for every visible open risk that is above what is acceptable, or that is to be modified."""
    found = planned_risks()
    risks = read_risks(found)
    treatments = _treatments(found)
    actions = _actions(found)
    sections = (
        _summary(found, risks, treatments, actions, asked=asked), _decisions(found, risks, asked=asked),
        _controls(treatments, hidden=_hidden(found, treatments)), _action_table(actions, treatments, risks),
    )
    standing = Standing(
        reference=_("Risk treatment plan"), version=_("as it stands"), status=_("Working state"), owner=system_owner(),
    )
    return assemble(_("Risk treatment plan"), standing=standing, sections=sections, asked=asked)


def planned_risks() -> "QuerySet[Risk]":
    """The visible open risks that the plan is about."""
    is_modified = queries.open_risks().filter(option=Risk.Option.MODIFY)
    return queries.above_acceptance(queries.open_risks()) | is_modified


def _treatments(risks: "QuerySet[Risk]") -> list[Treatment]:
    """By visible controls only, as on the page of a risk."""
    found = Treatment.unscoped_for_system.filter(risk__in=risks.order_by(), control__in=Control.objects.order_by())
    listed = found.select_related("risk", "control", "control__owner").order_by()
    return sorted(listed, key=lambda item: (ref_order(item.risk.ref), ref_order(item.control.ref)))


def _hidden(risks: "QuerySet[Risk]", treatments: Sequence[Treatment]) -> int:
    return int(Treatment.unscoped_for_system.filter(risk__in=risks.order_by()).count() - len(treatments))


def _actions(risks: "QuerySet[Risk]") -> list[Action]:
    """Actions because of a risk of the plan, or of a control in it."""
    about_risks = Q(subject_kind=Risk.permission_noun(), subject_id__in=risks.order_by().values("pk"))
    linked = Treatment.unscoped_for_system.filter(risk__in=risks.order_by(), control__in=Control.objects.order_by())
    about_controls = Q(subject_kind=Control.permission_noun(), subject_id__in=linked.values("control"))
    found = Action.objects.filter(about_risks | about_controls).select_related("owner")
    return list(found.order_by("due_on", "ref"))


# Costs


def _living_controls(treatments: Iterable[Treatment]) -> list[Control]:
    """Each control once, however many risks it treats; retired ones cost nothing more."""
    return list({item.control_id: item.control for item in treatments if item.control.state != "retired"}.values())


def _total(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), Decimal(0))


def _summary(
    found: "QuerySet[Risk]", risks: Sequence[Risk], treatments: Sequence[Treatment], actions: Sequence[Action], *, asked: Asked
) -> Section:
    controls = _living_controls(treatments)
    paid = [item for item in actions if item.state != "dropped"]
    unpriced = sum(item.capital_cost is None and item.yearly_cost is None for item in controls)
    unpriced += sum(item.cost is None for item in paid)
    late = sum(item.due_on is not None and item.due_on < asked.on for item in actions if item.state in ("open", "doing"))
    pairs: tuple[tuple[str, Cell], ...] = (
        (_("Risks in the plan"), len(risks)), (_("Above what is acceptable"), queries.above_acceptance(found).count()),
        (_("Of these, no treatment decided"), queries.untreated(found).count()),
        (_("Of these, accepted by nobody"), queries.without_acceptance(found, on=asked.on).count()),
        (_("Controls"), len(controls)), (_("Controls in operation"), sum(item.state == "operating" for item in controls)),
        (_("Actions"), len(actions)), (_("Actions late"), late), (_("Controls and actions without a stated cost"), unpriced),
    )
    amounts = (
        (_("Controls, one-time"), _total(item.capital_cost for item in controls)),
        (_("Controls, yearly"), _total(item.yearly_cost for item in controls)),
        (_("Actions"), _total(item.cost for item in paid)),
    )
    costs = Table(
        columns=(Column(key="what", label=_("Costs"), width=3), Column(key="amount", label=_("Amount"), kind="money")),
        rows=tuple({"what": what, "amount": amount} for what, amount in amounts), caption=_("Costs in total"),
    )
    method = Paragraph(text=_(
        "The plan holds the open risks that are above what is acceptable and those whose option is to modify. "
        "A control that treats several risks is counted once; retired controls and dropped actions are not counted."
    ))
    return Section(heading=_("Summary"), blocks=(method, Facts(pairs=pairs), costs))


# Tables


def _decisions(found: "QuerySet[Risk]", risks: Sequence[Risk], *, asked: Asked) -> Section:
    acceptances, words = acceptances_of(found), document_words()
    columns = (
        Column(key="ref", label=_("Ref"), width=0.7), Column(key="name", label=_("Risk"), width=2.2),
        Column(key="current", label=_("Today"), kind="level", width=1.1), Column(key="option", label=_("Option"), width=0.9),
        Column(key="reason", label=_("Reason"), width=2.6), Column(key="target", label=_("Target"), kind="level", width=1.1),
        Column(key="owner", label=_("Risk owner"), width=1.3),
        Column(key="approval", label=_("Acceptance"), kind="status", width=1.8),
    )
    rows: tuple[Row, ...] = tuple(
        {
            "ref": risk.ref, "name": risk.name, "current": level_cell(risk.criteria, risk.current_level),
            "option": str(Risk.Option(risk.option).label) if risk.option else _("not decided"), "reason": risk.option_reason,
            "target": level_cell(risk.criteria, risk.target_level), "owner": risk.owner.name if risk.owner else "",
            "approval": acceptance_cell(risk, acceptances.get(risk.pk, ()), on=asked.on, words=words),
        }
        for risk in risks
    )
    table = Table(columns=columns, rows=rows, empty=_("No risk needs treatment."))
    return Section(heading=_("Decisions"), blocks=(table,))


def _state(record: Any) -> Status:
    """A state with the shape that says how far it is: done, under way, or not begun."""
    tones = {"good": "met", "busy": "partly", "quiet": "not_applicable"}
    tone = next((state.tone for state in record.life_cycle.states if state.value == record.state), "neutral")
    return Status(code=tones.get(tone, record.state), label=life_label(type(record), record.state))


def _controls(treatments: Sequence[Treatment], *, hidden: int) -> Section:
    columns = (
        Column(key="risk", label=_("Risk"), width=0.7), Column(key="ref", label=_("Control"), width=0.7),
        Column(key="name", label=_("Name"), width=2.6), Column(key="state", label=_("State"), kind="status", width=1.4),
        Column(key="due", label=_("In operation by"), kind="date", width=1.2), Column(key="owner", label=_("Owner"), width=1.3),
        Column(key="likelihood", label=_("Likelihood, steps down"), kind="integer", width=0.9),
        Column(key="impact", label=_("Impact, steps down"), kind="integer", width=0.9),
        Column(key="capital", label=_("One-time cost"), kind="money", width=1.1),
        Column(key="yearly", label=_("Yearly cost"), kind="money", width=1.1),
    )
    rows: tuple[Row, ...] = tuple(
        {
            "risk": item.risk.ref, "ref": item.control.ref, "name": item.control.name, "state": _state(item.control),
            "due": item.control.due_on, "owner": item.control.owner.name if item.control.owner else "",
            "likelihood": item.likelihood_effect, "impact": item.impact_effect, "capital": item.control.capital_cost,
            "yearly": item.control.yearly_cost,
        }
        for item in treatments
    )
    table = Table(columns=columns, rows=rows, empty=_("No control treats these risks yet."))
    said = _("%(count)d more treatments count in the levels, by controls that you may not see.") % {"count": hidden}
    return Section(heading=_("Controls"), blocks=(table, *((Note(text=said),) if hidden else ())))


def _action_table(actions: Sequence[Action], treatments: Sequence[Treatment], risks: Sequence[Risk]) -> Section:
    subjects = {risk.pk: risk.ref for risk in risks} | {item.control_id: item.control.ref for item in treatments}
    columns = (
        Column(key="about", label=_("About"), width=0.8), Column(key="ref", label=_("Action"), width=0.8),
        Column(key="name", label=_("What"), width=3), Column(key="owner", label=_("Owner"), width=1.3),
        Column(key="due", label=_("Due"), kind="date", width=1.1),
        Column(key="state", label=_("State"), kind="status", width=1.3),
        Column(key="cost", label=_("Cost"), kind="money", width=1.1),
    )
    rows: tuple[Row, ...] = tuple(
        {
            "about": subjects.get(item.subject_id, "") if item.subject_id else "", "ref": item.ref, "name": item.name,
            "owner": item.owner.name if item.owner else "", "due": item.due_on, "state": _state(item), "cost": item.cost,
        }
        for item in actions
    )
    may_see = current_actor().may(f"{Action.permission_noun()}.view")
    empty = _("No action is planned for these risks.") if may_see else _("You may not see actions.")
    return Section(heading=_("Actions"), blocks=(Table(columns=columns, rows=rows, empty=empty),))
