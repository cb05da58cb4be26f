"""What happens to suppliers: they are assessed, and their tier and due day follow from what is known."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mainstay.domains.suppliers.evaluation import next_assessment, result_of, score_of, tier_of
from mainstay.domains.suppliers.models import Answer, Supplier, SupplierAssessment
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import Invalid, RuleViolation
from mainstay.platform.records.moment import current_day
from mainstay.platform.records.refs import next_refs
from mainstay.registers.crud import touch
from mainstay.registers.verbs import Choices, Help, Long, verb

_ANSWERS = Choices(tuple((str(value), label) for value, label in Answer.choices))


def _topic(name: str) -> Help:
    item = SupplierAssessment._meta.get_field(name)
    return Help(item.help_text, str(item.verbose_name).capitalize())  # type: ignore[union-attr]


@verb(_("Assess"), on=Supplier, when=lambda supplier: supplier.state != "ended", tone="primary")
def assess_supplier(
    supplier: Supplier, *,
    management: Annotated[str, _ANSWERS, _topic("management")] = "",
    contract: Annotated[str, _ANSWERS, _topic("contract")] = "",
    access: Annotated[str, _ANSWERS, _topic("access")] = "",
    protection: Annotated[str, _ANSWERS, _topic("protection")] = "",
    incidents: Annotated[str, _ANSWERS, _topic("incidents")] = "",
    chain: Annotated[str, _ANSWERS, _topic("chain")] = "",
    continuity: Annotated[str, _ANSWERS, _topic("continuity")] = "",
    leaving: Annotated[str, _ANSWERS, _topic("leaving")] = "",
    assessed_on: Annotated[date | None, Help(_("Today if left empty."), _("Assessed on"))] = None,
    notes: Annotated[str, Long(5_000), Help(_("What was seen, and which conditions apply."), _("Notes"))] = "",
) -> SupplierAssessment:
    """Record what was found. What is left open counts as no, so silence never helps a supplier (A.5.22)."""
    answers = {
        "management": management, "contract": contract, "access": access, "protection": protection,
        "incidents": incidents, "chain": chain, "continuity": continuity, "leaving": leaving,
    }
    if wrong := {name: [_("One of: yes, partly, no.")] for name, value in answers.items() if value not in ("", *Answer.values)}:
        raise Invalid(wrong)
    day = assessed_on or current_day()
    if day > current_day():
        raise Invalid({"assessed_on": [_("This day has not come.")]})
    score = score_of(answers)
    made = SupplierAssessment(
        organisation_id=supplier.organisation_id, unit_id=supplier.unit_id, owner_id=supplier.owner_id, supplier=supplier,
        ref=next_refs(supplier.organisation_id, SupplierAssessment.ref_prefix)[0], name=supplier.name, assessed_on=day,
        assessed_by_id=current_actor().person_id, score=score, result=result_of(score), notes=notes, **answers,
    )
    made.save(force_insert=True)
    # An older assessment entered late is kept, but the newest one speaks for the supplier.
    if supplier.last_assessed_on is None or day >= supplier.last_assessed_on:
        supplier.last_assessed_on, supplier.last_score, supplier.last_result = day, made.score, made.result
        supplier.next_assessment_on = _due(supplier)
        touch(supplier)
    return made


def _due(supplier: Supplier) -> date:
    since = timezone.localtime(supplier.created_at).date() if supplier.created_at else current_day()
    return next_assessment(supplier.last_assessed_on, tier=supplier.tier, known_since=since)


def prepare_supplier(supplier: Supplier, changed: frozenset[str]) -> None:
    """Tier and due day follow from criticality, data and the last assessment, whatever door changed them."""
    supplier.tier = tier_of(supplier.criticality, supplier.data)
    supplier.next_assessment_on = _due(supplier)


def after_suppliers(suppliers: Sequence[Supplier], changed: frozenset[str]) -> None:
    """Assessments stand where their supplier stands."""
    if "unit" in changed:
        for supplier in suppliers:
            SupplierAssessment.unscoped_for_system.filter(supplier=supplier).update(unit_id=supplier.unit_id)


def after_assessments(assessments: Sequence[SupplierAssessment], changed: frozenset[str]) -> None:
    """An assessment is kept: a better one answers it, deleting it would not."""
    if "deleted" in changed:
        raise RuleViolation(_("An assessment is kept, not deleted; assess again."), code="kept")
