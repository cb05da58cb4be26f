"""Changing a draft of the criteria: scales, matrix, levels and what is acceptable (27001 6.1.2 a)."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from mainstay.domains.risk.criteria import check_criteria
from mainstay.domains.risk.evaluation import AUTHORITY_RANKS
from mainstay.domains.risk.models import RiskCriteria
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import Invalid, RuleViolation, StaleVersion
from mainstay.platform.records.events import announce
from mainstay.registers.crud import Saved, locked, touch

LABEL, MEANING = 60, 500
DIMENSIONS = ("confidentiality", "integrity", "availability", "financial", "legal", "safety")
METHOD = frozenset({"likelihoods", "impacts", "matrix", "levels", "acceptance_level"})


@transaction.atomic
def change_method(criteria: RiskCriteria, raw: Mapping[str, str], *, version: int | None = None) -> RiskCriteria:
    """Take over the texts, matrix and authorities of a draft as its form names them; the scales keep their length.

    Names are `likelihood-2-label`, `impact-3-legal`, `cell-2-3`, `level-1-authority` and `acceptance_level`; what is not
    named stays. Raises Invalid with every name that is wrong.
    """
    stored: RiskCriteria = locked(RiskCriteria, criteria.pk)
    current_actor().require("risk_criteria.change", stored)
    if stored.state != "draft":
        raise RuleViolation(_("Approved criteria stay as they are; revise them in a new draft."), code="frozen")
    if version is not None and stored.version != version:
        raise StaleVersion(_("Somebody saved this while you were looking at it."))
    errors: dict[str, list[str]] = {}
    numbers = {int(level["number"]) for level in stored.levels}
    stored.likelihoods = [
        {
            **step, **_texts(raw, f"likelihood-{step['value']}", step, ("label", "meaning"), errors),
        } for step in stored.likelihoods
    ]
    stored.impacts = [_impact(raw, step, errors) for step in stored.impacts]
    stored.levels = [_level(raw, level, errors) for level in stored.levels]
    stored.matrix = [
        [_number(raw, f"cell-{row}-{column}", level, numbers, errors) for column, level in enumerate(levels, start=1)]
        for row, levels in enumerate(stored.matrix, start=1)
    ]
    stored.acceptance_level = _number(raw, "acceptance_level", stored.acceptance_level, numbers, errors)
    if errors:
        raise Invalid(errors)
    check_criteria(stored)
    touch(stored)
    announce(Saved(model=RiskCriteria, records=(stored,), changed=METHOD))
    return stored


def _texts(
    raw: Mapping[str, str], prefix: str, present: Mapping[str, Any], names: tuple[str, ...], errors: dict[str, list[str]]
) -> dict[str, str]:
    found = {}
    for name in names:
        key, most = f"{prefix}-{name}", LABEL if name == "label" else MEANING
        text = " ".join(raw.get(key, str(present.get(name, ""))).split())
        if not text and name == "label":
            errors[key] = [_("This needs a name.")]
        elif len(text) > most:
            errors[key] = [_("At most %(most)d characters.") % {"most": most}]
        found[name] = text
    return found


def _impact(raw: Mapping[str, str], step: Mapping[str, Any], errors: dict[str, list[str]]) -> dict[str, Any]:
    prefix = f"impact-{step['value']}"
    meaning = step.get("meaning") or {}
    return {
        **step, **_texts(raw, prefix, step, ("label",), errors),
        "meaning": {**meaning, **_texts(raw, prefix, meaning, DIMENSIONS, errors)},
    }


def _level(raw: Mapping[str, str], level: Mapping[str, Any], errors: dict[str, list[str]]) -> dict[str, Any]:
    prefix = f"level-{level['number']}"
    authority = raw.get(f"{prefix}-authority", level["authority"])
    if authority not in AUTHORITY_RANKS:
        errors[f"{prefix}-authority"] = [_("Choose who may accept this level.")]
    return {**level, **_texts(raw, prefix, level, ("label", "meaning", "expectation"), errors), "authority": authority}


def _number(raw: Mapping[str, str], key: str, present: int, known: set[int], errors: dict[str, list[str]]) -> int:
    text = raw.get(key, str(present))
    if not text.isdecimal() or int(text) not in known:
        errors[key] = [_("Choose one of the levels.")]
        return present
    return int(text)
