"""Assessing suppliers: what follows for tier, due day and result."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from mainstay.domains.assets.registers import ASSETS
from mainstay.domains.suppliers.evaluation import TOPICS, Gap
from mainstay.domains.suppliers.factories import make_supplier, make_supplier_assessment
from mainstay.domains.suppliers.models import Supplier, SupplierAssessment
from mainstay.domains.suppliers.queries import assessed_percent, suppliers_with_gaps
from mainstay.domains.suppliers.registers import SUPPLIER_ASSESSMENTS, SUPPLIERS
from mainstay.kit.dates import add_months
from mainstay.platform.records.actor import Actor, acting
from mainstay.platform.records.errors import Invalid, NotAllowed, RuleViolation
from mainstay.platform.units.models import Unit
from mainstay.registers import crud
from mainstay.registers.verbs import perform, verbs_of

pytestmark = pytest.mark.usefixtures("as_system")

ALL_YES = dict.fromkeys(TOPICS, "yes")


def fresh(supplier: Supplier) -> Supplier:
    return Supplier.objects.get(pk=supplier.pk)  # type: ignore[no-any-return]


def test_a_new_supplier_of_which_nothing_is_known_is_first_tier_and_due_today() -> None:
    supplier = make_supplier()

    assert (supplier.tier, supplier.next_assessment_on) == (1, timezone.localdate())


def test_the_tier_follows_when_criticality_or_data_change_and_cannot_be_typed() -> None:
    supplier = make_supplier(criticality="1", data="none")
    assert supplier.tier == 4

    assert crud.change(SUPPLIERS, supplier, {"data": "confidential"}).tier == 2
    with pytest.raises(Invalid):
        crud.change(SUPPLIERS, supplier, {"tier": "4"})


def test_assessing_through_the_verb_scores_and_sets_the_next_day(person_with: Callable[..., Actor]) -> None:
    manager = person_with("isms_manager")
    supplier = make_supplier(criticality="2", data="none")

    with acting(manager):
        made = perform(verbs_of(Supplier)["assess"], supplier, {**ALL_YES, "leaving": "", "chain": "partly"})

    assert (made.score, made.result, made.assessed_by_id) == (81, "passed", manager.person_id)
    stored = fresh(supplier)
    assert (stored.last_score, stored.last_result) == (81, "passed")
    assert stored.next_assessment_on == add_months(timezone.localdate(), 24)


def test_an_assessment_without_answers_fails() -> None:
    made = make_supplier_assessment()

    assert (made.score, made.result) == (0, "failed")


@pytest.mark.parametrize("wrong", [{"access": "perhaps"}, {"assessed_on": timezone.localdate() + timedelta(days=1)}])
def test_impossible_answers_and_days_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        make_supplier_assessment(**wrong)


def test_an_older_assessment_entered_late_does_not_speak_for_the_supplier() -> None:
    supplier = make_supplier()
    make_supplier_assessment(supplier=supplier, **ALL_YES)
    make_supplier_assessment(supplier=supplier, assessed_on=timezone.localdate() - timedelta(days=100))

    assert fresh(supplier).last_result == "passed"


def test_a_heavier_tier_brings_the_next_assessment_forward() -> None:
    supplier = make_supplier(criticality="1", data="none")
    make_supplier_assessment(supplier=supplier, **ALL_YES)

    crud.change(SUPPLIERS, supplier, {"criticality": "4"})

    assert fresh(supplier).next_assessment_on == add_months(timezone.localdate(), 12)


def test_an_assessment_is_neither_rewritten_nor_deleted() -> None:
    made = make_supplier_assessment()

    with pytest.raises(Invalid):
        crud.change(SUPPLIER_ASSESSMENTS, made, {"score": "100"})
    with pytest.raises(RuleViolation):
        crud.delete(SUPPLIER_ASSESSMENTS, made)
    assert SupplierAssessment.objects.get().score == 0


def test_a_contributor_does_not_assess(person_with: Callable[..., Actor]) -> None:
    supplier = make_supplier()

    with acting(person_with("contributor")), pytest.raises(NotAllowed):
        make_supplier_assessment(supplier=supplier)


def test_an_ended_supplier_is_neither_assessed_nor_counted(organisation: Unit) -> None:
    supplier = make_supplier()
    verbs_of(Supplier)["end"].run(supplier, reason="Contract over.")

    with pytest.raises(RuleViolation):
        make_supplier_assessment(supplier=supplier)
    assert suppliers_with_gaps(on=timezone.localdate()) == []
    assert assessed_percent(organisation.pk, on=timezone.localdate()) is None


def test_the_share_of_suppliers_in_order(organisation: Unit) -> None:
    make_supplier_assessment(supplier=make_supplier(exit_plan="Export weekly."), **ALL_YES)
    unknown = make_supplier()

    assert assessed_percent(organisation.pk, on=timezone.localdate()) == 50
    assert suppliers_with_gaps(on=timezone.localdate()) == [(unknown, (Gap.NEVER_ASSESSED, Gap.NO_EXIT_PLAN))]


def test_a_supplier_is_linked_to_what_it_provides() -> None:
    asset = crud.create(ASSETS, {"name": "Mail service"})

    supplier = make_supplier(provides=asset.ref)

    assert list(Supplier.objects.filter(asset_links__asset=asset)) == [supplier]


def test_assessments_follow_their_supplier_to_another_unit(site: Unit) -> None:
    supplier = make_supplier()
    made = make_supplier_assessment(supplier=supplier)

    crud.change(SUPPLIERS, supplier, {"unit": str(site.pk)})

    made.refresh_from_db()
    assert made.unit_id == site.pk
