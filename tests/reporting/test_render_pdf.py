"""PDF, read back."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import pytest
from pypdf import PdfReader
from pypdf.generic import BooleanObject, DictionaryObject, StreamObject

from mainstay.domains.reporting.render import TooLargeForPdf, render
from mainstay.domains.reporting.render.document import Column, Document, Facts, Paragraph, Section, Table
from mainstay.domains.reporting.render.pdf import ROW_LIMIT
from mainstay.domains.reporting.render.typesetting import TypesettingFailed, typeset_pdf
from mainstay.domains.reporting.render.values import shown

MakeDocument = Callable[..., Document]

NAMES = (Column(key="name", label="Name"), Column(key="note", label="Note"))


def _read(document: Document) -> PdfReader:
    return PdfReader(BytesIO(render(document, "pdf").content))


def _squeezed(text: str) -> str:
    # Where a line ends is the typesetter's business.
    return re.sub(r"\s", "", text)


def _text(document: Document) -> str:
    return _squeezed("".join(page.extract_text() for page in _read(document).pages))


def _root(reader: PdfReader) -> DictionaryObject:
    root = reader.trailer["/Root"]
    assert isinstance(root, DictionaryObject)
    return root


def _part(parent: DictionaryObject, key: str) -> DictionaryObject:
    part = parent[key].get_object()
    assert isinstance(part, DictionaryObject)
    return part


def _statements(root: DictionaryObject) -> bytes:
    """What the file says of itself (XMP)."""
    stream = root["/Metadata"].get_object()
    assert isinstance(stream, StreamObject)
    return stream.get_data()


def test_every_cell_of_every_row_is_on_paper(statement: Document) -> None:
    table = statement.sections[0].blocks[-1]
    assert isinstance(table, Table)

    text = _text(statement)

    assert statement.title.replace(" ", "") in text
    for row in table.rows:
        for column in table.columns:
            value = shown(row[column.key], words=statement.words, kind=column.kind)
            assert _squeezed(value) in text


def test_every_page_carries_title_classification_identity_and_its_number(statement: Document) -> None:
    pages = [page.extract_text() for page in _read(statement).pages]

    assert len(pages) > 2
    for number, page in enumerate(pages, start=1):
        assert "Statement of Applicability" in page
        assert "Confidential" in page
        assert "SOA-7 · Version 3.1 · 9f3c1b7ae04d · 48212 changes sealed" in page
        assert f"Page {number} of {len(pages)}" in page


def test_table_headings_repeat_on_every_page_of_the_table(statement: Document) -> None:
    pages = [page.extract_text() for page in _read(statement).pages]

    with_rows = [page for page in pages if "Reason number" in page]

    assert len(with_rows) > 1
    assert all("Residual" in page and "Control" in page for page in with_rows)


def test_the_file_is_tagged_and_claims_pdf_ua_1_with_its_language_and_title(statement: Document) -> None:
    reader = _read(replace(statement, language="en-GB"))

    root = _root(reader)
    assert str(root["/Lang"]) == "en-GB"
    assert _part(root, "/MarkInfo")["/Marked"] == BooleanObject(True)
    assert _part(root, "/ViewerPreferences")["/DisplayDocTitle"] == BooleanObject(True)
    assert "/StructTreeRoot" in root
    assert reader.metadata is not None
    assert reader.metadata.title == statement.title
    assert b"<pdfuaid:part>1</pdfuaid:part>" in _statements(root)


@pytest.mark.parametrize(
    "text",
    [
        '#import "@preview/x:1.0.0": *',
        '#read("document.typ")',
        "$ x^2 $ and $",
        "*bold* _emphasis_ *_",
        "@label <label> [content]",
        "back\\slash \\u{41} \\",
        "`raw` ```code```",
        "= Heading - item + item / term: x",
        "// comment /* comment */ ~ --- ...",
        "{page} of {pages}",
    ],
)
def test_typst_markup_in_user_text_is_printed_as_it_was_written(text: str, make_document: MakeDocument) -> None:
    table = Table(columns=NAMES, rows=({"name": text, "note": "plain"},), caption=text)

    printed = _text(make_document(Paragraph(text=text), table, title=text))

    # The title, the header, the paragraph, the caption and the cell.
    assert printed.count(_squeezed(text)) >= 5


def test_arabic_is_shaped_from_a_font_that_ships_with_the_typesetter(make_document: MakeDocument) -> None:
    name = "سجل المخاطر"

    reader = _read(make_document(Table(columns=NAMES, rows=({"name": name, "note": "x"},))))

    text = unicodedata.normalize("NFKC", "".join(page.extract_text() for page in reader.pages))
    assert set(name) <= set(text)
    assert "\N{REPLACEMENT CHARACTER}" not in text


def test_a_character_no_font_has_does_not_stop_the_document(make_document: MakeDocument) -> None:
    document = make_document(Paragraph(text="Private \ue123 and rare \U00013000 signs"))

    reader = _read(document)

    assert "Private" in reader.pages[0].extract_text()
    assert "/StructTreeRoot" in _root(reader)


def test_a_name_of_200_characters_stays_whole_and_inside_the_page(make_document: MakeDocument) -> None:
    name = "Wirtschaftsinformatik" * 9 + "Ende-des-Wo"
    table = Table(columns=NAMES, rows=({"name": name, "note": name},), caption=name)

    reader = _read(make_document(Facts(pairs=((name, name),)), table, title=name))
    text = "".join(page.extract_text() for page in reader.pages)

    assert len(name) == 200
    assert _squeezed(text).count(name) >= 3
    # No line of a page holds 200 characters at these sizes, so the name must have been broken.
    assert max(len(line) for line in text.splitlines()) < 110


def test_a_wide_table_turns_its_own_pages_and_no_others(make_document: MakeDocument) -> None:
    wide = Table(columns=tuple(Column(key=f"k{n}", label=f"K{n}") for n in range(9)), rows=({"k0": "x"},))
    document = make_document(Paragraph(text="Upright."))
    document = replace(document, sections=(*document.sections, Section(heading="Wide", blocks=(wide,))))

    boxes = [page.mediabox for page in _read(document).pages]

    assert [box.width > box.height for box in boxes] == [False, True]


def test_skipped_heading_levels_are_closed_so_that_the_claim_holds(make_document: MakeDocument) -> None:
    document = make_document(Paragraph(text="x"))
    document = replace(document, sections=(*document.sections, Section(heading="Deep", level=4)))

    assert b"pdfuaid" in _statements(_root(_read(document)))


def test_an_empty_table_says_so(make_document: MakeDocument) -> None:
    table = Table(columns=NAMES, rows=(), caption="Exclusions", empty="No control is excluded.")

    text = _text(make_document(table))

    assert "Exclusions" in text
    assert "Nocontrolisexcluded." in text


def test_a_document_without_sections_still_has_its_control_block(make_document: MakeDocument) -> None:
    text = _text(replace(make_document(), sections=()))

    assert "Approvedby" in text
    assert "sha256:9f3c1b7a" in text


def test_too_many_rows_for_paper_are_refused_with_the_way_out(make_document: MakeDocument) -> None:
    table = Table(columns=NAMES, rows=({"name": "x", "note": "y"},) * (ROW_LIMIT + 1))

    with pytest.raises(TooLargeForPdf, match="XLSX") as refusal:
        render(make_document(table), "pdf")

    assert refusal.value.rows == ROW_LIMIT + 1


def test_a_fault_of_the_template_is_reported_in_the_typesetters_words() -> None:
    with pytest.raises(TypesettingFailed, match="title"):
        typeset_pdf("{}", created_at=datetime(2026, 1, 1, tzinfo=UTC))


def test_the_same_document_is_the_same_file(statement: Document) -> None:
    assert render(statement, "pdf").content == render(statement, "pdf").content


def test_figures_data_is_appended_for_readers_on_paper(statement: Document) -> None:
    text = _text(statement)

    assert "Thefiguresastables" in text
    assert "Payroll14" in text.partition("Thefiguresastables")[2]
