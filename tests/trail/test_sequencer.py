"""Committed changes come into the tree exactly once, and nothing is signed that does not follow from what was signed before."""

import random
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Max

from mainstay.kit.merkle import inclusion_proof as proof_of
from mainstay.kit.merkle import leaf_hash, tree_hash, verify_inclusion
from mainstay.kit.signed_note import open_checkpoint, read_key
from mainstay.platform.access.models import Role
from mainstay.platform.access.services import grant
from mainstay.platform.identity.models import User
from mainstay.platform.records.actor import Actor, acting, system
from mainstay.platform.records.errors import NotAllowed, Unavailable
from mainstay.platform.trail import leaves, sealing, sequencer, signer
from mainstay.platform.trail.models import Change, Checkpoint, Key, Leaf, Tile
from mainstay.platform.trail.sequencer import AT_ONCE, EPOCH, Broken, Sequencer
from mainstay.platform.trail.tree import sealed_changes, stored_node
from mainstay.platform.trail.verification import verify
from mainstay.platform.units.models import Unit

from .sealed import add, as_administrator_of_the_database, sealed

only_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="one writer at a time on SQLite")


def hashes(epoch: int = 1) -> list[bytes]:
    return [leaf_hash(leaves.leaf_bytes(change, committed)) for change, committed in sealed_changes(connection, epoch, 0, 10**9)]


def test_every_change_is_sealed_once_in_its_order_under_a_signed_root(kept: Actor) -> None:
    add(5)

    checkpoint = sealed()

    assert list(Leaf.objects.order_by("index").values_list("seq", flat=True)) == list(
        Change.objects.order_by("seq").values_list("seq", flat=True)
    )
    assert list(Leaf.objects.order_by("index").values_list("index", flat=True)) == list(range(Change.objects.count()))
    assert bytes(checkpoint.root) == tree_hash(hashes())
    signed = open_checkpoint(checkpoint.note, read_key(Key.objects.get().verifier_key))
    assert (signed.size, signed.root) == (checkpoint.size, bytes(checkpoint.root)) == (Change.objects.count(), signed.root)


def test_sealing_again_without_a_change_writes_nothing(kept: Actor) -> None:
    add(2)
    first = sealed()

    again = [sequencer.seal(), sealed()]

    assert [item and item.pk for item in again] == [first.pk, first.pk]
    assert Checkpoint.objects.count() == 1


def test_many_passes_or_one_make_the_same_tree(kept: Actor) -> None:
    one_process = Sequencer()
    for count in (1, 3, 1, 7):
        add(count)
        one_process.seal()
    add(2)

    checkpoint = sealed()

    assert bytes(checkpoint.root) == tree_hash(hashes())
    for earlier in Checkpoint.objects.all():
        assert bytes(earlier.root) == tree_hash(hashes()[:earlier.size])


def test_nothing_is_sealed_within_a_transaction(kept: Actor) -> None:
    with transaction.atomic():
        add(1)

        with pytest.raises(RuntimeError, match="once they are committed"):
            sequencer.seal()


def test_proofs_come_from_a_few_reads_however_many_entries(
    kept: Actor, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    with transaction.atomic():
        for number in range(2_300):
            Change.objects.create(
                at="2026-01-01T00:00:00Z", table="x", pk_text=str(number), op="E", row="{}", salt=b"s" * 16, actor="system",
                channel="test", reason="", request="",
            )

    checkpoint = sealed()

    found = hashes()
    assert checkpoint.size > AT_ONCE
    assert bytes(checkpoint.root) == tree_hash(found)
    assert Tile.objects.count() == checkpoint.size // 256
    for index in (0, 255, 256, 1_000, checkpoint.size - 1):
        with django_assert_max_num_queries(24):
            proof = proof_of(index, checkpoint.size, stored_node(connection, 1))
        verify_inclusion(index, checkpoint.size, found[index], proof, bytes(checkpoint.root))


def test_only_one_seals_at_a_time(kept: Actor) -> None:
    add(1)
    with signer.sealing_alone():

        refused = Sequencer().seal(wait=False)

    assert refused is None
    assert Checkpoint.objects.count() == 0


@only_postgresql
def test_a_low_number_committed_after_a_high_one_is_sealed_too(kept: Actor) -> None:
    drawn, go = threading.Event(), threading.Event()

    def slow() -> None:
        with acting(system("test", organisation=kept.organisation_id)), transaction.atomic():
            add(1, name="Slow")
            drawn.set()
            go.wait(20)
        connection.close()

    one_process = Sequencer()
    thread = threading.Thread(target=slow)
    thread.start()
    assert drawn.wait(20)
    # Another table, so that neither waits for the other's counter of references.
    User.objects.filter(pk=None).update(email="nobody@example.org")
    Role.objects.create(slug="other", name="Other")
    first = one_process.seal()
    one_process.seal()
    go.set()
    thread.join()
    Role.objects.create(slug="third", name="Third")

    last = one_process.seal()

    assert first is not None and last is not None and last.size == Change.objects.count()
    assert Leaf.objects.count() == Change.objects.count()
    by_place = list(Leaf.objects.order_by("index").values_list("seq", flat=True))
    assert by_place != sorted(by_place)
    assert verify().proves


# What the signer refuses


def test_a_cut_tail_is_not_signed(kept: Actor) -> None:
    add(3)
    sealed()
    last = Change.objects.aggregate(last=Max("seq"))["last"]
    as_administrator_of_the_database("DELETE FROM trail_leaf WHERE seq > %s", last - 3)
    as_administrator_of_the_database("DELETE FROM trail_change WHERE seq > %s", last - 3)
    add(1)

    with pytest.raises(Broken, match="fewer entries"):
        sealed()


def test_altered_entries_are_not_signed_on(kept: Actor) -> None:
    add(3)
    sealed()
    third = Change.objects.order_by("seq").values_list("seq", flat=True)[2]
    as_administrator_of_the_database("UPDATE trail_change SET channel = 'cli' WHERE seq = %s", third)
    add(1)

    with pytest.raises(Broken, match="do not lead to the root"):
        sealed()


def test_a_signer_without_its_state_or_with_another_key_signs_nothing(kept: Actor) -> None:
    add(1)
    sealed()
    state = signer.read()
    assert state is not None
    (signer.folder() / "state.json").unlink()

    with pytest.raises(Broken, match="lost its state"):
        sealed()

    signer.write(signer.State(instance="other", epoch=1, size=state.size, root=state.root, note=state.note))
    with pytest.raises(Broken, match="another signer"):
        sealed()


def test_a_new_epoch_names_what_was_signed_before_and_seals_what_waits(kept: Actor) -> None:
    add(3)
    before = sealed()
    last = Change.objects.aggregate(last=Max("seq"))["last"]
    for table in ("trail_leaf", "trail_change"):
        as_administrator_of_the_database(f"DELETE FROM {table} WHERE seq > %s", last - 3)
    add(2)

    begun = sequencer.new_epoch("An old backup was restored")

    first, _committed = sealed_changes(connection, 2, 0, 1)[0]
    assert begun.epoch == 2 and begun.size > 2
    assert first.table == EPOCH and first.row is not None and before.note.split("\n")[2] in first.row
    assert Leaf.objects.count() == Change.objects.count()
    add(1)
    assert sealed().epoch == 2
    found = verify(held=[before.note])
    assert [item.kind for item in found.findings if item.kind != "row"] == ["cut"]
    assert "3 of them are not there any more" in found.breaks[0]


def test_a_new_epoch_is_the_operators(kept: Actor, person_with: Callable[..., Actor]) -> None:
    with acting(person_with("administrator")), pytest.raises(NotAllowed):
        sequencer.new_epoch("To hide something")


# Dying half way


class Crash(BaseException):
    """The process is gone."""


def crash(*_: object, **__: object) -> None:
    raise Crash


POINTS = {
    "before the leaves": ("mainstay.platform.trail.sequencer.Leaf.objects.bulk_create", "before"),
    "before the tiles": ("mainstay.platform.trail.sequencer.Tile.objects.bulk_create", "before"),
    "after the leaves": ("mainstay.platform.trail.sequencer.signer.signed", "before"),
    "before the state is on disk": ("mainstay.platform.trail.signer.put", "before"),
    "before the state has its name": ("pathlib.Path.replace", "before"),
    "after the state": ("mainstay.platform.trail.signer.put", "after"),
    "before the checkpoint": ("mainstay.platform.trail.sequencer.Checkpoint.objects.create", "before"),
    "after the checkpoint": ("mainstay.platform.trail.sequencer._published", "after"),
}


@pytest.mark.parametrize("point", POINTS)
def test_whatever_a_pass_was_doing_when_it_died_the_next_goes_on(
    kept: Actor, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    target, when = POINTS[point]
    chance = random.Random(point)  # noqa: S311 # the same dice each time
    roots: dict[int, set[bytes]] = {}
    for _round in range(20):
        add(chance.randint(1, 4))
        with monkeypatch.context() as patched:
            if when == "before":
                patched.setattr(target, crash)
            else:
                module, _dot, name = target.rpartition(".")
                whole = getattr(signer if module.endswith("signer") else sequencer, name)

                def then_die(*parts: Any, whole: Any = whole) -> None:
                    whole(*parts)
                    raise Crash

                patched.setattr(target, then_die)
            with pytest.raises(Crash):
                Sequencer().seal()
        if chance.random() < 0.5:
            add(1)
        checkpoint = sealed()
        roots.setdefault(checkpoint.size, set()).add(bytes(checkpoint.root))

    assert Leaf.objects.count() == Change.objects.count()
    for size, root in Checkpoint.objects.values_list("size", "root"):
        roots.setdefault(size, set()).add(bytes(root))
    assert all(len(found) == 1 for found in roots.values())
    assert verify().findings == []


# Privileged changes, and writes that stop


def test_a_grant_is_answered_once_it_is_sealed(kept: Actor, organisation: Unit, person_with: Callable[..., Actor]) -> None:
    reader = person_with("employee")

    grant(User.objects.get(pk=reader.user_id), Role.objects.get(slug="risk_owner"), organisation)

    last = Change.objects.order_by("-seq").first()
    assert last is not None and last.table == "access_grant"
    assert Leaf.objects.filter(seq=last.seq).exists()
    assert Checkpoint.objects.order_by("-size").values_list("size", flat=True).first() == Leaf.objects.count()


def test_a_plain_change_waits_for_nothing(kept: Actor) -> None:
    add(1)

    assert not Leaf.objects.filter(seq=Change.objects.aggregate(last=Max("seq"))["last"]).exists()


def test_writes_stop_with_the_reason_while_nothing_may_be_sealed(
    kept: Actor, signed_in: Callable[..., Any]
) -> None:
    browser = signed_in()
    sealed()
    state = signer.read()
    assert state is not None
    signer.write(signer.State(instance=state.instance, epoch=1, size=state.size + 9, root=state.root, note=state.note))
    sealing.seal_noting_trouble()

    refused = browser.post("/assets/new", {"name": "Server"})
    page = browser.get("/assets")

    assert refused.status_code == 503
    assert "fewer entries than were signed" in refused.content.decode()
    assert page.status_code == 200
    assert "fewer entries than were signed" in page.content.decode()
    signer.write(state)
    sealing.seal_noting_trouble()
    assert browser.post("/assets/new", {"name": "Server"}).status_code == 302


def test_what_could_not_be_sealed_in_time_is_told_as_stored(
    kept: Actor, organisation: Unit, person_with: Callable[..., Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    user, role = User.objects.get(pk=person_with("employee").user_id), Role.objects.get(slug="risk_owner")
    monkeypatch.setattr(sealing, "WAIT_AT_MOST", 0.05)

    with signer.sealing_alone(), pytest.raises(Unavailable, match="This is stored") as told:
        grant(user, role, organisation)

    assert told.value.code == "not_sealed"
    assert user.grants.filter(role=role).exists()
