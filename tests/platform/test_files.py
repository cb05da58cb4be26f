"""The file store: what is put away comes back unchanged or not at all, and says what it is."""

import io
import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.platform.files import store
from mainstay.platform.files.errors import FileDamaged, FileMissing
from mainstay.platform.files.models import StoredFile
from mainstay.platform.files.names import LONGEST, clean_name, safe_headers
from mainstay.platform.files.sealing import CHUNK, HEADER, TAG, FileKeys, SealedReader, Sealer
from mainstay.platform.files.store import clear_unfinished, open_file, save_upload, verify_files
from mainstay.platform.records.actor import Actor, acting, system
from mainstay.platform.records.errors import Invalid, NotAllowed, TooLarge
from mainstay.platform.units.models import Unit
from mainstay.platform.units.services import found_organisation

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(17) + b"\x00\x00\x00\x00IEND\xaeB`\x82"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF\n"
LONG = b"".join(b"%09d\n" % number for number in range(2 * CHUNK // 10 + 1000))


def package(*names: str, first: tuple[str, str] | None = None) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        if first:
            archive.writestr(*first)
        for name in names:
            archive.writestr(name, "<x/>")
    return target.getvalue()


DOCX = package("[Content_Types].xml", "word/document.xml")
ODS = package("content.xml", first=("mimetype", "application/vnd.oasis.opendocument.spreadsheet"))
WEBP = b"RIFF" + (12).to_bytes(4, "little") + b"WEBPVP8 " + bytes(4)
MAIL = b"From: a@example.org\r\nDate: Mon, 1 Jan 2024 10:00:00 +0000\r\n\r\nHello"


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> Path:
    settings.CONFIGURATION = replace(settings.CONFIGURATION, home=tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def as_system() -> Iterator[Actor]:
    with acting(system("test")) as actor:
        yield actor


@pytest.fixture
def unit() -> Unit:
    return found_organisation("Alpha")


def upload(unit: Unit, content: bytes = LONG, name: str = "notes.txt", **more: Any) -> StoredFile:
    return save_upload(io.BytesIO(content), name=name, unit=unit, **more)


def on_disk(home: Path) -> list[Path]:
    return [path for path in (home / "files").rglob("*") if path.is_file()]


def read(stored: StoredFile) -> bytes:
    return b"".join(open_file(stored))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1])
def test_a_file_comes_back_as_it_was_whatever_its_length(unit: Unit, size: int) -> None:
    content = b"x" * size

    stored = upload(unit, content)

    assert read(stored) == content
    assert stored.size == size


@given(pieces=st.lists(st.binary(max_size=CHUNK + 10), max_size=5))
def test_sealing_in_any_pieces_reads_back_as_one(pieces: list[bytes]) -> None:
    keys = FileKeys(wrapping=bytes(32), naming=bytes(32), identifier=bytes(8))
    target = io.BytesIO()

    sealer = Sealer(target, keys)
    for piece in pieces:
        sealer.write(piece)
    sealer.finish()

    assert b"".join(SealedReader(io.BytesIO(target.getvalue()), keys).pieces()) == b"".join(pieces)


def test_nothing_of_the_content_or_the_name_is_on_disk_in_the_clear(unit: Unit, home: Path) -> None:
    stored = upload(unit, b"CANARY-8842 " * 20_000, name="salaries.txt")

    paths = on_disk(home)

    assert len(paths) == 1
    assert b"CANARY" not in paths[0].read_bytes()
    assert stored.sha256[:8] not in str(paths[0]) and "salaries" not in str(paths[0])


def test_equal_uploads_of_one_organisation_share_one_file(unit: Unit, home: Path) -> None:
    first, second = upload(unit, name="a.txt"), upload(unit, name="b.txt")

    assert len(on_disk(home)) == 1
    assert read(first) == read(second) == LONG


def test_two_organisations_never_share_a_file_nor_show_that_contents_are_equal(
    unit: Unit, home: Path
) -> None:
    other = found_organisation("Beta")

    upload(unit)
    upload(other)

    names = {path.name for path in on_disk(home)}
    contents = {path.read_bytes() for path in on_disk(home)}
    assert len(names) == len(contents) == 2


def spoiled(change: Callable[[bytes], bytes], unit: Unit, home: Path) -> StoredFile:
    stored = upload(unit)
    path = on_disk(home)[0]
    path.write_bytes(change(path.read_bytes()))
    return stored


SEALED = CHUNK + TAG
DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "the last byte is cut off": lambda b: b[:-1],
    "the last chunk is dropped": lambda b: b[: HEADER + 2 * SEALED],
    "all but the first chunk is dropped": lambda b: b[: HEADER + SEALED],
    "everything but the header is dropped": lambda b: b[:HEADER],
    "the file is empty": lambda b: b"",
    "two chunks are swapped": lambda b: (
        b[:HEADER]
        + b[HEADER + SEALED : HEADER + 2 * SEALED]
        + b[HEADER : HEADER + SEALED]
        + b[HEADER + 2 * SEALED :]
    ),
    "a chunk is repeated": lambda b: b[: HEADER + SEALED] + b[HEADER:],
    "the first chunk is dropped": lambda b: b[:HEADER] + b[HEADER + SEALED :],
    "a byte is appended": lambda b: b + b"x",
    "a bit of the first chunk flips": lambda b: (
        b[: HEADER + 5] + bytes([b[HEADER + 5] ^ 1]) + b[HEADER + 6 :]
    ),
    "a bit of the last chunk flips": lambda b: b[:-20] + bytes([b[-20] ^ 1]) + b[-19:],
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_changed_file_is_refused_and_named(damage: str, unit: Unit, home: Path) -> None:
    stored = spoiled(DAMAGE[damage], unit, home)

    with pytest.raises(FileDamaged) as refusal:
        read(stored)

    assert refusal.value.code == "file_damaged"
    assert [(problem.kind, problem.names) for problem in verify_files()] == [("damaged", ("notes.txt",))]


def test_flipping_any_byte_of_the_header_is_refused(unit: Unit, home: Path) -> None:
    stored = upload(unit)
    path = on_disk(home)[0]
    sound = path.read_bytes()

    for index in range(HEADER):
        path.write_bytes(sound[:index] + bytes([sound[index] ^ 1]) + sound[index + 1 :])
        with pytest.raises(FileDamaged):
            open_file(stored)

    path.write_bytes(sound)
    assert read(stored) == LONG


def test_a_chunk_of_another_file_is_refused(unit: Unit, home: Path) -> None:
    upload(unit, LONG)
    other = on_disk(home)[0]
    stored = upload(unit, LONG.replace(b"1", b"2"))
    mine = next(path for path in on_disk(home) if path != other)
    bytes_of_other = other.read_bytes()

    mine.write_bytes(mine.read_bytes()[: HEADER + SEALED] + bytes_of_other[HEADER + SEALED :])

    with pytest.raises(FileDamaged):
        read(stored)


def test_a_whole_other_file_in_its_place_is_refused(unit: Unit, home: Path) -> None:
    upload(unit, LONG)
    other = on_disk(home)[0]
    stored = upload(unit, LONG.replace(b"1", b"2"))
    mine = next(path for path in on_disk(home) if path != other)

    mine.write_bytes(other.read_bytes())

    with pytest.raises(FileDamaged):
        open_file(stored)


def test_the_last_piece_is_held_back_when_the_whole_is_not_what_was_recorded(unit: Unit) -> None:
    stored = upload(unit)
    StoredFile.unscoped_for_system.filter(pk=stored.pk).update(size=stored.size + 1)
    stored.refresh_from_db()

    got = []
    with pytest.raises(FileDamaged):
        for piece in open_file(stored):
            got.append(piece)

    assert len(got) == 2


def test_a_missing_file_is_refused_and_reported(unit: Unit, home: Path) -> None:
    stored = upload(unit)
    on_disk(home)[0].unlink()

    with pytest.raises(FileMissing):
        open_file(stored)

    assert [problem.kind for problem in verify_files()] == ["missing"]


def test_a_file_nobody_knows_is_reported(unit: Unit, home: Path) -> None:
    upload(unit)
    stranger = home / "files" / "ab" / "stranger"
    stranger.parent.mkdir(exist_ok=True)
    stranger.write_bytes(b"?")

    found = list(verify_files())

    assert [(problem.kind, problem.path) for problem in found] == [("extra", "ab/stranger")]


@pytest.mark.parametrize("loss", ["damaged", "missing"])
def test_uploading_lost_content_again_mends_the_older_record(loss: str, unit: Unit, home: Path) -> None:
    stored = spoiled(lambda content: content[:-1], unit, home)
    if loss == "missing":
        on_disk(home)[0].unlink()

    upload(unit, name="again.txt")

    stored.refresh_from_db()
    assert read(stored) == LONG
    assert list(verify_files()) == []


def test_another_root_key_opens_nothing(unit: Unit, home: Path) -> None:
    stored = upload(unit)
    sealed = on_disk(home)[0].read_bytes()
    (home / "keys" / "root.key").unlink()

    with pytest.raises(FileDamaged, match="another root key"):
        SealedReader(io.BytesIO(sealed), FileKeys.of(home))

    with pytest.raises(FileMissing):
        open_file(stored)


def test_size_is_counted_while_reading_and_nothing_stays_behind(
    unit: Unit, home: Path, settings: Any
) -> None:
    settings.MAX_UPLOAD_BYTES = 100_000

    class Endless:
        given = 0

        def read(self, size: int, /) -> bytes:
            self.given += size
            return b"x" * size

    endless = Endless()
    with pytest.raises(TooLarge):
        save_upload(endless, name="a.txt", unit=unit)

    assert endless.given <= 200_000
    assert on_disk(home) == []
    assert not StoredFile.objects.exists()


def test_a_file_of_exactly_the_limit_is_taken(unit: Unit, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 100_000

    assert upload(unit, b"x" * 100_000).size == 100_000


GOOD = {
    "a.pdf": PDF,
    "a.png": PNG,
    "a.jpg": b"\xff\xd8\xff\xe0JFIF\xff\xd9trailer",
    "a.JPEG": b"\xff\xd8\xff\xe1\xff\xd9",
    "a.gif": b"GIF89a....;",
    "a.webp": WEBP,
    "a.txt": "Grüße\n".encode(),
    "a.csv": b"a,b\n1,2\n",
    "a.md": b"# Title",
    "a.json": b'\xef\xbb\xbf {"a": 1}\n',
    "a.xml": b"<?xml version='1.0'?><a/>",
    "a.svg": b"<svg/>",
    "a.html": b"<p>x",
    "a.eml": MAIL,
    "a.docx": DOCX,
    "a.ods": ODS,
    "a.xlsx": package("[Content_Types].xml", "xl/workbook.xml"),
    "a.pptx": package("[Content_Types].xml", "ppt/presentation.xml"),
    "a.odt": package("content.xml", first=("mimetype", "application/vnd.oasis.opendocument.text")),
    "a.log": b"\x1b[31mred\x1b[0m\n",
}
BAD = {
    "page.png": b"<html><script>",
    "program.pdf": b"MZ\x90\x00" + PDF,
    "program.docx": b"MZ" + DOCX,
    "pdf.jpg": PDF,
    "picture.pdf": PNG,
    "trailing.png": PNG + b"<script>",
    "cut.pdf": PDF[:-6],
    "zip.docx": package("a.txt"),
    "sheet.docx": package("[Content_Types].xml", "xl/workbook.xml"),
    "text.ods": package("content.xml"),
    "sheet.odt": ODS,
    "binary.txt": b"\x00\x01\x02",
    "latin.txt": b"Gr\xfc\xdfe",
    "image.csv": PNG,
    "macro.docx": package("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
    "prose.json": b"hello",
    "prose.xml": b"hello",
    "prose.eml": b"hello",
    "open.json": b'{"a": 1',
    "a.exe": b"MZ",
    "a": b"x",
    "a.zip": DOCX,
    "trailing.webp": WEBP + b"<script>",
    "trailing.gif": b"GIF89a....;<script>",
    "empty.png": b"",
    "empty.docx": b"",
    "many.docx": package("[Content_Types].xml", "word/document.xml", *(f"p{n}.xml" for n in range(2000))),
    "case.docx": package("[Content_Types].xml", "word/document.xml", "word/Document.xml"),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_file_whose_content_agrees_with_its_name_is_taken(name: str, unit: Unit) -> None:
    assert read(upload(unit, GOOD[name], name=name)) == GOOD[name]


@pytest.mark.parametrize("name", BAD)
def test_a_file_whose_content_contradicts_its_name_is_refused(name: str, unit: Unit, home: Path) -> None:
    with pytest.raises(Invalid) as refusal:
        upload(unit, BAD[name], name=name, field="proof")

    assert list(refusal.value.fields) == ["proof"]
    assert on_disk(home) == []


def test_a_picture_sent_as_a_page_is_refused(unit: Unit) -> None:
    with pytest.raises(Invalid):
        upload(unit, PNG, name="a.png", declared_type="text/html; charset=utf-8")

    assert upload(unit, PNG, name="a.png", declared_type="application/octet-stream").media_type == "image/png"


def test_a_package_that_unpacks_to_far_more_than_it_is_gets_refused(unit: Unit) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("word/document.xml", bytes(30_000_000))

    with pytest.raises(Invalid, match="too large when unpacked"):
        upload(unit, target.getvalue(), name="bomb.docx")


def test_only_who_may_upload_there_can(unit: Unit) -> None:
    with acting(Actor(label="Nobody", channel="test")), pytest.raises(NotAllowed):
        upload(unit)


MARKS = ["\u202e", "\u2066", "\u200f", "\u200b", "\ufeff", "\x00", "\r\n", "\x7f", "\u2028", "\ud800"]
HOSTILE = [
    *(f"report{mark}.pdf" for mark in MARKS),
    *(f"{mark}x.pdf{mark}" for mark in MARKS),
    *(f'a"{mark}; filename=evil.exe.pdf' for mark in MARKS),
    "../../etc/passwd.pdf",
    "..\\..\\windows\\win.pdf",
    "/etc/shadow.pdf",
    "C:\\x.pdf",
    "C:x.pdf",
    "....//x.pdf",
    "%2e%2e%2fx.pdf",
    "a\r\nSet-Cookie: x=1.pdf",
    "a\r\n\r\n<script>.pdf",
    "a;b.pdf",
    "a'b.pdf",
    'a"b.pdf',
    'a\\"b.pdf',
    "<script>alert(1)</script>.pdf",
    "nul.pdf",
    "CON.pdf",
    ".pdf",
    "..pdf",
    "a..pdf",
    " .pdf",
    "a.pdf ",
    "a.pdf.",
    "a.pdf...",
    "\t.pdf",
    "x" * 400 + ".pdf",
    "é" * 400 + ".pdf",
    "\U0001f600" * 300 + ".pdf",
    "e\u0301.pdf",
    "日本語.pdf",
    "عربي.pdf",
    "$(reboot).pdf",
    "`id`.pdf",
    "a|b.pdf",
    "a*?.pdf",
    "-rf.pdf",
    "~x.pdf",
    "${x}.pdf",
    "{{7*7}}.pdf",
    "%s%n.pdf",
    "x.pdf\u202efdp.exe",
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_becomes_a_harmless_label(name: str) -> None:
    label = clean_name(name)

    headers = safe_headers(StoredFile(name=name, size=1, media_type="application/pdf"))

    assert 0 < len(label) <= LONGEST
    assert not set(label) & set("/\\") and label.isprintable() and not label.startswith(".")
    assert clean_name(label) == label
    disposition = headers["Content-Disposition"]
    assert disposition.isascii() and disposition.isprintable() and disposition.count('"') == 2
    assert disposition.startswith("attachment; ")


def test_the_corpus_of_names_is_as_large_as_it_claims() -> None:
    assert len(set(HOSTILE)) >= 60


def test_a_hidden_ending_decides_about_the_type(unit: Unit) -> None:
    with pytest.raises(Invalid):
        upload(unit, PDF, name="x.pdf\u202efdp.exe")


@given(st.text())
def test_cleaning_a_name_twice_changes_nothing_more(name: str) -> None:
    label = clean_name(name)

    assert clean_name(label) == label
    assert 0 < len(label) <= LONGEST


def test_long_names_keep_their_ending() -> None:
    assert clean_name("x" * 400 + ".pdf").endswith("x.pdf")


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("a.png", "inline"),
        ("a.txt", "inline"),
        ("a.svg", "attachment"),
        ("a.html", "attachment"),
        ("a.pdf", "attachment"),
        ("a.xml", "attachment"),
    ],
)
def test_only_types_that_cannot_run_are_shown_in_place(name: str, way: str, unit: Unit) -> None:
    headers = safe_headers(upload(unit, GOOD[name], name=name))

    assert headers["Content-Disposition"].startswith(way)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("sandbox")


def test_a_kill_before_the_file_gets_its_name_leaves_no_half_file(
    unit: Unit, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = os.fork()
    if child == 0:
        monkeypatch.setattr(store, "_place", lambda *_, **__: os.kill(os.getpid(), 9))
        upload(unit)
        os._exit(0)
    _pid, status = os.waitpid(child, 0)

    left = on_disk(home)

    assert os.WTERMSIG(status) == 9
    assert [path.parent.name for path in left] == [".incoming"]
    assert list(verify_files()) == []
    assert clear_unfinished() == 0
    assert clear_unfinished(older_than=-1) == 1
    assert on_disk(home) == []
