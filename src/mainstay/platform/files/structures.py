"""Whether bytes are what their name says: their ends, and the directory of packages. Nothing is unpacked.

The checks answer with what is wrong, or with an empty text. They keep one type from passing as another (a
page as a picture, a program as a document); they are no virus scanner.
"""

import codecs
import re
import zipfile
from collections.abc import Callable
from typing import BinaryIO, cast

from django.utils.translation import gettext as _

from mainstay.platform.files.sealing import SealedReader
from mainstay.platform.files.types import FileType

PNG_START = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
HEADER_LINE = re.compile(rb"[!-9;-~]{1,70}:[ \t]")
MOST_MEMBERS = 2_000
MOST_UNPACKED = 200 * 1024 * 1024
MOST_RATIO = 100


def complaint(source: SealedReader, kind: FileType) -> str:
    """What keeps the content from being of this type; empty when nothing does."""
    return CHECKS[kind.structure](source, kind)


def _read(source: SealedReader, start: int, length: int) -> bytes:
    source.seek(max(0, start))
    found = b""
    while len(found) < length and (part := source.read(length - len(found))):
        found += part
    return found


def _framed(start: bytes, end: bytes = b"", *, within: int = 0) -> Callable[[SealedReader, FileType], str]:
    """A check that content begins with `start` and ends with `end` (anywhere in the last `within` bytes)."""

    def check(source: SealedReader, kind: FileType) -> str:
        tail = _read(source, source.size - max(within, len(end)), max(within, len(end)))
        if _read(source, 0, len(start)) != start or (end not in tail if within else not tail.endswith(end)):
            return _("The content is not that of a .%s file.") % kind.extensions[0]
        return ""

    return check


def _gif(source: SealedReader, kind: FileType) -> str:
    head, tail = _read(source, 0, 6), _read(source, source.size - 1, 1)
    return (
        ""
        if head in (b"GIF87a", b"GIF89a") and tail == b";"
        else _("The content is not that of a .gif file.")
    )


def _webp(source: SealedReader, kind: FileType) -> str:
    head = _read(source, 0, 12)
    # The container says its own length, so nothing can hang behind it.
    length = int.from_bytes(head[4:8], "little") + 8
    if head[:4] == b"RIFF" and head[8:] == b"WEBP" and length == source.size:
        return ""
    return _("The content is not that of a .webp file.")


def _text(source: SealedReader, kind: FileType) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for piece in source.pieces():
            if CONTROLS.search(piece):
                return _("The content is not text.")
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _("Text is taken in UTF-8. Save the file in that encoding.")
    return ""


def _table(source: SealedReader, kind: FileType) -> str:
    """Tables as people have them: UTF-8, UTF-16 with its mark, or a Windows code page; its reader says which."""
    if _read(source, 0, 2) not in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        is_binary = any(CONTROLS.search(piece) for piece in source.pieces())
        return _("The content is not text.") if is_binary else ""
    decoder = codecs.getincrementaldecoder("utf-16")()
    try:
        for piece in source.pieces():
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _("The content is not text.")
    return ""


def _json(source: SealedReader, kind: FileType) -> str:
    head = _read(source, 0, 1024).removeprefix(codecs.BOM_UTF8).lstrip()
    tail = _read(source, source.size - 1024, 1024).rstrip()
    if (head[:1], tail[-1:]) not in ((b"{", b"}"), (b"[", b"]")):
        return _("The content is not a JSON object or list.")
    return _text(source, kind)


def _markup(source: SealedReader, kind: FileType) -> str:
    if not _read(source, 0, 1024).removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<"):
        return _("The content does not begin with markup.")
    return _text(source, kind)


def _mail(source: SealedReader, kind: FileType) -> str:
    """A message begins with header fields (RFC 5322, section 2.2)."""
    head = _read(source, 0, 16_384)
    fields = re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0].splitlines()
    well_formed = all(HEADER_LINE.match(line) or line[:1] in (b" ", b"\t") for line in fields[:10])
    if fields and well_formed and re.search(rb"^(from|date|received|mime-version):", head, re.I | re.M):
        return ""
    return _("The content is not an e-mail message.")


def _package(source: SealedReader, kind: FileType) -> str:
    """An Office Open XML package: its content types and main part, no macros (ISO/IEC 29500-2)."""
    names, wrong = _members(source)
    if wrong:
        return wrong
    if "[Content_Types].xml" not in names or kind.part not in names:
        return _("The content is not that of a .%s file.") % kind.extensions[0]
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        return _("The document contains macros. Save it without them.")
    return ""


def _opendocument(source: SealedReader, kind: FileType) -> str:
    """An OpenDocument package: first member `mimetype`, stored as it is (ODF 1.3, part 2, section 3.3)."""
    names, wrong = _members(source)
    if wrong:
        return wrong
    label = b"mimetype" + kind.media_type.encode() + b"PK"
    return (
        ""
        if kind.part in names and _read(source, 30, len(label)) == label
        else (_("The content is not that of a .%s file.") % kind.extensions[0])
    )


def _members(source: SealedReader) -> tuple[list[str], str]:
    """The names in a package and what is wrong with its directory."""
    if _read(source, 0, 4) != b"PK\x03\x04":
        return [], _("The content is not a document package.")
    try:
        with zipfile.ZipFile(cast(BinaryIO, source)) as package:
            members = package.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError):
        return [], _("The document package cannot be read.")
    names = [member.filename for member in members]
    unpacked = sum(member.file_size for member in members)
    if len(names) > MOST_MEMBERS or unpacked > MOST_UNPACKED:
        return [], _("The document package is too large when unpacked.")
    # Small parts of blanks compress better than the limit; only a package that is large when unpacked is
    # suspect.
    if unpacked > 10 * 1024 * 1024 and unpacked > MOST_RATIO * source.size:
        return [], _("The document package is too large when unpacked.")
    if len({name.casefold() for name in names}) < len(names) or any(
        member.flag_bits & 1 for member in members
    ):
        return [], _("The document package is encrypted or names a part twice.")
    return names, ""


CHECKS: dict[str, Callable[[SealedReader, FileType], str]] = {
    "pdf": _framed(b"%PDF-", b"%%EOF", within=1024),
    "png": _framed(PNG_START, PNG_END),
    # Cameras append previews behind the end mark, so it is looked for rather than required as the last bytes.
    "jpeg": _framed(b"\xff\xd8\xff", b"\xff\xd9", within=64 * 1024),
    "gif": _gif,
    "webp": _webp,
    "text": _text,
    "table": _table,
    "json": _json,
    "markup": _markup,
    "mail": _mail,
    "package": _package,
    "opendocument": _opendocument,
}
