"""Questions about all suppliers: what is missing, and how many are in order."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from mainstay.domains.suppliers.evaluation import Gap, gaps_of
from mainstay.domains.suppliers.models import Supplier
from mainstay.platform.units.models import UnitPath


def suppliers_with_gaps(*, on: date) -> list[tuple[Supplier, tuple[Gap, ...]]]:
    """Visible suppliers in use with what is missing about each, the heaviest tier first."""
    suppliers = Supplier.objects.filter(state="active").select_related("owner").order_by("tier", "ref")
    return [(supplier, gaps) for supplier in suppliers if (gaps := gaps_of(supplier, on=on))]


def assessed_percent(unit: UUID, *, on: date) -> Decimal | None:
    """Suppliers in use that are assessed in time and not unsuitable, in percent; None where there are none."""
    below = UnitPath.objects.filter(ancestor=unit).values("descendant")
    suppliers = Supplier.unscoped_for_system.filter(state="active", unit__in=below)
    lacking = {Gap.NEVER_ASSESSED, Gap.ASSESSMENT_OVERDUE, Gap.NOT_SUITABLE}
    sound = [lacking.isdisjoint(gaps_of(supplier, on=on)) for supplier in suppliers]
    return Decimal(100 * sum(sound)) / len(sound) if sound else None
