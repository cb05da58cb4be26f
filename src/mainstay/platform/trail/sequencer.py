"""The sequencer: puts committed changes into the tree, one at a time whichever process, and has each new state signed.

A pass has four steps, and a process may die between any two of them:

1. leaves and full tiles of all changes that were committed when the pass began, in their order, are stored;
2. size and root go into the signer's state on disk;
3. the signed checkpoint is stored;
4. whoever waits sees it.

The next pass starts from what is there. It goes on only if the stored tree is the one last signed, or grew from it.
"""

import threading
from dataclasses import dataclass, replace
from typing import Any, ClassVar, cast

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mainstay.kit.merkle import EMPTY_ROOT, leaf_hash
from mainstay.kit.signed_note import NoteError, open_checkpoint, read_key
from mainstay.platform.records.actor import because, current_actor
from mainstay.platform.records.errors import DomainError, NotAllowed
from mainstay.platform.trail import leaves, signer
from mainstay.platform.trail.events import EPOCH, record
from mainstay.platform.trail.models import Checkpoint, Key, Leaf, Tile
from mainstay.platform.trail.tree import GrowingTree, Missing, leaf_hashes, stored_node

AT_ONCE = 2_000
"""Leaves stored in one transaction."""
UNSEALED = "NOT EXISTS (SELECT 1 FROM trail_leaf l WHERE l.seq = c.seq)"
CUT = _("The trail has fewer entries than were signed: its end was cut off, or an old backup was restored.")


class Broken(DomainError):
    """The stored trail is not what was last signed, so nothing more is signed until somebody decides (`trail new-epoch`)."""

    code, status, title = "trail_broken", 503, _("The trail is not what was signed")


@dataclass(kw_only=True)
class _Loaded:
    """The growing tree kept in memory between passes of one process, for the state it belongs to."""

    state: signer.State
    tree: GrowingTree
    full: list[Tile]
    floor: "_Floor"


class Sequencer:
    """One per process; `seal` may be called from any thread."""

    _loaded: _Loaded | None = None
    _mutex: ClassVar[threading.Lock] = threading.Lock()

    def seal(self, *, wait: bool = True) -> Checkpoint | None:
        """Seal every change committed by now; the latest checkpoint, None if nothing was ever sealed or another process seals.

        Must not run inside a transaction. Raises Broken.
        """
        if connection.in_atomic_block:
            raise RuntimeError("changes are sealed once they are committed, not within their transaction")
        if not self._mutex.acquire(blocking=wait):
            return None
        try:
            with signer.sealing_alone(wait=wait) as is_alone:
                return self._pass() if is_alone else None
        finally:
            self._mutex.release()

    def _pass(self) -> Checkpoint | None:
        state = _state()
        loaded = self._loaded
        if loaded is None or loaded.state != state or loaded.tree.size != state.size:
            loaded = _load(state)
        self._loaded = None  # kept again only if the pass ends well
        if _stored_size(state.epoch) != loaded.tree.size:
            if _stored_size(state.epoch) < state.size:
                raise Broken(CUT)
            loaded = _load(state)
        _store_waiting(loaded)
        if loaded.tree.size == 0:
            return None
        if loaded.tree.size > state.size:
            state = signer.signed(state, size=loaded.tree.size, root=loaded.tree.root())
            signer.write(state)
            loaded.state = state
        self._loaded = loaded
        return _published(state)

    def new_epoch(self, reason: str) -> Checkpoint:
        """Begin the next epoch, whose first entry names what was last signed in the one before; whatever is not sealed follows.

        For after a restore or a manipulation: nothing is hidden by it, the break is visible for ever.
        """
        if not current_actor().is_system:
            raise NotAllowed(_("A new epoch is begun by the operator, at the command line."))
        with self._mutex, signer.sealing_alone():
            self._loaded = None
            state = signer.read() or signer.beginning()
            newest = Key.objects.order_by("-epoch").values_list("epoch", flat=True).first() or 0
            following = replace(state, epoch=max(newest, state.epoch) + 1, size=0, root="", note="")
            with transaction.atomic(), because(reason):
                found = _found(state.epoch)
                details = {"before": state.note, "epoch": state.epoch, "found": found, "why": reason}
                event = record(EPOCH, str(following.epoch), details)
                Key.objects.create(epoch=following.epoch, verifier_key=str(signer.verifier_key(following)), at=timezone.now())
                loaded = _load(following)
                _store(loaded, "c.seq = %s", [event.seq])
                after: int | None = 0
                while after is not None:
                    after = _store(loaded, f"{UNSEALED} AND c.seq > %s", [after])
            signer.write(following)
            return cast(Checkpoint, self._pass())  # the event at least is sealed


_sequencer = Sequencer()
seal = _sequencer.seal
new_epoch = _sequencer.new_epoch


def _state() -> signer.State:
    state = signer.read()
    newest = Key.objects.order_by("-epoch").first()
    if state is None:
        if newest is not None:
            raise Broken(_("The signer has lost its state: it does not know what it signed last."))
        state = signer.beginning()
        signer.write(state)
    if newest is None or newest.epoch < state.epoch:
        if state.size:
            raise Broken(CUT)
        Key.objects.create(epoch=state.epoch, verifier_key=str(signer.verifier_key(state)), at=timezone.now())
    elif newest.epoch > state.epoch or newest.verifier_key != str(signer.verifier_key(state)):
        raise Broken(_("The trail was signed by another signer than this one."))
    return state


def _stored_size(epoch: int) -> int:
    last = Leaf.objects.filter(epoch=epoch).order_by("-index").values_list("index", flat=True).first()
    return 0 if last is None else last + 1


def _found(epoch: int) -> dict[str, object] | None:
    """Size and root of what is there of an epoch that ends, also of leaves that nobody came to sign; None if it has gaps."""
    tree = GrowingTree(0, stored_node(connection, epoch), lambda *_tile: None)
    try:
        _append_stored(tree, epoch, _stored_size(epoch))
    except Missing:
        return None
    return {"size": tree.size, "root": tree.root().hex()}


def _append_stored(tree: GrowingTree, epoch: int, size: int) -> None:
    """Let the tree grow by the stored leaves up to that size. Raises Missing."""
    for start in range(tree.size, size, AT_ONCE):
        for hashed in leaf_hashes(connection, epoch, start, min(size, start + AT_ONCE)):
            tree.append(hashed)


def _load(state: signer.State) -> _Loaded:
    """The tree as signed, then the leaves that a pass stored without coming to sign them."""
    stored = _stored_size(state.epoch)
    if stored < state.size:
        raise Broken(CUT)
    full: list[Tile] = []

    def keep(level: int, place: int, hashes: bytes) -> None:
        full.append(Tile(epoch=state.epoch, level=level, place=place, hashes=hashes))

    try:
        tree = GrowingTree(state.size, stored_node(connection, state.epoch), keep)
        if tree.root().hex() != (state.root or EMPTY_ROOT.hex()):
            raise Broken(_("The stored entries do not lead to the root that was signed: some were altered."))
        _append_stored(tree, state.epoch, stored)
    except Missing as error:
        raise Broken(_("Entries that were signed are missing: %(what)s.") % {"what": error}) from error
    # Tiles are stored with the leaves that fill them, so these are there already.
    full.clear()
    return _Loaded(state=state, tree=tree, full=full, floor=_Floor())


def _store_waiting(loaded: _Loaded) -> None:
    """Store the leaves of all changes committed by now, and only whole transactions."""
    if connection.vendor == "sqlite":
        # One writer at a time: whatever is committed now is whole, and numbers grow in the order of commits.
        last, after = newest_change(), last_sealed()
        while after < last:
            with transaction.atomic():
                after = _store(loaded, "c.seq > %s AND c.seq <= %s", [after, last]) or last
        return
    _store_snapshot(loaded)


def _store_snapshot(loaded: _Loaded) -> None:
    """The same where many write at once, and a low number may be committed after a high one."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            # One snapshot for all reads: it holds each transaction whole or not at all.
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT pg_snapshot_xmin(s)::text, pg_snapshot_xmax(s)::text FROM pg_current_snapshot() s")
            oldest, next_one = (int(text) for text in cursor.fetchone())
        floor = loaded.floor
        after: int | None = floor.sealed
        while after is not None:
            after = _store(loaded, f"{UNSEALED} AND c.seq > %s", [after])
        highest = last_sealed()
    loaded.floor = floor.risen(oldest=oldest, next_one=next_one, highest=highest)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Floor:
    """Below `sealed` no change can appear any more on PostgreSQL, where a low number may be committed after a high one.

    `candidate` becomes the floor once every transaction that ran when it was noted has ended: a trigger draws its number in
    a transaction that has its id already, so none that began later can hold a number below it.
    """

    sealed: int = 0
    candidate: int = 0
    before: int = 0

    def risen(self, *, oldest: int, next_one: int, highest: int) -> "_Floor":
        if self.before and oldest < self.before:
            return self
        return _Floor(sealed=self.candidate, candidate=highest, before=next_one)


def newest_change() -> int:
    """The highest number of any change, 0 before the first. Plain SQL, since it is asked five times a second."""
    return _highest("trail_change")


def last_sealed() -> int:
    """The highest number of any sealed change, 0 before the first."""
    return _highest("trail_leaf")


def _highest(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max(seq), 0) FROM {table}")  # noqa: S608 # our own names
        return int(cursor.fetchone()[0])


def _store(loaded: _Loaded, condition: str, params: list[Any]) -> int | None:
    """Store one batch of leaves that meet the condition; the last number stored, None when there was none."""
    query = (
        f"SELECT {leaves.columns(connection.vendor)} FROM trail_change c "  # noqa: S608 # our own names
        f"WHERE {condition} ORDER BY c.seq LIMIT {AT_ONCE}"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        waiting = [leaves.Entry._make(row) for row in cursor.fetchall()]
    if not waiting:
        return None
    made = []
    for change in waiting:
        committed = leaves.commitment(change)
        made.append(Leaf(seq=change.seq, epoch=loaded.state.epoch, index=loaded.tree.size, commitment=committed))
        loaded.tree.append(leaf_hash(leaves.leaf_bytes(change, committed)))
    Leaf.objects.bulk_create(made)
    Tile.objects.bulk_create(loaded.full)
    loaded.full.clear()
    return waiting[-1].seq


def _published(state: signer.State) -> Checkpoint:
    """The checkpoint of the state, stored if a pass died before it came to that."""
    stored = Checkpoint.objects.filter(epoch=state.epoch, size=state.size).first()
    if stored is not None:
        return stored
    key = read_key(str(signer.verifier_key(state)))
    try:
        root = open_checkpoint(state.note, key).root
    except NoteError as error:
        raise Broken(_("The signer's state does not hold what it signed.")) from error
    before, now = latest_checkpoint(), timezone.now()
    # The clock may be set back; the order of checkpoints never is.
    at = now if before is None else max(now, before.at)
    return Checkpoint.objects.create(epoch=state.epoch, size=state.size, root=root, note=state.note, at=at)


def latest_checkpoint() -> Checkpoint | None:
    """What was signed last; None before anything was."""
    return Checkpoint.objects.order_by("-id").first()
