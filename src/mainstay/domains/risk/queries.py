"""Questions about risks across models: what is above acceptance, how many stand where, why requirements apply."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from mainstay.domains.controls.evaluation import Reason
from mainstay.domains.controls.models import Satisfaction
from mainstay.domains.library.models import Framework
from mainstay.domains.risk.models import Risk, RiskAcceptance, RiskCriteria, Treatment


def open_risks() -> "QuerySet[Risk]":
    """Visible risks that are not closed."""
    found: QuerySet[Risk] = Risk.objects.exclude(state="closed")
    return found


def above_acceptance(found: "QuerySet[Risk]") -> "QuerySet[Risk]":
    """Those whose current level is above what their criteria let stand."""
    return found.filter(current_level__gt=F("criteria__acceptance_level"))


def without_acceptance(found: "QuerySet[Risk]", *, on: date) -> "QuerySet[Risk]":
    """Those above acceptance that nobody with authority has accepted as they stand (`evaluation.acceptance_holds`)."""
    holding = RiskAcceptance.unscoped_for_system.filter(
        risk=OuterRef("pk"), state="given", until__gte=on, level__gte=OuterRef("current_level")
    )
    return above_acceptance(found).filter(~Exists(holding))


def untreated(found: "QuerySet[Risk]") -> "QuerySet[Risk]":
    """Those above acceptance for which no treatment has been decided."""
    return above_acceptance(found).filter(option="")


def heat_map(which: str = "current") -> dict[tuple[int, int], int]:
    """How many open risks stand at each (likelihood, impact): `inherent`, `current` or `target`."""
    likelihood, impact = ("likelihood", "impact") if which == "inherent" else (f"{which}_likelihood", f"{which}_impact")
    rows = open_risks().filter(**{f"{likelihood}__isnull": False, f"{impact}__isnull": False}).order_by()
    return {(row[likelihood], row[impact]): row["count"] for row in rows.values(likelihood, impact).annotate(count=Count("pk"))}


def count_by_level(which: str = "current") -> dict[int, int]:
    """How many open risks have each level."""
    field = f"{which}_level"
    rows = open_risks().filter(**{f"{field}__isnull": False}).order_by()
    return dict(rows.values_list(field).annotate(count=Count("pk")))


def risk_reasons(framework: Framework, brief: bool = False) -> Mapping[UUID, list[Reason]]:
    """Requirements that apply because a control which satisfies them treats a risk (6.1.3 b, c).

    In brief: which they are, each with one reason that names no risk.
    """
    treatments: Any = Treatment.objects.filter(~Q(risk__state="closed"))
    links = Satisfaction.objects.filter(requirement__framework=framework)
    if brief:
        # One level of "exists": the planners of both databases make a join of it.
        treating = links.filter(Exists(treatments.filter(control=OuterRef("control_id"))))
        applying = treating.order_by().values_list("requirement_id", flat=True).distinct()
        return {requirement: [Reason(kind="risk", noun="risk")] for requirement in applying}
    satisfied: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for requirement, control in links.values_list("requirement_id", "control_id"):
        satisfied[control].append(requirement)
    found: defaultdict[UUID, dict[str, Reason]] = defaultdict(dict)
    of_these = treatments.filter(control__in=links.values("control_id")).order_by("risk__ref")
    for control, ref, name in of_these.values_list("control_id", "risk__ref", "risk__name"):
        reason = Reason(kind="risk", ref=ref, name=name, noun="risk")
        for requirement in satisfied[control]:
            found[requirement].setdefault(ref, reason)
    return {requirement: list(reasons.values()) for requirement, reasons in found.items()}


def stale_reasons(risk: Risk) -> list[str]:
    """What changed after the risk was last assessed, so that the rating may no longer hold (8.2)."""
    if risk.assessed_at is None:
        return []
    found = []
    assets = risk.asset_links.filter(asset__need_changed_at__gt=risk.assessed_at).order_by("asset__ref")
    found += [f"{ref} {name}" for ref, name in assets.values_list("asset__ref", "asset__name")]
    return found


def level_counts(which: str, criteria: RiskCriteria) -> tuple[int, int, int, int]:
    """Of the open risks: how many are rated, above acceptance, not rated, and rated by other criteria than these."""
    rated = Q(**{f"{which}_level__isnull": False})
    found = (
        open_risks()
        .order_by()
        .aggregate(
            rated=Count("pk", filter=rated),
            above=Count("pk", filter=Q(**{f"{which}_level__gt": F("criteria__acceptance_level")})),
            unrated=Count("pk", filter=~rated),
            otherwise=Count("pk", filter=rated & ~Q(criteria=criteria)),
        )
    )
    return found["rated"], found["above"], found["unrated"], found["otherwise"]
