"""PDF by Typst: tagged, with control block, running header and footer, and repeated table headings."""

import json
import re
from typing import Any

from mainstay.domains.reporting.render.document import (
    Block,
    Document,
    Facts,
    Figure,
    Note,
    Paragraph,
    Section,
    Table,
    clipped,
    control_pairs,
    for_paper,
    orientations,
    paragraphs,
    row_count,
)
from mainstay.domains.reporting.render.typesetting import for_print, typeset_pdf
from mainstay.domains.reporting.render.values import (
    NUMERIC,
    Cell,
    Kind,
    Level,
    Status,
    Words,
    ink_on,
    look_of,
    shown,
)

# Above this Typst needs close to half a gigabyte of memory, and nobody reads eighty pages of register.
ROW_LIMIT = 2_000
_RUNNING_TITLE = 90
_LONG_CELL = 900
# Characters that fit across the text block at table size, a little understated.
_LINE = {False: 108, True: 165}

Payload = dict[str, Any]


class TooLargeForPdf(ValueError):
    """The document has more rows than paper serves; XLSX holds them all."""

    code = "too_large_for_pdf"

    def __init__(self, *, rows: int) -> None:
        self.rows = rows
        super().__init__(f"This document has {rows} table rows; a PDF holds up to {ROW_LIMIT}. Export it as XLSX instead.")


def write(document: Document) -> bytes:
    """The document as PDF; raises TooLargeForPdf above ROW_LIMIT rows in all its tables."""
    rows = row_count(document)
    if rows > ROW_LIMIT:
        raise TooLargeForPdf(rows=rows)
    data = json.dumps(_payload(for_paper(document)), ensure_ascii=False)
    return typeset_pdf(data, created_at=document.control.prepared_at)


def _payload(document: Document) -> Payload:
    language, _, region = document.language.partition("-")
    control, words = document.control, document.words
    *pairs, trail, checksum = [(label, shown(value, words=words)) for label, value in control_pairs(document)]
    return {
        "title": document.title,
        "heading": _breakable(document.title, limit=34),
        "running_title": clipped(document.title, limit=_RUNNING_TITLE),
        "subtitle": _breakable(document.subtitle, limit=70),
        "author": control.prepared_by,
        "classification": clipped(document.classification, limit=40),
        "language": language,
        "region": region if re.fullmatch("[A-Za-z]{2}", region) else None,
        "identity": clipped(control.footer(words), limit=110),
        "page_words": re.split(r"(\{page\}|\{pages\})", words.page),
        "control": [(label, _breakable(value, limit=24)) for label, value in pairs],
        "proof": [(label, _breakable(value, limit=90)) for label, value in (trail, checksum)],
        "groups": [
            {"wide": wide, "sections": [_section(s, wide=wide, words=words) for s in run]} for wide, run in orientations(document)
        ],
    }


def _breakable(text: str, *, limit: int) -> str | list[str]:
    """The text, in pieces a line may end after where a word is longer than its line."""
    if len(text) <= limit or all(len(word) <= limit for word in text.split()):
        return text
    return [piece for run in re.split(rf"(\S{{{limit + 1},}})", text) for piece in _pieces(run, limit=limit)]


def _pieces(run: str, *, limit: int) -> list[str]:
    if len(run) <= limit or re.search(r"\s", run):
        return [run] if run else []
    return [run[at : at + 4] for at in range(0, len(run), 4)]


def _section(section: Section, *, wide: bool, words: Words) -> Payload:
    blocks = [part for block in section.blocks for part in _block(block, wide=wide, words=words)]
    return {"heading": _breakable(section.heading, limit=40), "level": section.level, "blocks": blocks}


def _block(block: Block, *, wide: bool, words: Words) -> list[Payload]:
    match block:
        case Paragraph():
            return [{"is": "text", "text": _breakable(part, limit=80)} for part in paragraphs(block.text)]
        case Note():
            return [{"is": "note", "tone": block.tone, "text": _breakable(block.text, limit=70)}]
        case Facts():
            pairs = [
                (_breakable(label, limit=24), _cell(value, kind=None, limit=50, words=words)) for label, value in block.pairs
            ]
            return [{"is": "facts", "pairs": pairs}]
        case Table():
            return [_table(block, wide=wide, words=words)]
        case Figure():
            alternative = f"{block.title} {block.description}".strip()
            return [
                {
                    "is": "figure",
                    "svg": for_print(block.svg),
                    "title": _breakable(block.title, limit=75),
                    "alt": alternative,
                }
            ]


def _table(table: Table, *, wide: bool, words: Words) -> Payload:
    whole = sum(column.width for column in table.columns)
    limits = [max(4, int(_LINE[wide] * column.width / whole) - 2) for column in table.columns]
    shape = list(zip(table.columns, limits, strict=True))
    cells = [
        _cell(row.get(column.key), kind=column.kind, limit=limit, words=words) for row in table.rows for column, limit in shape
    ]
    return {
        "is": "table",
        "caption": _breakable(table.caption, limit=75),
        "empty": _breakable(table.empty, limit=75),
        "widths": [column.width for column in table.columns],
        "right": [column.kind in NUMERIC for column in table.columns],
        "labels": [_breakable(column.label, limit=limit) for column, limit in shape],
        "cells": cells,
        # A row stays on one page unless it could outgrow it.
        "breakable": any(len(v) > _LONG_CELL for row in table.rows for v in row.values() if isinstance(v, str)),
    }


def _cell(value: Cell, *, kind: Kind | None, limit: int, words: Words) -> str | list[str] | Payload:
    text = _breakable(shown(value, words=words, kind=kind), limit=limit)
    match value:
        case Level():
            return {"text": text, "fill": value.colour, "ink": ink_on(value.colour)}
        case Status():
            look = look_of(value)
            return {"text": text, "icon": look.icon, "ink": look.colour}
    return text
