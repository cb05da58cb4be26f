#!/usr/bin/env python3
"""Verify an exported trail without trusting whoever exported it; Python 3.11 and the package `cryptography` are all it takes.

It shares no code with the product, on purpose: two implementations of docs/trail.md have to agree. Each epoch of the trail is a
log as c2sp.org/tlog-tiles lays it out: the latest at the top of the folder, earlier ones in epoch/<number>. A command verifies
the whole folder, and answers only if everything holds. Exit code: 0 all that was asked holds, 1 something does not (the first
such thing is named), 2 wrong usage. Witnesses, receipts, differences and spreadsheets: mainstay_witnessed.py.
"""
import argparse
import json
import re
import sys
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import reduce
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Object: TypeAlias = dict[str, Any]
Place: TypeAlias = tuple[int, int]  # epoch, and index or size
Rows: TypeAlias = defaultdict[int, bytearray]  # by h, the hashes of all complete subtrees over 2**h leaves, one behind the other
Entry: TypeAlias = tuple[Place, Object, Object | None]  # where, what the tree holds, and the content if it is disclosed
LEAF = {"actor": str, "at": str, "c": str, "door": str, "key": str, "op": str, "req": str, "seq": int, "table": str, "v": int}
CONTENT = {"actor": str, "before": str | None, "index": int, "reason": str, "row": str | None, "salt": str}
ERASURE, EPOCH = "trail.erasure", "trail.epoch"  # events that the rest is judged by
AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
BROKEN = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, InvalidSignature)  # how bad files fail

def say(line: str) -> None:
    """Tell something beside the answer; what a terminal would take for a command is shown as a mark."""
    sys.stderr.write("".join(letter if letter.isprintable() else "\ufffd" for letter in line) + "\n")

def need(holds: object, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)

@contextmanager
def naming(where: object) -> Iterator[None]:
    try:
        yield
    except BROKEN as error:
        raise ValueError(f"{where}: {str(error) or 'wrong'}") from error

def leaf_hash(leaf: bytes) -> bytes:
    return sha256(b"\0" + leaf).digest()

def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()

def grow(rows: Rows, hashed: bytes, height: int = 0) -> None:
    row = rows[height]
    row += hashed
    if len(row) % 64 == 0:
        grow(rows, node_hash(bytes(row[-64:-32]), bytes(row[-32:])), height + 1)

def root_of(rows: Rows, size: int) -> bytes:
    """The root when the tree had that many leaves (RFC 6962, 2.1), from the subtrees at its right edge."""
    edge = [(rows[height], size >> height) for height in range(size.bit_length()) if size >> height & 1]
    peaks = [bytes(row[32 * count - 32:32 * count]) for row, count in edge]
    return reduce(lambda right, left: node_hash(left, right), peaks) if peaks else sha256().digest()

def exact64(text: str) -> bytes:
    raw = b64decode(text, validate=True)
    need(b64encode(raw).decode() == text, "base64 is not written in its one canonical form")
    return raw

class Key(NamedTuple):
    name: str
    id: bytes
    public: bytes

    def verify(self, signature: bytes, message: bytes) -> None:
        with naming(f"the signature of {self.name}"):
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)

def read_key(text: str, kind: int = 1) -> Key:
    """A verifier key name+id+key (c2sp.org/signed-note)."""
    with naming(f"the key “{text.strip()}”"):
        name, claimed, encoded = [*text.removesuffix("\n").split("+", 2), "", ""][:3]
        key_id = sha256(name.encode() + b"\n" + (raw := exact64(encoded))).digest()[:4]
        need(len(raw) == 33 and raw[0] == kind and re.fullmatch(r"[^\s+]+", name), f"not a name, an id and a key of type {kind}")
        need(key_id.hex() == claimed, "it has another id than it claims")
    return Key(name, key_id, raw[1:])

def read_note(raw: bytes, key: Key) -> tuple[str, bool]:
    """The text, and whether `key` signed it: what others signed is ignored, a wrong signature of this key spoils the note."""
    parts = re.fullmatch(r"(.*\n)\n((?:— [^\s+]+ \S+\n){1,16})", note := raw.decode(), re.DOTALL)
    text, lines = parts.groups() if parts else ("", "")
    need(parts, "a note is a text, an empty line and 1 to 16 lines “— name base64”")
    need(not re.search(r"[\0-\x09\x0b-\x1f]", note), "a note has no control characters")
    signatures = [(line.split(" ")[1], exact64(line.split(" ")[2])) for line in lines.split("\n")[:-1]]
    need(all(len(signature) > 4 for _, signature in signatures), "a signature is longer than its key's id")
    own = [signature[4:] for name, signature in signatures if (name, signature[:4]) == (key.name, key.id)]
    for signature in own:
        key.verify(signature, text.encode())
    return text, bool(own)

def open_checkpoint(raw: bytes, key: Key) -> tuple[int, bytes]:
    """Size and root of what `key` signed of the log with its name (c2sp.org/tlog-checkpoint, without extension lines)."""
    text, signed = read_note(raw, key)
    parts = re.fullmatch(r"([^\n]+)\n(0|[1-9][0-9]{0,18})\n([^\n]+)\n", text)
    origin, size, root = parts.groups() if parts else ("", "", "")
    need(size and len(exact64(root)) == 32, "a checkpoint is origin, size and a root of 32 bytes")
    need(origin == key.name, f"it is of {origin}, not of {key.name}")
    need(signed, f"it was not signed by the key {key.id.hex()}, with which this log is signed now")
    return int(size), exact64(root)

def canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

def parsed(raw: bytes, members: Object) -> Object:
    """A JSON object in the one form of RFC 8785, with exactly these members of these types."""
    value = json.loads(text := raw.decode())
    need(isinstance(value, dict) and canonical(value) == text, "not an object in canonical JSON")
    need(list(value) == sorted(members), f"its members are not {', '.join(members)}")
    wrong = [name for name, kind in members.items() if not isinstance(value[name], kind) or isinstance(value[name], bool)]
    need(not wrong, f"of a wrong type: {', '.join(wrong)}")
    return value  # type: ignore[no-any-return] # a dict, as said above

def lines_of(path: Path, members: Object) -> Iterator[Object]:
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            with naming(f"{path}, line {number}"):
                need(raw.endswith(b"\n"), "cut off")
                yield parsed(raw[:-1], members)

def read_leaf(raw: bytes) -> Object:
    leaf = parsed(raw, LEAF)
    need(leaf["v"] == 1 and leaf["op"] in ("I", "U", "D", "E") and AT.fullmatch(leaf["at"]), "not an entry of version 1")
    return leaf

def commitment(content: Object) -> str:
    salt, held = bytes.fromhex(content["salt"]), canonical([content[name] for name in ("actor", "reason", "before", "row")])
    need(salt.hex() == content["salt"] and len(salt) >= 16, "the salt is not 16 bytes or more in lower case")
    digest = sha256(b"mainstay-change-v1\0" + salt + held.encode()).digest()
    return "c1:" + urlsafe_b64encode(digest).decode().rstrip("=")

def entries_of(raw: bytes) -> Iterator[bytes]:
    """The entries of a bundle, each behind its length in two bytes."""
    while raw:
        end = 2 + int.from_bytes(raw[:2], "big")
        need(len(raw) >= end, "the last entry is cut off")
        yield raw[2:end]
        raw = raw[end:]

def tile_path(level: object, place: int, width: int) -> str:
    name, suffix = f"{place % 1000:03}", f".p/{width}" if width < 256 else ""
    while place := place // 1000:
        name = f"x{place % 1000:03}/{name}"
    return f"tile/{level}/{name}{suffix}"

class Checkpoint(NamedTuple):
    size: int
    root: bytes
    at: str
    note: bytes

class Epoch:
    """One log of the folder: its key, and every checkpoint it signed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.key, self.checkpoints = folder, read_key((folder / "vkey").read_text("utf-8")), list[Checkpoint]()
        self.number, self.last = int(self.key.name.rpartition("/")[2]), Checkpoint(0, b"", "", b"")
        soon, path = f"{datetime.now(UTC) + timedelta(minutes=5):%Y-%m-%dT%H:%M:%S}", folder / "checkpoints.jsonl"
        for number, line in enumerate(lines_of(path, {"at": str, "note": str}), 1):
            with naming(f"{path}, line {number}"):
                found = Checkpoint(*open_checkpoint(note := line["note"].encode(), self.key), line["at"], note)
                need(AT.fullmatch(found.at) and found.at < soon, "its time is none, or in the future")
                need(found.size > self.last.size and found.at >= self.last.at, "sizes and times of checkpoints have to grow")
            self.last = found
            self.checkpoints.append(found)
        is_last = self.checkpoints and (folder / "checkpoint").read_bytes() == self.last.note
        need(is_last, f"{folder / 'checkpoint'}: not the last of checkpoints.jsonl")
        say(f"{self.key.name} key {self.key.id.hex()}: {self.last.size} entries at {self.last.at}, root {self.last.root.hex()}")

class Bundle:
    """A folder: it holds if reading its `entries` to the end raises nothing."""

    def __init__(self, folder: Path, trusted: list[Key], older: list[Path]) -> None:
        self.epochs = sorted(map(Epoch, [folder, *(folder / "epoch").glob("*")]), key=lambda epoch: epoch.number)
        numbers, self.latest = [epoch.number for epoch in self.epochs], self.epochs[-1]
        need(numbers == [*range(numbers[0], numbers[-1] + 1)], f"of the epochs {numbers} one is missing or twice")
        need(self.latest.folder == folder, f"the latest of the epochs {numbers} is not at the top")
        need(not trusted or self.latest.key in trusted, f"the key {self.latest.key.id.hex()} is not one you trust")
        self.older, self.seqs, self.hidden = list[tuple[str, Epoch, int, bytes]](), set[int](), 0
        self.altered = dict[int, tuple[Place, str]]()  # change -> its entry, commitment to the content that is here instead
        self.erased = dict[int, tuple[Place, str, str]]()  # change -> entry that erased it, commitment to what is left, in words
        for path in older:
            with naming(path):
                epochs = [epoch for epoch in self.epochs if path.read_bytes().startswith(f"{epoch.key.name}\n".encode())]
                need(epochs, "the log that it is of is not here")
                size, root = open_checkpoint(path.read_bytes(), epochs[0].key)
                need(size, "a checkpoint of no entries proves nothing")
                need(size <= (here := epochs[0].last.size), f"{size} entries were signed, {here} are here: the end was cut off")
                self.older.append((str(path), epochs[0], size, root))
        if not older:
            say("not checked: whether the past was rewritten before this export: no older checkpoint was given (--old)")
        if not trusted:
            say("not checked: who signed: no key was given (--key), and the one in the folder proves nothing")
        say("not checked: times of checkpoints, if any was left out, README, scripts: nobody signed them, see SHA256SUMS")

    def entries(self) -> Iterator[Entry]:
        """Every entry in order; whether altered content was erased is known only after the last."""
        for before, epoch in zip([None, *self.epochs], self.epochs, strict=False):
            yield from self.walk(before, epoch)
        for seq, (place, left) in self.altered.items():
            by, where = self.erased.get(seq, (place, "", "")), f"epoch {place[0]}, entry {place[1]}"
            need(by[0] > place and by[1] == left, f"{where}: private.jsonl holds other content than was sealed")
        if self.hidden:
            say(f"not checked: content of {self.hidden} entries: not disclosed to whom this was made for")

    def walk(self, before: Epoch | None, epoch: Epoch) -> Iterator[Entry]:
        """Rebuild the tree of one log from its entries, and hold against it every content, tile and checkpoint."""
        rows, files, contents = Rows(bytearray), set[Path](), lines_of(epoch.folder / "private.jsonl", CONTENT)
        following = next(contents, None)
        for start in range(0, epoch.last.size, 256):
            files.add(path := epoch.folder / tile_path("entries", start // 256, width := min(256, epoch.last.size - start)))
            with naming(path):
                raws = list(entries_of(path.read_bytes()))
                need(len(raws) == width, f"it holds {len(raws)} entries, not {width}")
            for index, raw in enumerate(raws, start):
                content = following if following and following["index"] == index else None
                following = next(contents, None) if content else following
                with naming(f"epoch {epoch.number}, entry {index}"):
                    leaf = self.look((epoch.number, index), raw, content)
                    if index == 0 and epoch.number > 1:
                        self.look_back(before, epoch, leaf, content)
                grow(rows, leaf_hash(raw))
                yield (epoch.number, index), leaf, content
        need(not following, f"{epoch.folder}/private.jsonl: entry {following and following['index']} is not next, or not there")
        for level, row in ((height // 8, row) for height, row in rows.items() if height % 8 == 0):
            for start in range(0, len(row), 256 * 32):
                hashes = row[start:start + 256 * 32]
                files.add(path := epoch.folder / tile_path(level, start // (256 * 32), len(hashes) // 32))
                stored, each = path.read_bytes(), range(0, len(hashes), 32)
                wrong = [str((start + at) // 32) for at in each if stored[at:at + 32] != hashes[at:at + 32]]
                need(stored == hashes, f"{path}: not the hashes of {'nodes' if level else 'entries'} {', '.join(wrong)}")
        signed = [(f"checkpoint {point.size}", epoch, point.size, point.root) for point in epoch.checkpoints]
        for who, of, size, root in signed + self.older:
            holds = of != epoch or root == root_of(rows, size)
            need(holds, f"{who}: was not signed over the first {size} entries of epoch {of.number}")
        strangers = {path for path in (epoch.folder / "tile").rglob("*") if path.is_file()} - files
        need(not strangers, f"files that are not of this log: {', '.join(map(str, sorted(strangers)))}")

    def look(self, place: Place, raw: bytes, content: Object | None) -> Object:
        """One entry: its form, and that its content is what it committed to, or may be what an erasure left of it."""
        leaf = read_leaf(raw)
        need(leaf["seq"] not in self.seqs, f"the change {leaf['seq']} is entered twice")
        self.seqs.add(leaf["seq"])
        if content is None:
            self.hidden += 1
            need(leaf["table"] not in (ERASURE, EPOCH), f"the content of {leaf['table']} has to be disclosed")
            return leaf
        actor, committed = content["actor"], commitment(content)
        named = actor if actor.startswith(("user:", "token:")) else actor.partition(":")[0]
        need(named == leaf["actor"], f"private.jsonl says “{named}” did it, the entry says “{leaf['actor']}”")
        if committed != leaf["c"]:
            need(leaf["table"] not in (ERASURE, EPOCH), "private.jsonl holds other content than was sealed")
            self.altered[leaf["seq"]] = place, committed
        elif leaf["table"] == ERASURE:
            row = json.loads(content["row"])
            words = f"erased by entry {place[1]} of epoch {place[0]} at {leaf['at']}: {row['why']}"
            self.erased |= {int(seq): (place, left, words) for seq, left in row["changes"].items()}
            say(f"content of {len(row['changes'])} entries {words}")
        return leaf

    def look_back(self, before: Epoch | None, epoch: Epoch, leaf: Object, content: Object | None) -> None:
        """A new epoch begins with what was last signed of the one before, so nothing of that can be dropped in silence."""
        need(leaf["table"] == EPOCH and content, "a new epoch begins with the event trail.epoch")
        row = json.loads((content or {})["row"])
        why = f"epoch {epoch.number} began ({row['why']})"
        if before is None or not row["before"]:
            need(not row["before"], f"{why} after another one, which is not here")
            say(f"not checked: whether more was ever signed before {why}: it names no checkpoint")
            return
        size, root = open_checkpoint(row["before"].encode(), before.key)
        here, number = before.last, before.number
        found = row.get("found") or {"size": here.size, "root": here.root.hex()}  # what was there then, signed or not
        known = min(size, found["size"])
        need(here.size <= known, f"{here.size} entries of epoch {number} were signed, the new one knows of {known}")
        need(here.size == size or found["size"] < size, f"of {size} signed entries of epoch {number} some were cut off since")
        ends = [end for its, end in ((size, root.hex()), (found["size"], found["root"])) if its == here.size]
        need(set(ends) <= {here.root.hex()}, f"the end of epoch {number} is not the one it knows")
        lost = f": {size - here.size} OF THEM ARE LOST, {here.size} are here" if size > here.size else ""
        say(f"{why} after {size} signed entries of the one before{lost}")

def moment(bundle: Bundle, text: str, zone: str) -> Place:
    """The epoch and size that were current at a time, or at the end of a date, in that zone."""
    when = datetime.fromisoformat(text if "T" in text else f"{text}T23:59:59.999999")
    when = when if when.tzinfo else when.replace(tzinfo=ZoneInfo(zone))
    until = f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    found = [(epoch.number, point.size) for epoch in bundle.epochs for point in epoch.checkpoints if point.at <= until]
    need(found, f"nothing was signed by {until}")
    return found[-1]

def verify(bundle: Bundle, _asked: argparse.Namespace) -> list[str]:
    for _ in bundle.entries():
        pass
    return []

def reveal(bundle: Bundle, asked: argparse.Namespace) -> list[str]:
    """An entry, its content, and if that was erased, when and why."""
    epoch, _, index = asked.what.rpartition("/")
    wanted = int(epoch or bundle.latest.number), int(index)
    found = [(leaf, content) for place, leaf, content in bundle.entries() if place == wanted]
    need(found, f"there is no entry {asked.what}")
    leaf, content = found[0]
    told = canonical(content) if content else "not disclosed to whom this was made for"
    return [f"entry {canonical(leaf)}", *bundle.erased.get(leaf["seq"], ())[2:], f"content {told}"]

def state_at(bundle: Bundle, asked: argparse.Namespace) -> list[str]:
    """The records of a table, or of all: the latest change of each key below the checkpoint."""
    until, latest = moment(bundle, asked.what, asked.zone), dict[tuple[str, str], tuple[int, str, str | None]]()
    for place, leaf, content in bundle.entries():
        key = leaf["table"], leaf["key"]
        if place < until and leaf["op"] != "E" and asked.table in ("", key[0]) and leaf["seq"] > latest.get(key, (0,))[0]:
            latest[key] = leaf["seq"], leaf["op"], content["row"] if content else None
    there = {key: row and json.loads(row) for key, (_, op, row) in latest.items() if op != "D"}
    unseen = list(there.values()).count(None)
    say(f"epoch {until[0]}, first {until[1]} entries: {len(there)} records, {unseen} of them not disclosed")
    return [canonical({"table": table, "key": key, "row": row}) for (table, key), row in there.items()]

def answer(ask: Callable[[], list[str]]) -> int:
    try:
        told = ask()
    except BROKEN as error:
        say(f"FAILED: {str(error) or repr(error)}")
        return 1
    sys.stdout.write("".join(f"{line}\n" for line in told))
    say("All that was asked holds.")
    return 0

COMMANDS = {"verify": verify, "reveal": reveal, "at": state_at}

def main(given: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="mainstay-verify", description="Verify a trail that Mainstay exported.")
    parser.add_argument("command", choices=COMMANDS, help="just verify, reveal one entry, or rebuild the records at a date")
    parser.add_argument("folder", type=Path)
    parser.add_argument("what", nargs="?", help="reveal: N or EPOCH/N; at: a date or a time")
    parser.add_argument("--key", action="append", default=[], help="the verifier key of the log that you trust")
    parser.add_argument("--old", type=Path, action="append", default=[], help="a checkpoint that you got earlier")
    parser.add_argument("--zone", default="UTC", help="in which dates and times are, as Europe/Berlin")
    parser.add_argument("--table", default="", help="at: only its records")
    asked = parser.parse_args(given)
    if (asked.what is None) != (asked.command == "verify"):
        parser.error("reveal takes an entry, at a date, verify neither")
    say("not checked: whether others saw the same log: for the signatures of witnesses there is mainstay_witnessed.py")
    return answer(lambda: COMMANDS[asked.command](Bundle(asked.folder, [*map(read_key, asked.key)], asked.old), asked))

if __name__ == "__main__":
    sys.exit(main())
