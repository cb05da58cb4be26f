"""Questions about risks across models: what is above acceptance, how many stand where, why requirements apply."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from mainstay.domains.controls.evaluation import NAMED, Reason
from mainstay.domains.controls.models import Satisfaction
from mainstay.domains.controls.queries import Grounds, Wanted
from mainstay.domains.library.models import Requirement
from mainstay.domains.risk.models import Risk, RiskAcceptance, RiskCriteria, Treatment
from mainstay.platform.records.actor import current_actor


def open_risks() -> "QuerySet[Risk]":
    """Visible risks of the actor's organisation that are not closed: a count never mixes two organisations."""
    found: QuerySet[Risk] = Risk.objects.exclude(state="closed")
    organisation = current_actor().organisation_id
    return found if organisation is None else found.filter(organisation=organisation)


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


def risk_reasons(wanted: Wanted) -> Mapping[str, Grounds]:
    """Requirements that apply because a control which satisfies them treats an open risk (6.1.3 b, c).

    Of each the risks that weigh most without controls, how many there are, and how many of each level.
    """
    treatments = Treatment.objects.exclude(risk__state="closed")
    if wanted.brief:
        # From each requirement to the first treatment found: neither link names the framework, so that no planner starts there.
        satisfying = Satisfaction.objects.filter(requirement=OuterRef("pk"))
        treated = satisfying.filter(Exists(treatments.filter(control=OuterRef("control_id"))))
        asked = Requirement.unscoped_for_system.filter(framework=wanted.framework).order_by()
        applying = asked.filter(Exists(treated)).values_list("ref", flat=True)
        return {ref: Grounds(reasons=(Reason(kind="risk", noun="risk"),)) for ref in applying}
    links = Satisfaction.objects.filter(wanted.linked)
    if wanted.requirement is not None:
        treatments = treatments.filter(control__in=links.values("control_id"))
    behind = _behind(links, treatments)
    named = {ref for item in behind.values() for ref in item.first}
    names = dict(Risk.objects.filter(organisation=wanted.framework.organisation_id, ref__in=named).values_list("ref", "name"))
    labels = _level_labels(wanted.framework.organisation_id)
    return {
        requirement: Grounds(
            reasons=tuple(Reason(kind="risk", ref=ref, name=names.get(ref, ""), noun="risk") for ref in item.first),
            risks=len(item.seen), levels=item.labelled(labels),
        )
        for requirement, item in behind.items()
    }


@dataclass(kw_only=True, slots=True)
class _Behind:
    """The risks behind one requirement, weightiest first as they are met."""

    seen: set[str] = field(default_factory=set)
    first: list[str] = field(default_factory=list)
    levels: Counter[tuple[str | None, int | None]] = field(default_factory=Counter)

    def labelled(self, labels: Mapping[tuple[str | None, int | None], str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for key, count in self.levels.items():
            label = labels.get(key, "" if key[1] is None else str(key[1]))
            found[label] = found.get(label, 0) + count
        return found


def _behind(links: "QuerySet[Satisfaction]", treatments: "QuerySet[Treatment]") -> dict[str, _Behind]:
    """Risks by requirement. Keys are read as text: making UUIDs of them would cost more than the query."""
    key = Cast("control_id", CharField())
    satisfied: defaultdict[str, list[str]] = defaultdict(list)
    for requirement, control in links.values_list("requirement__ref", key):
        satisfied[control].append(requirement)
    found: defaultdict[str, _Behind] = defaultdict(_Behind)
    rows = treatments.order_by(F("risk__inherent_level").desc(nulls_last=True), "risk__ref_order")
    criteria = Cast("risk__criteria_id", CharField())
    for control, ref, level, method in rows.values_list(key, "risk__ref", "risk__inherent_level", criteria):
        for requirement in satisfied.get(control, ()):
            item = found[requirement]
            if ref not in item.seen:
                item.seen.add(ref)
                item.levels[method, level] += 1
                if len(item.first) < NAMED:
                    item.first.append(ref)
    return found


def _level_labels(organisation: UUID) -> dict[tuple[str | None, int | None], str]:
    """What each level is called by the criteria it was rated by."""
    rows = RiskCriteria.unscoped_for_system.filter(organisation=organisation).values_list(Cast("pk", CharField()), "levels")
    return {(key, level["number"]): str(level["label"]) for key, levels in rows for level in levels}


def behind_requirements(requirements: Sequence[UUID]) -> Q:
    """The condition of being among the risks behind any of the requirements, closed ones included."""
    satisfying = Satisfaction.objects.filter(requirement__in=requirements).values("control_id")
    return Q(pk__in=Treatment.objects.filter(control__in=satisfying).values("risk_id"))


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
