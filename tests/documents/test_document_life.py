"""A document from its first draft to its retirement: who may do what, and what stays as it was."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from mainstay.domains.documents.factories import make_document, make_document_version, make_published_version
from mainstay.domains.documents.models import Document, DocumentVersion
from mainstay.domains.documents.queries import in_force, overdue_reviews
from mainstay.domains.documents.registers import DOCUMENT_VERSIONS, DOCUMENTS
from mainstay.domains.documents.services import (
    acknowledge_version,
    approve_version,
    content_of,
    publish_version,
    retire_document,
    return_version,
    review_document,
    revise_document,
    submit_version,
)
from mainstay.domains.work.models import Approval
from mainstay.domains.work.services import approvals_of
from mainstay.kit.canonical import digest
from mainstay.kit.dates import add_months
from mainstay.platform.records.actor import Actor, acting, system
from mainstay.platform.records.errors import Conflict, Invalid, NotAllowed, RuleViolation
from mainstay.platform.units.models import Unit
from mainstay.registers import crud

pytestmark = pytest.mark.usefixtures("writer")


def fresh(version: DocumentVersion) -> DocumentVersion:
    return DocumentVersion.objects.get(pk=version.pk)  # type: ignore[no-any-return]


def submitted(**rest: object) -> DocumentVersion:
    return submit_version(make_document_version(**rest))


def test_the_first_version_is_1_0_and_the_next_steps_count_on() -> None:
    first = make_document_version()

    assert first.number == "1.0"


def test_a_minor_and_a_major_step_begin_with_the_last_text(approver: Actor) -> None:
    published = make_published_version(approver=approver, body="The rule.")

    minor = revise_document(published.document)
    assert (minor.number, minor.body) == ("1.1", "The rule.")
    crud.delete(DOCUMENT_VERSIONS, minor)
    assert revise_document(published.document, step="major").number == "2.0"


def test_a_second_draft_beside_an_open_one_is_refused() -> None:
    draft = make_document_version()

    with pytest.raises(RuleViolation, match="still open"):
        revise_document(draft.document)


def test_an_empty_draft_cannot_be_submitted() -> None:
    draft = revise_document(make_document())

    with pytest.raises(Invalid, match="nothing to approve"):
        submit_version(draft)


def test_submitting_hashes_everything_the_version_says() -> None:
    version = fresh(submitted(body="The rule."))

    assert version.digest == digest(content_of(version))
    assert version.digest != digest({**content_of(version), "body": "Another rule."})


@pytest.mark.parametrize("state", ["in_review", "approved", "published"])
def test_what_was_submitted_cannot_be_edited(state: str, approver: Actor) -> None:
    version = submitted()
    if state != "in_review":
        with acting(approver):
            version = approve_version(version)
    if state == "published":
        version = publish_version(version)

    with pytest.raises(RuleViolation) as refused:
        crud.change(DOCUMENT_VERSIONS, version, {"body": "Something else."})
    assert refused.value.code == "frozen"


def test_a_writer_may_not_approve_their_own_text() -> None:
    with pytest.raises(RuleViolation) as refused:
        approve_version(submitted())

    assert refused.value.code == "own_work"


def test_who_wrote_even_a_little_may_not_approve(approver: Actor) -> None:
    draft = make_document_version()
    with acting(approver):
        crud.change(DOCUMENT_VERSIONS, draft, {"body": "With a comma, added."})
    crud.change(DOCUMENT_VERSIONS, fresh(draft), {"body": "And rewritten by the first."})
    version = submit_version(draft)

    with acting(approver), pytest.raises(RuleViolation) as refused:
        approve_version(version)
    assert refused.value.code == "own_work"


def test_an_approval_is_bound_to_the_text_that_was_read(approver: Actor) -> None:
    version = submitted()

    with acting(approver), pytest.raises(Conflict):
        approve_version(version, digest="0" * 64)
    with acting(approver):
        approve_version(version, digest=version.digest, reason="Clear.")

    (approval,) = approvals_of(version)
    assert approval.digest == version.digest == fresh(version).digest
    assert approval.person_id == approver.person_id
    assert approval.frozen["body"] == version.body


def test_a_text_changed_behind_the_product_is_not_approved(approver: Actor) -> None:
    version = submitted()
    DocumentVersion.unscoped_for_system.filter(pk=version.pk).update(body="Swapped.")

    with acting(approver), pytest.raises(Conflict):
        approve_version(version)


def test_a_program_approves_nothing() -> None:
    version = submitted()

    with acting(system("test")), pytest.raises(RuleViolation) as refused:
        approve_version(version)
    assert refused.value.code == "person_needed"


def test_a_reader_may_not_approve(reader: Actor) -> None:
    version = submitted()

    with acting(reader), pytest.raises(NotAllowed):
        approve_version(version)


def test_a_returned_version_is_a_draft_again_and_the_decision_is_kept() -> None:
    version = submitted()

    returned = return_version(version, reason="Says nothing about guests.")

    assert returned.state == "draft"
    assert approvals_of(version)[0].decision == Approval.Decision.REJECTED
    crud.change(DOCUMENT_VERSIONS, fresh(version), {"body": "Guests are escorted."})


def test_publishing_puts_in_force_and_supersedes_the_one_before(approver: Actor) -> None:
    first = make_published_version(approver=approver)
    second = make_published_version(approver=approver, document=first.document, step="major")

    today = timezone.localdate()
    assert fresh(first).state == "superseded"
    assert fresh(first).superseded_on == today
    assert in_force(first.document, on=today) == second
    assert Document.objects.get().state == "in_force"


def test_an_approved_version_overtaken_by_another_can_no_longer_be_published(approver: Actor) -> None:
    overtaken = submitted()
    with acting(approver):
        approve_version(overtaken)
    make_published_version(approver=approver, document=overtaken.document)

    with pytest.raises(RuleViolation):
        publish_version(overtaken)


def test_the_database_itself_refuses_two_published_versions(approver: Actor) -> None:
    first = make_published_version(approver=approver)
    second = make_published_version(approver=approver, document=first.document)

    with pytest.raises(IntegrityError), transaction.atomic():
        DocumentVersion.unscoped_for_system.filter(pk=first.pk).update(state="published")
    assert fresh(second).state == "published"


def test_the_review_is_due_so_many_months_after_publication(approver: Actor) -> None:
    document = make_document(review_months="6")
    assert document.next_review_on is None

    version = make_published_version(approver=approver, document=document)

    today = timezone.localdate()
    assert Document.objects.get().next_review_on == add_months(today, 6)
    crud.change(DOCUMENTS, version.document, {"review_months": "12"})
    assert Document.objects.get().next_review_on == add_months(today, 12)


def test_a_review_that_changes_nothing_is_a_decision_and_moves_the_due_day(approver: Actor) -> None:
    version = make_published_version(approver=approver)
    past = add_months(timezone.localdate(), -14)
    DocumentVersion.unscoped_for_system.filter(pk=version.pk).update(published_on=past)
    crud.change(DOCUMENTS, version.document, {"review_months": "11"})
    assert list(overdue_reviews(on=timezone.localdate())) == [version.document]

    review_document(version.document, reason="Still fits.")

    assert not overdue_reviews(on=timezone.localdate())
    assert Document.objects.get().next_review_on == add_months(timezone.localdate(), 11)
    assert approvals_of(version.document)[0].frozen["digest"] == version.digest


def test_a_retired_document_is_in_force_no_more_but_nothing_is_lost(approver: Actor, reader: Actor) -> None:
    version = make_published_version(approver=approver)
    with acting(reader):
        acknowledge_version(version)

    document = retire_document(version.document, reason="Replaced by the handbook.")

    assert in_force(document, on=timezone.localdate()) is None
    assert document.next_review_on is None
    assert fresh(version).acknowledgements.count() == 1
    with pytest.raises(RuleViolation):
        revise_document(document)


def test_a_document_with_versions_is_not_deleted() -> None:
    draft = make_document_version()

    with pytest.raises(RuleViolation) as refused:
        crud.delete(DOCUMENTS, draft.document)
    assert refused.value.code == "in_use"


def test_versions_follow_their_document_to_another_unit_and_name(site: Unit) -> None:
    draft = make_document_version()

    crud.change(DOCUMENTS, draft.document, {"unit": str(site.pk), "name": "Entry policy"})

    assert (fresh(draft).unit_id, fresh(draft).name) == (site.pk, "Entry policy")
