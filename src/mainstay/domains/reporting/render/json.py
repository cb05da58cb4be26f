"""JSON for machines: the view-model as it is, decimals and dates as exact strings."""

import json
from dataclasses import asdict
from datetime import date
from decimal import Decimal

from mainstay.domains.reporting.render.document import Block, Document, Facts, Figure, Note, Paragraph, Table
from mainstay.domains.reporting.render.values import Cell, Level, Status

SCHEMA = "mainstay.document/1"

Json = dict[str, object]


def write(document: Document) -> bytes:
    """The document as UTF-8 JSON in a fixed key order; its renderers' words are left out."""
    content: Json = {
        "schema": SCHEMA,
        "title": document.title,
        "subtitle": document.subtitle,
        "classification": document.classification,
        "language": document.language,
        "control": {key: _cell(value) for key, value in sorted(asdict(document.control).items())},
        "sections": [
            {"heading": s.heading, "level": s.level, "blocks": [_block(b) for b in s.blocks]} for s in document.sections
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"


def _block(block: Block) -> Json:
    match block:
        case Paragraph():
            return {"type": "paragraph", "text": block.text}
        case Note():
            return {"type": "note", "tone": block.tone, "text": block.text}
        case Facts():
            return {"type": "facts", "pairs": [{"label": k, "value": _cell(v)} for k, v in block.pairs]}
        case Table():
            return _table(block)
        case Figure():
            # The drawing shows nothing its table does not say.
            return {
                "type": "figure",
                "title": block.title,
                "description": block.description,
                "table": _table(block.table),
            }


def _table(table: Table) -> Json:
    return {
        "type": "table",
        "caption": table.caption,
        "columns": [{"key": c.key, "label": c.label, "kind": c.kind} for c in table.columns],
        "rows": [{c.key: _cell(row.get(c.key)) for c in table.columns} for row in table.rows],
    }


def _cell(value: Cell) -> object:
    match value:
        case Decimal():
            return format(value, "f")
        case date():
            return value.isoformat()
        case Level():
            return {"number": value.number, "label": value.label, "colour": value.colour}
        case Status():
            return {"code": value.code, "label": value.label}
    return value
