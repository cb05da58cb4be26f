"""Chapter 5: management leads, there is a policy, and everything has someone who answers for it."""

from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _

from mainstay.domains.assets.models import Asset
from mainstay.domains.assurance.models import ManagementReview
from mainstay.domains.assurance.queries import seen
from mainstay.domains.assurance.rules.checks import a_year_before, documents_for, every, exists, proofs
from mainstay.domains.assurance.verdicts import Check, Proof, Status, Verdict, judge
from mainstay.domains.context.models import ManagementSystem, Objective
from mainstay.domains.controls.models import Control
from mainstay.domains.documents.models import Document, DocumentVersion
from mainstay.domains.documents.queries import acknowledgement_share
from mainstay.domains.risk.models import Risk
from mainstay.domains.work.models import Action
from mainstay.platform.identity.models import Person

ACKNOWLEDGED_PERCENT = 90
"""Share of the people concerned who must have confirmed the policy. Ours: the standard asks that it is communicated."""

FEW = 100
"""So many people who left are asked for by name."""

TREATS = (Risk.permission_noun(), Control.permission_noun())
"""What treatment actions are about."""


def signed_reviews(on: date) -> list[ManagementReview]:
    """Management reviews signed, and held within a year before the day."""
    return list(seen(ManagementReview).filter(state="signed", held_on__gte=a_year_before(on),
                                              held_on__lte=on).order_by("-held_on"))


def leadership(on: date) -> Verdict:
    """5.1: management reviewed the ISMS within a year, set objectives, and put means behind the treatment."""
    costed = ~Q(effort_days=None) | ~Q(cost=None)
    means = list(seen(Action).filter(costed, subject_kind__in=TREATS)[:1])
    means += list(seen(Control).filter(~Q(capital_cost=None) | ~Q(yearly_cost=None))[:1])
    return judge((
        exists(signed_reviews(on), missing=_("Hold and sign a management review; the last one is missing or over a year old.")),
        exists(list(seen(Objective).order_by("ref_order")[:6]), missing=_("Set information security objectives.")),
        exists(means, missing=_("Give the treatment effort or money: on actions or on controls.")),
    ))


def policy(on: date) -> Verdict:
    """5.2: an approved, published policy in force, within its review date, confirmed by those it concerns."""
    documents = [item for item in documents_for("5.2", "A.5.1", on=on) if item.kind == Document.Kind.POLICY]
    found = exists(documents, missing=_("Publish the information security policy and link it to clause 5.2."))
    if not documents:
        return judge((found,))
    late = [item for item in documents if item.next_review_on is None or item.next_review_on < on]
    review = Check(
        is_met=not late, because=proofs(late, Status.NOT_MET),
        missing="" if not late else _("Review the policy: %(refs)s.") % {"refs": ", ".join(item.ref for item in late)},
    )
    versions = DocumentVersion.unscoped_for_system.filter(document__in=documents, state="published", published_on__lte=on)
    version = versions.select_related("document").order_by("-published_on").first()
    share = acknowledgement_share(version, on=on) if version else None
    percent = share.percent if share else None
    text = _("%(done)d of %(of)d people have confirmed it") % {"done": share.done if share else 0, "of": share.of if share else 0}
    is_met = percent is not None and percent >= ACKNOWLEDGED_PERCENT
    confirmed = Check(
        is_met=is_met,
        because=(Proof(text=text, kind=DocumentVersion.permission_noun(), ref=version.ref if version else "",
                       id=version.pk if version else None, status=Status.MET if is_met else Status.NOT_MET),),
        missing="" if is_met else _("Have the policy confirmed by at least %(percent)d %% of the people it is for.")
        % {"percent": ACKNOWLEDGED_PERCENT},
    )
    return judge((found, review, confirmed))


def roles(on: date) -> Verdict:
    """5.3: someone who is still there answers for the ISMS and for each control, risk and asset."""
    # By those who left, where they are few by name: then an index on owners answers, and no record is joined to its owner.
    left = Person.unscoped_for_system.filter(leave_on__lt=on).order_by().values_list("pk", flat=True)
    few = list(left[: FEW + 1])
    orphan = Q(owner=None) | Q(owner__in=few if len(few) <= FEW else left)
    return judge((
        every(
            seen(ManagementSystem), failing=orphan, none=_("Describe the management system and name who answers for it."),
            missing=_("Name who answers for the management system: %(refs)s."),
        ),
        every(
            seen(Control).exclude(state="retired"), failing=orphan, none=_("There is no control that anyone could own."),
            missing=_("Name an owner who is still there for these controls (%(count)d): %(refs)s."),
        ),
        every(
            seen(Risk).exclude(state="closed"), failing=orphan, none=_("There is no risk that anyone could own."),
            missing=_("Name an owner who is still there for these risks (%(count)d): %(refs)s."),
        ),
        every(
            seen(Asset).exclude(state="retired"), failing=orphan, none=_("There is no asset that anyone could own."),
            missing=_("Name an owner who is still there for these assets (%(count)d): %(refs)s."),
        ),
    ))
