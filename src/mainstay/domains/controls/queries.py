"""The statement of applicability as it stands: one query per table, whatever the number of requirements."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import cast
from uuid import UUID

from mainstay.domains.context.models import ManagementSystem, ObligationRequirement
from mainstay.domains.controls.evaluation import Implementer, Reason, ReasonKind, SoaRow, implementation
from mainstay.domains.controls.models import Applicability, Satisfaction
from mainstay.domains.library.models import Framework, Requirement

Reasons = Mapping[UUID, list[Reason]]
ReasonSource = Callable[[Framework, bool], Reasons]
"""Told the framework, and whether one of many alike will do."""

_sources: list[ReasonSource] = []


def add_reason_source(source: ReasonSource) -> None:
    """Let an upper app say why requirements apply: the risks that its treatments tie to controls."""
    if source not in _sources:
        _sources.append(source)


def obligation_reasons(framework: Framework, brief: bool = False) -> Reasons:
    """Laws, rules and contracts that make requirements apply; they are few, so all of them also in brief."""
    found: defaultdict[UUID, list[Reason]] = defaultdict(list)
    rows = ObligationRequirement.objects.filter(requirement__framework=framework).values_list(
        "requirement_id", "obligation__kind", "obligation__ref", "obligation__name"
    )
    for requirement, kind, ref, name in rows.order_by("obligation__ref"):
        found[requirement].append(Reason(kind=cast(ReasonKind, kind), ref=ref, name=name, noun="obligation"))
    return found


add_reason_source(obligation_reasons)


def soa_rows(system: ManagementSystem, framework: Framework, *, brief: bool = False) -> list[SoaRow]:
    """The statement of applicability of a management system for one framework, in the framework's order.

    In brief when only decisions, states and gaps are wanted: then of all risks behind a requirement there is one, unnamed.
    """
    reasons: defaultdict[UUID, list[Reason]] = defaultdict(list)
    for source in _sources:
        for requirement, found in source(framework, brief).items():
            reasons[requirement] += found
    controls = _implementers(framework)
    themes = _themes(framework)
    rows = Applicability.objects.filter(management_system=system, requirement__framework=framework).order_by(
        "requirement__position"
    )
    fields = (
        "id", "version", "decision", "justification", "is_best_practice", "is_business_requirement", "review_on",
        "owner__name", "requirement_id", "requirement__ref", "requirement__name", "requirement__attributes",
        "requirement__parent_id",
    )
    return [_row(row, reasons, controls, themes) for row in rows.values(*fields)]


def _row(
    row: Mapping[str, object], reasons: Mapping[UUID, list[Reason]], controls: Mapping[UUID, list[Implementer]],
    themes: Mapping[UUID, str],
) -> SoaRow:
    requirement: UUID = row["requirement_id"]  # type: ignore[assignment] # values() knows no types
    stated = [
        Reason(kind=cast(ReasonKind, kind))
        for kind, field in (("business", "is_business_requirement"), ("practice", "is_best_practice"))
        if row[field]
    ]
    satisfied = tuple(controls.get(requirement, ()))
    decision = str(row["decision"])
    return SoaRow(
        requirement_id=str(requirement), ref=str(row["requirement__ref"]), title=str(row["requirement__name"]),
        theme=themes.get(row["requirement__parent_id"], ""),  # type: ignore[call-overload] # values() knows no types
        attributes=row["requirement__attributes"],  # type: ignore[arg-type] # values() knows no types
        decision=decision, justification=str(row["justification"]), controls=satisfied,
        reasons=(*reasons.get(requirement, ()), *stated), implementation=implementation(decision, satisfied),
        owner=str(row["owner__name"] or ""), review_on=str(row["review_on"] or ""),
        applicability_id=str(row["id"]), version=int(str(row["version"])),
    )


def _implementers(framework: Framework) -> dict[UUID, list[Implementer]]:
    found: defaultdict[UUID, list[Implementer]] = defaultdict(list)
    rows = Satisfaction.objects.filter(requirement__framework=framework).values_list(
        "requirement_id", "control__ref", "control__name", "control__state", "coverage"
    )
    for requirement, ref, name, state, coverage in rows.order_by("control__ref"):
        found[requirement].append(Implementer(ref=ref, name=name, state=state, coverage=coverage))
    return found


def _themes(framework: Framework) -> dict[UUID, str]:
    groups = Requirement.objects.filter(framework=framework, kind=Requirement.Kind.GROUP)
    return dict(groups.values_list("pk", "name"))
