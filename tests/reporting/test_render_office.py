"""DOCX and XLSX, read back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from zipfile import ZipFile

import docx
import pytest
from docx.document import Document as Word
from docx.enum.section import WD_ORIENT
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from mainstay.domains.reporting.render import render
from mainstay.domains.reporting.render.document import Column, Document, Paragraph, Section, Table
from mainstay.domains.reporting.render.values import Cell, Level, shown
from mainstay.domains.reporting.render.xlsx import sheet_names

MakeDocument = Callable[..., Document]


def _word(document: Document) -> Word:
    return docx.Document(BytesIO(render(document, "docx").content))


def _workbook(document: Document) -> Workbook:
    return load_workbook(BytesIO(render(document, "xlsx").content))


def test_word_headings_are_headings_and_properties_are_set(statement: Document) -> None:
    word = _word(statement)

    styles = {paragraph.text: paragraph.style.name for paragraph in word.paragraphs if paragraph.style}
    assert styles["Statement of Applicability"] == "Title"
    assert styles["Findings"] == "Heading 1"
    assert word.core_properties.title == "Statement of Applicability"
    assert word.core_properties.category == "Confidential"
    assert word.core_properties.created == datetime(2026, 3, 30, 14, 5, tzinfo=word.core_properties.created.tzinfo)


def test_word_tables_hold_every_row_below_a_heading_row_that_repeats(statement: Document) -> None:
    table = statement.sections[0].blocks[-1]
    assert isinstance(table, Table)

    _control, _facts, printed, _twin = _word(statement).tables

    assert "w:tblHeader" in printed.rows[0]._tr.xml
    cells = [cell.text for cell in printed._cells[len(table.columns) :]]
    for column_at, column in enumerate(table.columns):
        wanted = [shown(row[column.key], words=statement.words, kind=column.kind) for row in table.rows]
        found = cells[column_at :: len(table.columns)]
        assert [text.removeprefix("◐ ") for text in found] == wanted


def test_word_pages_are_numbered_by_fields_and_carry_the_classification(statement: Document) -> None:
    page = _word(statement).sections[0]

    footer = page.footer.paragraphs[0]._p.xml
    assert 'w:instr="PAGE"' in footer
    assert 'w:instr="NUMPAGES"' in footer
    assert "SOA-7" in page.footer.paragraphs[0].text
    assert "Confidential" in page.header.paragraphs[0].text


def test_word_pictures_say_what_they_show(statement: Document) -> None:
    drawing = _word(statement).inline_shapes[0]._inline.docPr

    assert drawing.get("descr") == "Open actions"


def test_word_turns_the_page_for_a_wide_table(make_document: MakeDocument) -> None:
    wide = Table(columns=tuple(Column(key=f"k{n}", label=f"K{n}") for n in range(9)), rows=({"k0": "x"},))
    document = make_document(Paragraph(text="Upright."))
    document = replace(document, sections=(*document.sections, Section(heading="Wide", blocks=(wide,))))

    orientations = [section.orientation for section in _word(document).sections]

    assert orientations == [WD_ORIENT.PORTRAIT, WD_ORIENT.LANDSCAPE]


def test_word_markup_in_user_text_stays_text(make_document: MakeDocument) -> None:
    text = "</w:t><w:br/> & <script>\tend\nnext"
    table = Table(columns=(Column(key="a", label=text),), rows=({"a": text},), caption=text)

    word = _word(make_document(Paragraph(text=text), table, title=text))

    assert word.tables[1].cell(1, 0).text == text.replace("\t", " ")
    assert text in [paragraph.text for paragraph in word.paragraphs]


def test_spreadsheet_values_keep_their_types(statement: Document) -> None:
    sheet = _workbook(statement)["Controls considered"]

    ref, why, status, level, count, loss, due = sheet[3]

    assert (ref.value, why.value) == ("C-1", "Reason number 1 & <why>")
    assert (status.value, level.value) == ("Partly met", "4 · High")
    assert status.number_format == '"◐ "@'
    assert level.fill.start_color.rgb == "FFE09A3C"
    assert (count.value, count.data_type) == (1_001, "n")
    assert (loss.value, loss.number_format) == (1234.5, "#,##0.00")
    assert due.is_date
    assert due.value == datetime(2026, 1, 2)


def test_spreadsheet_tables_can_be_filtered_under_a_frozen_heading(statement: Document) -> None:
    sheet = _workbook(statement)["Controls considered"]

    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:G94"
    assert sheet.max_row == 94


def test_spreadsheet_opens_on_the_control_block_and_the_text(statement: Document) -> None:
    workbook = _workbook(statement)

    assert workbook.sheetnames == ["Document", "Payroll waits longest", "Controls considered"]
    pairs = {left: right for left, right, *_ in workbook["Document"].iter_rows(max_col=2, values_only=True) if left}
    assert pairs["Reference"] == "SOA-7"
    assert pairs["Approved on"] == datetime(2026, 3, 31)
    assert pairs["Yearly loss"] == 1234567.5
    assert pairs["Highest"] == "4 · High"


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "{=1+1}", "=cmd|' /C calc'!A0", "http://example.org", "0012"],
)
def test_user_text_never_becomes_a_formula_a_link_or_a_number(text: str, make_document: MakeDocument) -> None:
    table = Table(columns=(Column(key="a", label=text),), rows=({"a": text},), caption="T")

    workbook = _workbook(make_document(Paragraph(text=text), table, title=text))

    cells = [cell for sheet in workbook for row in sheet.iter_rows() for cell in row]
    assert [cell.value for cell in cells].count(text) == 4
    assert all(cell.data_type != "f" and cell.hyperlink is None for cell in cells)
    assert all(cell.data_type == "s" for cell in cells if cell.value == text)


def test_what_a_spreadsheet_cannot_hold_as_a_value_it_holds_as_text(make_document: MakeDocument) -> None:
    columns = (
        Column(key="n", label="N", kind="integer"),
        Column(key="d", label="D", kind="date"),
        Column(key="t", label="T"),
    )
    row: dict[str, Cell] = {"n": 12345678901234567890, "d": date(1815, 12, 10), "t": "x" * 40_000}

    sheet = _workbook(make_document(Table(columns=columns, rows=(row,), caption="T")))["T"]

    number, day, text = (cell.value for cell in sheet[2])
    assert number.replace("\N{NARROW NO-BREAK SPACE}", "") == "12345678901234567890"
    assert day == "10 Dec 1815"
    assert text == "x" * 32_767


def test_an_empty_table_is_a_sheet_that_says_so(make_document: MakeDocument) -> None:
    table = Table(columns=(Column(key="a", label="A"),), rows=(), caption="Exclusions", empty="None.")

    sheet = _workbook(make_document(table))["Exclusions"]

    assert [row[0] for row in sheet.values] == ["A", "None."]


@given(st.lists(st.text(max_size=60), max_size=12))
def test_sheet_names_are_valid_and_differ_in_more_than_case(titles: list[str]) -> None:
    names = sheet_names(titles)

    assert len(names) == len(titles)
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert 1 <= len(name.encode("utf-16-le", "surrogatepass")) // 2 <= 31
        assert not set(name) & set("[]:*?/\\")
        assert name == name.strip("'")
        assert name.casefold() != "history"


def test_a_spreadsheet_is_the_same_file_twice_and_holds_no_link_or_macro(statement: Document) -> None:
    first = render(statement, "xlsx").content

    assert first == render(statement, "xlsx").content
    parts = ZipFile(BytesIO(first)).namelist()
    assert not [part for part in parts if "externalLink" in part or "vba" in part]


def test_decimals_show_the_places_they_were_given(make_document: MakeDocument) -> None:
    table = Table(
        columns=(Column(key="p", label="P", kind="decimal"), Column(key="l", label="L", kind="level")),
        rows=({"p": Decimal("0.125"), "l": Level(number=1, label="Low", colour="#003300")},),
        caption="T",
    )

    probability, level = _workbook(make_document(table))["T"][2]

    assert (probability.value, probability.number_format) == (0.125, "#,##0.000")
    assert level.font.color.rgb == "FFFFFFFF"
