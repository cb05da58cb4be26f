"""What happens to documents: they are revised, read over, approved, published, acknowledged, reviewed, retired (7.5.2)."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mainstay.domains.documents.audience import audience_of
from mainstay.domains.documents.evaluation import next_review
from mainstay.domains.documents.models import (
    Acknowledgement,
    Authorship,
    Document,
    DocumentAudience,
    DocumentVersion,
)
from mainstay.domains.work.own_work import left_to_others
from mainstay.domains.work.services import decide
from mainstay.kit.canonical import digest as digest_of
from mainstay.platform.files.models import StoredFile
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import Conflict, Invalid, RuleViolation
from mainstay.platform.records.moment import current_day
from mainstay.platform.records.refs import next_refs
from mainstay.registers.crud import locked, touch
from mainstay.registers.verbs import Choices, Help, Long, move, verb

Note = Annotated[str, Long(500), Help(_("Kept with the decision."), _("Note"))]
Read = Annotated[str, Help(_("The SHA-256 of what you read; refused if the text is another."), _("Digest"))]


def content_of(version: DocumentVersion) -> dict[str, Any]:
    """All that a version says, as plain data: what is hashed, approved and acknowledged."""
    return {
        "document": str(version.document_id), "title": version.name, "number": version.number, "body": version.body,
        "file": version.file.sha256 if version.file else None, "file_name": version.file.name if version.file else None,
    }


# Writing


@verb(_("Revise"), on=Document, when=lambda document: document.state != "retired", tone="primary")
def revise_document(
    document: Document, *,
    step: Annotated[str, Choices((("minor", _("minor: 1.0 to 1.1")), ("major", _("major: 1.1 to 2.0"))))] = "minor",
    change_note: Annotated[str, Long(2_000), Help(_("What is to change, and why."), _("What changes"))] = "",
) -> DocumentVersion:
    """Open a draft of the next version, beginning with what the last one says."""
    if step not in ("minor", "major"):
        raise Invalid({"step": [_("Minor or major.")]})
    versions = DocumentVersion.unscoped_for_system.filter(document=document)
    if open_one := versions.filter(state__in=("draft", "in_review")).first():
        raise RuleViolation(_("%(version)s is still open.") % {"version": open_one.label}, code="version_open")
    last = versions.order_by("-major", "-minor").first()
    version = DocumentVersion(
        organisation_id=document.organisation_id, unit_id=document.unit_id, owner_id=document.owner_id, document=document,
        name=document.name, ref=next_refs(document.organisation_id, DocumentVersion.ref_prefix)[0],
        change_note=change_note, body=last.body if last else "", file=last.file if last else None,
    )
    version.major, version.minor = _next_number(last, step)
    version.save(force_insert=True)
    note_author(version)
    version.save()
    return version


def _next_number(last: DocumentVersion | None, step: str) -> tuple[int, int]:
    if last is None:
        return 1, 0
    return (last.major + 1, 0) if step == "major" else (last.major, last.minor + 1)


def note_author(version: DocumentVersion) -> None:
    """Remember that the actor wrote in the version. The caller stores the version."""
    author = current_actor().person_id
    if author is None:
        return
    version.written_by_id = author
    Authorship.unscoped_for_system.get_or_create(
        version=version, author_id=author,
        defaults={"organisation_id": version.organisation_id, "created_by_id": author},
    )


@verb(_("Attach a file"), on=DocumentVersion, when=lambda version: version.state == "draft")
def attach_file(
    version: DocumentVersion, *,
    file: Annotated[StoredFile | None, Help(_("An uploaded file; none takes the present one off."))] = None,
) -> DocumentVersion:
    """Make an uploaded file the content of the draft, beside or instead of the text."""
    if file is not None and file.organisation_id != version.organisation_id:
        raise Invalid({"file": [_("There is no such file.")]})
    version.file = file
    note_author(version)
    touch(version)
    return version


# Deciding


@verb(_("Submit for approval"), on=DocumentVersion, when=lambda version: version.state == "draft", tone="primary")
def submit_version(version: DocumentVersion) -> DocumentVersion:
    """Hand the draft to those who approve. Its content is hashed and no longer changes."""
    if version.document.state == "retired":
        raise RuleViolation(_("%(document)s is retired.") % {"document": version.document.label}, code="document_retired")
    if not version.body.strip() and version.file is None:
        raise Invalid({"body": [_("There is nothing to approve yet: write the text or attach a file.")]})
    version.digest = digest_of(content_of(version))
    version.submitted_at = timezone.now()
    return move(version, "submit")  # type: ignore[no-any-return]


def _wrote_in_it(version: DocumentVersion) -> str:
    person = current_actor().person_id
    wrote = Authorship.unscoped_for_system.filter(version=version, author_id=person).exists()
    return left_to_others(version, is_own=wrote or (person is not None and version.written_by_id == person))


@verb(
    _("Approve"), on=DocumentVersion, when=lambda version: version.state == "in_review", unless=_wrote_in_it, tone="primary"
)
def approve_version(version: DocumentVersion, *, digest: Read = "", reason: Note = "") -> DocumentVersion:
    """Approve exactly what was submitted. Whoever wrote in it cannot be the one (A.5.3)."""
    person = _deciding_person()
    frozen = content_of(version)
    _same_content(version, digest_of(frozen), digest)
    decide(version, decision="approved", frozen=frozen, reason=reason)
    version.approved_by_id, version.approved_at = person, timezone.now()
    return move(version, "approve")  # type: ignore[no-any-return]


@verb(_("Return"), on=DocumentVersion, name="return", when=lambda version: version.state == "in_review")
def return_version(
    version: DocumentVersion, *, reason: Annotated[str, Long(500), Help(_("What has to change."), _("Reason"))]
) -> DocumentVersion:
    """Give the draft back to its authors, with what has to change."""
    if not reason.strip():
        raise Invalid({"reason": [_("This is needed.")]})
    _deciding_person()
    decide(version, decision="rejected", frozen=content_of(version), reason=reason)
    return move(version, "return")  # type: ignore[no-any-return]


def _deciding_person() -> UUID:
    person = current_actor().person_id
    if person is None:
        raise RuleViolation(_("A person decides this, not a program."), code="person_needed")
    return person


def _same_content(version: DocumentVersion, current: str, read: str) -> None:
    if current != version.digest or (read and read != version.digest):
        raise Conflict(_("This is not the text you read. Read it again first."), code="other_content")


# In force


@verb(_("Publish"), on=DocumentVersion, when=lambda version: version.state == "approved", tone="primary")
def publish_version(version: DocumentVersion) -> DocumentVersion:
    """Put the version in force from today, in place of the one before; its audience now owes an acknowledgement."""
    document = locked(Document, version.document_id)
    if document.state == "retired":
        raise RuleViolation(_("%(document)s is retired.") % {"document": document.label}, code="document_retired")
    today = current_day()
    _supersede_others(document, on=today, but=version.pk)
    version.published_on = today
    move(version, "publish")
    document.next_review_on = review_due(document)
    move(document, "publish")
    return version


def _supersede_others(document: Document, *, on: date, but: UUID | None = None) -> None:
    others = DocumentVersion.unscoped_for_system.filter(document=document, state__in=("approved", "published"))
    for other in others.exclude(pk=but).select_for_update(of=("self",)):
        other.superseded_on = on if other.published_on else None
        move(other, "supersede")


def review_due(document: Document) -> date | None:
    """The next review of the document, from the version in force and the last review."""
    published = DocumentVersion.unscoped_for_system.filter(document=document, state="published")
    return next_review(
        published.values_list("published_on", flat=True).first(), document.reviewed_on, months=document.review_months
    )


@verb(_("Acknowledge"), on=DocumentVersion, when=lambda version: version.state == "published", tone="primary")
def acknowledge_version(version: DocumentVersion, *, digest: Read = "") -> Acknowledgement:
    """Confirm having read and understood the version. A second time changes nothing."""
    person = _deciding_person()
    if digest and digest != version.digest:
        raise Conflict(_("This is not the text you read. Read it again first."), code="other_content")
    known = Acknowledgement.unscoped_for_system.filter(version=version, person_id=person).first()
    if known is not None:
        return known  # type: ignore[no-any-return]
    audience = audience_of(version.document, DocumentAudience, on=current_day())
    if not audience.filter(pk=person).exists():
        raise RuleViolation(_("This document is not addressed to you."), code="not_in_audience")
    made = Acknowledgement(
        organisation_id=version.organisation_id, version=version, person_id=person, digest=version.digest
    )
    made.save(force_insert=True)
    return made


@verb(_("Reviewed, still right"), on=Document, name="review", when=lambda document: document.state == "in_force")
def review_document(document: Document, *, reason: Note = "") -> Document:
    """Say that the version in force was looked at and stays as it is. It is then due again after its interval."""
    _deciding_person()
    version = DocumentVersion.unscoped_for_system.get(document=document, state="published")
    document.reviewed_on = current_day()
    frozen = {"reviewed_on": document.reviewed_on.isoformat(), "version": version.number, "digest": version.digest}
    decide(document, decision="approved", frozen=frozen, reason=reason)
    document.next_review_on = review_due(document)
    touch(document)
    return document


@verb(_("Retire"), on=Document, when=lambda document: document.state != "retired", tone="danger")
def retire_document(
    document: Document, *, reason: Annotated[str, Long(500), Help(_("Why it is no longer needed."), _("Reason"))]
) -> Document:
    """Take the document out of force. Its versions, approvals and acknowledgements stay."""
    _supersede_others(document, on=current_day())
    document.next_review_on = None
    return move(document, "retire")  # type: ignore[no-any-return]


# Around plain editing


def prepare_document(document: Document, changed: frozenset[str]) -> None:
    """Keep the day of the next review true when the interval changes."""
    if "review_months" in changed:
        document.next_review_on = review_due(document)


def after_documents(documents: Sequence[Document], changed: frozenset[str]) -> None:
    """Versions stand where their document stands; a draft carries its present title."""
    if "deleted" in changed:
        return
    for document in documents:
        versions = DocumentVersion.unscoped_for_system.filter(document=document)
        if "unit" in changed:
            versions.update(unit_id=document.unit_id)
        if "name" in changed:
            versions.filter(state="draft").update(name=document.name)


def prepare_version(version: DocumentVersion, changed: frozenset[str]) -> None:
    """Remember who wrote."""
    if changed & {"body", "change_note"}:
        note_author(version)
