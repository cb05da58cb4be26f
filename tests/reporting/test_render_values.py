"""What every renderer owes any text and any value."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from mainstay.domains.reporting.render import RENDERERS, Format, render
from mainstay.domains.reporting.render.document import (
    Column,
    ControlBlock,
    Document,
    Facts,
    Note,
    Paragraph,
    Section,
    Table,
    legible,
    outline,
)
from mainstay.domains.reporting.render.values import Cell, Kind, Level, Status, Words, ink_on, shown

MakeDocument = Callable[..., Document]

# Surrogates included: they reach Python through careless decoding of foreign files.
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=80)


def _everywhere(make_document: MakeDocument, text: str) -> Document:
    status = Status(code=text, label=text)
    row: dict[str, Cell] = {"a": text, "s": status, "l": Level(number=1, label=text, colour="#112233")}
    columns = (
        Column(key="a", label=text),
        Column(key="s", label=text, kind="status"),
        Column(key="l", label=text, kind="level"),
    )
    table = Table(columns=columns, rows=(row,), caption=text)
    facts = Facts(pairs=((text, text), (text, status)))
    return make_document(Paragraph(text=text), Note(text=text), facts, table, title=text)


@pytest.mark.parametrize("format", list(RENDERERS))
@pytest.mark.parametrize("text", ["", "\x00\x01\x08\x0b\x1f", "\x85\x9f", "\ud800", "\ufffe\uffff", "\r\n\t", "_x0041_"])
def test_no_character_stops_a_renderer(text: str, format: Format, make_document: MakeDocument) -> None:
    rendered = render(_everywhere(make_document, text), format)

    assert len(rendered.content) > 500
    assert rendered.extension == format


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60, deadline=None)
@given(ANY_TEXT)
def test_any_text_comes_back_from_json_as_it_is_legible(make_document: MakeDocument, text: str) -> None:
    content = json.loads(render(_everywhere(make_document, text), "json").content)

    assert content["title"] == legible(text)
    assert content["sections"][0]["blocks"][-1]["rows"][0]["a"] == legible(text)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60, deadline=None)
@given(ANY_TEXT)
def test_any_text_comes_back_from_a_spreadsheet_as_text(make_document: MakeDocument, text: str) -> None:
    document = _everywhere(make_document, text)

    workbook = load_workbook(BytesIO(render(document, "xlsx").content))

    cell = workbook.worksheets[1].cell(row=2, column=1)
    assert cell.data_type in ("s", "n")  # an empty cell reads as "n"
    assert (cell.value or "") == legible(text)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60, deadline=None)
@given(ANY_TEXT)
def test_any_text_leaves_html_well_formed_and_without_elements_of_its_own(make_document: MakeDocument, text: str) -> None:
    plain = render(_everywhere(make_document, "x"), "html").content.decode()

    marked = render(_everywhere(make_document, f"x{text}"), "html").content.decode()

    # Only line breaks and paragraphs may come of text.
    for tag in ("<script", "<a ", "<img", "<svg", "<td", "<h1", "</article"):
        assert marked.count(tag) == plain.count(tag)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4))
def test_a_shown_number_reads_back_as_the_same_number(value: Decimal) -> None:
    text = shown(value, words=Words(decimal_mark=","))

    read = text.replace("\N{NARROW NO-BREAK SPACE}", "").replace(",", ".").replace("\N{MINUS SIGN}", "-")
    assert Decimal(read) == value


@pytest.mark.parametrize(
    ("value", "kind", "wanted"),
    [
        (Decimal("1234567.5"), "money", "1\u202f234\u202f567.50"),
        (-1234, "integer", "\u22121\u202f234"),
        (999, "integer", "999"),
        (Decimal("0.10"), "decimal", "0.10"),
        (date(2027, 1, 31), "date", "31 Jan 2027"),
        (None, "text", "–"),
        (Level(number=4, label="High", colour="#e09a3c"), "level", "4 · High"),
    ],
)
def test_values_read_as_the_house_writes_them(value: Cell, kind: Kind, wanted: str) -> None:
    assert shown(value, words=Words(), kind=kind) == wanted


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("integer", "12"),
        ("integer", True),
        ("text", 12),
        ("money", 1.5),
        ("decimal", Decimal("NaN")),
        ("date", datetime(2026, 1, 1, tzinfo=UTC)),
        ("level", "High"),
    ],
)
def test_a_value_of_another_kind_is_refused_when_the_table_is_made(kind: Kind, value: Cell) -> None:
    with pytest.raises((TypeError, ValueError)):
        Table(columns=(Column(key="a", label="A", kind=kind),), rows=({"a": value},))


@pytest.mark.parametrize("colour", ["red", "#fff", "#12345g", "#123456;}", "#123456\n"])
def test_a_level_colour_is_a_colour_and_nothing_else(colour: str) -> None:
    with pytest.raises(ValueError, match="#rrggbb"):
        Level(number=1, label="Low", colour=colour)


def test_a_time_of_preparation_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        ControlBlock(
            reference="R",
            version="1",
            status="Draft",
            owner="o",
            prepared_by="p",
            prepared_at=datetime(2026, 1, 1),
            checksum="",
            trail="",
        )


@given(st.lists(st.integers(min_value=-3, max_value=9)))
def test_heading_levels_never_skip_one(levels: list[int]) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    control = ControlBlock(
        reference="R",
        version="1",
        status="s",
        owner="o",
        prepared_by="p",
        prepared_at=moment,
        checksum="",
        trail="",
    )
    sections = tuple(Section(heading="h", level=level) for level in levels)

    outlined = outline(Document(title="t", classification="c", control=control, sections=sections))

    found = [0, *(section.level for section in outlined.sections)]
    assert all(after <= before + 1 for before, after in pairwise(found))
    assert all(1 <= level <= 4 for level in found[1:])


@given(st.integers(min_value=0, max_value=0xFFFFFF))
def test_ink_always_reads_at_4_5_to_1_on_a_level(number: int) -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    colour = f"#{number:06x}"

    bright, dark = sorted((luminance(colour), luminance(ink_on(colour))), reverse=True)

    assert (bright + 0.05) / (dark + 0.05) >= 4.5
