"""What the panels of risks and criteria show: how a level came about, and the method drawn."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from mainstay.domains.risk.criteria import effect_on_risks, in_force
from mainstay.domains.risk.evaluation import acceptance_holds, authority_needed, level_at
from mainstay.domains.risk.models import Risk, RiskCriteria
from mainstay.domains.risk.queries import stale_reasons
from mainstay.domains.risk.showing import badge, level_label, shade
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.moment import current_day

SHOWN_EFFECTS = 50


def levels_panel(risk: Risk) -> Mapping[str, Any] | None:
    """From inherent to current to target, with the controls that make the difference; None while nothing is rated."""
    criteria = risk.criteria
    if criteria is None or risk.inherent_level is None:
        return None
    operating, planned = _effects(risk)
    return {
        "is_first": True,
        "steps": [
            (_("Without controls"), _standing(criteria, risk.likelihood, risk.impact, risk.inherent_level), []),
            (_("Today"), _standing(criteria, risk.current_likelihood, risk.current_impact, risk.current_level), operating),
            (_("When all that is planned operates"),
             _standing(criteria, risk.target_likelihood, risk.target_impact, risk.target_level), planned),
        ],
        "stale": stale_reasons(risk), "where": f"/risks/{risk.ref}",
        "other_edition": criteria.state == "superseded", "criteria": criteria,
        **_acceptance(risk, criteria),
    }


def _standing(criteria: RiskCriteria, likelihood: int | None, impact: int | None, level: int | None) -> Mapping[str, Any]:
    return {
        "badge": badge(level, criteria.levels), "likelihood": _step(criteria.likelihoods, likelihood),
        "impact": _step(criteria.impacts, impact),
    }


def _step(scale: list[Mapping[str, Any]], value: int | None) -> str:
    return next((f"{item['value']} {item['label']}" for item in scale if item["value"] == value), "–")


def _effects(risk: Risk) -> tuple[list[Mapping[str, str]], list[Mapping[str, str]]]:
    """The controls in operation and those still to come, each with what it does, in words."""
    operating: list[Mapping[str, str]] = []
    planned: list[Mapping[str, str]] = []
    links = risk.treatments.select_related("control").order_by("control__ref")
    for link in links.only("risk", "likelihood_effect", "impact_effect", "control__ref", "control__name", "control__state"):
        control = link.control
        if control.state == "retired":
            continue
        line = {
            "ref": control.ref, "name": control.name, "state": str(
                control.get_state_display()
            ),
            "effect": effect_words(link.likelihood_effect, link.impact_effect),
        }
        (operating if control.state == "operating" else planned).append(line)
    return operating, planned


def effect_words(likelihood: int, impact: int) -> str:
    """“likelihood −2, impact −1”; that a control changes nothing is said too."""
    parts = [
        f"{name} −{steps}" for name, steps in ((_("likelihood"), likelihood), (_("impact"), impact)) if steps
    ]
    return ", ".join(parts) or _("no effect on the levels")


def _acceptance(risk: Risk, criteria: RiskCriteria) -> Mapping[str, Any]:
    limit = level_label(criteria.acceptance_level, criteria.levels)
    if risk.current_level is None or risk.current_level <= criteria.acceptance_level:
        return {"is_above": False, "limit": limit}
    latest = risk.acceptances.filter(state="given").select_related("accepted_by").order_by("-until").first()
    holds = latest is not None and acceptance_holds(
        until=latest.until, accepted_level=latest.level, current_level=risk.current_level, state=latest.state,
        on=current_day(),
    )
    return {
        "is_above": True, "limit": limit, "authority": authority_needed(criteria, risk.current_level)[0],
        "acceptance": latest, "holds": holds,
    }


def method_panel(criteria: RiskCriteria) -> Mapping[str, Any]:
    """The matrix drawn with its labels, the levels and who may accept them; for a draft, what approving it changes."""
    is_draft = criteria.state == "draft"
    effects = effect_on_risks(criteria) if is_draft else []
    now = in_force(criteria.organisation_id) if effects else None
    return {
        "is_first": True, "criteria": criteria, "matrix": matrix_rows(criteria), "is_draft": is_draft,
        "may_change": is_draft and current_actor().may("risk_criteria.change", criteria),
        "levels": [
            {
                **level, "badge": badge(
                    level["number"], criteria.levels,
                ), "is_acceptable": level["number"] <= criteria.acceptance_level,
            }
            for level in reversed(criteria.levels)
        ],
        "where": f"/risk-criteria/{criteria.ref}", "effects": [_effect(item, criteria, now) for item in effects[:SHOWN_EFFECTS]],
        "effect_count": len(effects),
    }


def matrix_rows(criteria: RiskCriteria) -> list[tuple[Mapping[str, Any], list[tuple[int, int, str]]]]:
    """The matrix as it is drawn: highest likelihood first; of each cell its shade, level and label."""
    return [
        (
            row,
            [
                (shade(level, criteria.levels), level, level_label(level, criteria.levels))
                for level in (level_at(criteria, row["value"], column["value"]) for column in criteria.impacts)
            ],
        )
        for row in reversed(criteria.likelihoods)
    ]


def _effect(item: Mapping[str, Any], draft: RiskCriteria, now: RiskCriteria | None) -> Mapping[str, Any]:
    before = now.levels if now is not None else draft.levels
    return {
        "ref": item["ref"], "name": item["name"], "before": badge(item["before"], before),
        "after": badge(item["after"], draft.levels) or _("off the scale"),
    }
