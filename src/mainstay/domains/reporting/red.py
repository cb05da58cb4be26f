"""What an auditor would raise, clause by clause, from the records as they are (27001 clauses 4 to 10).

Whether something exists at all is asked of the whole organisation, so that nobody is told that a scope is missing which
they only cannot see; records that lack something are those the actor may see, so that each number opens.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Min
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from mainstay.domains.assets.models import Asset
from mainstay.domains.assurance.models import Audit, ManagementReview, Nonconformity
from mainstay.domains.assurance.queries import seen
from mainstay.domains.context.models import ManagementSystem
from mainstay.domains.controls.evaluation import GAP_CONTRADICTION, GAP_NO_REASON, GAP_UNDECIDED
from mainstay.domains.controls.models import Applicability, Control, SoaVersion
from mainstay.domains.controls.queries import soa_rows
from mainstay.domains.documents.models import Document
from mainstay.domains.library.models import Framework
from mainstay.domains.monitoring.queries import overdue_metrics
from mainstay.domains.reporting.linking import EXACT, exactly, to_records
from mainstay.domains.risk.criteria import in_force
from mainstay.domains.risk.models import Risk, RiskAcceptance
from mainstay.domains.risk.queries import without_acceptance
from mainstay.domains.work.attention import RedItem, add_red_source
from mainstay.domains.work.models import Action
from mainstay.kit.dates import add_months
from mainstay.platform.records.actor import current_actor


def _organisation() -> UUID | None:
    return current_actor().organisation_id


def _exists(model: Any, **conditions: Any) -> bool:
    return bool(model.unscoped_for_system.filter(organisation_id=_organisation(), **conditions).exists())


def _item(
    clause: str, words: Any, slug: str, found: Any, *, since: str = "", broad: str = "", why: str = ""
) -> list[RedItem]:
    """An item for records that lack something; none where there are none. `since` names the date that runs."""
    told = found.order_by().aggregate(n=Count("*"), **({"oldest": Min(since)} if since else {}))
    if not told["n"]:
        return []
    href = to_records(slug, found, count=told["n"], broad=broad)
    return [RedItem(clause=clause, text=words % {"n": told["n"]}, href=href, since=told.get("oldest"), why=why)]


def foundations(on: date) -> Sequence[RedItem]:
    """What everything else rests on: scope, criteria, policy."""
    if not current_actor().may("management_system.view"):
        return []
    found = []
    if not _exists(ManagementSystem, state="approved"):
        found.append(RedItem(clause="4.3", text=_("No scope is approved"), href="/management-systems"))
    if not _exists(Document, kind=Document.Kind.POLICY, state="in_force"):
        found.append(RedItem(clause="5.2", text=_("No policy is in force"), href="/documents?kind=policy"))
    organisation = _organisation()
    if organisation is not None and in_force(organisation) is None:
        found.append(RedItem(clause="6.1.2", text=_("No risk criteria are approved"), href="/risk-criteria"))
    return found


def risks(on: date) -> Sequence[RedItem]:
    """Risks that nobody owns, rates, reviews, treats or accepts."""
    if not current_actor().may("risk.view"):
        return []
    yesterday = on - timedelta(days=1)
    living = seen(Risk).exclude(state="closed")
    return [
        *_item(
            "6.1.2", ngettext_lazy("%(n)d risk has no owner", "%(n)d risks have no owner", "n"), "risks",
            living.filter(owner__isnull=True), broad="owner__empty=yes&state__not=closed",
        ),
        *_item(
            "6.1.2", ngettext_lazy("%(n)d risk is not rated", "%(n)d risks are not rated", "n"), "risks",
            living.filter(inherent_level__isnull=True), broad="inherent_level__empty=yes&state__not=closed",
        ),
        *_item(
            "6.1.3",
            ngettext_lazy(
                "%(n)d risk is above what you accept, and nobody has accepted it",
                "%(n)d risks are above what you accept, and nobody has accepted them", "n",
            ),
            "risks", without_acceptance(living, on=on),
        ),
        *_item(
            "6.1.3", ngettext_lazy("%(n)d acceptance has run out", "%(n)d acceptances have run out", "n"), "risk-acceptances",
            seen(RiskAcceptance).filter(state="given", until__lt=on).exclude(risk__state="closed"), since="until",
            broad=f"state=given&until__lte={yesterday}",
        ),
        *_item(
            "8.2", ngettext_lazy("The review of %(n)d risk is overdue", "The reviews of %(n)d risks are overdue", "n"), "risks",
            living.filter(review_on__lt=on), since="review_on", broad=f"review_on__lte={yesterday}&state__not=closed",
        ),
    ]


def applicability(on: date) -> Sequence[RedItem]:
    """What keeps each statement of applicability from standing, and whether one is approved at all."""
    if not current_actor().may("applicability.view"):
        return []
    found = [] if _exists(SoaVersion, state="approved") else [
        RedItem(clause="6.1.3 d", text=_("No statement of applicability is approved"), href="/soa")
    ]
    pairs = seen(Applicability).order_by().values_list("management_system", "requirement__framework").distinct()
    systems = {item.pk: item for item in ManagementSystem.objects.all()}
    frameworks = {item.pk: item for item in Framework.objects.all()}
    for system, framework in pairs:
        if system in systems and framework in frameworks:
            found += _gaps(systems[system], frameworks[framework])
    return found


def _gaps(system: ManagementSystem, framework: Framework) -> list[RedItem]:
    rows = soa_rows(system, framework, brief=True)
    gaps = Counter(gap for row in rows for gap in row.gaps)
    at = f"/soa?system={system.ref}&framework={framework.ref}"
    sentences = {
        GAP_UNDECIDED: ngettext("%(n)d requirement is not decided", "%(n)d requirements are not decided", gaps[GAP_UNDECIDED]),
        GAP_CONTRADICTION: ngettext(
            "%(n)d requirement is excluded although a risk or a duty asks for it",
            "%(n)d requirements are excluded although a risk or a duty asks for them", gaps[GAP_CONTRADICTION],
        ),
        GAP_NO_REASON: ngettext(
            "%(n)d requirement applies, but nothing says why", "%(n)d requirements apply, but nothing says why", gaps[
                GAP_NO_REASON
            ]
        ),
    }
    # Who cannot see what makes requirements apply cannot be told that nothing does.
    sees_reasons = all(current_actor().may(f"{noun}.view") for noun in ("treatment", "obligation_requirement"))
    return [
        RedItem(clause="6.1.3 d", text=sentence % {"n": gaps[gap]}, href=f"{at}&gap={gap}", why=framework.name)
        for gap, sentence in sentences.items() if gaps[gap] and (sees_reasons or gap == GAP_UNDECIDED)
    ]


def operation(on: date) -> Sequence[RedItem]:
    """Who answers for what, and what is late."""
    actor = current_actor()
    yesterday = on - timedelta(days=1)
    found = _ownerless()
    if actor.may("control.view"):
        found += _item(
            "8.3",
            ngettext_lazy(
                "%(n)d control is not in operation by its day", "%(n)d controls are not in operation by their day", "n"
            ),
            "controls", seen(Control).exclude(state__in=("retired", "operating")).filter(due_on__lt=on), since="due_on",
            broad=f"due_on__lte={yesterday}&state__in=planned,implementing",
        )
    if actor.may("action.view"):
        found += _item(
            "8.1", ngettext_lazy("%(n)d action is overdue", "%(n)d actions are overdue", "n"), "actions",
            seen(Action).filter(state__in=("open", "doing"), due_on__lt=on), since="due_on",
            broad=f"due_on__lte={yesterday}&state__in=open,doing",
        )
    if actor.may("document.view") and actor.may("management_system.view"):
        found += _item(
            "7.5", ngettext_lazy("The review of %(n)d document is overdue", "The reviews of %(n)d documents are overdue", "n"),
            "documents", seen(Document).filter(state="in_force", next_review_on__lt=on), since="next_review_on",
            broad=f"state=in_force&next_review_on__lte={yesterday}",
        )
    return found


def _ownerless() -> list[RedItem]:
    kinds: tuple[tuple[Any, str, Any], ...] = (
        (Asset, "assets", ngettext_lazy("%(n)d asset has no owner", "%(n)d assets have no owner", "n")),
        (Control, "controls", ngettext_lazy("%(n)d control has no owner", "%(n)d controls have no owner", "n")),
    )
    return [
        item for model, slug, words in kinds if current_actor().may(f"{model.permission_noun()}.view")
        for item in _item(
            "5.3", words, slug, seen(model).exclude(state="retired").filter(owner__isnull=True),
            broad="owner__empty=yes&state__not=retired",
        )
    ]


def checking(on: date) -> Sequence[RedItem]:
    """Measuring, auditing, reviewing, correcting (clauses 9 and 10)."""
    actor = current_actor()
    year = add_months(on, -12)
    found: list[RedItem] = []
    if actor.may("metric.view") and (late := [metric.ref for metric in overdue_metrics(on=on)]):
        text = ngettext("%(n)d metric was not measured in time", "%(n)d metrics were not measured in time", len(late))
        found.append(RedItem(clause="9.1", text=text % {"n": len(late)}, href=exactly("metrics", late[:EXACT])))
    reported = {"kind": Audit.Kind.INTERNAL, "state__in": ("reported", "closed"), "reported_on__gte": year}
    if actor.may("audit.view") and not _exists(Audit, **reported):
        text = _("No internal audit was reported in the last twelve months")
        found.append(RedItem(clause="9.2", text=text, href="/audits?kind=internal"))
    if actor.may("management_review.view") and not _exists(ManagementReview, state="signed", held_on__gte=year):
        text = _("Management has not reviewed the ISMS in the last twelve months")
        found.append(RedItem(clause="9.3", text=text, href="/management-reviews"))
    if actor.may("nonconformity.view"):
        found += _item(
            "10.2",
            ngettext_lazy(
                "%(n)d nonconformity is not corrected in time", "%(n)d nonconformities are not corrected in time", "n"
            ),
            "nonconformities", seen(Nonconformity).exclude(state="closed").filter(due_on__lt=on), since="due_on",
            broad=f"due_on__lte={on - timedelta(days=1)}&state__not=closed",
        )
    return found


def subscribe() -> None:
    """Make these items known."""
    for source in (foundations, risks, applicability, operation, checking):
        add_red_source(source)
