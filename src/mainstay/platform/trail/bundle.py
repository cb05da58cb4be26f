"""The trail in the hands of others: as a folder that verifies itself without us, and as a receipt for a single change.

Each epoch becomes a static log (c2sp.org/tlog-tiles) with, beside it, the contents that the receiver may see; the latest is at
the top of the folder, so any client of such logs reads it. `docs/trail.md` describes the files.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import file_digest
from importlib.resources import files
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from mainstay.kit.merkle import inclusion_proof, leaf_hash, verify_inclusion
from mainstay.kit.signed_note import MOST_SIGNATURES, NoteError, open_checkpoint, read_key
from mainstay.platform.records.errors import NotFound, RuleViolation
from mainstay.platform.trail.events import EPOCH, ERASURE
from mainstay.platform.trail.leaves import Entry, leaf_bytes
from mainstay.platform.trail.models import Anchor, Attestation, Checkpoint, Key, Leaf
from mainstay.platform.trail.sequencer import Broken
from mainstay.platform.trail.tree import WIDTH, GrowingTree, Missing, sealed_changes, stored_node

See = Callable[[Entry], bool]
VERIFIER, BEYOND = "mainstay_verify.py", "mainstay_witnessed.py"
README = """\
This is the trail of changes of {origin}, exported at {at}: {entries} entries, the content of {disclosed} of them.

Verify it on your own computer, with Python 3.11 and its package `cryptography`:

    python {verifier} verify . --key '{key}'

Compare the key with one that did not come with this folder, and keep the file `checkpoint`: with the next export, `--old`
shows that nothing of this one was changed since. `python {verifier} --help` tells what else can be asked; dates end in the
zone of the installation with `--zone {zone}`. {beyond}, which needs {verifier} beside it, knows witnesses, receipts,
differences and spreadsheets, and holds all files against SHA256SUMS.

checkpoint, tile/    the log, as c2sp.org/tlog-tiles lays it out; each entry is JSON, its member c commits to the content
vkey                 the key that signed it, as the folder says
checkpoints.jsonl    every state that was ever signed, with the time
private.jsonl        contents and salts, of the entries whose content you may see
epoch/               logs before this one, if the trail had to begin anew; the first entry says why
SHA256SUMS           for `sha256sum --check`; nobody signed it
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What a bundle holds: its latest origin with the key, and how many entries with how many contents, of all epochs."""

    origin: str
    verifier_key: str
    entries: int
    disclosed: int


def write_bundle(
    folder: Path, *, see: See | None = None, since: datetime | None = None, until: Checkpoint | None = None
) -> Written:
    """Write everything sealed by `until`, or by now; the contents of the changes that `see` allows, of those since then only.

    The log itself is always whole, or nobody could verify it. Raises RuleViolation if the folder has files or nothing is sealed.
    """
    if folder.exists() and any(folder.iterdir()):
        raise RuleViolation(_("The folder %(folder)s is not empty.") % {"folder": folder}, code="not_empty")
    folder.mkdir(parents=True, exist_ok=True)
    with _one_moment():
        signed = Checkpoint.objects.filter(id__lte=until.pk) if until is not None else Checkpoint.objects.all()
        latest = {point.epoch: point for point in signed.order_by("id")}
        if not latest:
            raise RuleViolation(_("Nothing is sealed yet."), code="not_sealed")
        entries = disclosed = 0
        for epoch, point in sorted(latest.items()):
            place = folder if epoch == max(latest) else folder / "epoch" / str(epoch)
            place.mkdir(parents=True, exist_ok=True)
            disclosed += _write_epoch(place, point, lambda change: _is_seen(change, see, since))
            entries += point.size
        key = Key.objects.get(epoch=max(latest)).verifier_key
    written = Written(origin=read_key(key).name, verifier_key=key, entries=entries, disclosed=disclosed)
    _write_companions(folder, written)
    return written


@contextmanager
def _one_moment() -> Iterator[None]:
    """Read the database as it is now, however long reading takes and whatever is sealed or erased meanwhile."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        with connection.cursor() as cursor:
            # Deferred: unlike the product's own transactions, this one must not keep others from writing.
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")


def _is_seen(change: Entry, see: See | None, since: datetime | None) -> bool:
    if change.table in (ERASURE, EPOCH):
        return True
    if since is not None and change.at < _stamp(since):
        return False
    return see is None or see(change)


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _write_epoch(folder: Path, latest: Checkpoint, is_seen: See) -> int:
    """One log; how many contents went with it."""
    (folder / "vkey").write_text(Key.objects.get(epoch=latest.epoch).verifier_key + "\n", "utf-8")
    witnessed = _witnessed(latest.epoch)
    (folder / "checkpoint").write_bytes((latest.note + witnessed.get(latest.size, "")).encode())
    with (folder / "checkpoints.jsonl").open("wb") as file:
        until = Checkpoint.objects.filter(epoch=latest.epoch, size__lte=latest.size)
        signed = until.order_by("size").values_list("at", "note", "size")
        for at, note, size in signed.iterator(chunk_size=2_000):
            file.write(_line({"at": _stamp(at), "note": note + witnessed.get(size, "")}))
    tree = GrowingTree(0, stored_node(connection, latest.epoch), lambda *tile: _write_tile(folder, *tile))
    with (folder / "private.jsonl").open("wb") as contents:
        disclosed = sum(
            _write_entries(folder, tree, found, contents, is_seen)
            for found in _in_bundles(latest.epoch, latest.size)
        )
    for tile in tree.open_tiles():
        _write_tile(folder, *tile)
    return disclosed


def _witnessed(epoch: int) -> dict[int, str]:
    """The signature lines that witnesses gave, by the size of the checkpoint; a note has 16 signatures at most, one is ours."""
    found: dict[int, list[str]] = {}
    given = Attestation.objects.filter(epoch=epoch, kind=Anchor.Kind.WITNESS).order_by("id")
    for size, line in given.values_list("size", "text"):
        found.setdefault(size, []).append(line.rstrip("\n") + "\n")
    return {size: "".join(lines[:MOST_SIGNATURES - 1]) for size, lines in found.items()}


def _in_bundles(epoch: int, size: int) -> Iterator[list[tuple[Entry, bytes]]]:
    for start in range(0, size, WIDTH):
        end = min(size, start + WIDTH)
        found = sealed_changes(connection, epoch, start, end)
        if len(found) != end - start:
            raise Broken(_("Entries that were signed are missing: %(what)s.") % {"what": f"{epoch}/{start}-{end - 1}"})
        yield found


def _write_entries(
    folder: Path, tree: GrowingTree, found: list[tuple[Entry, bytes]], contents: BinaryIO, is_seen: See
) -> int:
    """A bundle of entries and the contents that go with it."""
    start, raws, disclosed = tree.size, [], 0
    for index, (change, committed) in enumerate(found, start):
        leaf = leaf_bytes(change, committed)
        raws.append(len(leaf).to_bytes(2, "big") + leaf)
        tree.append(leaf_hash(leaf))
        if is_seen(change):
            disclosed += 1
            contents.write(_line({
                "actor": change.actor, "before": change.before, "index": index, "reason": change.reason, "row": change.row,
                "salt": change.salt.hex(),
            }))
    _write(folder / tile_path("entries", start // WIDTH, len(found)), b"".join(raws))
    return disclosed


def _write_tile(folder: Path, level: int, place: int, hashes: bytes) -> None:
    _write(folder / tile_path(str(level), place, len(hashes) // 32), hashes)


def tile_path(level: str, place: int, width: int) -> str:
    """Where tlog-tiles keeps a tile or a bundle of entries: three digits of its number to a folder."""
    groups = f"{place:,}".split(",")
    groups[0] = groups[0].zfill(3)
    name = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return f"tile/{level}/{name}" + ("" if width == WIDTH else f".p/{width}")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _line(value: dict[str, object]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _write_companions(folder: Path, written: Written) -> None:
    """What to read, what to verify with, and the list of all files."""
    for script in (VERIFIER, BEYOND):
        (folder / script).write_bytes((files("mainstay.offline") / script).read_bytes())
    told = README.format(
        origin=written.origin, at=_stamp(datetime.now(UTC)), entries=written.entries, disclosed=written.disclosed,
        verifier=VERIFIER, beyond=BEYOND, key=written.verifier_key, zone=settings.TIME_ZONE,
    )
    (folder / "README").write_text(told, "utf-8")
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    with (folder / "SHA256SUMS").open("w", encoding="utf-8") as sums:
        for name in names:
            with (folder / name).open("rb") as file:
                sums.write(f"{file_digest(file, 'sha256').hexdigest()}  {name}\n")


def receipt(seq: int) -> str:
    """A proof that the change of that number is sealed, for whoever has the key (c2sp.org/tlog-proof, with the entry as extra).

    Raises NotFound while it is not sealed, Broken when what is stored does not lead to what was signed.
    """
    leaf = Leaf.objects.filter(seq=seq).first()
    point = _checkpoint_over(leaf) if leaf else None
    if leaf is None or point is None:
        raise NotFound(_("No change %(seq)s is sealed.") % {"seq": seq})
    try:
        signed = open_checkpoint(point.note, read_key(Key.objects.get(epoch=leaf.epoch).verifier_key))
        ((change, committed),) = sealed_changes(connection, leaf.epoch, leaf.index, leaf.index + 1)
        entry = leaf_bytes(change, committed)
        path = inclusion_proof(leaf.index, signed.size, stored_node(connection, leaf.epoch))
        verify_inclusion(leaf.index, signed.size, leaf_hash(entry), path, signed.root)
    except (Missing, NoteError, ValueError) as error:
        raise Broken(_("The change %(seq)s is not as it was sealed.") % {"seq": seq}) from error
    lines = ["c2sp.org/tlog-proof@v1", f"extra {b64encode(entry).decode()}", f"index {leaf.index}"]
    note = point.note + _witnessed(leaf.epoch).get(point.size, "")
    return "\n".join([*lines, *(b64encode(item).decode() for item in path), "", note])


def _checkpoint_over(leaf: Leaf) -> Checkpoint | None:
    """The latest that covers the leaf, of those that witnesses cosigned if there are any."""
    points = Checkpoint.objects.filter(epoch=leaf.epoch, size__gt=leaf.index).order_by("-size")
    cosigned = Attestation.objects.filter(epoch=leaf.epoch, kind=Anchor.Kind.WITNESS)
    return points.filter(size__in=cosigned.values("size")).first() or points.first()
