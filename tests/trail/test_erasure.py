"""A person is erased from every table and every content of the trail, and the trail still proves itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from mainstay.domains.assets.models import Asset
from mainstay.domains.assets.registers import ASSETS
from mainstay.domains.work.models import Approval
from mainstay.kit.canonical import digest
from mainstay.platform.identity.models import AccessEvent, Person, User
from mainstay.platform.identity.services import authenticate, record_event
from mainstay.platform.records.actor import Actor, acting, because
from mainstay.platform.records.errors import Invalid, NotAllowed, NotSignedIn, RuleViolation
from mainstay.platform.trail import erasure, sequencer, signer, triggers
from mainstay.platform.trail.models import Change, Leaf
from mainstay.platform.trail.verification import verify
from mainstay.registers import crud

from .sealed import add, as_administrator_of_the_database, sealed

CANARY = "Xaverine Quillfeather"
ADDRESS = "xq@quillfeather.example"


@pytest.fixture
def xaverine(kept: Actor, person_with: Callable[..., Actor]) -> Person:
    """Somebody who left traces: a login, changes of hers, records that mention her, an earlier name."""
    actor = person_with("employee", name="Xaverine Oldname")
    person = Person.unscoped_for_system.get(pk=actor.person_id)
    Person.unscoped_for_system.filter(pk=person.pk).update(name=CANARY, email=ADDRESS, job_title="Gardener of networks")
    User.objects.filter(pk=actor.user_id).update(email=ADDRESS)
    user = User.objects.get(pk=actor.user_id)
    record_event(user=user, name=ADDRESS, address="203.0.113.7", kind=AccessEvent.Kind.REFUSED, detail=f"for {CANARY}")
    crud.create(ASSETS, {"name": f"Laptop of {CANARY}", "description": f"Call {ADDRESS}. XAVERINE QUILLFEATHER knows."})
    with because(f"Asked by {CANARY}"):
        crud.create(ASSETS, {"name": "Printer"})
    asset = crud.create(ASSETS, {"name": "Phone"})
    crud.change(ASSETS, asset, {"description": f"Was with {CANARY}"})
    crud.change(ASSETS, asset, {"description": ""})
    crud.delete(ASSETS, crud.create(ASSETS, {"name": f"Badge {CANARY}"}))
    return Person.unscoped_for_system.get(pk=person.pk)


def everything() -> str:
    """Every text that the database keeps, tables that are not captured included."""
    with connection.cursor() as cursor:
        tables = [table for table in connection.introspection.table_names(cursor) if not table.endswith(("_data", "_idx"))]
        texts = []
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            texts.append(repr(cursor.fetchall()))
    return "".join(texts).casefold()


TRACES = (CANARY, ADDRESS, "Xaverine Oldname", "Gardener of networks", "203.0.113.7")


def traces() -> list[str]:
    found = everything()
    return [text for text in TRACES if text.casefold() in found]


def test_an_erased_person_is_nowhere_and_the_trail_holds(xaverine: Person) -> None:
    sealed()
    held = sealed().note
    assert len(traces()) == 5

    event = erasure.erase_person(xaverine, why="Request DSR-7")
    checkpoint = sealed()

    assert traces() == []
    found = verify(held=[held])
    assert found.findings == []
    assert found.erased >= 8
    assert Leaf.objects.get(seq=event.seq).index < checkpoint.size
    xaverine.refresh_from_db()
    assert (xaverine.name, xaverine.email) == (f"former person {xaverine.ref}", "")
    assert {asset.name for asset in Asset.objects.all()} == {f"Laptop of former person {xaverine.ref}", "Printer", "Phone"}


def test_other_records_are_untouched(xaverine: Person, person_with: Callable[..., Actor]) -> None:
    other = person_with("employee", name="Xaverine Quillfeatherstone")
    before = Person.unscoped_for_system.get(pk=other.person_id).__dict__ | {"_state": None}

    erasure.erase_person(xaverine, why="Request DSR-7")

    assert Person.unscoped_for_system.get(pk=other.person_id).__dict__ | {"_state": None} == before


def test_her_login_is_closed(xaverine: Person) -> None:
    user = User.objects.get(person=xaverine)
    user.set_password("correct horse battery staple")
    user.save()

    erasure.erase_person(xaverine, why="Request DSR-7")

    with pytest.raises(NotSignedIn):
        authenticate(ADDRESS, "correct horse battery staple", address="203.0.113.9")
    user.refresh_from_db()
    assert not user.is_active


def test_a_frozen_content_that_named_her_keeps_a_digest_that_holds(xaverine: Person) -> None:
    frozen = {"rows": [{"owner": CANARY, "control": "A.5.1"}]}
    asset = Asset.objects.first()
    assert asset is not None
    approval = Approval.unscoped_for_system.create(
        organisation_id=xaverine.organisation_id, unit_id=xaverine.unit_id, person=xaverine, digest=digest(frozen), frozen=frozen,
        **approval_of(asset),
    )

    erasure.erase_person(xaverine, why="Request DSR-7")

    approval.refresh_from_db()
    assert approval.frozen == {"rows": [{"owner": f"former person {xaverine.ref}", "control": "A.5.1"}]}
    assert approval.digest == digest(approval.frozen)


def approval_of(record: Any) -> dict[str, Any]:
    return {"subject_kind": "asset", "subject_id": record.pk, "decision": "approved"}


def test_an_erasure_that_never_was_is_found(xaverine: Person) -> None:
    sealed()
    number = Change.objects.filter(table="assets_asset").values_list("seq", flat=True).first()
    as_administrator_of_the_database("UPDATE trail_change SET reason = 'erased' WHERE seq = %s", number)

    assert [finding.kind for finding in verify().findings] == ["content"]


def test_what_was_put_in_place_of_the_erased_cannot_be_altered_either(xaverine: Person) -> None:
    sealed()
    erasure.erase_person(xaverine, why="Request DSR-7")
    sealed()
    number = Change.objects.filter(table="assets_asset").values_list("seq", flat=True).first()

    as_administrator_of_the_database("UPDATE trail_change SET reason = 'better' WHERE seq = %s", number)

    assert [(finding.kind, finding.seq) for finding in verify().findings] == [("content", number)]


def test_a_restored_backup_is_erased_again(xaverine: Person) -> None:
    sealed()
    with connection.cursor() as cursor:
        cursor.execute('SELECT name, email FROM identity_person WHERE ref = %s', [xaverine.ref])
        backup = cursor.fetchone()
    erasure.erase_person(xaverine, why="Request DSR-7")
    checkpoint = sealed()
    as_administrator_of_the_database("UPDATE identity_person SET name = %s, email = %s WHERE ref = %s", *backup, xaverine.ref)
    for table in ("trail_leaf", "trail_change"):
        as_administrator_of_the_database(f"DELETE FROM {table} WHERE seq > %s", checkpoint.size - 3)

    sequencer.new_epoch("Restored from the backup of Sunday")
    again = erasure.erase_again()

    assert again == [xaverine.ref]
    assert CANARY.casefold() not in everything()


def test_erasing_asks_for_a_reason_that_names_nobody_and_for_new_owners(xaverine: Person) -> None:
    with pytest.raises(Invalid, match="must not name"):
        erasure.erase_person(xaverine, why=f"{CANARY} asked")
    with pytest.raises(Invalid):
        erasure.erase_person(xaverine, why=" ")
    add(1)
    Asset.unscoped_for_system.filter(name="Server 0").update(owner=xaverine)
    with pytest.raises(RuleViolation, match="Server 0"):
        erasure.erase_person(xaverine, why="Request DSR-7")

    assert CANARY.casefold() in everything()


def test_nobody_erases_from_a_browser(xaverine: Person, person_with: Callable[..., Actor]) -> None:
    with acting(person_with("administrator")), pytest.raises(NotAllowed):
        erasure.erase_person(xaverine, why="Request DSR-7")


def test_the_contents_of_the_trail_are_replaced_by_erasures_alone(kept: Actor) -> None:
    add(1)

    with pytest.raises(Exception, match="append-only"):
        Change.objects.filter(seq=Change.objects.latest("seq").seq).update(reason="Better")

    assert triggers.problems(connection) == []


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="a file to look into")
def test_nothing_of_her_is_left_in_the_file(tmp_path: Path, xaverine: Person) -> None:
    erasure.erase_person(xaverine, why="Request DSR-7")
    erasure.leave_no_trace()
    copy = tmp_path / "copy.sqlite3"
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(copy)])

    raw = copy.read_bytes().lower()

    assert CANARY.lower().encode() not in raw and ADDRESS.encode() not in raw
    assert CANARY.encode() not in (signer.folder() / erasure.REMEMBERED).read_bytes()
