"""Spreadsheets as people keep them, read row by row: delimited text, and .xlsx without running formulas."""

import codecs
import csv
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import partial
from itertools import dropwhile, islice, zip_longest
from os import PathLike
from pathlib import PurePath
from typing import Any, BinaryIO, TypeVar

from mainstay.registers.imports.headings import HEADER_WINDOW, delimiter_of, find_header

MAX_COLUMNS = 500
MAX_ROWS = 1_048_576  # as many as a worksheet has
MAX_LINE = 1_000_000  # characters of one line of a text file
MAX_INFLATED = 200 * 1024 * 1024  # bytes of a workbook once inflated
MAX_RATIO = 100  # inflated to stored size, asked of parts above RATIO_FLOOR
RATIO_FLOOR = 1024 * 1024
MAX_PARTS = 2_000
_BLOCK = 1024 * 1024
_BATCH = 200  # rows read at a time
_DETECTION = 64 * 1024  # characters looked at for the delimiter

Cell = str | date | datetime | int | float | bool | None
Source = str | PathLike[str] | BinaryIO
_T = TypeVar("_T")


class SheetError(ValueError):
    """A file that cannot be read as a table; the message is one sentence for whoever uploaded it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row with anything in it.

    `number` is the row a spreadsheet program shows: a record with line breaks in its cells counts once, empty
    rows count. `cells` has a cell for every column of the header, and more where the row is longer.
    `uncalculated` are the columns whose formula was saved without a result, which is read as nothing.
    """

    number: int
    cells: tuple[Cell, ...]
    uncalculated: tuple[int, ...] = ()


Rows = Generator[Row, None, None]


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A table whose header was found.

    `encoding` and `delimiter` are those of a text file, `sheets` (the visible ones) and `sheet` those of a
    workbook.
    """

    header: tuple[str, ...]
    header_row: int
    encoding: str | None = None
    delimiter: str | None = None
    sheets: tuple[str, ...] = ()
    sheet: str | None = None
    records: Callable[[], Rows] = field(repr=False, compare=False)

    def rows(self) -> Iterator[Row]:
        """The rows below the header that are not empty, read as they are asked for, anew at every call."""
        width = len(self.header)
        with closing(self.records()) as records:
            for row in records:
                if row.number <= self.header_row or (_is_empty(row.cells) and not row.uncalculated):
                    continue
                cells = row.cells[: max(width, _filled_width(row.cells))]
                cells += (None,) * (width - len(cells))
                yield Row(number=row.number, cells=cells, uncalculated=row.uncalculated)


def open_sheet(source: Source, *, name: str, sheet: str | None = None) -> Sheet:
    """The table in a .csv, .tsv, .txt or .xlsx file called `name`; SheetError when there is none to be had.

    An open file must be binary and seekable, and stay open while rows are read. Of a workbook, `sheet` is the
    worksheet to read; without it, the first visible one that is not empty.
    """
    ending = PurePath(name).suffix.casefold()
    with _opened(source) as file:
        start = file.read(8)
    if ending not in _ENDINGS:
        refusal = f"'{name}' is neither .csv, .tsv, .txt nor .xlsx; save the table as one of these."
        raise SheetError(_REFUSED.get(ending, refusal))
    if not start:
        raise SheetError(f"'{name}' is empty.")
    return _open_workbook(source, name, sheet) if ending == ".xlsx" else _open_text(source, name)


# --- the source ---


class _View(io.RawIOBase):
    """A reading position of its own in an open file, so that rows can be walked again and side by side."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_CUR:
            offset, whence = self._at + offset, io.SEEK_SET
        self._file.seek(offset, whence)
        self._at = self._file.tell()
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        self._file.seek(self._at)
        block = self._file.read(len(buffer))
        buffer[: len(block)] = block
        self._at += len(block)
        return len(block)


def _opened(source: Source) -> io.BufferedReader:
    return open(source, "rb") if isinstance(source, str | PathLike) else io.BufferedReader(_View(source))


def _checked(row: Row) -> Row:
    if row.number > MAX_ROWS:
        raise SheetError(f"The table has more than {MAX_ROWS:,} rows; split the file.")
    if len(row.cells) > MAX_COLUMNS and _filled_width(row.cells) > MAX_COLUMNS:
        raise SheetError(f"Row {row.number} has more than {MAX_COLUMNS} columns; delete some.")
    return row


def _is_empty(cells: Sequence[Cell]) -> bool:
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in cells)


def _filled_width(cells: Sequence[Cell]) -> int:
    width = len(cells)
    while width and _is_empty(cells[width - 1 : width]):
        width -= 1
    return width


# --- text ---


def _open_text(source: Source, name: str) -> Sheet:
    with _opened(source) as file:
        start = file.read(8)
    if start.startswith((_ZIP, _OLE)):
        raise SheetError(f"'{name}' is a workbook and not text; give it the ending .xlsx, or save it as CSV.")
    encoding = _encoding_of(source, name)
    with _text(source, encoding) as text:
        beginning = text.read(_DETECTION)
        whole = not text.read(1)
    # Excel leaves "sep=;" as a first line that it does not show.
    said = re.match(r'"?sep=([;,\t|])"?(?:\r\n|\r|\n)', beginning)
    delimiter = said[1] if said else delimiter_of(beginning, whole=whole)
    read = partial(_text_rows, source, encoding, delimiter, skip=bool(said))
    header, header_row = _header_of(read, name)
    return Sheet(header=header, header_row=header_row, encoding=encoding, delimiter=delimiter, records=read)


def _text(source: Source, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(_opened(source), encoding=encoding, newline="")


def _encoding_of(source: Source, name: str) -> str:
    """The encoding the whole file decodes in: by its mark, else UTF-8, else Windows-1252."""
    with _opened(source) as file:
        start = file.read(4)
    candidates: tuple[str, ...] = ("utf-8", "cp1252")
    if start.startswith(codecs.BOM_UTF8):
        candidates = ("utf-8-sig",)
    elif start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ("utf-16",)
    for encoding in candidates:
        decoder = codecs.getincrementaldecoder(encoding)()
        with _opened(source) as file:
            try:
                while block := file.read(_BLOCK):
                    if "\0" in decoder.decode(block):
                        raise SheetError(f"'{name}' holds NUL bytes, so it is no text; save it as CSV.")
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                continue
        return encoding
    raise SheetError(f"'{name}' is neither UTF-8, UTF-16 nor Windows-1252 text; save it as CSV in UTF-8.")


class _Lines:
    """The lines of a text, none longer than MAX_LINE; `exhausted` once more were asked for than there are."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self.exhausted = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._text.readline(MAX_LINE)
        if len(line) >= MAX_LINE:
            raise SheetError(f"The file has a line of more than {MAX_LINE:,} characters and is no table.")
        if not line:
            self.exhausted = True
            raise StopIteration
        return line


def _text_rows(source: Source, encoding: str, delimiter: str, *, skip: bool) -> Rows:
    with _text(source, encoding) as text:
        lines = _Lines(text)
        if skip:
            next(lines)
        reader = csv.reader(lines, delimiter=delimiter)
        number = 0
        try:
            for number, record in enumerate(reader, start=1):
                # A record that still comes after the last line was waiting for its closing quotation mark.
                if lines.exhausted:
                    raise SheetError(f"Row {number} opens a quotation mark that is never closed.")
                yield _checked(Row(number=number, cells=tuple([cell or None for cell in record])))
        except csv.Error as error:
            raise SheetError(f"Row {number + 1} cannot be read: {error}.") from error


def _header_of(read: Callable[[], Rows], name: str) -> tuple[tuple[str, ...], int]:
    """The headings, and the number of the row (of several, the last) that holds them."""
    with closing(read()) as rows:
        head = list(islice(dropwhile(lambda row: _is_empty(row.cells), rows), HEADER_WINDOW))
    if not head:
        raise SheetError(f"'{name}' holds no rows.")
    found = find_header([row.cells[: _filled_width(row.cells)] for row in head])
    return found.names, head[found.at].number


# --- workbooks ---

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
# What the library and its XML parser raise on parts that are missing, cut short or not what they say.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, SyntaxError, EOFError, LookupError,
    ValueError, TypeError, AttributeError, NotImplementedError, OverflowError, OSError,
)  # fmt: skip


def _open_workbook(source: Source, name: str, sheet: str | None) -> Sheet:
    with _opened(source) as file:
        start = file.read(8)
    if start.startswith(_OLE):
        raise SheetError(f"'{name}' has a password or is an old .xls renamed; save it as .xlsx without one.")
    if not start.startswith(_ZIP):
        raise SheetError(f"'{name}' is not a workbook, whatever its ending; save it as .xlsx.")
    has_formulas = _inspect_parts(source, name)
    with _workbook(source, name) as book:
        visible = tuple(page.title for page in book.worksheets if page.sheet_state == "visible")
        if sheet is not None and sheet not in visible:
            raise SheetError(f"'{name}' has no visible worksheet '{sheet}'.")
        for title in visible if sheet is None else (sheet,):
            read = partial(_page_rows, book, None, title, name)
            with closing(read()) as rows:
                if all(_is_empty(row.cells) for row in rows):
                    continue
            header, header_row = _header_of(read, name)
            again = partial(_workbook_rows, source, name, title, has_formulas=has_formulas)
            return Sheet(header=header, header_row=header_row, sheets=visible, sheet=title, records=again)
    raise SheetError(f"'{name}' holds no rows.")


def _inspect_parts(source: Source, name: str) -> bool:
    """Refuse what is no plain .xlsx or inflates beyond the limits; whether any worksheet holds formulas."""
    has_formulas = False
    try:
        with _opened(source) as file, zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            _refuse_kinds(parts, name)
            total = 0
            for part in parts:
                size, tail = 0, b""
                with archive.open(part) as content:
                    while block := content.read(_BLOCK):
                        size += len(block)
                        total += len(block)
                        is_bomb = size > RATIO_FLOOR and size > MAX_RATIO * part.compress_size
                        if is_bomb or total > MAX_INFLATED:
                            raise SheetError(f"'{name}' unpacks to more than a workbook should; split it.")
                        if not has_formulas and part.filename.startswith("xl/worksheets/"):
                            has_formulas = bool(_FORMULA.search(tail + block))
                            tail = block[-64:]
    except SheetError:
        raise
    except _BROKEN as error:
        raise _damaged(name) from error
    return has_formulas


def _refuse_kinds(parts: Sequence[zipfile.ZipInfo], name: str) -> None:
    names = {part.filename for part in parts}
    if len(parts) > MAX_PARTS:
        raise SheetError(f"'{name}' has more than {MAX_PARTS:,} parts, which no workbook needs.")
    if any(part.flag_bits & 1 for part in parts):
        raise SheetError(f"'{name}' is locked with a password; save it without.")
    if any(path.casefold().endswith("vbaproject.bin") for path in names):
        raise SheetError(_REFUSED[".xlsm"])
    if "[Content_Types].xml" not in names or "xl/workbook.bin" in names:
        raise SheetError(f"'{name}' is not an .xlsx workbook, whatever its ending; save it as .xlsx.")
    # The format knows these two; others inflate in one go, past any counting.
    if any(part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for part in parts):
        raise SheetError(f"'{name}' is packed in a way no spreadsheet program does; save it again.")


def _damaged(name: str) -> SheetError:
    return SheetError(f"'{name}' is damaged; open it in a spreadsheet program and save it again.")


@contextmanager
def _workbook(source: Source, name: str, *, results: bool = True) -> Iterator[Any]:
    """The workbook with the stored results of formulas, or with their text; nothing is calculated."""
    import openpyxl  # noqa: PLC0415 # costly to load, and most processes never read one

    with _opened(source) as file:
        try:
            with warnings.catch_warnings(action="ignore"):
                book = openpyxl.load_workbook(file, read_only=True, data_only=results, keep_links=False)
        except _BROKEN as error:
            raise _damaged(name) from error
        try:
            yield book
        finally:
            book.close()


def _workbook_rows(source: Source, name: str, title: str, *, has_formulas: bool) -> Rows:
    formulas = _workbook(source, name, results=False) if has_formulas else nullcontext()
    with _workbook(source, name) as book, formulas as written:
        yield from _page_rows(book, written, title, name)


def _page_rows(book: Any, written: Any, title: str, name: str) -> Rows:
    """The rows of a worksheet; `written` is the same workbook with its formulas, None if it has none."""
    for page in filter(None, (book, written)):
        # Some programs store the extent of a sheet wrongly, and rows beyond it would be lost.
        page[title].reset_dimensions()
    results = _quietly(book[title].iter_rows(values_only=True), name)
    texts = _quietly(written[title].iter_rows(), name) if written else ()
    for number, (values, cells) in enumerate(zip_longest(results, texts, fillvalue=()), start=1):
        missing = (at for at, cell in enumerate(cells) if cell.data_type == "f" and values[at] is None)
        yield _checked(Row(number=number, cells=tuple(map(_cell, values)), uncalculated=tuple(missing)))


def _quietly(rows: Iterable[_T], name: str) -> Iterator[_T]:
    """The rows without the library's warnings about what it passes over, such as drop-down lists."""
    iterator = iter(rows)
    batch: list[_T] | None = None
    while batch is None or batch:
        try:
            with warnings.catch_warnings(action="ignore"):
                batch = list(islice(iterator, _BATCH))
        except _BROKEN as error:
            raise _damaged(name) from error
        yield from batch


def _cell(value: object) -> Cell:
    """What the cell shows: a day has no time of day, and what is no plain value is its text."""
    match value:
        case datetime() if value.time() == time():
            return value.date()
        case "":
            return None
        case None | bool() | int() | float() | str() | date():
            return value
        case time():
            return value.isoformat(timespec="minutes")
        case _:
            return str(value)


_ENDINGS = frozenset({".csv", ".tsv", ".txt", ".xlsx"})
_REFUSED = {
    ".xls": "The .xls format of before 2007 is not read; save the workbook as .xlsx.",
    ".xlsm": "A workbook with macros is not read; save it as .xlsx, which has none.",
    ".xlsb": "A binary workbook is not read; save it as .xlsx.",
    ".ods": "An OpenDocument spreadsheet is not read; save it as .xlsx or CSV.",
}
