"""The steps of the scales: while the criteria are a draft, one is put in or taken out, and the matrix follows (6.1.2 a)."""

from typing import Annotated, Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from mainstay.domains.risk.method import DIMENSIONS, LABEL, METHOD
from mainstay.domains.risk.models import Risk, RiskCriteria
from mainstay.platform.records.errors import Invalid
from mainstay.platform.records.events import announce
from mainstay.registers.crud import Saved, touch
from mainstay.registers.verbs import Choices, Help, verb

FEWEST, MOST = 2, 10
COLUMNS = {"likelihood": "likelihoods", "impact": "impacts"}
Scale = Annotated[str, Choices((("likelihood", _("Likelihood")), ("impact", _("Impact")))), Help("", _("Scale"))]


@verb(_("Add a step to a scale"), on=RiskCriteria, name="add_step", when=lambda criteria: criteria.state == "draft")
def add_step(
    criteria: RiskCriteria, *, scale: Scale,
    label: Annotated[str, Help(_("What the step is called; its meaning is written with the method."), _("Name"))],
    at: Annotated[int | None, Help(_("1 is the lowest; left empty, it becomes the highest."), _("Place"))] = None,
) -> RiskCriteria:
    """Put a step into a scale. In the matrix it has the levels of the step below it, until you change them."""
    steps = list(getattr(criteria, COLUMNS[scale]))
    place = len(steps) + 1 if at is None else at
    errors = {}
    if len(steps) >= MOST:
        errors["scale"] = [_("A scale has at most %(most)d steps.") % {"most": MOST}]
    if not 1 <= place <= len(steps) + 1:
        errors["at"] = [_("From 1 to %(most)d.") % {"most": len(steps) + 1}]
    if len(label) > LABEL:
        errors["label"] = [_("At most %(most)d characters.") % {"most": LABEL}]
    if errors:
        raise Invalid(errors)
    blank: Any = "" if scale == "likelihood" else dict.fromkeys(DIMENSIONS, "")
    steps.insert(place - 1, {"value": place, "label": label, "meaning": blank})
    rows = _rows(criteria, scale)
    rows.insert(place - 1, list(rows[max(0, place - 2)]))
    return _store(criteria, scale, steps, rows)


@verb(
    _("Remove a step from a scale"), on=RiskCriteria, name="remove_step", when=lambda criteria: criteria.state == "draft",
    tone="warning",
)
def remove_step(
    criteria: RiskCriteria, *, scale: Scale,
    step: Annotated[int, Help(_("1 is the lowest."), _("Step"))],
    is_confirmed: Annotated[bool, Help("", _("Remove it with all that was written about it"))] = False,
) -> RiskCriteria:
    """Take a step out of a scale, with its name, its meaning and its part of the matrix. Says first what would be lost."""
    steps = list(getattr(criteria, COLUMNS[scale]))
    if len(steps) <= FEWEST:
        raise Invalid({"scale": [_("A scale has at least %(fewest)d steps.") % {"fewest": FEWEST}]})
    if not 1 <= step <= len(steps):
        raise Invalid({"step": [_("From 1 to %(most)d.") % {"most": len(steps)}]})
    if not is_confirmed:
        raise Invalid({"is_confirmed": [
            _("“%(label)s”, its meaning and its levels in the matrix would be gone; %(count)d open risks are rated at this "
              "step or a higher one. Confirm to remove it.")
            % {"label": steps[step - 1]["label"], "count": _rated_from(criteria, scale, step).count()}
        ]})
    rows = _rows(criteria, scale)
    del steps[step - 1], rows[step - 1]
    return _store(criteria, scale, steps, rows)


def _rows(criteria: RiskCriteria, scale: str) -> list[list[int]]:
    """The matrix by steps of the scale: its rows, or its columns for impact."""
    return [list(row) for row in (criteria.matrix if scale == "likelihood" else zip(*criteria.matrix, strict=True))]


def _store(criteria: RiskCriteria, scale: str, steps: list[dict[str, Any]], rows: list[list[int]]) -> RiskCriteria:
    setattr(criteria, COLUMNS[scale], [{**step, "value": value} for value, step in enumerate(steps, start=1)])
    criteria.matrix = rows if scale == "likelihood" else [list(row) for row in zip(*rows, strict=True)]
    touch(criteria)
    announce(Saved(model=RiskCriteria, records=(criteria,), changed=METHOD))
    return criteria


def _rated_from(criteria: RiskCriteria, scale: str, step: int) -> "QuerySet[Risk]":
    """Visible open risks whose rating means another step once this one is gone, or none."""
    concerned = Q(likelihood__gte=step)
    if scale == "impact":
        concerned = Q()
        for name in DIMENSIONS:
            concerned |= Q(**{f"impact_{name}__gte": step})
    found: QuerySet[Risk] = Risk.objects.filter(concerned, organisation_id=criteria.organisation_id).exclude(state="closed")
    return found
