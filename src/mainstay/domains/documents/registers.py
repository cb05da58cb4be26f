"""How documents and their versions look."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from mainstay.domains.documents import services
from mainstay.domains.documents.models import (
    Acknowledgement,
    Document,
    DocumentAudience,
    DocumentRequirement,
    DocumentVersion,
)
from mainstay.domains.documents.queries import (
    acknowledged_percent,
    acknowledgement_share,
    awaited,
    in_force,
    reviewed_percent,
)
from mainstay.domains.library.models import Requirement
from mainstay.domains.monitoring.computed import register_computed
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.moment import current_day
from mainstay.registers import registry
from mainstay.registers.declaration import ExtraPanel, LinkField, Register, RelatedPanel, column, panel


def show_number(value: Any, row: Mapping[str, Any]) -> str:
    return f"{value}.{row['minor']}"


DOCUMENTS = Register(
    model=Document,
    group="do",
    icon="document",
    about=_("Policies, procedures and plans: what is in force, who approved it, who has read it (7.5)."),
    columns=(
        column("ref"), column("name"), column("kind"), column("state"), column("next_review_on"), column("owner"),
        column("unit"), column("must_be_acknowledged", shown_first=False),
    ),
    filters=("state", "kind", "owner", "next_review_on", "implements", "audience", "unit"),
    links=(
        LinkField(name="implements", through=DocumentRequirement, label=_("requirements it implements")),
        LinkField(name="audience", through=DocumentAudience, label=_("audience"),
                  help=_("Units whose people it is for, with those below. Empty: everyone where it belongs.")),
    ),
    panels=(
        panel(_("Document"), "name", "description", "kind", "implements"),
        panel(_("Whom it is for"), "audience", "audience_note", "must_be_acknowledged"),
        panel(_("Review"), "review_months", "reviewed_on", "next_review_on",
              help=_("Counted from publication, or from the last time someone found it still right.")),
        panel(_("Place"), "owner", "unit", "tags"),
    ),
    derived=("reviewed_on", "next_review_on"),
    prepare=services.prepare_document,
    after=services.after_documents,
)

DOCUMENT_VERSIONS = Register(
    model=DocumentVersion,
    group="do",
    icon="document",
    about=_("The wordings of each document, from draft to superseded. “Revise” on a document opens one."),
    columns=(
        column("ref"), column("name"), column("major", label=_("number"), show=show_number, needs=("minor",)),
        column("state"), column("written_by"), column("approved_by"), column("published_on"), column("superseded_on"),
    ),
    filters=("state", "document", "written_by", "approved_by", "published_on"),
    panels=(
        panel(_("Version"), "document", "name", "change_note"),
        panel(_("Text"), "body", "file"),
        panel(_("Approval"), "written_by", "submitted_at", "approved_by", "approved_at", "digest",
              help=_("The digest is the SHA-256 of all the version says; approvals and acknowledgements are bound to it.")),
        panel(_("In force"), "published_on", "superseded_on"),
        panel(_("Place"), "owner", "tags"),
    ),
    search=("body", "change_note"),
    derived=("name", "unit", "major", "minor"),
    prepare=services.prepare_version,
    in_navigation=False,
    may_add=False,
)


SHOWN = 20


def reading_context(document: Document) -> dict[str, Any] | None:
    """The version in force and where to read it."""
    version = in_force(document, on=current_day())
    return {"version": version, "is_first": True} if version else None


def version_context(version: DocumentVersion) -> dict[str, Any]:
    """Where to read the version as its readers do."""
    return {"version": version, "is_first": True}


def acknowledgement_context(version: DocumentVersion) -> dict[str, Any] | None:
    """Share, latest confirmations and those still awaited, of a version that was ever published."""
    if version.published_on is None or not current_actor().may("acknowledgement.view", unit=version.place):
        return None
    today = current_day()
    is_awaited = version.state == "published" and version.document.must_be_acknowledged
    return {
        "share": acknowledgement_share(version, on=today) if is_awaited else None,
        "awaited": awaited(version, on=today)[:SHOWN] if is_awaited else (),
        "given": Acknowledgement.objects.filter(version=version).select_related("person")[:SHOWN],
    }


def person_context(person: Person) -> dict[str, Any] | None:
    """What a person has confirmed, newest first."""
    given = Acknowledgement.objects.filter(person=person).select_related("version")[:SHOWN]
    return {"given": given} if given else None


registry.add(DOCUMENTS, DOCUMENT_VERSIONS)
registry.relate([
    RelatedPanel(title=_("Versions"), on=Document, of=DocumentVersion, via="document",
                 columns=("ref", "major", "state", "written_by", "approved_by", "published_on")),
    RelatedPanel(title=_("Documents"), on=Requirement, of=Document, via="requirement_links__requirement",
                 columns=("ref", "name", "kind", "state", "next_review_on")),
    ExtraPanel(title=_("In force"), on=Document, template="documents/where_to_read.html", context=reading_context),
    ExtraPanel(title=_("Reading"), on=DocumentVersion, template="documents/where_to_read.html", context=version_context),
    ExtraPanel(title=_("Acknowledgements"), on=DocumentVersion, template="documents/acknowledged.html",
               context=acknowledgement_context),
    ExtraPanel(title=_("Acknowledged"), on=Person, template="documents/acknowledged_by.html", context=person_context),
])
register_computed(
    "documents_acknowledged", _("acknowledgements given (% of those owed)"),
    lambda metric, on: acknowledged_percent(metric.unit_id, on=on),
)
register_computed(
    "documents_reviewed", _("documents in force and reviewed in time (%)"),
    lambda metric, on: reviewed_percent(metric.unit_id, on=on),
)
