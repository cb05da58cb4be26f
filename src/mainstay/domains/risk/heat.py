"""The heat map: how many risks stand at each likelihood and impact, and the answer in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from mainstay.domains.risk.criteria import in_force
from mainstay.domains.risk.evaluation import level_at
from mainstay.domains.risk.models import RiskCriteria
from mainstay.domains.risk.queries import standings
from mainstay.domains.risk.showing import level_label, shade
from mainstay.platform.records.actor import current_actor

STANDPOINTS: Mapping[str, tuple[object, str, str]] = {
    "inherent": (lazy("Without controls"), "likelihood", "impact"),
    "current": (lazy("Today"), "current_likelihood", "current_impact"),
    "target": (lazy("When all that is planned operates"), "target_likelihood", "target_impact"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One field of the matrix with the risks in it."""

    likelihood: str
    impact: str
    count: int
    shade: int
    level: str
    href: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HeatMap:
    """A matrix with its counts, highest likelihood first, and what it says."""

    which: str
    criteria: RiskCriteria
    title: str
    title_href: str
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    columns: tuple[str, ...]
    legend: tuple[tuple[int, str, bool], ...]
    """Shade, label, and whether the level may stand without anyone's acceptance."""
    unrated: int
    otherwise: int
    """Risks rated by another version of the criteria than the one in force."""

    @property
    def filled(self) -> list[Cell]:
        """The cells that hold risks, for the table beside the picture."""
        return [cell for _label, cells in self.rows for cell in cells if cell.count]


def heat_page(which: str) -> HeatMap | None:
    """The map from one standpoint by the criteria in force; None while none are approved."""
    organisation = current_actor().organisation_id
    criteria = in_force(organisation) if organisation is not None else None
    if criteria is None:
        return None
    _label, likelihood, impact = STANDPOINTS[which]
    now = standings(which)
    rows = tuple(
        (
            f"{row['value']} {row['label']}",
            tuple(_cell(criteria, row, column, now.points, likelihood, impact) for column in criteria.impacts),
        )
        for row in reversed(criteria.likelihoods)
    )
    legend = tuple(
        (shade(level["number"], criteria.levels), level["label"], level["number"] <= criteria.acceptance_level)
        for level in criteria.levels
    )
    return HeatMap(
        which=which, criteria=criteria, title=headline(which, above=now.above, total=now.rated),
        title_href=f"/risks?{which}_level__gte={criteria.acceptance_level + 1}&state__not=closed",
        rows=rows, columns=tuple(f"{item['value']} {item['label']}" for item in criteria.impacts), legend=legend,
        unrated=now.unrated, otherwise=now.otherwise(criteria),
    )


def _cell(
    criteria: RiskCriteria, row: Mapping[str, Any], column: Mapping[str, Any], counts: Mapping[tuple[int, int], int],
    likelihood: str, impact: str,
) -> Cell:
    at = (int(row["value"]), int(column["value"]))
    level = level_at(criteria, *at)
    query = urlencode({likelihood: at[0], impact: at[1], "state__not": "closed"})
    return Cell(
        likelihood=str(row["label"]), impact=str(column["label"]), count=counts.get(at, 0), shade=shade(level, criteria.levels),
        level=level_label(level, criteria.levels), href=f"/risks?{query}",
    )


def headline(which: str, *, above: int, total: int) -> str:
    """The answer the map gives, as a sentence."""
    if not total:
        return _("No risk is rated yet")
    words = {"above": above, "total": total}
    if which == "inherent":
        return ngettext(
            "%(above)d of %(total)d risk would be above what you accept without controls",
            "%(above)d of %(total)d risks would be above what you accept without controls", total,
        ) % words
    if which == "target":
        return ngettext(
            "%(above)d of %(total)d risk will still be above what you accept when all that is planned operates",
            "%(above)d of %(total)d risks will still be above what you accept when all that is planned operates", total,
        ) % words
    return ngettext(
        "%(above)d of %(total)d risk is above what you accept", "%(above)d of %(total)d risks are above what you accept", total
    ) % words
