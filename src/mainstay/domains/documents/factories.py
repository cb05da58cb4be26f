"""One minimal valid record per model, for tests and demo data. Runs within `acting` as a person, where one must decide."""

from typing import Any

from mainstay.domains.documents.models import Acknowledgement, Document, DocumentVersion
from mainstay.domains.documents.registers import DOCUMENT_VERSIONS, DOCUMENTS
from mainstay.domains.documents.services import (
    acknowledge_version,
    approve_version,
    publish_version,
    revise_document,
    submit_version,
)
from mainstay.platform.records.actor import Actor, acting
from mainstay.registers import crud


def make_document(**rest: Any) -> Document:
    document: Document = crud.create(DOCUMENTS, {"name": "Access policy", **rest})
    return document


def make_document_version(
    *, document: Document | None = None, step: str = "minor", body: str = "## Purpose\n\nAccess follows from the work.",
    **rest: Any,
) -> DocumentVersion:
    """A draft with a text."""
    draft = revise_document(document or make_document(), step=step)
    version: DocumentVersion = crud.change(DOCUMENT_VERSIONS, draft, {"body": body, **rest})
    return version


def make_published_version(*, approver: Actor, version: DocumentVersion | None = None, **rest: Any) -> DocumentVersion:
    """A version in force, approved by someone other than the current actor."""
    submitted = submit_version(version or make_document_version(**rest))
    with acting(approver):
        approved = approve_version(submitted, digest=submitted.digest)
    return publish_version(approved)


def make_acknowledgement(*, version: DocumentVersion, reader: Actor) -> Acknowledgement:
    with acting(reader):
        return acknowledge_version(version)
