"""What the reports on risks read: their criteria, and what is tied to them, each in one query whatever their number."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from mainstay.domains.assets.models import Asset
from mainstay.domains.reporting.render.values import Status, Words, shown
from mainstay.domains.risk.criteria import in_force
from mainstay.domains.risk.evaluation import acceptance_holds
from mainstay.domains.risk.models import Risk, RiskAcceptance, RiskAsset, RiskCriteria
from mainstay.domains.risk.services import is_above_acceptance
from mainstay.platform.records.actor import current_actor


def criteria_now() -> RiskCriteria | None:
    """The criteria in force in the actor's organisation."""
    organisation = current_actor().organisation_id
    return in_force(organisation) if organisation is not None else None


def read_risks(risks: "QuerySet[Risk]") -> list[Risk]:
    """The risks in the order of their references, each with its owner and with the criteria it was rated by."""
    # Whoever sees a risk sees what its levels mean. The criteria are large and few, so they are read once each.
    rated_by = {item.pk: item for item in RiskCriteria.unscoped_for_system.filter(pk__in=risks.order_by().values("criteria"))}
    found = sorted(risks.select_related("owner").order_by(), key=lambda risk: ref_order(risk.ref))
    for risk in found:
        risk.criteria = rated_by.get(risk.criteria_id) if risk.criteria_id else None
    return found


def ref_order(ref: str) -> tuple[int, str]:
    """R-2 before R-10."""
    return len(ref), ref


def assets_of(risks: "QuerySet[Risk]") -> dict[UUID, str]:
    """The visible assets of each risk, as text."""
    found: defaultdict[UUID, list[str]] = defaultdict(list)
    links = RiskAsset.unscoped_for_system.filter(risk__in=risks.order_by(), asset__in=Asset.objects.order_by())
    for risk, ref, name in links.order_by("asset__ref").values_list("risk_id", "asset__ref", "asset__name"):
        found[risk].append(f"{ref} {name}")
    return {risk: "\n".join(names) for risk, names in found.items()}


def acceptances_of(risks: "QuerySet[Risk]") -> dict[UUID, list[RiskAcceptance]]:
    """The acceptances of each risk that were not withdrawn; the one that ends last comes last."""
    found: defaultdict[UUID, list[RiskAcceptance]] = defaultdict(list)
    given = RiskAcceptance.objects.filter(risk__in=risks.order_by(), state="given").select_related("accepted_by")
    for item in given.defer("frozen").order_by("until", "level"):
        found[item.risk_id].append(item)
    return found


def acceptance_cell(risk: Risk, given: Sequence[RiskAcceptance], *, on: date, words: Words) -> Status | None:
    """Whether someone with authority bears the risk as it stands; nothing where nobody needs to."""
    if not is_above_acceptance(risk):
        return None
    if not given:
        return Status(code="not_met", label=_("not accepted"))
    holding = [item for item in given if _holds(item, risk, on)]
    told = holding[-1] if holding else given[-1]
    said = {"who": told.accepted_by.name if told.accepted_by else told.authority, "until": shown(told.until, words=words)}
    if holding:
        return Status(code="excepted", label=_("accepted by %(who)s until %(until)s") % said)
    if told.until < on:
        return Status(code="not_met", label=_("acceptance by %(who)s ended %(until)s") % said)
    return Status(code="not_met", label=_("higher than %(who)s accepted") % said)


def _holds(item: RiskAcceptance, risk: Risk, on: date) -> bool:
    return acceptance_holds(
        until=item.until, accepted_level=item.level, current_level=risk.current_level, state=item.state, on=on
    )
