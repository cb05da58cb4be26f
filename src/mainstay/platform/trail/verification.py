"""Proving the trail on the installation: tree, checkpoints and signer agree, and the live tables are what the trail says.

Everything is recomputed from the stored changes; nothing is believed because a table says it. What is found is named: which
entry, which checkpoint, which table, row and column.
"""

import json
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db import connection, models
from django.utils import timezone

from mainstay.kit.merkle import EMPTY_ROOT, leaf_hash
from mainstay.kit.signed_note import Checkpoint as Signed
from mainstay.kit.signed_note import NoteError, open_checkpoint, read_key
from mainstay.platform.trail import leaves, live_rows, signer, triggers
from mainstay.platform.trail.erased import replaced_contents
from mainstay.platform.trail.events import EPOCH
from mainstay.platform.trail.models import Change, Checkpoint, Key, Leaf, Tile
from mainstay.platform.trail.sealing import BEHIND
from mainstay.platform.trail.tree import WIDTH, GrowingTree, stored_node

MOST_FINDINGS = 200
"""More of a kind are counted, not listed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that does not hold. `kind` is stable; the rest says where: what applies is filled."""

    kind: str
    message: str
    seq: int | None = None
    table: str = ""
    key: str = ""
    columns: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Result:
    """What was looked at, and everything that did not hold. `proves` only when nothing was found."""

    entries: int = 0
    epochs: int = 0
    checkpoints: int = 0
    rows: int = 0
    erased: int = 0
    root: str = ""
    breaks: list[str] = field(default_factory=list)
    """Where an epoch ended and a new one was begun by decision: nothing hidden, and not nothing."""
    findings: list[Finding] = field(default_factory=list)
    unlisted: int = 0

    @property
    def proves(self) -> bool:
        return not self.findings

    def add(self, kind: str, message: str, **where: Any) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(kind=kind, message=message, **where))
        else:
            self.unlisted += 1


Step = Callable[[int, int, object], object]
"""Told how much is done, of how much."""


def verify(*, held: Sequence[str] = (), step: Step = lambda done, total, message: None) -> Result:
    """Prove the whole trail. `held` are signed notes that somebody kept from before: each must still be true."""
    result = Result()
    total = Leaf.objects.count()
    keys = _keys(result)
    _strangers(result, keys, held)
    erased = replaced_contents(connection)
    sizes: dict[int, GrowingTree] = {}
    done = 0
    for epoch in sorted({*keys, *Leaf.objects.values_list("epoch", flat=True).distinct()}):
        wanted = _wanted(result, epoch, keys, held)
        sizes[epoch] = _rebuild(result, epoch, wanted, erased, lambda some: step(done + some, total, ""))  # noqa: B023 # used at once
        done += sizes[epoch].size
        result.epochs += 1
    result.entries = done
    _signer(result, sizes)
    _breaks(result, sizes)
    _unsealed(result)
    _live(result)
    for name in triggers.problems(connection):
        result.add("trigger", f"The trigger {name} is missing, off or altered: changes may have gone unseen.")
    return result


# Checkpoints


@dataclass(kw_only=True)
class _Wanted:
    """Roots that the tree must have at certain sizes, each with who says so."""

    roots: dict[int, list[tuple[bytes, str]]] = field(default_factory=dict)

    def expect(self, signed: Signed, who: str) -> None:
        self.roots.setdefault(signed.size, []).append((signed.root, who))


def _keys(result: Result) -> dict[int, str]:
    keys = dict(Key.objects.order_by("epoch").values_list("epoch", "verifier_key"))
    if list(keys) != list(range(1, len(keys) + 1)):
        result.add("key", f"There are keys of the epochs {sorted(keys)}: one is missing.")
    state = _state(result)
    if state is not None and keys and keys.get(state.epoch) != str(signer.verifier_key(state)):
        result.add("key", f"The key of epoch {state.epoch} is not the signer's.")
    return keys


def _wanted(result: Result, epoch: int, keys: Mapping[int, str], held: Sequence[str]) -> _Wanted:
    wanted = _Wanted()
    try:
        key = read_key(keys.get(epoch, ""))
    except NoteError as error:
        result.add("key", f"The key of epoch {epoch} cannot be used: {error}.")
        return wanted
    last_size, last_at = -1, None
    for stored in Checkpoint.objects.filter(epoch=epoch).order_by("id").iterator():
        result.checkpoints += 1
        try:
            signed = open_checkpoint(stored.note, key)
        except NoteError as error:
            result.add("checkpoint", f"The checkpoint of size {stored.size} in epoch {epoch} is not what was signed: {error}.")
            continue
        if signed.size != stored.size or signed.root != bytes(stored.root):
            result.add("checkpoint", f"The stored size or root of checkpoint {stored.size} is not the signed one.")
        if signed.size <= last_size or (last_at is not None and stored.at < last_at):
            result.add("checkpoint", f"The checkpoint of size {stored.size} in epoch {epoch} is out of order.")
        last_size, last_at = signed.size, stored.at
        wanted.expect(signed, "a stored checkpoint")
    for note in held:
        if note.split("\n", 1)[0] != key.name:
            continue
        try:
            wanted.expect(open_checkpoint(note, key), "the checkpoint that you hold")
        except NoteError as error:
            result.add("held", f"The checkpoint that you hold is not signed with the key of epoch {epoch}: {error}.")
    return wanted


def _strangers(result: Result, keys: Mapping[int, str], held: Sequence[str]) -> None:
    names = {text.partition("+")[0] for text in keys.values()}
    for origin in (note.split("\n", 1)[0] for note in held):
        if origin not in names:
            result.add("held", f"The checkpoint that you hold is of another log: {origin[:80]}.")


def _state(result: Result) -> signer.State | None:
    try:
        return signer.read()
    except ValueError as error:
        result.add("signer", f"The signer's state cannot be read: {error}.")
        return None


def _signer(result: Result, trees: Mapping[int, GrowingTree]) -> None:
    state = _state(result)
    if state is None:
        if trees:
            result.add("signer", "The signer has no state: nobody can say how far the trail had come.")
        return
    tree = trees.get(state.epoch)
    size = tree.size if tree is not None else 0
    if size < state.size:
        result.add("cut", f"{state.size} entries were signed and {size} are there: the end was cut off, or a backup restored.")
    result.root = (tree.root() if tree is not None else EMPTY_ROOT).hex()
    if size == state.size and state.size and result.root != state.root:
        result.add("signer", f"The root over all {size} entries is not the one that was signed last.")


def _breaks(result: Result, trees: Mapping[int, GrowingTree]) -> None:
    begun = Change.objects.filter(table=EPOCH, op=Change.Operation.EVENT).order_by("seq")
    told = {int(change.pk_text): json.loads(change.row or "{}") for change in begun}
    for epoch in sorted(trees)[1:]:
        details = told.get(epoch)
        if details is None:
            result.add("epoch", f"Epoch {epoch} does not say why it was begun, nor what was signed before it.")
            continue
        before = details["epoch"]
        signed = int(details["before"].split("\n")[1]) if details["before"] else 0
        there = trees[before].size if before in trees else 0
        found = details.get("found")
        if found and found["size"] == there and trees[before].root().hex() != found["root"]:
            result.add("root", f"The {there} entries of epoch {before} are not those that were there when epoch {epoch} began.")
        elif found and found["size"] != there:
            result.add("cut", f"When epoch {epoch} was begun, epoch {before} had {found['size']} entries; {there} are there.")
        lost = f"{signed - there} of them are not there any more" if signed > there else "all of them are there"
        result.breaks.append(
            f"Epoch {epoch} was begun after {signed} signed entries of epoch {before}; {lost}. Reason: {details['why']}"
        )


def _unsealed(result: Result) -> None:
    """Changes that should have been sealed: the sequencer takes all that is committed within moments."""
    before = timezone.now() - BEHIND
    unsealed = Change.objects.filter(at__lt=before).exclude(
        models.Exists(Leaf.objects.filter(seq=models.OuterRef("seq")))
    ).order_by("seq")
    for seq, table, key in unsealed.values_list("seq", "table", "pk_text")[:MOST_FINDINGS]:
        result.add("unsealed", f"Change {seq} was never sealed.", seq=seq, table=table, key=key)


# The tree


def _rebuild(
    result: Result, epoch: int, wanted: _Wanted, erased: Mapping[int, bytes], step: Callable[[int], object]
) -> GrowingTree:
    """The tree of an epoch from its changes, each entry compared with its tile and its content, each root with who claims it."""
    tree = GrowingTree(0, stored_node(connection, epoch), partial(_tile, result, epoch))
    sizes = sorted(wanted.roots)
    next_size = bisect_right(sizes, 0)
    last_good = 0
    for found in _entries(epoch):
        for *content, index, seq, committed in found:
            if index != tree.size:
                result.add("gap", f"The entries {tree.size} to {index - 1} of epoch {epoch} are missing.")
                return tree
            if content[0] is None:
                result.add("missing", f"Entry {index} of epoch {epoch} seals change {seq}, which is gone.", seq=seq)
                return tree
            change = leaves.Entry._make(content)
            if leaves.commitment(change) != committed:
                _content(result, change, erased)
            tree.append(leaf_hash(leaves.leaf_bytes(change, committed)))
            if next_size < len(sizes) and tree.size == sizes[next_size]:
                last_good = _root(result, epoch, tree, wanted, last_good)
                next_size += 1
        step(tree.size)
    for size in sizes[next_size:]:
        result.add("cut", f"By {wanted.roots[size][0][1]}, epoch {epoch} had {size} entries; {tree.size} are there.")
    if any(root != EMPTY_ROOT for root, _who in wanted.roots.get(0, ())):
        result.add("root", f"A checkpoint of epoch {epoch} gives a root to no entries.")
    return tree


def _entries(epoch: int) -> Iterator[list[tuple[Any, ...]]]:
    """The entries in batches: the change, which may be gone, then place, number and commitment of the leaf."""
    query = (
        f'SELECT {leaves.columns(connection.vendor)}, l."index", l.seq, l.commitment '  # noqa: S608 # our own names
        'FROM trail_leaf l LEFT JOIN trail_change c ON c.seq = l.seq WHERE l.epoch = %s ORDER BY l."index"'
    )
    with connection.chunked_cursor() as cursor:
        cursor.execute(query, [epoch])
        while found := cursor.fetchmany(leaves.FETCHED_AT_ONCE):
            yield found


def _content(result: Result, change: leaves.Entry, erased: Mapping[int, bytes]) -> None:
    """A content that is not the sealed one: erased, if an erasure says what stands there now."""
    if erased.get(change.seq) == leaves.commitment(change):
        result.erased += 1
        return
    what = "actor, reason or values" if change.op != Change.Operation.EVENT else "details"
    result.add(
        "content", f"The {what} of change {change.seq} ({change.table} {change.key}, {change.at}) are not what was sealed.",
        seq=change.seq, table=change.table, key=change.key,
    )


def _tile(result: Result, epoch: int, level: int, place: int, computed: bytes) -> None:
    """Compare a tile with the stored one, so that an altered entry is named."""
    stored = Tile.objects.filter(epoch=epoch, level=level, place=place).values_list("hashes", flat=True).first()
    if stored is None or bytes(stored) != computed:
        _name(result, epoch, level, place, None if stored is None else bytes(stored), computed)


def _name(result: Result, epoch: int, level: int, place: int, stored: bytes | None, computed: bytes) -> None:
    if stored is None or len(stored) != 32 * WIDTH:
        result.add("tile", f"The tile {level}/{place} of epoch {epoch} is missing or damaged.")
        return
    wrong = [place * WIDTH + at // 32 for at in range(0, 32 * WIDTH, 32) if stored[at:at + 32] != computed[at:at + 32]]
    where = f"{wrong[0]}" if len(wrong) == 1 else f"{wrong[0]} and {len(wrong) - 1} more"
    if level:
        result.add("tile", f"The tile {level}/{place} of epoch {epoch} does not follow from the tiles below it.")
        return
    seq = Leaf.objects.filter(epoch=epoch, index=wrong[0]).values_list("seq", flat=True).first()
    result.add("entry", f"Entry {where} of epoch {epoch} is not what its tile holds: one of them was altered.", seq=seq)


def _root(result: Result, epoch: int, tree: GrowingTree, wanted: _Wanted, last_good: int) -> int:
    root = tree.root()
    for claimed, who in wanted.roots[tree.size]:
        if claimed != root:
            result.add(
                "root", f"At {tree.size} entries the root of epoch {epoch} is not that of {who}: "
                f"something among the entries {last_good} to {tree.size - 1} was altered, removed or put in.",
            )
            return last_good
    return tree.size


# The live tables


def _live(result: Result) -> None:
    """Every row of every table against the last change of its key: what was edited behind the trail shows, down to the column."""
    queries = triggers.rows_queries(connection.vendor)
    for table, query in queries.items():
        for key, live, told in live_rows.stands(table, query):
            result.rows += 1
            columns = live_rows.differing(table, live, told)
            if columns is None:
                continue
            if told is None:
                message = f"{table} {key} is in the table, and the trail never saw it come."
            elif live is None:
                message = f"{table} {key} is gone from the table, and the trail never saw it go."
            else:
                message = f"{table} {key} was changed behind the trail: {', '.join(columns)}."
            result.add("row", message, table=table, key=key, columns=columns)
