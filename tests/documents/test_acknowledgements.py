"""Who owes an acknowledgement, who gave it, and that none is ever lost."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import models
from django.utils import timezone

from mainstay.domains.documents.factories import make_acknowledgement, make_document, make_published_version
from mainstay.domains.documents.models import Acknowledgement, DocumentVersion
from mainstay.domains.documents.queries import (
    acknowledged_percent,
    acknowledgement_share,
    awaited,
    owed_acknowledgements,
)
from mainstay.domains.documents.services import acknowledge_version
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import Actor, acting
from mainstay.platform.records.errors import Conflict, RuleViolation
from mainstay.platform.units.models import Unit

pytestmark = pytest.mark.usefixtures("writer")


def person(actor: Actor) -> Person:
    return Person.unscoped_for_system.get(pk=actor.person_id)  # type: ignore[no-any-return]


def owed(actor: Actor) -> list[DocumentVersion]:
    with acting(actor):
        return owed_acknowledgements(person(actor), on=timezone.localdate())


def test_a_published_version_is_owed_until_it_is_acknowledged(approver: Actor, reader: Actor) -> None:
    assert owed(reader) == []
    version = make_published_version(approver=approver)
    assert owed(reader) == [version]

    made = make_acknowledgement(version=version, reader=reader)

    assert owed(reader) == []
    assert (made.person_id, made.digest) == (reader.person_id, version.digest)


def test_acknowledging_twice_changes_nothing(approver: Actor, reader: Actor) -> None:
    version = make_published_version(approver=approver)

    first = make_acknowledgement(version=version, reader=reader)
    second = make_acknowledgement(version=version, reader=reader)

    assert first == second
    assert Acknowledgement.objects.count() == 1


def test_a_text_that_was_not_the_one_read_is_not_acknowledged(approver: Actor, reader: Actor) -> None:
    version = make_published_version(approver=approver)

    with acting(reader), pytest.raises(Conflict):
        acknowledge_version(version, digest="f" * 64)


def test_a_draft_cannot_be_acknowledged(approver: Actor, reader: Actor) -> None:
    first = make_published_version(approver=approver)
    make_published_version(approver=approver, document=first.document)

    with acting(reader), pytest.raises(RuleViolation):
        acknowledge_version(first)


def test_a_later_publication_is_owed_anew_and_leaves_the_earlier_acknowledgement(approver: Actor, reader: Actor) -> None:
    first = make_published_version(approver=approver)
    make_acknowledgement(version=first, reader=reader)

    second = make_published_version(approver=approver, document=first.document)

    assert owed(reader) == [second]
    assert Acknowledgement.objects.get().version == first


def test_what_was_acknowledged_can_be_deleted_by_nobody(approver: Actor, reader: Actor) -> None:
    version = make_published_version(approver=approver)
    make_acknowledgement(version=version, reader=reader)

    with pytest.raises(models.ProtectedError):
        version.delete()


def test_only_the_audience_owes_it(approver: Actor, person_with: Callable[..., Actor], site: Unit) -> None:
    at_site, elsewhere = person_with("employee"), person_with("employee")
    Person.unscoped_for_system.filter(pk=at_site.person_id).update(unit=site)
    version = make_published_version(approver=approver, document=make_document(audience=str(site.pk)))

    assert owed(at_site) == [version]
    assert owed(elsewhere) == []
    with acting(elsewhere), pytest.raises(RuleViolation) as refused:
        acknowledge_version(version)
    assert refused.value.code == "not_in_audience"


@pytest.mark.parametrize("what", [
    {"employment": Person.Employment.EXTERNAL},
    {"leave_on": timezone.localdate() - timedelta(days=1)},
    {"start_on": timezone.localdate() + timedelta(days=1)},
])
def test_who_is_not_at_work_owes_nothing(what: dict[str, object], approver: Actor, reader: Actor) -> None:
    version = make_published_version(approver=approver)
    before = acknowledgement_share(version, on=timezone.localdate()).of

    Person.unscoped_for_system.filter(pk=reader.person_id).update(**what)

    assert owed(reader) == []
    assert acknowledgement_share(version, on=timezone.localdate()).of == before - 1


def test_the_share_counts_everyone_it_is_for_and_a_leaver_no_more(approver: Actor, reader: Actor) -> None:
    version = make_published_version(approver=approver)
    today = timezone.localdate()
    make_acknowledgement(version=version, reader=reader)

    share = acknowledgement_share(version, on=today)
    assert (share.done, share.of, share.percent) == (1, 3, 33)
    assert reader.person_id not in {one.pk for one in awaited(version, on=today)}
    assert int(acknowledged_percent(version.unit_id, on=today) or 0) == 33

    Person.unscoped_for_system.filter(pk=reader.person_id).update(leave_on=today - timedelta(days=1))
    share = acknowledgement_share(version, on=today)
    assert (share.done, share.of) == (0, 2)
    assert Acknowledgement.objects.count() == 1


def test_a_document_that_needs_no_acknowledgement_is_owed_by_nobody(approver: Actor, reader: Actor) -> None:
    version = make_published_version(approver=approver, document=make_document(must_be_acknowledged="no"))

    assert owed(reader) == []
    assert acknowledged_percent(version.unit_id, on=timezone.localdate()) is None
