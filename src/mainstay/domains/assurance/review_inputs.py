"""The inputs of a management review, from live records (9.3.2 a to g). One function per input, registered with its letter."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypedDict

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from mainstay.domains.assurance.models import Audit, Finding, Improvement, ManagementReview, Nonconformity
from mainstay.domains.assurance.queries import seen
from mainstay.domains.context.models import ContextIssue, InterestedParty, Objective, PartyRequirement
from mainstay.domains.monitoring.evaluation import value_status
from mainstay.domains.monitoring.models import Metric
from mainstay.domains.risk.models import Risk
from mainstay.domains.risk.queries import above_acceptance, open_risks
from mainstay.domains.work.models import Action
from mainstay.platform.records.models import Record

MOST_ROWS = 200
"""Rows kept per input; the counts beside them are of all."""


class Row(TypedDict):
    """One record among the inputs, as it was then."""

    text: str
    kind: str
    ref: str
    id: str
    status: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Occasion:
    """For which review inputs are collected, as of which day, and since when changes count."""

    review: ManagementReview
    on: date
    since: date | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Collected:
    """What one input function found: counts by name, records, and words where there are no records."""

    counts: Mapping[str, int] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    text: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewInput:
    """One of the things management looks at."""

    letter: str
    name: str
    title: object
    collect: Callable[[Occasion], Collected]


_inputs: dict[str, ReviewInput] = {}


def register_input(letter: str, name: str, title: object, collect: Callable[[Occasion], Collected]) -> None:
    """Add an input; two functions of one name are a mistake (ValueError)."""
    known = _inputs.get(name)
    if known is not None and known.collect is not collect:
        raise ValueError(f"two review inputs are called {name}")
    _inputs[name] = ReviewInput(letter=letter, name=name, title=title, collect=collect)


def all_inputs() -> tuple[ReviewInput, ...]:
    """Every input, in the order of the clause."""
    return tuple(sorted(_inputs.values(), key=lambda item: item.letter))


def collect_inputs(occasion: Occasion) -> dict[str, Any]:
    """All inputs as plain data, fit to be frozen."""
    sections = []
    for item in all_inputs():
        found = item.collect(occasion)
        sections.append({
            "letter": item.letter, "name": item.name, "title": str(item.title), "counts": dict(found.counts),
            "rows": list(found.rows), "text": found.text,
        })
    return {"on": occasion.on.isoformat(), "since": occasion.since.isoformat() if occasion.since else "", "sections": sections}


def row(record: Record, status: object = "", text: str = "") -> Row:
    return Row(
        text=text or record.name, kind=record.permission_noun(), ref=record.ref, id=str(record.pk), status=str(status)
    )


def _listed(records: Iterable[Any]) -> Collected:
    """The records with their states, and how many are in each."""
    found = list(records)
    cycle = type(found[0]).life_cycle if found else None
    counts = Counter(item.state for item in found)
    rows = tuple(row(item, cycle.state(item.state).label if cycle else "") for item in found[:MOST_ROWS])
    return Collected(counts=counts, rows=rows)


def _changed(models: Iterable[type[Any]], occasion: Occasion) -> Collected:
    """Records of the kinds that are new or changed since the last review."""
    after = Q(changed_at__date__gte=occasion.since) if occasion.since else Q()
    found = [item for model in models for item in seen(model).filter(after)]
    return Collected(counts={"changed": len(found)}, rows=tuple(row(item) for item in found[:MOST_ROWS]))


def earlier_actions(occasion: Occasion) -> Collected:
    """Actions that earlier reviews decided."""
    return _listed(seen(Action).filter(subject_kind=ManagementReview.permission_noun()).exclude(subject_id=occasion.review.pk))


def changed_issues(occasion: Occasion) -> Collected:
    """External and internal issues that changed."""
    return _changed((ContextIssue,), occasion)


def changed_parties(occasion: Occasion) -> Collected:
    """Needs and expectations of interested parties that changed."""
    return _changed((InterestedParty, PartyRequirement), occasion)


def nonconformities(occasion: Occasion) -> Collected:
    """Nonconformities that are open, or were closed since the last review."""
    recent = Q(verified_on__gte=occasion.since) if occasion.since else Q()
    return _listed(seen(Nonconformity).filter(~Q(state="closed") | recent))


def measurements(occasion: Occasion) -> Collected:
    """Metrics in use, each with where it stands."""
    found = [
        (metric, value_status(
            metric.latest_value, metric.latest_on, direction=metric.direction, target=metric.target, amber=metric.amber,
            frequency_days=metric.frequency_days, on=occasion.on,
        ))
        for metric in seen(Metric).filter(state="measured")
    ]
    rows = tuple(
        row(metric, status, f"{metric.name}: {'–' if metric.latest_value is None else f'{metric.latest_value.normalize():f}'}"
            f" {metric.unit_of_measure}".rstrip())
        for metric, status in found[:MOST_ROWS]
    )
    return Collected(counts=Counter(str(status) for _metric, status in found), rows=rows)


def audit_results(occasion: Occasion) -> Collected:
    """Audits reported since the last review, with what they found by grade."""
    audits = seen(Audit).filter(state__in=("reported", "closed"))
    if occasion.since:
        audits = audits.filter(reported_on__gte=occasion.since)
    found = _listed(audits)
    grades = Counter(seen(Finding).filter(audit__in=audits.values("pk")).values_list("grade", flat=True))
    return Collected(counts={"audits": len(found.rows), **grades}, rows=found.rows)


def objectives(occasion: Occasion) -> Collected:
    """Objectives with their latest value and target."""
    found = list(seen(Objective))
    rows = tuple(
        row(item,
            text=f"{item.name}: {'–' if item.latest is None else item.latest} / {'–' if item.target is None else item.target}"
            f" {item.unit_of_measure}".rstrip())
        for item in found[:MOST_ROWS]
    )
    overdue = sum(1 for item in found if item.due_on and item.due_on < occasion.on)
    return Collected(counts={"objectives": len(found), "past_due": overdue}, rows=rows)


def feedback(occasion: Occasion) -> Collected:
    """What interested parties said; people write it down, since no other record holds it."""
    return Collected(text=occasion.review.feedback)


def risks_and_treatment(occasion: Occasion) -> Collected:
    """Risks above acceptance, and how their treatment gets on."""
    found = above_acceptance(open_risks()).filter(pk__in=seen(Risk).values("pk")).order_by(F("current_level").desc(), "ref")
    treatment = seen(Action).filter(subject_kind=Risk.permission_noun())
    open_actions = treatment.filter(state__in=("open", "doing"))
    return Collected(
        counts={
            "open_risks": seen(Risk).exclude(state="closed").count(), "above_acceptance": found.count(),
            "actions_done": treatment.filter(state="done").count(), "actions_open": open_actions.count(),
            "actions_overdue": open_actions.filter(due_on__lt=occasion.on).count(),
        },
        rows=tuple(row(risk, Risk.life_cycle.state(risk.state).label) for risk in found[:MOST_ROWS]),
    )


def improvements(occasion: Occasion) -> Collected:
    """Opportunities for improvement that are open, or were done since the last review."""
    recent = Q(done_on__gte=occasion.since) if occasion.since else Q(state="done")
    return _listed(seen(Improvement).filter(Q(state__in=("idea", "planned")) | recent))


register_input("a", "earlier_actions", _("Actions from earlier reviews"), earlier_actions)
register_input("b", "issues", _("Changes in external and internal issues"), changed_issues)
register_input("c", "parties", _("Changes in what interested parties need"), changed_parties)
register_input("d1", "nonconformities", _("Nonconformities and corrective actions"), nonconformities)
register_input("d2", "measurements", _("Monitoring and measurement"), measurements)
register_input("d3", "audits", _("Audit results"), audit_results)
register_input("d4", "objectives", _("Information security objectives"), objectives)
register_input("e", "feedback", _("Feedback from interested parties"), feedback)
register_input("f", "risks", _("Risk assessment and treatment plan"), risks_and_treatment)
register_input("g", "improvements", _("Opportunities for improvement"), improvements)
