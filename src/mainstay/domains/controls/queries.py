"""The statement of applicability as it stands: a few queries, whatever the number of requirements."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, cast
from uuid import UUID

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from mainstay.domains.context.models import ManagementSystem, ObligationRequirement
from mainstay.domains.controls.evaluation import (
    NAMED,
    Counts,
    Implementer,
    Reason,
    ReasonKind,
    SoaRow,
    implementation,
)
from mainstay.domains.controls.models import Applicability, Satisfaction
from mainstay.domains.library.models import Framework, Requirement


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Of which requirements something is asked: all of a framework or one, and whether kinds of reason will do."""

    framework: Framework
    requirement: UUID | None = None
    brief: bool = False
    satisfied: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The requirements that each control satisfies, by the key of the control as text; not in brief."""

    @property
    def linked(self) -> Q:
        """The condition on links that lead to `requirement`."""
        return Q(requirement__framework=self.framework) if self.requirement is None else Q(requirement=self.requirement)


@dataclass(frozen=True, kw_only=True, slots=True)
class Grounds:
    """Why one requirement applies, as far as one kind of record says so: the weightiest by name, and risks counted."""

    reasons: tuple[Reason, ...]
    risks: int = 0
    levels: Mapping[str, int] = field(default_factory=dict)


ReasonSource = Callable[[Wanted], Mapping[str, Grounds]]
"""Grounds by the reference of the requirement."""

_sources: list[ReasonSource] = []


def add_reason_source(source: ReasonSource) -> None:
    """Let an upper app say why requirements apply: the risks that its treatments tie to controls."""
    if source not in _sources:
        _sources.append(source)


def obligation_reasons(wanted: Wanted) -> Mapping[str, Grounds]:
    """Laws, rules and contracts that make requirements apply; they are few, so all of them also in brief."""
    found: defaultdict[str, list[Reason]] = defaultdict(list)
    rows = ObligationRequirement.objects.filter(wanted.linked).values_list(
        "requirement__ref", "obligation__kind", "obligation__ref", "obligation__name"
    )
    for requirement, kind, ref, name in rows.order_by("obligation__ref_order"):
        found[requirement].append(Reason(kind=cast(ReasonKind, kind), ref=ref, name=name, noun="obligation"))
    return {requirement: Grounds(reasons=tuple(reasons)) for requirement, reasons in found.items()}


add_reason_source(obligation_reasons)

_read_before: ContextVar[dict[tuple[UUID, UUID], list[SoaRow]] | None] = ContextVar("statements read before", default=None)


@contextmanager
def reading_once() -> Iterator[None]:
    """Within it a statement is read in brief only once: for a page that asks in several places and changes nothing."""
    token = _read_before.set({})
    try:
        yield
    finally:
        _read_before.reset(token)


def soa_rows(
    system: ManagementSystem, framework: Framework, *, brief: bool = False, requirement: UUID | None = None
) -> list[SoaRow]:
    """The statement of applicability of a management system for one framework, in the framework's order.

    Behind each row stand counts, and the weightiest records by name. In brief when only decisions, states and gaps are
    wanted: then there are no counts, no controls, and one unnamed risk stands for all; what that costs does not grow with
    them. Of one requirement, where it is named.
    """
    key, before = (system.pk, framework.pk), _read_before.get() if brief and requirement is None else None
    if before is not None and key in before:
        return before[key]
    wanted = Wanted(framework=framework, requirement=requirement, brief=brief)
    controls: Mapping[str, Satisfied] = {}
    if not brief:
        satisfied, controls = _satisfactions(wanted)
        wanted = replace(wanted, satisfied=satisfied)
    grounds = [source(wanted) for source in _sources]
    rows = Applicability.objects.filter(wanted.linked, management_system=system).order_by("requirement__position")
    fields = [
        "id", "version", "decision", "justification", "is_best_practice", "is_business_requirement", "review_on",
        "owner__name", "requirement_id", "requirement__ref", "requirement__name", "requirement__attributes",
        "requirement__parent__name", "requirement__parent__kind",
    ]
    if brief:
        found = [_row(row, grounds, _present(row)) for row in rows.annotate(**_standings()).values(*fields, *_standings())]
        if before is not None:
            before[key] = found
        return found
    return [_row(row, grounds, controls.get(row["requirement__ref"], Satisfied())) for row in rows.values(*fields)]


@dataclass(kw_only=True, slots=True)
class Satisfied:
    """The controls of one requirement by state and coverage: how many, and the first of each by name."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    first: dict[tuple[str, str], list[Implementer]] = field(default_factory=dict)

    @property
    def named(self) -> tuple[Implementer, ...]:
        """What decides about the implementation comes first: in operation before planned, full before partial."""
        order = sorted(self.first, key=lambda kind: (STATES.index(kind[0]), kind[1] != Satisfaction.Coverage.FULL))
        return tuple(chain.from_iterable(self.first[kind] for kind in order))[:NAMED]

    @property
    def by_state(self) -> dict[str, int]:
        return {state: count for state in STATES if (count := sum(n for (of, _), n in self.counts.items() if of == state))}


STATES = ("operating", "implementing", "planned", "retired")


def _satisfactions(wanted: Wanted) -> tuple[Mapping[str, Sequence[str]], Mapping[str, Satisfied]]:
    """What each control satisfies, and by what each requirement is satisfied.

    Keys are read as text: making UUIDs of them would cost more than the query.
    """
    by_control: defaultdict[str, list[str]] = defaultdict(list)
    alike: defaultdict[tuple[str, str, str], list[tuple[str, str]]] = defaultdict(list)
    rows = Satisfaction.objects.filter(wanted.linked).order_by("control__ref_order").values_list(
        Cast("control_id", CharField()), "requirement__ref", "control__state", "coverage", "control__ref", "control__name"
    )
    for control, requirement, state, coverage, ref, name in rows:
        by_control[control].append(requirement)
        alike[requirement, state, coverage].append((ref, name))
    found: defaultdict[str, Satisfied] = defaultdict(Satisfied)
    for (requirement, state, coverage), named in alike.items():
        found[requirement].counts[state, coverage] = len(named)
        found[requirement].first[state, coverage] = [
            Implementer(ref=ref, name=name, state=state, coverage=coverage) for ref, name in named[:NAMED]
        ]
    return by_control, found


def _standings() -> dict[str, Exists]:
    """Whether there is a control of each kind that implementation asks about; the first one found ends the search."""
    links: QuerySet[Satisfaction] = Satisfaction.objects.filter(requirement=OuterRef("requirement_id"))
    return {
        "has_full": Exists(links.filter(control__state="operating", coverage=Satisfaction.Coverage.FULL)),
        "has_operating": Exists(links.filter(control__state="operating")),
        "has_living": Exists(links.exclude(control__state="retired")),
    }


def _present(row: Mapping[str, Any]) -> Satisfied:
    """Of the kinds of control that a row has, as much as implementation asks about."""
    kinds = {"has_full": ("operating", "full"), "has_operating": ("operating", "partial"), "has_living": ("planned", "full")}
    return Satisfied(counts=Counter(kind for name, kind in kinds.items() if row[name]))


def _row(row: Mapping[str, Any], sources: list[Mapping[str, Grounds]], satisfied: Satisfied) -> SoaRow:
    grounds = [found[row["requirement__ref"]] for found in sources if row["requirement__ref"] in found]
    stated = [
        Reason(kind=cast(ReasonKind, kind))
        for kind, name in (("business", "is_business_requirement"), ("practice", "is_best_practice"))
        if row[name]
    ]
    counts = Counts(
        risks=sum(item.risks for item in grounds), controls=satisfied.by_state if satisfied.first else {},
        levels={level: count for item in grounds for level, count in item.levels.items()},
    )
    theme = row["requirement__parent__name"] if row["requirement__parent__kind"] == Requirement.Kind.GROUP else ""
    return SoaRow(
        requirement_id=str(row["requirement_id"]), ref=row["requirement__ref"], title=row["requirement__name"],
        theme=theme, attributes=row["requirement__attributes"],
        decision=row["decision"], justification=row["justification"], controls=satisfied.named, counts=counts,
        reasons=(*(reason for item in grounds for reason in item.reasons), *stated),
        implementation=implementation(row["decision"], satisfied.counts), owner=row["owner__name"] or "",
        review_on=str(row["review_on"] or ""), applicability_id=str(row["id"]), version=row["version"],
    )
