"""One minimal valid record per model, for tests and demo data. Runs within `acting`."""

from typing import Any

from mainstay.domains.suppliers.models import Supplier, SupplierAssessment
from mainstay.domains.suppliers.registers import SUPPLIERS
from mainstay.domains.suppliers.services import assess_supplier
from mainstay.registers import crud


def make_supplier(**rest: Any) -> Supplier:
    supplier: Supplier = crud.create(SUPPLIERS, {"name": "Cloud host", **rest})
    return supplier


def make_supplier_assessment(*, supplier: Supplier | None = None, **answers: Any) -> SupplierAssessment:
    return assess_supplier(supplier or make_supplier(), **answers)
