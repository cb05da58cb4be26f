"""Questions about documents: what is in force, who still owes an acknowledgement."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import models
from django.utils.safestring import SafeString

from mainstay.domains.documents.audience import Share, audience_of, is_at_work, meant_for
from mainstay.domains.documents.evaluation import version_in_force
from mainstay.domains.documents.models import Acknowledgement, Document, DocumentAudience, DocumentVersion
from mainstay.domains.documents.rendering import to_html
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import current_actor
from mainstay.platform.units.models import UnitPath
from mainstay.registers.verbs import Verb, standing_verbs


def in_force(document: Document, *, on: date) -> DocumentVersion | None:
    """The version of the document that people must follow on the day."""
    return version_in_force(DocumentVersion.objects.filter(document=document, published_on__lte=on), on=on)


def owed_acknowledgements(person: Person, *, on: date) -> list[DocumentVersion]:
    """Published versions the person has yet to confirm, oldest first."""
    if not is_at_work(person, on=on):
        return []
    confirmed = Acknowledgement.unscoped_for_system.filter(person=person).values("version")
    return list(
        DocumentVersion.objects.filter(
            meant_for(person, DocumentAudience, path="document"), state="published", published_on__lte=on,
            organisation_id=person.organisation_id, document__must_be_acknowledged=True,
        ).exclude(pk__in=confirmed).select_related("document").order_by("published_on", "ref")
    )


def acknowledgement_share(version: DocumentVersion, *, on: date) -> Share:
    """How many of the people it is for on the day have confirmed it. Leavers' confirmations stay, but do not count."""
    audience = audience_of(version.document, DocumentAudience, on=on)
    confirmed = Acknowledgement.unscoped_for_system.filter(version=version, at__date__lte=on).values("person")
    return Share(done=audience.filter(pk__in=confirmed).count(), of=audience.count())


def awaited(version: DocumentVersion, *, on: date) -> "models.QuerySet[Person]":
    """The people it is for on the day who have not confirmed it."""
    confirmed = Acknowledgement.unscoped_for_system.filter(version=version).values("person")
    return audience_of(version.document, DocumentAudience, on=on).exclude(pk__in=confirmed).order_by("name")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A version as its reader meets it, and what they can do about it."""

    version: DocumentVersion
    html: SafeString
    state: str
    acknowledged: Acknowledgement | None
    may_acknowledge: bool
    may_approve: bool
    may_return: bool
    left_to_others: list[tuple[Verb, str]]
    in_force: DocumentVersion | None
    """The version to read instead, when this one is not in force and another is."""


def reading_of(version: DocumentVersion, *, on: date) -> Reading:
    """All that the reader's page shows, for the current actor."""
    actor = current_actor()
    mine = Acknowledgement.unscoped_for_system.filter(version=version, person_id=actor.person_id).first()
    is_addressed = (
        version.state == "published" and actor.person_id is not None
        and audience_of(version.document, DocumentAudience, on=on).filter(pk=actor.person_id).exists()
    )
    present = in_force(version.document, on=on)
    standing = standing_verbs(version)
    possible = {verb.name for verb, against in standing if not against}
    return Reading(
        version=version, html=to_html(version.body), state=str(version.life_cycle.state(version.state).label),
        acknowledged=mine,
        may_acknowledge=mine is None and is_addressed and actor.may("document_version.acknowledge", unit=version.place),
        may_approve="approve" in possible, may_return="return" in possible,
        left_to_others=[(verb, against) for verb, against in standing if against],
        in_force=present if present != version else None,
    )


def overdue_reviews(*, on: date) -> "models.QuerySet[Document]":
    """Visible documents in force whose review is late."""
    return Document.objects.filter(state="in_force", next_review_on__lt=on).order_by("next_review_on")  # type: ignore[no-any-return]


def _documents_in(unit: UUID) -> "models.QuerySet[Document]":
    below = UnitPath.objects.filter(ancestor=unit).values("descendant")
    return Document.unscoped_for_system.filter(state="in_force", unit__in=below)  # type: ignore[no-any-return]


def acknowledged_percent(unit: UUID, *, on: date) -> Decimal | None:
    """Confirmations given, in percent of those owed, over all documents of a unit and below; None if none is owed."""
    shares = [
        acknowledgement_share(version, on=on)
        for version in DocumentVersion.unscoped_for_system.filter(
            state="published", document__in=_documents_in(unit), document__must_be_acknowledged=True
        ).select_related("document")
    ]
    owed = sum(share.of for share in shares)
    return Decimal(100 * sum(share.done for share in shares)) / owed if owed else None


def reviewed_percent(unit: UUID, *, on: date) -> Decimal | None:
    """Documents in force whose review is not late, in percent; None where none is in force."""
    documents = _documents_in(unit)
    total = documents.count()
    late = documents.filter(next_review_on__lt=on).count()
    return Decimal(100 * (total - late)) / total if total else None
