"""The verifier and files that were changed: a bit, an entry, a file, and nothing goes unnoticed."""

import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest

from mainstay.offline import mainstay_verify as verifier
from mainstay.platform.trail.bundle import tile_path

from .exported import Asking, copy, entry_bundle, lines_of, with_bit

SEED = 27001
EVERY_BYTE = bool(os.environ.get("MAINSTAY_TEST_EVERY_BYTE"))
"""Change each byte of the bundle rather than a sample: for some minutes by night."""


def _undetected(folder: Path, name: str, mutants: Iterator[tuple[Any, bytes]], tell: Asking) -> list[Any]:
    """Those of the changed files with which the folder still verifies."""
    path = folder / name
    good, passed = path.read_bytes(), []
    for what, raw in mutants:
        path.write_bytes(raw)
        if tell("verify", folder).code != 1:
            passed.append(what)
    path.write_bytes(good)
    return passed


def _bits(raw: bytes, every: int = 1) -> Iterator[tuple[Any, bytes]]:
    """Files with one bit changed, in a byte of each `every`."""
    every = 1 if EVERY_BYTE else every
    chosen = random.Random(SEED)  # noqa: S311 # which bit, not a secret
    for start in range(0, len(raw), every):
        at, bit = min(len(raw) - 1, start + chosen.randrange(every)), chosen.randrange(8)
        yield (at, bit), with_bit(raw, at, bit)


def test_every_bit_of_the_checkpoint_counts(bundle: Path, tell: Asking, tmp_path: Path) -> None:
    folder = copy(bundle, tmp_path / "copy")
    raw = (folder / "checkpoint").read_bytes()
    mutants = (((at, bit), with_bit(raw, at, bit)) for at in range(len(raw)) for bit in range(8))

    assert not _undetected(folder, "checkpoint", mutants, tell)


@pytest.mark.parametrize("pattern, every", [("vkey", 1), ("tile/0/*.p/*", 16), ("tile/entries/*.p/*", 128)])
def test_the_log_needs_no_list_of_sums_to_show_a_changed_bit(
    bundle: Path, tell: Asking, tmp_path: Path, pattern: str, every: int
) -> None:
    folder = copy(bundle, tmp_path / "copy")
    (path,) = folder.glob(pattern)

    assert not _undetected(folder, path.relative_to(folder).as_posix(), _bits(path.read_bytes(), every), tell)


@pytest.mark.parametrize("name, every", [
    ("checkpoints.jsonl", 4), ("README", 32), ("mainstay_verify.py", 1024), ("mainstay_witnessed.py", 1024), ("SHA256SUMS", 4),
])
def test_other_files_show_it_by_the_list_of_sums(bundle: Path, tell_more: Asking, tmp_path: Path, name: str, every: int) -> None:
    folder = copy(bundle, tmp_path / "copy")

    assert not _undetected(folder, name, _bits((folder / name).read_bytes(), every), tell_more)


def test_every_byte_of_every_content_counts(bundle: Path) -> None:
    chosen, passed = random.Random(SEED), []  # noqa: S311 # which bit, not a secret

    for raw in (bundle / "private.jsonl").read_bytes().splitlines()[::4]:
        good = _told_by(raw)
        for at in range(len(raw)):
            try:
                changed = _told_by(with_bit(raw, at, chosen.randrange(8)))
            except ValueError:
                continue
            if changed == good:
                passed.append((good[0], at))

    assert not passed


def _told_by(raw: bytes) -> tuple[int, str]:
    """Of which entry a content is, and what that has to have committed to."""
    content = verifier.parsed(raw, verifier.CONTENT)
    return content["index"], verifier.commitment(content)


@pytest.mark.parametrize("deed", [lambda raw: raw[:-1], lambda raw: raw.replace(b"\n", b"\r\n"), lambda raw: raw + b"\n"])
def test_contents_are_whole_lines(bundle: Path, tell: Asking, tmp_path: Path, deed: Callable[[bytes], bytes]) -> None:
    folder = copy(bundle, tmp_path / "copy")
    (folder / "private.jsonl").write_bytes(deed((folder / "private.jsonl").read_bytes()))

    assert tell("verify", folder).code == 1


def _entries(folder: Path) -> list[bytes]:
    raw = entry_bundle(folder).read_bytes()
    return [len(entry).to_bytes(2, "big") + entry for entry in verifier.entries_of(raw)]


def _dropped(entries: list[bytes]) -> None:
    del entries[100]


def _dropped_last(entries: list[bytes]) -> None:
    entries.pop()


def _twice(entries: list[bytes]) -> None:
    entries.insert(100, entries[100])


def _swapped(entries: list[bytes]) -> None:
    entries[100:102] = reversed(entries[100:102])


def _replaced(entries: list[bytes]) -> None:
    entries[100] = entries[50]


def _appended(entries: list[bytes]) -> None:
    entries.append(entries[-1])


def _cut(entries: list[bytes]) -> None:
    entries[-1] = entries[-1][:-1]


def _spare(entries: list[bytes]) -> None:
    entries.append(b"\0")


def _lengthened(entries: list[bytes]) -> None:
    entries[-1] = b"\xff\xff" + entries[-1][2:]


@pytest.mark.parametrize("deed", [_dropped, _dropped_last, _twice, _swapped, _replaced, _appended, _cut, _spare, _lengthened])
def test_entries_cannot_be_moved_added_or_left_out(
    bundle: Path, tell: Asking, tmp_path: Path, deed: Callable[[list[bytes]], None]
) -> None:
    folder = copy(bundle, tmp_path / "copy")
    entries = _entries(folder)
    deed(entries)
    entry_bundle(folder).write_bytes(b"".join(entries))

    told = tell("verify", folder)

    assert told.code == 1
    assert "FAILED: epoch 1, entry" in told.err or f"FAILED: {entry_bundle(folder)}: " in told.err or "tile/0" in told.err


@pytest.mark.parametrize(("before", "after", "said"), [
    (b'"v":1', b'"v":2', "entry 100: not an entry of version 1"),
    (b'"at":"2', b'"at":"3', "tile/0/000.p/{size}: not the hashes of entries 100\n"),
], ids=["form", "value"])
def test_a_changed_entry_is_named_with_its_file(
    bundle: Path, tell: Asking, tmp_path: Path, before: bytes, after: bytes, said: str
) -> None:
    folder = copy(bundle, tmp_path / "copy")
    entries = _entries(folder)
    entries[100] = entries[100].replace(before, after)
    entry_bundle(folder).write_bytes(b"".join(entries))

    told = tell("verify", folder)

    assert told.code == 1
    assert said.format(size=len(entries)) in told.err


@pytest.mark.parametrize("name", ["README", "mainstay_verify.py", "SHA256SUMS"])
def test_no_file_beside_the_log_can_be_missing(bundle: Path, tell_more: Asking, tmp_path: Path, name: str) -> None:
    folder = copy(bundle, tmp_path / "copy")
    (folder / name).unlink()

    assert tell_more("verify", folder).code == 1


def test_no_checkpoint_can_be_left_out_of_the_list(bundle: Path, tell_more: Asking, tmp_path: Path) -> None:
    folder = copy(bundle, tmp_path / "copy")
    (folder / "checkpoints.jsonl").write_text("".join(f"{line}\n" for line in lines_of(folder)[1:]), "utf-8")

    assert tell_more("verify", folder).code == 1


def test_no_file_beside_the_log_can_be_added(bundle: Path, tell_more: Asking, tmp_path: Path) -> None:
    folder = copy(bundle, tmp_path / "copy")
    (folder / "more").write_bytes(b"x")

    assert tell_more("verify", folder).code == 1


@pytest.mark.parametrize("name", ["checkpoint", "checkpoints.jsonl", "vkey", "private.jsonl", "entries", "tile/0"])
def test_no_file_can_be_missing(bundle: Path, tell: Asking, tmp_path: Path, name: str) -> None:
    folder = copy(bundle, tmp_path / "copy")
    path = entry_bundle(folder) if name == "entries" else folder / name
    path.unlink() if path.is_file() else rmtree(path)

    assert tell("verify", folder).code == 1


@pytest.mark.parametrize("name", ["tile/entries/001.p/1", "tile/0/001", "tile/7/000"])
def test_no_file_can_be_added(bundle: Path, tell: Asking, tmp_path: Path, name: str) -> None:
    folder = copy(bundle, tmp_path / "copy")
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"\0\1x")

    assert tell("verify", folder).code == 1


@pytest.mark.parametrize("deed", [
    lambda lines: lines.pop(), lambda lines: lines.insert(1, lines[0]), lambda lines: lines.reverse(),
    lambda lines: lines.insert(0, json.dumps({"at": "2999-01-01T00:00:00.000000Z", "note": json.loads(lines[0])["note"]})),
], ids=["last dropped", "twice", "reversed", "in the future"])
def test_the_list_of_checkpoints_is_in_order(
    bundle: Path, tell: Asking, tmp_path: Path, deed: Callable[[list[str]], None]
) -> None:
    folder = copy(bundle, tmp_path / "copy")
    lines = lines_of(folder)
    deed(lines)
    (folder / "checkpoints.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")

    assert tell("verify", folder).code == 1


@pytest.mark.parametrize("place, path", [(0, "000"), (999, "999"), (1000, "x001/000"), (1_234_067, "x001/x234/067")])
def test_tiles_have_their_places(place: int, path: str) -> None:
    assert tile_path("entries", place, 256) == verifier.tile_path("entries", place, 256) == f"tile/entries/{path}"
    assert tile_path("0", place, 5) == verifier.tile_path(0, place, 5) == f"tile/0/{path}.p/5"


def test_every_changed_byte_of_a_receipt_is_noticed(bundle: Path, tell_more: Asking, tmp_path: Path) -> None:
    key = (bundle / "vkey").read_text("utf-8").strip()
    chosen = random.Random(SEED)  # noqa: S311 # which bit, not a secret
    good, passed = (bundle.parent / "receipt").read_bytes(), []
    changed = tmp_path / "changed"

    for at in range(len(good)):
        changed.write_bytes(with_bit(good, at, chosen.randrange(8)))
        if tell_more("proof", changed, "--key", key).code != 1:
            passed.append(at)

    assert not passed
