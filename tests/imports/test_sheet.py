"""Spreadsheets are read as people keep them, and what is no table is refused in one sentence."""

import io
import tracemalloc
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from mainstay.registers.imports import sheet as sheets
from mainstay.registers.imports.sheet import SheetError, open_sheet

REAL = Path(__file__).parents[2] / "../shared/data/registers/assets-real.csv"
TABLE = "Ref;Name;Owner\r\nA-1;Spital Süd;Müller, Jörg\r\nA-2;Café;\r\n"


def text(content: str, encoding: str = "utf-8") -> io.BytesIO:
    return io.BytesIO(content.encode(encoding))


def workbook(fill: Callable[[Any], None]) -> io.BytesIO:
    """A workbook as openpyxl writes it, which stores formulas without results."""
    book = openpyxl.Workbook()
    fill(book)
    file = io.BytesIO()
    book.save(file)
    return file


def table(rows: Sequence[Sequence[object]]) -> io.BytesIO:
    def fill(book: Any) -> None:
        for row in rows:
            book.active.append(row)

    return workbook(fill)


def table_of_shared_strings() -> io.BytesIO:
    """A workbook as Excel writes it, with its texts in a part of their own."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["Ref", "Name"])
        page.write_row(1, 0, ["A-1", "ERP"])
    return file


def repacked(file: io.BytesIO, changes: dict[str, bytes]) -> io.BytesIO:
    """The workbook with some parts replaced or added."""
    result = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in changes:
                new.writestr(name, old.read(name))
        for name, content in changes.items():
            new.writestr(name, content)
    return result


# --- the real file ---


@pytest.mark.skipif(not REAL.exists(), reason="the real register is not part of this checkout")
def test_a_register_as_kept_in_a_hospital_is_read() -> None:
    sheet = open_sheet(REAL, name="assets-real.csv")
    rows = list(sheet.rows())

    assert (sheet.encoding, sheet.delimiter, sheet.header_row) == ("cp1252", ";", 3)
    assert sheet.header[:6] == (
        "Asset no.",
        "Asset name",
        "Type",
        "Department",
        "Asset owner",
        "Confidentiality",
    )
    assert sheet.header[-1] == "Remarks"
    assert len(rows) == 181
    assert rows[1].cells[:5] == ("A-0002", "Payroll (cloud)", "SaaS", "Facilities", "Jürgen Rossi")
    assert (rows[0].number, rows[-1].number) == (4, 191)
    assert all(len(row.cells) == len(sheet.header) for row in rows)


# --- text ---


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_is_read_in_every_common_encoding(encoding: str) -> None:
    sheet = open_sheet(text(TABLE, encoding), name="assets.csv")

    assert sheet.encoding == encoding
    assert sheet.header == ("Ref", "Name", "Owner")
    assert [row.cells for row in sheet.rows()] == [
        ("A-1", "Spital Süd", "Müller, Jörg"),
        ("A-2", "Café", None),
    ]


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_delimiter_is_found_behind_quotes(delimiter: str) -> None:
    lines = (
        ["Foo", "Bar", "Baz"],
        ["1", '"a;b,c\td|e;f,g"', "x"],
        ["2", '"line ""one""\nline, two; three"', "y"],
    )
    content = "\n".join(delimiter.join(line) for line in lines)

    sheet = open_sheet(text(content), name="assets.txt")

    assert sheet.delimiter == delimiter
    assert [row.cells[1] for row in sheet.rows()] == ["a;b,c\td|e;f,g", 'line "one"\nline, two; three']


def test_prose_full_of_commas_does_not_hide_the_semicolon() -> None:
    content = "Nr;Beschreibung\n1;rot, grün, blau, gelb\n2;rot, grün, blau, gelb\n3;rot, grün, blau, gelb\n"

    assert open_sheet(text(content), name="risks.csv").delimiter == ";"


def test_the_delimiter_excel_announces_is_taken_and_its_line_is_no_row() -> None:
    sheet = open_sheet(text("sep=,\r\nRef,Name;Title\r\nA-1,x\r\n"), name="assets.csv")

    assert (sheet.delimiter, sheet.header, sheet.header_row) == (",", ("Ref", "Name;Title"), 1)


def test_a_single_column_is_a_table() -> None:
    sheet = open_sheet(text("Name\nPayroll\nERP\n"), name="assets.csv")

    assert [row.cells for row in sheet.rows()] == [("Payroll",), ("ERP",)]


def test_empty_rows_are_passed_over_but_counted_and_broken_lines_are_one_row() -> None:
    content = 'Title\r\n\r\nRef;Remarks\r\nA-1;"one\ntwo"\r\n;\r\n \xa0;\n\nA-2;x\n'

    sheet = open_sheet(text(content), name="assets.csv")

    assert sheet.header_row == 3
    assert [(row.number, row.cells) for row in sheet.rows()] == [(4, ("A-1", "one\ntwo")), (8, ("A-2", "x"))]


def test_rows_are_padded_and_what_goes_beyond_the_header_is_kept() -> None:
    long = "\n".join(["Ref;Name;Owner"] + ["A;b;c"] * 20 + ["A-1", "A-2;x;y;lost?", "A-3;x;y;;"])

    cells = [row.cells for row in open_sheet(text(long), name="a.csv").rows()][-3:]

    assert cells == [("A-1", None, None), ("A-2", "x", "y", "lost?"), ("A-3", "x", "y")]


def test_rows_can_be_walked_again_and_side_by_side() -> None:
    sheet = open_sheet(text(TABLE), name="assets.csv")

    pairs = list(zip(sheet.rows(), sheet.rows(), strict=True))

    assert len(pairs) == 2
    assert all(one == other for one, other in pairs)


def test_the_file_given_stays_open() -> None:
    file = text(TABLE)

    list(open_sheet(file, name="assets.csv").rows())

    assert not file.closed


def test_a_header_without_rows_has_none() -> None:
    assert list(open_sheet(text("Ref,Name\n"), name="assets.csv").rows()) == []


def test_rows_are_never_in_memory_all_at_once(tmp_path: Path) -> None:
    path = tmp_path / "assets.csv"
    with path.open("w") as file:
        file.write("Ref;Name;Owner;Remarks\n")
        file.writelines(f"A-{number};Server {number};Novak, Ann;{'x' * 1_000}\n" for number in range(20_000))

    tracemalloc.start()
    count = sum(1 for _ in open_sheet(path, name="assets.csv").rows())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 20_000
    assert peak < path.stat().st_size / 3


# --- workbooks ---


def test_a_workbook_is_read_with_its_types() -> None:
    rows = [
        ["Asset register"],
        ["Ref", "In use since", "Changed", "Cost", "Backup", "At"],
        ["A-1", datetime(2026, 1, 31), datetime(2026, 1, 31, 8, 5), 12.5, True, time(8, 5)],
        [None, None],
        [7, None, None, 3, False, ""],
    ]

    sheet = open_sheet(table(rows), name="assets.xlsx")

    assert (sheet.header_row, sheet.header[:2], sheet.sheets, sheet.sheet) == (
        2,
        ("Ref", "In use since"),
        ("Sheet",),
        "Sheet",
    )
    assert [(row.number, row.cells) for row in sheet.rows()] == [
        (3, ("A-1", date(2026, 1, 31), datetime(2026, 1, 31, 8, 5), 12.5, True, "08:05")),
        (5, (7, None, None, 3, False, None)),
    ]


def test_a_workbook_is_read_from_a_path_and_again(tmp_path: Path) -> None:
    path = tmp_path / "assets.xlsx"
    path.write_bytes(table([["Ref", "Name"], ["A-1", "ERP"]]).getvalue())

    sheet = open_sheet(path, name="assets.xlsx")

    assert list(sheet.rows()) == list(sheet.rows())


def three_sheets(book: Any) -> None:
    book.active.title = "Cover"
    book.create_sheet("Lists").append(["hidden"])
    book["Lists"].sheet_state = "hidden"
    book.create_sheet("Assets").append(["Ref", "Name"])
    book.create_sheet("Risks").append(["Ref", "Scenario"])


def test_the_first_visible_sheet_with_anything_in_it_is_read() -> None:
    sheet = open_sheet(workbook(three_sheets), name="isms.xlsx")

    assert (sheet.sheets, sheet.sheet, sheet.header) == (
        ("Cover", "Assets", "Risks"),
        "Assets",
        ("Ref", "Name"),
    )


def test_the_sheet_asked_for_is_read() -> None:
    assert open_sheet(workbook(three_sheets), name="isms.xlsx", sheet="Risks").header == ("Ref", "Scenario")


@pytest.mark.parametrize("title", ["Nowhere", "Lists"])
def test_a_sheet_nobody_sees_is_refused(title: str) -> None:
    with pytest.raises(SheetError, match=f"no visible worksheet '{title}'"):
        open_sheet(workbook(three_sheets), name="isms.xlsx", sheet=title)


def test_stored_results_of_formulas_are_read_and_missing_ones_reported(tmp_path: Path) -> None:
    path = tmp_path / "risks.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["Ref", "Impact", "Likelihood"])
        page.write_string(1, 0, "R-1")
        page.write_formula(1, 1, "=1+1", value=2)
        page.write_number(1, 2, 3)
    (stored,) = open_sheet(path, name="risks.xlsx").rows()

    never = table([["Ref", "Impact", "Likelihood"], ["R-1", "=1+1", 3]])
    (missing,) = open_sheet(never, name="risks.xlsx").rows()

    assert (stored.cells, stored.uncalculated) == (("R-1", 2, 3), ())
    assert (missing.cells, missing.uncalculated) == (("R-1", None, 3), (1,))


def test_rows_beyond_the_extent_a_workbook_claims_are_read() -> None:
    file = table([["Ref", "Name"], ["A-1", "ERP"], ["A-2", "PACS"]])
    with zipfile.ZipFile(file) as archive:
        page = archive.read("xl/worksheets/sheet1.xml")
    assert b'ref="A1:B3"' in page

    claiming = repacked(file, {"xl/worksheets/sheet1.xml": page.replace(b'ref="A1:B3"', b'ref="A1:A1"')})

    assert len(list(open_sheet(claiming, name="assets.xlsx").rows())) == 2


def test_dates_no_calendar_has_are_read_without_a_warning() -> None:
    def fill(book: Any) -> None:
        book.active.append(["Ref", "Next review"])
        book.active.append(["A-1", 99999999])
        book.active["B2"].number_format = "yyyy-mm-dd"

    (row,) = open_sheet(workbook(fill), name="assets.xlsx").rows()

    assert row.cells == ("A-1", "#VALUE!")


def test_a_workbook_with_shared_strings_is_read() -> None:
    (row,) = open_sheet(table_of_shared_strings(), name="assets.xlsx").rows()

    assert row.cells == ("A-1", "ERP")


# --- refusals ---


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "a.csv", "is empty"),
        (b"\n \n;;\n", "a.csv", "holds no rows"),
        (b"Ref;Name\nA-1;\0x\n", "a.csv", "NUL bytes"),
        ("Ref;Name\n".encode("utf-16-le"), "a.csv", "NUL bytes"),
        (b"Ref;Name\n\x81;x\n", "a.csv", "neither UTF-8, UTF-16 nor Windows-1252"),
        (b"\xef\xbb\xbfRef;Name\n\xe9;x\n", "a.csv", "neither UTF-8, UTF-16 nor Windows-1252"),
        (b'Ref;Name\nA-1;"open\nA-2;x\n', "a.csv", "Row 2 opens a quotation mark that is never closed"),
        (b'Ref;Name\nA-1;"' + b"x" * 200_000 + b'"\n', "a.csv", "Row 2 cannot be read"),
        (b"Ref;Name\n" + b"x" * 1_000_001, "a.csv", "more than 1,000,000 characters"),
        (b";".join([b"x"] * 501), "a.csv", "more than 500 columns"),
        (b"PK\x03\x04" + b"x" * 10, "a.csv", "is a workbook and not text"),
        (OLE, "a.csv", "is a workbook and not text"),
        (OLE, "a.xls", "before 2007"),
        (OLE, "a.xlsx", "has a password or is an old .xls"),
        (b"Ref;Name\n", "a.xlsx", "is not a workbook"),
        (b"PK\x03\x04" + b"x" * 100, "a.xlsx", "is damaged"),
        (b"PK", "a.xlsm", "macros"),
        (b"%PDF", "a.pdf", "neither .csv"),
        (b"x", "noending", "neither .csv"),
    ],
)
def test_what_is_no_table_is_refused_in_one_sentence(content: bytes, name: str, sentence: str) -> None:
    with pytest.raises(SheetError, match=sentence) as refused:
        open_sheet(io.BytesIO(content), name=name).rows().__next__()

    assert str(refused.value).count("\n") == 0
    assert str(refused.value).endswith(".")


def test_an_empty_workbook_is_refused() -> None:
    with pytest.raises(SheetError, match="holds no rows"):
        open_sheet(table([]), name="assets.xlsx")


def test_a_workbook_with_macros_under_another_name_is_refused() -> None:
    file = repacked(table([["Ref", "Name"]]), {"xl/vbaProject.bin": b"x"})

    with pytest.raises(SheetError, match="macros"):
        open_sheet(file, name="assets.xlsx")


def test_an_archive_of_something_else_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "x")

    with pytest.raises(SheetError, match=r"not an \.xlsx workbook"):
        open_sheet(file, name="assets.xlsx")


def test_a_part_that_inflates_out_of_proportion_is_refused() -> None:
    file = repacked(table([["Ref", "Name"]]), {"xl/media/bomb.bin": b"\0" * (2 * 1024 * 1024)})

    with pytest.raises(SheetError, match="unpacks to more than a workbook should"):
        open_sheet(file, name="assets.xlsx")


def test_a_workbook_beyond_the_inflated_size_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_INFLATED", 1_000)

    with pytest.raises(SheetError, match="unpacks to more than a workbook should"):
        open_sheet(table([["Ref", "Name"]]), name="assets.xlsx")


def test_a_workbook_of_too_many_parts_is_refused() -> None:
    file = repacked(table([["Ref", "Name"]]), {f"xl/media/{number}": b"" for number in range(2_000)})

    with pytest.raises(SheetError, match="more than 2,000 parts"):
        open_sheet(file, name="assets.xlsx")


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "[Content_Types].xml"]
)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<",
        b"<a>&b;</a>",
        b"<worksheet><sheetData><row r='x'>",
        b'<?xml version="1.0" encoding="x"?><a/>',
    ],
)
def test_a_damaged_workbook_is_refused(part: str, content: bytes) -> None:
    file = repacked(table_of_shared_strings(), {part: content})

    with pytest.raises(SheetError):
        list(open_sheet(file, name="assets.xlsx").rows())


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"])
def test_entities_in_a_workbook_are_not_expanded(part: str) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    file = repacked(table_of_shared_strings(), {part: bomb})

    with pytest.raises(SheetError, match="is damaged"):
        list(open_sheet(file, name="assets.xlsx").rows())


def test_a_row_far_below_a_worksheet_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_ROWS", 1_000)
    file = table([["Ref", "Name"], ["A-1", "ERP"]])
    with zipfile.ZipFile(file) as archive:
        page = archive.read("xl/worksheets/sheet1.xml")
    assert b'<row r="2"' in page

    far = repacked(file, {"xl/worksheets/sheet1.xml": page.replace(b'<row r="2"', b'<row r="99999999999"')})

    with pytest.raises(SheetError, match="more than 1,000 rows"):
        list(open_sheet(far, name="assets.xlsx").rows())


def test_a_workbook_too_wide_is_refused() -> None:
    with pytest.raises(SheetError, match="more than 500 columns"):
        open_sheet(table([["x"] * 501]), name="assets.xlsx")


def test_a_workbook_cut_short_anywhere_is_refused() -> None:
    content = table([["Ref", "Name"], ["A-1", "ERP"]]).getvalue()

    for length in range(4, len(content) - 1, 97):
        with pytest.raises(SheetError):
            open_sheet(io.BytesIO(content[:length]), name="assets.xlsx")
