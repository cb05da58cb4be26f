"""DOCX by python-docx: real headings, fields for page numbers, heading rows that repeat."""

import re
from collections.abc import Iterable
from datetime import UTC
from io import BytesIO
from typing import cast
from xml.sax.saxutils import escape

import docx
from docx.document import Document as Word
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.section import Section as Page
from docx.shared import Cm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph as Line

from mainstay.domains.reporting.render.document import (
    Column,
    Document,
    Facts,
    Figure,
    Note,
    Paragraph,
    Table,
    Tone,
    clipped,
    control_pairs,
    for_paper,
    orientations,
    paragraphs,
)
from mainstay.domains.reporting.render.typesetting import pictures
from mainstay.domains.reporting.render.values import (
    NUMERIC,
    Cell,
    Level,
    Status,
    Words,
    ink_on,
    look_of,
    shown,
)

_FONT = "Calibri"
_ACCENT, _MUTED, _WASH, _HAIRLINE = "0F4C5C", "55636B", "F2F6F7", "C9D2D6"
_TONES: dict[Tone, str] = {"neutral": _ACCENT, "good": "1A7447", "caution": "8A5A00", "bad": "B3261E"}
_MARKS: dict[Tone, str] = {"neutral": "i", "good": "✓", "caution": "!", "bad": "✗"}
_SHORT, _LONG, _MARGIN = Cm(21.0), Cm(29.7), Cm(1.9)
_SIZES = {
    "Normal": 10.0,
    "Title": 22.0,
    "Subtitle": 11.5,
    "Heading 1": 15.0,
    "Heading 2": 12.0,
    "Heading 3": 10.5,
    "Heading 4": 10.0,
    "Caption": 9.5,
}
_PROPERTY = 255  # the longest core property Word reads


def write(document: Document) -> bytes:
    """The document as a Word file."""
    document = for_paper(document)
    word = docx.Document()
    drawings = [b.svg for s in document.sections for b in s.blocks if isinstance(b, Figure)]
    pictured = dict(zip(drawings, pictures(drawings), strict=True))
    _set_styles(word, language=document.language)
    _set_properties(word, document=document)
    for at, (wide, sections) in enumerate(orientations(document)):
        page = word.sections[0] if at == 0 else word.add_section()
        _set_page(page, wide=wide)
        _set_running_lines(page, document=document, width=_text_width(wide))
        if at == 0:
            _add_opening(word, document=document, width=_text_width(wide))
        for section in sections:
            word.add_heading(section.heading, level=section.level)
            for block in section.blocks:
                if isinstance(block, Figure):
                    _add_figure(word, block, png=pictured[block.svg], width=_text_width(wide))
                else:
                    _add_block(word, block, width=_text_width(wide), words=document.words)
    output = BytesIO()
    word.save(output)
    return output.getvalue()


def _text_width(wide: bool) -> int:
    return (_LONG if wide else _SHORT) - 2 * _MARGIN


def _set_styles(word: Word, *, language: str) -> None:
    for name, size in _SIZES.items():
        style = cast(ParagraphStyle, word.styles[name])
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for attribute in list(fonts.attrib):
            # A theme font left in place would win over the one named here.
            del fonts.attrib[attribute]
        style.font.name, style.font.size = _FONT, Pt(size)
        style.font.italic = False
        if name != "Normal":
            style.font.bold = name != "Subtitle"
            style.font.color.rgb = RGBColor.from_string(_MUTED if name == "Subtitle" else _ACCENT)
        style.paragraph_format.space_after = Pt(6)
    for proofing in word.styles.element.iter(qn("w:lang")):
        proofing.set(qn("w:val"), language)
    caption = cast(ParagraphStyle, word.styles["Caption"])
    caption.paragraph_format.keep_with_next = True


def _set_properties(word: Word, *, document: Document) -> None:
    control, properties = document.control, word.core_properties
    properties.title = document.title[:_PROPERTY]
    properties.subject = document.subtitle[:_PROPERTY]
    properties.author = properties.last_modified_by = control.prepared_by[:_PROPERTY]
    properties.category = document.classification[:_PROPERTY]
    properties.keywords = control.reference[:_PROPERTY]
    properties.version = control.version[:_PROPERTY]
    properties.content_status = control.status[:_PROPERTY]
    properties.comments = control.checksum[:_PROPERTY]
    properties.language = document.language
    properties.created = properties.modified = control.prepared_at.astimezone(UTC).replace(tzinfo=None)


def _set_page(page: Page, *, wide: bool) -> None:
    page.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
    page.page_width, page.page_height = (_LONG, _SHORT) if wide else (_SHORT, _LONG)
    page.left_margin = page.right_margin = _MARGIN
    page.top_margin, page.bottom_margin = Cm(2.3), Cm(2.1)
    page.header_distance = page.footer_distance = Cm(1.0)


def _set_running_lines(page: Page, *, document: Document, width: int) -> None:
    """Title and classification above; identity and page numbers below."""
    control, words = document.control, document.words
    page.header.is_linked_to_previous = page.footer.is_linked_to_previous = False
    above, below = page.header.paragraphs[0], page.footer.paragraphs[0]
    for line in (above, below):
        # The template's own stops sit at the middle and edge of a page of another size.
        line.style = "Normal"
        line.paragraph_format.tab_stops.add_tab_stop(width, WD_TAB_ALIGNMENT.RIGHT)
    _run(above, f"{clipped(document.title, limit=90)}\t", colour=_MUTED, size=8)
    _run(above, document.classification, colour=_ACCENT, size=8, bold=True)
    _run(below, f"{clipped(control.footer(words), limit=100)}\t", colour=_MUTED, size=7.5)
    for part in re.split(r"(\{page\}|\{pages\})", words.page):
        field = {"{page}": "PAGE", "{pages}": "NUMPAGES"}.get(part)
        if field:
            _field(below, field)
        else:
            _run(below, part, colour=_MUTED, size=7.5)


def _run(line: Line, text: str, *, colour: str, size: float, bold: bool = False) -> None:
    run = line.add_run(text)
    run.font.size, run.font.bold = Pt(size), bold
    run.font.color.rgb = RGBColor.from_string(colour)


def _field(line: Line, name: str) -> None:
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), name)
    field.append(parse_xml(f"<w:r {nsdecls('w')}>{_look(colour=_MUTED, size=15)}<w:t>1</w:t></w:r>"))
    line._p.append(field)


def _add_opening(word: Word, *, document: Document, width: int) -> None:
    word.add_paragraph(document.title, style="Title")
    if document.subtitle:
        word.add_paragraph(document.subtitle, style="Subtitle")
    _add_pairs(word, control_pairs(document), width=width, words=document.words)


def _add_block(word: Word, block: Paragraph | Note | Facts | Table, *, width: int, words: Words) -> None:
    match block:
        case Paragraph():
            for part in paragraphs(block.text):
                word.add_paragraph(part)
        case Note():
            _add_note(word, block)
        case Facts():
            _add_pairs(word, block.pairs, width=width, words=words)
        case Table():
            _add_table(word, block, width=width, words=words)


def _add_note(word: Word, note: Note) -> None:
    colour = _TONES[note.tone]
    line = word.add_paragraph()
    _run(line, f"{_MARKS[note.tone]}  ", colour=colour, size=10, bold=True)
    line.add_run(note.text)
    border = f'<w:pBdr {nsdecls("w")}><w:left w:val="single" w:sz="16" w:space="6" w:color="{colour}"/></w:pBdr>'
    line._p.get_or_add_pPr().append(parse_xml(border))


def _add_figure(word: Word, figure: Figure, *, png: bytes, width: int) -> None:
    word.add_paragraph(figure.title, style="Caption")
    shape = word.add_picture(BytesIO(png))
    if shape.width > width:
        shape.height, shape.width = round(shape.height * width / shape.width), width
    drawing = shape._inline.docPr
    drawing.set("title", figure.title)
    drawing.set("descr", figure.description)


def _add_table(word: Word, table: Table, *, width: int, words: Words) -> None:
    if table.caption:
        word.add_paragraph(table.caption, style="Caption")
    if not table.rows:
        word.add_paragraph(table.empty)
        return
    whole = sum(column.width for column in table.columns)
    widths = [max(1, round(width / 635 * column.width / whole)) for column in table.columns]
    head = "".join(
        _cell_xml(
            column.label,
            width=w,
            look=_look(colour=_ACCENT, bold=True),
            fill=_WASH,
            right=column.kind in NUMERIC,
        )
        for column, w in zip(table.columns, widths, strict=True)
    )
    rows = [f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{head}</w:tr>"]
    shape = list(zip(table.columns, widths, strict=True))
    for row in table.rows:
        cells = "".join(_typed_cell(row.get(c.key), column=c, width=w, words=words) for c, w in shape)
        rows.append(f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr>")
    _append_table(word, rows, widths=widths)


def _add_pairs(word: Word, pairs: Iterable[tuple[str, Cell]], *, width: int, words: Words) -> None:
    widths = [round(width / 635 * 0.25), round(width / 635 * 0.75)]
    rows = []
    for label, value in pairs:
        name = _cell_xml(label, width=widths[0], look=_look(colour=_MUTED))
        column = Column(key="value", label=label)
        rows.append(f"<w:tr>{name}{_typed_cell(value, column=column, width=widths[1], words=words)}</w:tr>")
    if rows:
        _append_table(word, rows, widths=widths)


def _append_table(word: Word, rows: list[str], *, widths: list[int]) -> None:
    # python-docx walks the whole table for each cell; one parse keeps a thousand rows under a second.
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    lines = "".join(f'<w:{side} w:val="single" w:sz="4" w:color="{_HAIRLINE}"/>' for side in ("top", "bottom", "insideH"))
    properties = (
        f'<w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblBorders>{lines}</w:tblBorders>'
        '<w:tblLayout w:type="fixed"/></w:tblPr>'
    )
    table = f"<w:tbl {nsdecls('w')}>{properties}<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"
    after = word.add_paragraph()
    after._p.addprevious(parse_xml(table))


def _typed_cell(value: Cell, *, column: Column, width: int, words: Words) -> str:
    text = shown(value, words=words, kind=column.kind)
    match value:
        case Level():
            look = _look(colour=ink_on(value.colour)[1:])
            return _cell_xml(text, width=width, look=look, fill=value.colour[1:])
        case Status():
            status = look_of(value)
            return _cell_xml(f"{status.icon} {text}", width=width, look=_look(colour=status.colour[1:]))
    return _cell_xml(text, width=width, look=_look(), right=column.kind in NUMERIC)


def _look(*, colour: str = "", bold: bool = False, size: int = 17) -> str:
    """Run properties; the size is in half points."""
    weight, ink = "<w:b/>" if bold else "", f'<w:color w:val="{colour}"/>' if colour else ""
    return f'<w:rPr>{weight}{ink}<w:sz w:val="{size}"/></w:rPr>'


def _cell_xml(text: str, *, width: int, look: str, fill: str = "", right: bool = False) -> str:
    shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>' if fill else ""
    side = '<w:jc w:val="right"/>' if right else ""
    body = escape(text).replace("\n", '</w:t><w:br/><w:t xml:space="preserve">').replace("\t", " ")
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{shade}</w:tcPr>'
        f'<w:p><w:pPr><w:spacing w:before="30" w:after="30"/>{side}</w:pPr>'
        f'<w:r>{look}<w:t xml:space="preserve">{body}</w:t></w:r></w:p></w:tc>'
    )
