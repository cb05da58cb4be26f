#!/usr/bin/env python3
"""What goes beyond mainstay_verify.py, which has to lie beside it: witnesses, receipts, differences and spreadsheets.

A policy file (c2sp.org/tlog-policy) says which logs are trusted, and which witnesses have to have seen what those signed. Every
command on a folder verifies all of it first, as mainstay_verify.py does, and ends with the same exit codes.
"""
import argparse
import csv
import json
import re
import sys
from collections import Counter
from hashlib import file_digest
from io import StringIO
from pathlib import Path

if __package__:
    from mainstay.offline import mainstay_verify as trail
else:  # a file beside the other
    import mainstay_verify as trail  # type: ignore[import-not-found, no-redef]

class Witness(trail.Key):
    """A key that signs the time together with what it saw (c2sp.org/tlog-cosignature)."""

    def verify(self, signature: bytes, message: bytes) -> None:
        seen = b"cosignature/v1\ntime %d\n" % int.from_bytes(signature[:8], "big")
        super().verify(signature[8:], seen + message)

def read_witness(text: str) -> Witness:
    return Witness(*trail.read_key(text, 4))

class Policy:
    """Which logs are trusted, and which witnesses have to have seen what those signed."""

    def __init__(self, text: str) -> None:
        self.logs, self.quorum = list[trail.Key](), ""
        self.members = dict[str, Witness | tuple[int, list[str]]]()  # a group by how many of whom it needs
        for line in filter(None, (re.sub(r"^[ \t]*#.*", "", line).split() for line in text.split("\n"))):
            word, name, *rest = [*line, "", ""]
            is_new, names = name not in ("", "none", *self.members), [item for item in rest[1:] if item]
            if word == "log":
                self.logs.append(trail.read_key(name))
            elif word == "witness" and is_new:
                self.members[name] = read_witness(rest[0])
            elif word == "group" and is_new and names and set(names) <= set(self.members):
                least = {"any": 1, "all": len(names)}.get(rest[0]) or int(rest[0])
                trail.need(1 <= least <= len(names) == len(set(names)), f"policy: a group cannot be like {name}")
                self.members[name] = least, names
            else:
                trail.need(word == "quorum" and not self.quorum and name in ("none", *self.members), f"policy: {line}?")
                self.quorum = name
        trail.need(self.quorum, "policy: there is no quorum line")

    def met(self, note: bytes) -> bool:
        """Whether those signed it that have to; a wrong signature of any witness of the policy spoils the note."""
        witnesses = {name: item for name, item in self.members.items() if isinstance(item, Witness)}
        present = {name for name, witness in witnesses.items() if trail.read_note(note, witness)[1]}
        for name, item in self.members.items():
            if not isinstance(item, Witness) and len(present.intersection(item[1])) >= item[0]:
                present.add(name)
        return self.quorum in ("none", *present)

def trusted(asked: argparse.Namespace) -> Policy | None:
    if asked.policy:
        return Policy(asked.policy.read_text("utf-8"))
    return None if asked.key is None else Policy(f"log {asked.key}\nquorum none")

def opened(asked: argparse.Namespace) -> trail.Bundle:
    """The folder, signed by a log and seen by the witnesses that the policy names."""
    policy = trusted(asked)
    trail.need(policy is None or policy.logs, "policy: there is no log line")
    bundle = trail.Bundle(asked.folder, policy.logs if policy else [], asked.old)
    if policy is None or policy.quorum == "none":
        trail.say("not checked: whether others were shown the same log: no quorum of witnesses was asked for (--policy)")
        return bundle
    seen = [(epoch.number, point.size) for epoch in bundle.epochs for point in epoch.checkpoints if policy.met(point.note)]
    latest, size = bundle.latest.number, max((size for number, size in seen if number == bundle.latest.number), default=0)
    trail.need(size, f"no checkpoint of epoch {latest} has the cosignatures of the quorum {policy.quorum}")
    if size < bundle.latest.last.size:
        trail.say(f"not checked: whether others saw entries {size} to {bundle.latest.last.size - 1}: not cosigned yet")
    return bundle

def check_sums(folder: Path) -> None:
    """Files that nobody signed, as README, against the list; whoever changes both goes unseen."""
    listed, lines = folder / "SHA256SUMS", set[str]()
    for path in (path for path in folder.rglob("*") if path.is_file() and path != listed):
        with path.open("rb") as file:
            lines.add(f"{file_digest(file, 'sha256').hexdigest()}  {path.relative_to(folder).as_posix()}")
    wrong = {line[66:] for line in lines ^ set(listed.read_text("utf-8").split("\n")[:-1])}
    trail.need(not wrong, f"these files are not those of SHA256SUMS: {', '.join(sorted(wrong))}")

def verify(asked: argparse.Namespace) -> list[str]:
    """The folder as mainstay_verify.py does, with witnesses and the files that nobody signed."""
    told = trail.verify(opened(asked), asked)
    check_sums(asked.folder)
    return told

def place_of(bundle: trail.Bundle, text: str, zone: str) -> trail.Place:
    """A moment, or the epoch and size that EPOCH/SIZE says."""
    if "-" in text:
        return trail.moment(bundle, text, zone)
    epoch, _, size = text.rpartition("/")
    place = int(epoch or bundle.latest.number), int(size)
    signed = {(epoch.number, point.size) for epoch in bundle.epochs for point in epoch.checkpoints}
    trail.need(place in signed or place[1] == 0, f"no checkpoint was signed at {text}")
    return place

def diff(asked: argparse.Namespace) -> list[str]:
    """What happened to each table between two checkpoints."""
    bundle = opened(asked)
    first, last = (place_of(bundle, text, asked.zone) for text in (asked.earlier, asked.later))
    many, keys = Counter[tuple[str, str]](), dict[str, set[str]]()
    for place, leaf, _ in bundle.entries():
        if first <= place < last:
            many[leaf["table"], leaf["op"]] += 1
            keys.setdefault(leaf["table"], set()).add(leaf["key"])
    words = {"I": "added", "U": "changed", "D": "deleted", "E": "happened"}
    told = {table: [f"{many[table, op]} {word}" for op, word in words.items() if many[table, op]] for table in keys}
    return [f"{table}: {len(keys[table])} records, {', '.join(told[table])}" for table in sorted(keys)]

def cell(value: object) -> object:
    """What no spreadsheet takes for a formula."""
    text = trail.canonical(value) if isinstance(value, dict | list) else value
    return f"'{text}" if isinstance(text, str) and text[:1] in ("=", "+", "-", "@", "\t", "\r") else text

def table(asked: argparse.Namespace) -> list[str]:
    """The records of a table at a date, as CSV."""
    told = [json.loads(line)["row"] for line in trail.state_at(opened(asked), asked)]
    rows = [row for row in told if row is not None]
    lines = csv.DictWriter(target := StringIO(), list(dict.fromkeys(name for row in rows for name in row)), lineterminator="\n")
    lines.writeheader()
    lines.writerows({name: cell(value) for name, value in row.items()} for row in rows)
    return [target.getvalue()[:-1]]

def root_by_path(index: int, size: int, hashed: bytes, path: list[bytes]) -> bytes:
    """The root that an inclusion proof leads to, by the recursive definition of the path (RFC 6962, 2.1.1)."""
    is_proof = 0 <= index < size and all(len(item) == 32 for item in (hashed, *path))
    trail.need(is_proof, "the proof is not of a leaf in such a tree")
    trail.need((size == 1) == (not path), "the proof is longer or shorter than the tree is deep")
    if size == 1:
        return hashed
    half = 1 << (size - 1).bit_length() - 1
    if index < half:
        return trail.node_hash(root_by_path(index, half, hashed, path[:-1]), path[-1])
    return trail.node_hash(path[-1], root_by_path(index - half, size - half, hashed, path[:-1]))

def prove(asked: argparse.Namespace) -> list[str]:
    """A receipt (c2sp.org/tlog-proof): the entry it carries is in the tree that one of the trusted logs signed."""
    policy = trusted(asked)
    head, gap, rest = asked.file.read_bytes().decode().partition("\n\n")
    kind, extra, index, *path = [*head.split("\n"), "", "", ""][:max(3, head.count("\n") + 1)]
    trail.need(gap and kind == "c2sp.org/tlog-proof@v1" and extra.startswith("extra "), "not a receipt with its entry")
    trail.need(re.fullmatch("index (0|[1-9][0-9]*)", index), "the index is not written as a number")
    note, origin = rest.encode(), rest.partition("\n")[0]
    keys = [key for key in policy.logs if key.name == origin and trail.read_note(note, key)[1]] if policy else []
    trail.need(keys, f"no log that you trust signed it as {origin}")
    trail.need(policy and policy.met(note), "it lacks the cosignatures of the quorum")
    size, root = trail.open_checkpoint(note, keys[0])
    leaf = trail.exact64(extra[6:])
    reached = root_by_path(int(index[6:]), size, trail.leaf_hash(leaf), [trail.exact64(line) for line in path])
    trail.need(reached == root, "the entry is not in the tree that was signed")
    return [f"{origin}: entry {index[6:]} of {size}", trail.canonical(trail.read_leaf(leaf))]

COMMANDS = {
    "verify": (verify, "everything in the folder, with witnesses and SHA256SUMS", ["folder"]),
    "proof": (prove, "a receipt of one entry; takes --key or --policy", ["file"]),
    "diff": (diff, "what happened between two dates, times or EPOCH/SIZE", ["folder", "earlier", "later"]),
    "table": (table, "the records of a table at a date or a time, as CSV", ["folder", "what", "table"]),
}

def main(given: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="mainstay_witnessed.py", description="Verify more of a trail that Mainstay exported.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (_, about, places) in COMMANDS.items():
        command = commands.add_parser(name, help=about, description=about)
        for place in places:
            command.add_argument(place, type=Path if place in ("folder", "file") else str)
        either = command.add_mutually_exclusive_group(required=name == "proof")
        either.add_argument("--policy", type=Path, help="a file as c2sp.org/tlog-policy says: trusted logs, witnesses, quorum")
        either.add_argument("--key", help="the verifier key of the log that you trust")
        command.add_argument("--old", type=Path, action="append", default=[], help="a checkpoint that you got earlier")
        command.add_argument("--zone", default="UTC", help="in which dates and times are, as Europe/Berlin")
    asked = parser.parse_args(given)
    return trail.answer(lambda: COMMANDS[asked.command][0](asked))

if __name__ == "__main__":
    sys.exit(main())
