"""Questions about risks across models: what is above acceptance, how many stand where, why requirements apply."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, groupby
from operator import itemgetter
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Standings:
    """How the open risks stand from one standpoint, in numbers."""

    points: Mapping[tuple[int, int], int]
    """Risks at each (likelihood, impact)."""
    levels: Mapping[int, int]
    """Risks of each level."""
    above: int
    """Risks above what the criteria they were rated by let stand."""
    unrated: int
    criteria: Mapping[UUID | None, int]
    """Rated risks by the version of the criteria that rated them."""

    @property
    def rated(self) -> int:
        return sum(self.levels.values())

    def otherwise(self, criteria: RiskCriteria) -> int:
        """Risks rated by other criteria than these."""
        return self.rated - self.criteria.get(criteria.pk, 0)


def standings(which: str = "current") -> Standings:
    """How many open risks stand where: `inherent`, `current` or `target`.

    One query for all of it, grouped in the order of the index `risk_standing`, so that nothing is sorted.
    """
    likelihood, impact = ("likelihood", "impact") if which == "inherent" else (f"{which}_likelihood", f"{which}_impact")
    parts = (f"{which}_level", "criteria_id", likelihood, impact)
    points: Counter[tuple[int, int]] = Counter()
    levels: Counter[int] = Counter()
    pairs: Counter[tuple[UUID | None, int]] = Counter()
    unrated = 0
    for level, method, at, hit, count in open_risks().order_by().values_list(*parts).annotate(count=Count("*")):
        if at is not None and hit is not None:
            points[at, hit] += count
        if level is None:
            unrated += count
            continue
        levels[level] += count
        pairs[method, level] += count
    by_criteria: Counter[UUID | None] = Counter()
    for (method, _level), count in pairs.items():
        by_criteria[method] += count
    return Standings(points=points, levels=levels, above=_above(pairs), unrated=unrated, criteria=by_criteria)


def _above(pairs: Mapping[tuple[UUID | None, int], int]) -> int:
    """Risks above acceptance, from how many have each level by each version of the criteria (`above_acceptance`)."""
    used = RiskCriteria.unscoped_for_system.filter(pk__in={method for method, _level in pairs if method is not None})
    accepted = dict(used.order_by().values_list("pk", "acceptance_level"))
    return sum(count for (method, level), count in pairs.items() if method in accepted and level > accepted[method])


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
    if wanted.requirement is not None:
        links = Satisfaction.objects.filter(wanted.linked)
        treatments = treatments.filter(control__in=links.values("control_id"))
    behind = _behind(wanted.satisfied, treatments)
    named = {ref for item in behind.values() for ref in item.first}
    names = dict(Risk.objects.filter(organisation=wanted.framework.organisation_id, ref__in=named).values_list("ref", "name"))
    labels = _level_labels(wanted.framework.organisation_id)
    return {
        requirement: Grounds(
            reasons=tuple(Reason(kind="risk", ref=ref, name=names.get(ref, ""), noun="risk") for ref in item.first),
            risks=sum(item.levels.values()), levels=item.labelled(labels),
        )
        for requirement, item in behind.items()
    }


Rating = tuple[int | None, str | None]
"""A level, and the key of the criteria it was rated by."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Behind:
    """The risks behind one requirement: the weightiest by reference, and how many have each rating, highest first."""

    first: Sequence[str]
    levels: Mapping[Rating, int]

    def labelled(self, labels: Mapping[Rating, str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for key, count in self.levels.items():
            label = labels.get(key, "" if key[0] is None else str(key[0]))
            found[label] = found.get(label, 0) + count
        return found


def _behind(satisfied: Mapping[str, Sequence[str]], treatments: "QuerySet[Treatment]") -> dict[str, _Behind]:
    """Risks by requirement, from what their controls satisfy. Keys are read as text, as those of the controls are.

    Rows come in the order of an index, risk by risk within each level; so nothing is sorted, and a risk that is met again
    through another control is the last one met.
    """
    refs: list[str] = []
    met: defaultdict[str, defaultdict[Rating, list[int]]] = defaultdict(lambda: defaultdict(list))
    rows = treatments.order_by("risk__inherent_level", "risk__ref_order").values_list(
        Cast("control_id", CharField()), "risk__ref", "risk__inherent_level", Cast("risk__criteria_id", CharField())
    )
    for control, ref, level, criteria in rows:
        if not refs or refs[-1] != ref:
            refs.append(ref)
        at = len(refs) - 1
        for requirement in satisfied.get(control, ()):
            places = met[requirement][level, criteria]
            if not places or places[-1] != at:
                places.append(at)
    return {requirement: _weighed(ratings, refs) for requirement, ratings in met.items()}


def _weighed(ratings: Mapping[Rating, Sequence[int]], refs: Sequence[str]) -> _Behind:
    """The ratings of one requirement's risks, highest first, with the risks to name: of one level, in their order."""
    order = sorted(ratings, key=lambda rating: -1 if rating[0] is None else rating[0], reverse=True)
    first: list[int] = []
    for _level, alike in groupby(order, key=itemgetter(0)):
        first += sorted(chain.from_iterable(ratings[rating][:NAMED] for rating in alike))
    return _Behind(first=[refs[at] for at in first[:NAMED]], levels={rating: len(ratings[rating]) for rating in order})


def _level_labels(organisation: UUID) -> dict[Rating, str]:
    """What each level is called by the criteria it was rated by."""
    rows = RiskCriteria.unscoped_for_system.filter(organisation=organisation).values_list(Cast("pk", CharField()), "levels")
    return {(level["number"], key): str(level["label"]) for key, levels in rows for level in levels}


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
