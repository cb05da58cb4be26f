#!/usr/bin/env python3
"""Verify an exported trail without trusting whoever exported it; Python 3.11 and the package `cryptography` are all it takes.

It shares no code with the product, on purpose: two implementations of docs/trail.md have to agree. Each epoch of the trail is a
log as c2sp.org/tlog-tiles lays it out: the latest at the top of the folder, earlier ones in epoch/<number>. Every command on a
folder verifies all of it first, and answers only if everything holds. Exit code: 0 all that was asked holds, 1 something does
not (each failure is named), 2 wrong usage.
"""
import argparse
import csv
import json
import re
import sys
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from hashlib import file_digest, sha256
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Object: TypeAlias = dict[str, Any]
Place: TypeAlias = tuple[int, int]  # epoch, and index or size
Visit: TypeAlias = Callable[[Place, Object, Object | None], None]
MOST_SHOWN = 20
ERASURE, EPOCH = "trail.erasure", "trail.epoch"  # events that the rest is judged by
AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)

BROKEN = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)  # what reading bad files can end in

class Fault(ValueError):
    """Something that does not hold, in words that name the file or the entry."""

def need(holds: object, otherwise: str) -> None:
    if not holds:
        raise Fault(otherwise)

# The tree (RFC 6962, 2.1)

def leaf_hash(leaf: bytes) -> bytes:
    return sha256(b"\0" + leaf).digest()

def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()

class Tree:
    """The peaks of a growing tree; `whole(level, hash)` hears of every complete subtree over 256**level leaves, in order."""

    def __init__(self, whole: Callable[[int, bytes], None] = lambda level, hashed: None) -> None:
        self.size, self.whole, self.peaks = 0, whole, list[tuple[int, bytes]]()

    def append(self, hashed: bytes) -> None:
        self.size, height = self.size + 1, 0
        self.whole(0, hashed)
        while self.peaks and self.peaks[-1][0] == height:
            height, hashed = height + 1, node_hash(self.peaks.pop()[1], hashed)
            if height % 8 == 0:
                self.whole(height // 8, hashed)
        self.peaks.append((height, hashed))

    def root(self) -> bytes:
        root = self.peaks[-1][1] if self.peaks else sha256().digest()
        for _, peak in self.peaks[-2::-1]:
            root = node_hash(peak, root)
        return root

def root_by_path(index: int, size: int, hashed: bytes, path: list[bytes]) -> bytes:
    """The root that an inclusion proof leads to, by the recursive definition of the path (2.1.1)."""
    need(0 <= index < size and all(len(item) == 32 for item in (hashed, *path)), "the proof is not of a leaf in such a tree")
    need((size == 1) == (not path), "the proof is longer or shorter than the tree is deep")
    if size == 1:
        return hashed
    half = 1 << (size - 1).bit_length() - 1
    if index < half:
        return node_hash(root_by_path(index, half, hashed, path[:-1]), path[-1])
    return node_hash(path[-1], root_by_path(index - half, size - half, hashed, path[:-1]))

# Keys, signed notes and policies (c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature, tlog-policy)

def exact64(text: str) -> bytes:
    raw = b64decode(text, validate=True)
    need(b64encode(raw).decode() == text, "base64 is not written in its one canonical form")
    return raw

class Key(NamedTuple):
    name: str
    id: bytes
    kind: int
    public: bytes

    def signed(self, text: str, signature: bytes) -> bool:
        message = text.encode()
        if self.kind == 4:  # a witness puts the time before the signature, and signs both
            message = b"cosignature/v1\ntime %d\n" % int.from_bytes(signature[:8], "big") + message
            signature = signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True

def read_key(text: str, kind: int = 1) -> Key:
    name, claimed, encoded = [*text.removesuffix("\n").split("+", 2), "", ""][:3]
    raw, wrong = exact64(encoded), f"“{text.strip()}” is not a verifier key of type {kind} that has the id it claims"
    key_id = sha256(name.encode() + b"\n" + raw).digest()[:4]
    need(len(raw) == 33 and raw[0] == kind and key_id.hex() == claimed and re.fullmatch(r"[^\s+]+", name), wrong)
    return Key(name, key_id, kind, raw[1:])

def open_note(raw: bytes, keys: Iterable[Key]) -> tuple[str, set[Key]]:
    """The text, and who of `keys` signed it; others are ignored. A known key whose signature is wrong spoils the note."""
    body, gap, rest = (note := raw.decode()).rpartition("\n\n")
    *lines, end = rest.split("\n")
    need(gap and not end and 1 <= len(lines) <= 16, "a note is a text, an empty line and 1 to 16 signature lines")
    need(not re.search(r"[\0-\x09\x0b-\x1f]", note), "a note has no control characters")
    signers = set[Key]()
    for line in lines:
        need(parts := re.fullmatch(r"— ([^\s+]+) (\S+)", line), "a signature line is “— name base64”")
        need(parts and len(signed := exact64(parts[2])) > 4, "a signature is longer than that")
        for key in keys:
            if parts and (key.name, key.id) == (parts[1], signed[:4]):
                need(key.signed(body + "\n", signed[4:]), f"the signature of {key.name} is wrong")
                signers.add(key)
    return body + "\n", signers

def read_checkpoint(text: str) -> tuple[str, int, bytes]:
    """Origin, size and root; extension lines are not allowed."""
    origin, size, root, *rest = [*text.split("\n"), "", ""][:5] if text.count("\n") == 3 else [""] * 5
    need(origin and re.fullmatch("0|[1-9][0-9]{0,18}", size) and not any(rest), "a checkpoint is origin, size and root")
    need(len(exact64(root)) == 32, "a root has 32 bytes")
    return origin, int(size), exact64(root)

class Policy:
    """Which logs are trusted, and which witnesses have to have seen what those signed."""

    def __init__(self, text: str) -> None:
        self.logs, self.members, self.quorum = list[Key](), dict[str, Key | tuple[int, list[str]]](), ""
        for line in filter(None, (re.sub(r"^[ \t]*#.*", "", line).split() for line in text.split("\n"))):
            word, name, *rest = [*line, "", ""]
            is_new, names = name not in ("", "none", *self.members), [item for item in rest[1:] if item]
            if word == "log":
                self.logs.append(read_key(name))
            elif word == "witness" and is_new:
                self.members[name] = read_key(rest[0], 4)
            elif word == "group" and is_new and names and set(names) <= set(self.members):
                least = {"any": 1, "all": len(names)}.get(rest[0]) or int(rest[0])
                need(1 <= least <= len(names) == len(set(names)), f"policy: a group cannot be like {name}")
                self.members[name] = least, names
            else:
                need(word == "quorum" and not self.quorum and name in ("none", *self.members), f"policy: {line}?")
                self.quorum = name
        need(self.quorum, "policy: there is no quorum line")

    def met(self, signers: set[Key], name: str) -> bool:
        asked = self.members[name]
        return asked in signers if isinstance(asked, Key) else sum(self.met(signers, item) for item in asked[1]) >= asked[0]

# Entries and their contents

def canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

def parsed(raw: bytes, **members: Any) -> Object:
    """A JSON object in the one form of RFC 8785, with exactly these members of these types."""
    value = json.loads(text := raw.decode())
    need(isinstance(value, dict) and canonical(value) == text, "not an object in canonical JSON")
    need(list(value) == sorted(members), f"its members are not {', '.join(sorted(members))}")
    need(all(isinstance(value[name], kind) and value[name] is not True for name, kind in members.items()), "a wrong type")
    return value  # type: ignore[no-any-return] # a dict, as said above

def read_leaf(raw: bytes) -> Object:
    leaf = parsed(raw, actor=str, at=str, c=str, door=str, key=str, op=str, req=str, seq=int, table=str, v=int)
    need(leaf["v"] == 1 and leaf["op"] in ("I", "U", "D", "E") and AT.fullmatch(leaf["at"]), "not an entry of version 1")
    return leaf

def read_content(raw: bytes) -> Object:
    """A line of private.jsonl, with `c`, what a leaf holds of such content."""
    need(raw.endswith(b"\n"), "cut off")
    text_or_null = (str, type(None))
    line = parsed(raw[:-1], actor=str, before=text_or_null, index=int, reason=str, row=text_or_null, salt=str)
    salt, held = bytes.fromhex(line["salt"]), canonical([line[name] for name in ("actor", "reason", "before", "row")])
    need(salt.hex() == line["salt"] and len(salt) >= 16, "the salt is not 16 bytes or more in lower case")
    digest = sha256(b"mainstay-change-v1\0" + salt + held.encode()).digest()
    return line | {"c": "c1:" + urlsafe_b64encode(digest).decode().rstrip("=")}

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

def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()

class Epoch:
    """One log of the folder: its key, and every checkpoint it signed as size, root and time."""

    def __init__(self, folder: Path, witnesses: list[Key]) -> None:
        self.folder, self.key = folder, read_key((folder / "vkey").read_text("utf-8"))
        self.checkpoints, self.witnessed = list[tuple[int, bytes, str]](), list[tuple[int, set[Key]]]()
        self.number, self.first = int(self.key.name.rpartition("/")[2]), ""
        soon = f"{datetime.now(UTC) + timedelta(minutes=5):%Y-%m-%dT%H:%M:%S}"
        for at, raw in enumerate((folder / "checkpoints.jsonl").read_bytes().split(b"\n")[:-1], 1):
            try:
                line = parsed(raw, at=str, note=str)
                size, root, signers = self.signed_by_it(latest := line["note"].encode(), witnesses)
                need(AT.fullmatch(line["at"]) and line["at"] < soon, "its time is none, or in the future")
                before = self.checkpoints[-1] if self.checkpoints else (0, b"", "")
                need(size > before[0] and line["at"] >= before[2], "sizes and times of checkpoints have to grow")
            except ValueError as error:
                raise Fault(f"{folder / 'checkpoints.jsonl'}, line {at}: {error}") from error
            self.checkpoints.append((size, root, line["at"]))
            self.witnessed += [(size, signers)] if len(signers) > 1 else []
        is_last = self.checkpoints and (folder / "checkpoint").read_bytes() == latest
        need(is_last, f"{folder / 'checkpoint'}: not the last of checkpoints.jsonl")
        self.size = self.checkpoints[-1][0]

    def signed_by_it(self, note: bytes, others: list[Key]) -> tuple[int, bytes, set[Key]]:
        text, signers = open_note(note, [self.key, *others])
        origin, size, root = read_checkpoint(text)
        need(origin == self.key.name, f"it is of {origin}, not of {self.key.name}")
        need(self.key in signers, f"it was not signed by the key {self.key.id.hex()}, with which this log is signed now")
        return size, root, signers

    def contents(self) -> Iterator[Object]:
        """What is disclosed, in the order of entries."""
        with (self.folder / "private.jsonl").open("rb") as file:
            for number, raw in enumerate(file, 1):
                try:
                    yield read_content(raw)
                except ValueError as error:
                    raise Fault(f"{file.name}, line {number}: {error}") from error

class Bundle:
    """A folder being verified: `faults` is what does not hold, `unchecked` what there was nothing to hold against."""

    def __init__(self, folder: Path, policy: Policy | None, older: list[Path]) -> None:
        self.folder, self.policy, self.faults, self.unchecked, self.said = folder, policy, list[str](), list[str](), list[str]()
        witnesses = [item for item in policy.members.values() if isinstance(item, Key)] if policy else []
        earlier = sorted((folder / "epoch").glob("*"), key=lambda path: path.name.zfill(9))
        self.epochs = [Epoch(path, witnesses) for path in (*earlier, folder)]
        numbers = [epoch.number for epoch in self.epochs]
        are_named = [str(number) for number in numbers[:-1]] == [path.name for path in earlier]
        is_row = numbers == [*range(numbers[0], numbers[-1] + 1)]
        need(are_named and is_row, f"of the epochs {numbers} some are missing, or not under their number")
        signed = [(epoch.number, size, root) for epoch in self.epochs for size, root, _ in epoch.checkpoints]
        self.marks = {(number, size): [(f"checkpoint {size}", root)] for number, size, root in signed}
        self.altered = dict[int, tuple[Place, str]]()  # change -> its entry, commitment to the content that is here instead
        self.erasures = dict[int, tuple[Place, str, str, str]]()  # change -> erasing entry, commitment to what is left, when, why
        self.seqs, self.hidden = set[int](), 0
        self.check_trust(self.epochs[-1])
        for path in older:
            self.attempt(str(path), self.mark_older, path.read_bytes(), str(path))
        if not older:
            self.unchecked.append("whether the past was rewritten before this export: no older checkpoint was given (--old)")

    def attempt(self, where: str, check: Callable[..., None], *given: object) -> None:
        try:
            check(*given)
        except BROKEN as error:
            self.faults.append(f"{where}: {error}")

    def check_trust(self, latest: Epoch) -> None:
        """Hold the latest log against the policy; each earlier one is vouched for by the first entry of the one after it."""
        if self.policy is None:
            self.unchecked.append("who signed: no key was given (--key or --policy), and the one in the folder proves nothing")
        elif latest.key not in self.policy.logs:
            self.faults.append(f"{latest.key.name} is signed by the key {latest.key.id.hex()}, which is not one you trust")
        if self.policy is None or self.policy.quorum == "none":
            self.unchecked.append("whether others were shown the same log: no quorum of witnesses was asked for (--policy)")
        else:
            witnessed = [size for size, signers in latest.witnessed if self.policy.met(signers, self.policy.quorum)]
            if not witnessed:
                self.faults.append(f"no checkpoint has the cosignatures of the quorum {self.policy.quorum}")
            elif witnessed[-1] < latest.size:
                self.unchecked.append(f"whether others saw entries {witnessed[-1]} to {latest.size - 1}: not cosigned yet")
        self.unchecked.append("when checkpoints were signed: the times are the log's own word unless a witness signed")

    def mark_older(self, note: bytes, where: str) -> None:
        """Note what the tree must have been when an older checkpoint was signed."""
        origin = note.decode().split("\n", 1)[0]
        epoch = next((epoch for epoch in self.epochs if epoch.key.name == origin), None)
        if epoch is None:
            raise Fault(f"the log {origin} is not here")
        size, root, _ = epoch.signed_by_it(note, [])
        need(size, "a checkpoint of no entries proves nothing")
        need(size <= epoch.size, f"{size} entries were signed, {epoch.size} are here: the end was cut off")
        self.marks.setdefault((epoch.number, size), []).append((where, root))

    def check_sums(self) -> None:
        """Files that nobody signed, as README, against the list; whoever changes both goes unseen."""
        if not (listed := self.folder / "SHA256SUMS").exists():
            self.unchecked.append("files beside the log, as README: there is no SHA256SUMS")
            return
        files = [path for path in self.folder.rglob("*") if path.is_file() and path != listed]
        lines = {f"{digest_of(path)}  {path.relative_to(self.folder).as_posix()}" for path in files}
        wrong = {line[66:] for line in lines ^ set(listed.read_text("utf-8").split("\n")[:-1])}
        need(not wrong, f"these files are not those of the list: {', '.join(sorted(wrong))}")

    def check(self, visit: Visit = lambda place, leaf, content: None) -> None:
        """Read everything; `visit` sees each entry with its content, None where that is not disclosed."""
        self.attempt("SHA256SUMS", self.check_sums)
        for before, epoch in zip([None, *self.epochs], self.epochs, strict=False):
            self.attempt(f"epoch {epoch.number}", self.walk, epoch, visit)
            if epoch.number != 1:
                self.attempt(f"epoch {epoch.number}, entry 0", self.check_beginning, before, epoch)
        for seq, (place, digest) in self.altered.items():
            by = self.erasures.get(seq, ((0, 0), "", "", ""))
            if by[1] != digest or by[0] < place:
                self.faults.append(f"epoch {place[0]}, entry {place[1]}: private.jsonl holds other content than was sealed")
        for (place, when, why), many in sorted(Counter((by[0], by[2], by[3]) for by in self.erasures.values()).items()):
            self.said.append(f"erased by entry {place[1]} of epoch {place[0]} at {when}: content of {many} entries ({why})")
        if self.hidden:
            self.unchecked.append(f"content of {self.hidden} entries: not disclosed to whom this was made for")

    def walk(self, epoch: Epoch, visit: Visit) -> None:
        """Rebuild the tree from the entries, and hold against it every tile, checkpoint and content."""
        rows, places, expected, good = list[list[bytes]](), Counter[int](), set[Path](), 0

        def read(path: str) -> bytes:
            expected.add(epoch.folder / path)
            return (epoch.folder / path).read_bytes()

        def flush(level: int) -> None:
            hashes, first, path = rows[level], places[level] * 256, tile_path(level, places[level], len(rows[level]))
            stored = read(path)
            wrong = [str(first + at) for at, hashed in enumerate(hashes) if stored[32 * at:32 * at + 32] != hashed]
            if stored != b"".join(hashes):
                what = "nodes" if level else "entries"
                self.faults.append(f"{epoch.folder / path}: not the hashes of {what} {', '.join(wrong)}")
            places[level], rows[level] = places[level] + 1, []

        def whole(level: int, hashed: bytes) -> None:
            rows.extend([] for _ in range(level + 1 - len(rows)))
            rows[level].append(hashed)
            if len(rows[level]) == 256:
                flush(level)

        tree, contents = Tree(whole), epoch.contents()
        following = next(contents, None)
        for start in range(0, epoch.size, 256):
            path = tile_path("entries", start // 256, width := min(256, epoch.size - start))
            raws = list(entries_of(read(path)))
            need(len(raws) == width, f"{path} holds {len(raws)} entries, not {width}")
            for index, raw in enumerate(raws, start):
                content = following if following and following["index"] == index else None
                following = next(contents, None) if content else following
                tree.append(leaf_hash(raw))
                self.attempt(f"epoch {epoch.number}, entry {index}", self.look, (epoch.number, index), raw, content, visit)
                for who, root in self.marks.pop((epoch.number, tree.size), ()):
                    if root == tree.root():
                        good = tree.size
                    else:
                        self.faults.append(f"{who}: was not signed over these entries {good} to {index} of epoch {epoch.number}")
        for level in [level for level, row in enumerate(rows) if row]:
            flush(level)
        need(not following, f"private.jsonl has content for entry {(following or {}).get('index')}, not next or not there")
        strangers = {path for path in (epoch.folder / "tile").rglob("*") if path.is_file()} - expected
        need(not strangers, f"files that are not of this log: {', '.join(map(str, sorted(strangers)))}")

    def look(self, place: Place, raw: bytes, content: Object | None, visit: Visit) -> None:
        """One entry: its form, and that its content is what it committed to, or what an erasure left of it."""
        leaf = read_leaf(raw)
        need(leaf["seq"] not in self.seqs, f"the change {leaf['seq']} is entered twice")
        self.seqs.add(leaf["seq"])
        if content is None:
            self.hidden += 1
            need(leaf["table"] not in (ERASURE, EPOCH), f"the content of {leaf['table']} has to be disclosed")
        else:
            actor = content["actor"]
            named = actor if actor.startswith(("user:", "token:")) else actor.partition(":")[0]
            need(named == leaf["actor"], f"private.jsonl says “{named}” did it, the entry says “{leaf['actor']}”")
            if leaf["table"] == EPOCH and place[1] == 0:
                self.epochs[place[0] - self.epochs[0].number].first = content["row"]
            if content["c"] != leaf["c"]:
                need(leaf["table"] != ERASURE, "private.jsonl holds other content than was sealed")
                self.altered[leaf["seq"]] = place, content["c"]
            elif leaf["table"] == ERASURE:
                erasure = json.loads(content["row"])
                self.erasures |= {int(seq): (place, c, leaf["at"], erasure["why"]) for seq, c in erasure["changes"].items()}
        visit(place, leaf, content)

    def check_beginning(self, before: Epoch | None, epoch: Epoch) -> None:
        """A new epoch begins with what was last signed of the one before, so nothing of that can be dropped in silence."""
        need(epoch.first, "a new epoch begins with the event trail.epoch")
        row = json.loads(epoch.first)
        why = f"epoch {epoch.number} began ({row['why']})"
        if not row["before"]:
            self.unchecked.append(f"whether more was ever signed before {why}: it names no checkpoint")
            return
        if before is None:
            raise Fault(f"{why} after another one, which is not here")
        size, root, _ = before.signed_by_it(row["before"].encode(), [])
        need(size >= before.size, f"{before.size} entries of epoch {before.number} were signed, the new one knows of {size}")
        need(size > before.size or root == before.checkpoints[-1][1], f"the end of epoch {before.number} is not the one it knows")
        lost = f": {size - before.size} OF THEM ARE LOST, {before.size} are here" if size > before.size else ""
        self.said.append(f"{why} after {size} signed entries of the one before{lost}")

# What can be asked

def moment(bundle: Bundle, text: str, zone: str) -> Place:
    """The epoch and size that were current then: a date (its end), a time, a size or EPOCH/SIZE."""
    every = [(at, epoch.number, size) for epoch in bundle.epochs for size, _, at in epoch.checkpoints]
    if parts := re.fullmatch(r"(?:(\d+)/)?(\d+)", text):
        place = int(parts[1] or len(bundle.epochs)), int(parts[2])
        need(place[1] == 0 or any(place == item[1:] for item in every), f"no checkpoint was signed at {text}")
        return place
    when = datetime.fromisoformat(text)
    if len(text) == 10:
        when = datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), ZoneInfo(zone)) - timedelta(microseconds=1)
    need(when.tzinfo, "say the zone of a time, as 2026-05-04T12:00:00+02:00")
    until = f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    found = [item[1:] for item in every if item[0] <= until]
    need(found, f"nothing was signed by {until}")
    return found[-1]

def table_text(value: object) -> object:
    """A cell that no spreadsheet takes for a formula."""
    text = canonical(value) if isinstance(value, dict | list) else value
    return f"'{text}" if isinstance(text, str) and text[:1] in ("=", "+", "-", "@", "\t", "\r") else text

def verify(bundle: Bundle, asked: argparse.Namespace) -> list[str]:
    bundle.check()
    return []

def reveal(bundle: Bundle, asked: argparse.Namespace) -> list[str]:
    epoch, _, index = asked.entry.rpartition("/")
    wanted, found = (int(epoch or len(bundle.epochs)), int(index)), list[tuple[Object, Object | None]]()
    bundle.check(lambda place, leaf, content: found.append((leaf, content)) if place == wanted else None)
    need(found, f"there is no entry {asked.entry}")
    leaf, content = found[0]
    told = [f"entry {canonical(leaf)}"]
    if by := bundle.erasures.get(leaf["seq"]):
        told.append(f"erased by entry {by[0][1]} of epoch {by[0][0]} at {by[2]}: {by[3]}")
    if content is None:
        return [*told, "content not disclosed to whom this was made for"]
    return [*told, f"content {canonical({name: content[name] for name in ('actor', 'reason', 'before', 'row')})}"]

def state_at(bundle: Bundle, asked: argparse.Namespace) -> list[str]:
    """The records of a table, or how many each has, from the latest change of each key below the checkpoint."""
    until, latest = moment(bundle, asked.moment, asked.zone), dict[tuple[str, str], tuple[int, str, str | None]]()

    def visit(place: Place, leaf: Object, content: Object | None) -> None:
        key = leaf["table"], leaf["key"]
        if place < until and leaf["op"] != "E" and asked.table in ("", leaf["table"]) and leaf["seq"] > latest.get(key, (0,))[0]:
            latest[key] = leaf["seq"], leaf["op"], content["row"] if content else None

    bundle.check(visit)
    there = {key: row for key, (_, op, row) in latest.items() if op != "D"}
    unseen = [key for key, row in there.items() if row is None]
    bundle.said.append(f"epoch {until[0]}, first {until[1]} entries: {len(there)} records, {len(unseen)} of them not disclosed")
    if not asked.table:
        return [f"{table}: {many} records" for table, many in sorted(Counter(table for table, _ in there).items())]
    rows = [json.loads(row) for row in there.values() if row is not None]
    if asked.format == "json":
        return [json.dumps(rows, ensure_ascii=False, indent=1)]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = csv.DictWriter(target := StringIO(), columns, lineterminator="\n")
    lines.writeheader()
    lines.writerows({name: table_text(value) for name, value in row.items()} for row in rows)
    return [target.getvalue()[:-1]]

def diff(bundle: Bundle, asked: argparse.Namespace) -> list[str]:
    """What happened to each table between two checkpoints."""
    first, last = (moment(bundle, text, asked.zone) for text in (asked.earlier, asked.later))
    many, keys = Counter[tuple[str, str]](), dict[str, set[str]]()

    def visit(place: Place, leaf: Object, content: Object | None) -> None:
        if first <= place < last:
            many[leaf["table"], leaf["op"]] += 1
            keys.setdefault(leaf["table"], set()).add(leaf["key"])

    bundle.check(visit)
    words = {"I": "added", "U": "changed", "D": "deleted", "E": "happened"}
    told = {table: [f"{many[table, op]} {word}" for op, word in words.items() if many[table, op]] for table in keys}
    return [f"{table}: {len(keys[table])} records, {', '.join(told[table])}" for table in sorted(keys)]

def prove(asked: argparse.Namespace, policy: Any) -> list[str]:
    """A receipt (c2sp.org/tlog-proof): the entry it carries is in the tree that one of the trusted logs signed."""
    head, gap, note = asked.file.read_bytes().decode().partition("\n\n")
    kind, extra, index, *path = [*head.split("\n"), "", "", ""][:max(3, head.count("\n") + 1)]
    need(gap and kind == "c2sp.org/tlog-proof@v1" and extra.startswith("extra "), "not a receipt with its entry")
    need(re.fullmatch("index (0|[1-9][0-9]*)", index), "the index is not written as a number")
    text, signers = open_note(note.encode(), [*policy.logs, *(item for item in policy.members.values() if isinstance(item, Key))])
    origin, size, root = read_checkpoint(text)
    need(any(key in signers and key.name == origin for key in policy.logs), "no log that you trust signed it")
    need(policy.quorum == "none" or policy.met(signers, policy.quorum), f"it lacks the cosignatures of {policy.quorum}")
    leaf = exact64(extra[6:])
    reached = root_by_path(int(index[6:]), size, leaf_hash(leaf), [exact64(line) for line in path])
    need(reached == root, "the entry is not in the tree that was signed")
    return [f"{origin}: entry {index[6:]} of {size}", canonical(read_leaf(leaf))]

COMMANDS: dict[str, tuple[Callable[..., list[str]], str, list[str]]] = {
    "verify": (verify, "everything in the folder", ["folder"]),
    "proof": (prove, "a receipt of one entry; takes --key or --policy", ["file"]),
    "reveal": (reveal, "one entry and its content: N, or EPOCH/N", ["folder", "entry"]),
    "at": (state_at, "the records as of a date, a time or a size", ["folder", "moment"]),
    "diff": (diff, "what happened between two dates, times or sizes", ["folder", "earlier", "later"]),
}

def arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mainstay-verify", description="Verify a trail that Mainstay exported.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (_, about, places) in COMMANDS.items():
        command = commands.add_parser(name, help=about, description=about)
        for place in places:
            command.add_argument(place, type=Path if place in ("folder", "file") else str)
        trusted = command.add_mutually_exclusive_group(required=name == "proof")
        trusted.add_argument("--policy", type=Path, help="file as c2sp.org/tlog-policy says: trusted logs, witnesses, quorum")
        trusted.add_argument("--key", help="the verifier key of the log that you trust")
        command.add_argument("--old", type=Path, action="append", default=[], help="a checkpoint that you got earlier")
        command.add_argument("--zone", default="UTC", help="where a date ends, as Europe/Berlin")
        command.add_argument("--table", default="", help="for `at`: list its records")
        command.add_argument("--format", choices=("csv", "json"), default="csv", help="for `at --table`")
    return parser.parse_args(given)

def main(given: list[str] | None = None) -> int:
    asked, told, faults = arguments(given), list[str](), list[str]()
    bundle: Bundle | None = None
    try:
        policy = Policy(f"log {asked.key}\nquorum none") if asked.key is not None else None
        policy = Policy(asked.policy.read_text("utf-8")) if asked.policy else policy
        if asked.command == "proof":
            told = prove(asked, policy)
        else:
            bundle = Bundle(asked.folder, policy, asked.old)
            told = COMMANDS[asked.command][0](bundle, asked)
    except BROKEN as error:
        faults = [str(error)]
    if bundle:
        faults += bundle.faults
        for epoch in bundle.epochs:
            size, root, at = epoch.checkpoints[-1]
            say(f"{epoch.key.name} key {epoch.key.id.hex()}: {size} entries, {len(epoch.checkpoints)} checkpoints, the last {at}")
            say(f"  root {root.hex()}")
        for text in [*bundle.said, *(f"not checked: {text}" for text in bundle.unchecked)]:
            say(text)
    for text in [*faults[:MOST_SHOWN], *([f"{len(faults) - MOST_SHOWN} more"] if len(faults) > MOST_SHOWN else [])]:
        say(f"FAILED: {text}")
    if not faults:
        sys.stdout.write("".join(f"{line}\n" for line in told))
        say("All that was asked holds.")
    return 1 if faults else 0

def say(line: str) -> None:
    """Tell something beside the answer; what a terminal would take for a command is shown as a mark."""
    sys.stderr.write("".join(letter if letter.isprintable() else "\ufffd" for letter in line) + "\n")

if __name__ == "__main__":
    sys.exit(main())
