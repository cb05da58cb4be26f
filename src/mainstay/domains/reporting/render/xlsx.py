"""XLSX by XlsxWriter: one sheet for the document, one typed, filterable sheet for each table."""

import re
from collections.abc import Iterable
from datetime import UTC, date
from decimal import Decimal
from io import BytesIO

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from mainstay.domains.reporting.render.document import (
    Column,
    Document,
    Facts,
    Figure,
    Note,
    Paragraph,
    Table,
    captioned_tables,
    control_pairs,
)
from mainstay.domains.reporting.render.values import Cell, Kind, Level, Status, Words, ink_on, look_of, shown

_OPTIONS = {
    "constant_memory": True,
    # User text stays text: never a formula, a link or a number it only resembles.
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_ACCENT, _WASH, _HAIRLINE = "#0f4c5c", "#f2f6f7", "#c9d2d6"
_SHEET_NAME, _CELL_TEXT = 31, 32_767
_EXACT = 10**15  # beyond 15 digits a spreadsheet silently changes the number
_DATE, _MONEY = "d mmm yyyy", "#,##0.00"
_WIDTHS: dict[Kind, float] = {
    "text": 28,
    "integer": 12,
    "decimal": 14,
    "money": 16,
    "date": 13,
    "level": 16,
    "status": 17,
}

Look = tuple[tuple[str, object], ...]


class _Formats:
    """The workbook's cell formats, each made once, and the words for what no format can show."""

    def __init__(self, workbook: Workbook, *, words: Words) -> None:
        self.words = words
        self._workbook = workbook
        self._made: dict[Look, Format] = {}

    def __call__(self, **properties: object) -> Format:
        look = tuple(sorted(properties.items()))
        if look not in self._made:
            self._made[look] = self._workbook.add_format({"valign": "top", **properties})
        return self._made[look]

    def of(self, value: Cell, *, kind: Kind | None) -> Format:
        """How a value of this kind is shown in its cell."""
        match value:
            case Level():
                return self(bg_color=value.colour, font_color=ink_on(value.colour), bold=True)
            case Status():
                look = look_of(value)
                # The shape lives in the number format, so that a filter offers the bare word.
                return self(num_format=f'"{look.icon} "@', font_color=look.colour)
            case date():
                return self(num_format=_DATE, align="left")
            case str() | None:
                return self(text_wrap=True)
        if kind == "money":
            return self(num_format=_MONEY)
        return self(num_format=_places(value))


def _places(value: int | Decimal) -> str:
    exponent = Decimal(value).as_tuple().exponent
    places = min(-exponent, 12) if isinstance(exponent, int) and exponent < 0 else 0
    return "#,##0" + ("." + "0" * places if places else "")


def write(document: Document) -> bytes:
    """The document as a workbook."""
    output = BytesIO()
    tables = list(captioned_tables(document))
    names = sheet_names((document.words.document, *(title for title, _ in tables)))
    with Workbook(output, _OPTIONS) as workbook:
        _set_properties(workbook, document=document)
        formats = _Formats(workbook, words=document.words)
        _write_cover(workbook.add_worksheet(names[0]), document=document, formats=formats, names=names[1:])
        for name, (_, table) in zip(names[1:], tables, strict=True):
            sheet = workbook.add_worksheet(name)
            _set_page(sheet, document=document, landscape=table.is_wide)
            _write_table(sheet, table=table, formats=formats)
    return output.getvalue()


def sheet_names(titles: Iterable[str]) -> list[str]:
    """A name Excel accepts for each title: at most 31 characters, none forbidden, all different."""
    names: list[str] = []
    # Excel keeps "History" for itself in every spelling.
    taken = {"history"}
    for title in titles:
        base = " ".join(re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", title).split()).strip("' ") or "Table"
        name, number = _fitting(base, limit=_SHEET_NAME), 1
        while name.casefold() in taken:
            number += 1
            name = _fitting(base, limit=_SHEET_NAME - len(f" ({number})")) + f" ({number})"
        taken.add(name.casefold())
        names.append(name)
    return names


def _fitting(name: str, *, limit: int) -> str:
    # Excel counts UTF-16 units, of which a character outside the basic plane takes two.
    clipped = name.encode("utf-16-le")[: limit * 2].decode("utf-16-le", errors="ignore")
    return clipped.rstrip("' ") or "Table"


def _set_properties(workbook: Workbook, *, document: Document) -> None:
    control = document.control
    workbook.set_properties(
        {
            "title": document.title[:255],
            "subject": document.subtitle[:255],
            "author": control.prepared_by[:255],
            "category": document.classification[:255],
            "keywords": control.reference[:255],
            "comments": control.checksum[:255],
            "status": control.status[:255],
            "created": control.prepared_at.astimezone(UTC).replace(tzinfo=None),
        }
    )


def _set_page(sheet: Worksheet, *, document: Document, landscape: bool) -> None:
    if landscape:
        sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    # An ampersand begins a code in headers and footers, so the user's are doubled; 255 is Excel's limit.
    left = f"{document.control.reference} · {document.control.short_checksum}"[:80].replace("&", "&&")
    sheet.set_footer(f"&L{left}&R&P / &N")
    sheet.set_header(f"&R&B{document.classification[:80].replace('&', '&&')}")


def _write_table(sheet: Worksheet, *, table: Table, formats: _Formats) -> None:
    heading = formats(bold=True, font_color=_ACCENT, bg_color=_WASH, bottom=2, bottom_color=_ACCENT, text_wrap=True)
    for at, column in enumerate(table.columns):
        sheet.set_column(at, at, _width(column))
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.autofilter(0, 0, max(1, len(table.rows)), len(table.columns) - 1)
    for at, column in enumerate(table.columns):
        sheet.write_string(0, at, column.label[:_CELL_TEXT], heading)
    for line, row in enumerate(table.rows, start=1):
        for at, column in enumerate(table.columns):
            _write_cell(sheet, (line, at), value=row.get(column.key), kind=column.kind, formats=formats)
    if not table.rows:
        sheet.write_string(1, 0, table.empty[:_CELL_TEXT], formats(italic=True))


def _width(column: Column) -> float:
    wanted = _WIDTHS[column.kind] * (column.width if column.kind == "text" else 1)
    return max(8.0, min(70.0, max(wanted, min(len(column.label) + 4, 30))))


def _write_cell(sheet: Worksheet, at: tuple[int, int], *, value: Cell, kind: Kind | None, formats: _Formats) -> None:
    shape = formats.of(value, kind=kind)
    match value:
        case None | "":
            sheet.write_blank(*at, None, shape)
        case int() | Decimal() if -_EXACT < value < _EXACT:
            sheet.write_number(*at, float(value), shape)
        case date() if value.year >= 1900 and type(value) is date:
            sheet.write_datetime(*at, value, shape)
        case _:
            # What Excel cannot hold as a value (days before 1900, longer numbers) it holds as text.
            sheet.write_string(*at, shown(value, words=formats.words)[:_CELL_TEXT], shape)


def _write_cover(sheet: Worksheet, *, document: Document, formats: _Formats, names: list[str]) -> None:
    """The control block, then everything that is not a table, in reading order."""
    _set_page(sheet, document=document, landscape=False)
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 90)
    sheet.hide_gridlines(2)
    prose, label = formats(text_wrap=True), formats(font_color="#55636b", text_wrap=True)
    title = formats(bold=True, font_size=18, font_color=_ACCENT)
    heading = formats(bold=True, font_size=13, font_color=_ACCENT, bottom=1, bottom_color=_HAIRLINE)
    sheets = iter(names)
    line = 0

    def put(left: str, right: Cell, *, shape: Format = label) -> None:
        nonlocal line
        sheet.write_string(line, 0, left[:_CELL_TEXT], shape)
        if isinstance(right, str) and right:
            sheet.write_string(line, 1, right[:_CELL_TEXT], prose)
        elif right is not None:
            _write_cell(sheet, (line, 1), value=right, kind=None, formats=formats)
        line += 1

    put(document.title, None, shape=title)
    put(document.subtitle, None, shape=formats(font_color="#55636b"))
    for name, value in control_pairs(document):
        put(name, value)
    for section in document.sections:
        line += 1
        put(section.heading, None, shape=heading)
        for block in section.blocks:
            match block:
                case Paragraph() | Note():
                    put("", block.text)
                case Facts():
                    for name, value in block.pairs:
                        put(name, value)
                case Table():
                    put(document.words.see_sheet, next(sheets))
                case Figure():
                    put(block.title, f"{block.description}\n{document.words.see_sheet}: {next(sheets)}")
