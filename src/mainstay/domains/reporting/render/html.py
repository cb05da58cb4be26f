"""HTML in one file: no scripts, nothing fetched, printable; or a fragment for a page of ours."""

import base64
import hashlib
from html import escape
from pathlib import Path

from mainstay.domains.reporting.render.document import (
    Block,
    Column,
    Document,
    Facts,
    Figure,
    Note,
    Paragraph,
    Section,
    Table,
    control_pairs,
    legible,
    outline,
    paragraphs,
)
from mainstay.domains.reporting.render.values import NUMERIC, Cell, Kind, Level, Status, Words, look_of, shown

_STYLE = Path(__file__).with_name("document.css").read_text(encoding="utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
# The one style sheet is allowed by its hash; nothing else may load or run (CSP 3).
_POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'"
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ps", "ur", "yi"})
_MARKS = {"neutral": "i", "good": "✓", "caution": "!", "bad": "✗"}


def write(document: Document) -> bytes:
    """The document as a self-contained page."""
    direction = "rtl" if document.language.partition("-")[0] in _RIGHT_TO_LEFT else "ltr"
    page = (
        f'<!doctype html>\n<html lang="{escape(document.language)}" dir="{direction}">\n<head>\n'
        '<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="author" content="{escape(document.control.prepared_by)}">\n'
        f"<title>{escape(document.title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{_body(document)}</main>\n</body>\n</html>\n"
    )
    return page.encode()


def html_fragment(document: Document) -> str:
    """The document as one `<article>` without style, for a page that brings `document.css`."""
    return _body(outline(legible(document)))


def _body(document: Document) -> str:
    words, control = document.words, document.control
    identity = " · ".join(
        escape(part) for part in (control.reference, f"{words.version} {control.version}", control.short_checksum) if part
    )
    subtitle = f'<p class="subtitle" dir="auto">{escape(document.subtitle)}</p>\n' if document.subtitle else ""
    sections = "".join(_section(section, words=words) for section in document.sections)
    return (
        f'<article class="document">\n<header>\n'
        f'<p class="classification">{escape(document.classification)}</p>\n'
        f'<h1 dir="auto">{escape(document.title)}</h1>\n{subtitle}'
        f"{_pairs(control_pairs(document), style='control', words=words)}</header>\n{sections}"
        f"<footer><p>{identity}</p><p>{escape(control.trail)}</p></footer>\n</article>\n"
    )


def _section(section: Section, *, words: Words) -> str:
    blocks = "".join(_block(block, words=words) for block in section.blocks)
    rank = section.level + 1
    return f'<section>\n<h{rank} dir="auto">{escape(section.heading)}</h{rank}>\n{blocks}</section>\n'


def _block(block: Block, *, words: Words) -> str:
    match block:
        case Paragraph():
            return "".join(f'<p dir="auto">{_lines(part)}</p>\n' for part in paragraphs(block.text))
        case Note():
            mark = f'<span class="mark" aria-hidden="true">{_MARKS[block.tone]}</span>'
            return f'<p class="note {block.tone}" dir="auto">{mark} {_lines(block.text)}</p>\n'
        case Facts():
            return _pairs(block.pairs, style="facts", words=words)
        case Table():
            return _table(block, words=words)
        case Figure():
            return (
                f'<figure>\n<figcaption dir="auto">{escape(block.title)}</figcaption>\n{block.svg}\n'
                f"<details><summary>{escape(words.show_table)}</summary>\n"
                f"{_table(block.table, words=words)}</details>\n</figure>\n"
            )


def _pairs(pairs: tuple[tuple[str, Cell], ...], *, style: str, words: Words) -> str:
    items = "".join(
        f'<div><dt>{escape(label)}</dt><dd dir="auto">{_value(value, kind=None, words=words)}</dd></div>\n'
        for label, value in pairs
    )
    return f'<dl class="{style}">\n{items}</dl>\n' if items else ""


def _table(table: Table, *, words: Words) -> str:
    caption = f'<caption dir="auto">{escape(table.caption)}</caption>' if table.caption else ""
    if not table.rows:
        name = f"<strong>{escape(table.caption)}.</strong> " if table.caption else ""
        return f'<p class="empty">{name}{escape(table.empty)}</p>\n'
    head = "".join(f'<th scope="col"{_side(column)}>{escape(column.label)}</th>' for column in table.columns)
    sides = [(column, _side(column)) for column in table.columns]
    rows = "\n".join(
        "<tr>" + "".join(f"<td{side}>{_value(row.get(c.key), kind=c.kind, words=words)}</td>" for c, side in sides) + "</tr>"
        for row in table.rows
    )
    # What scrolls must be reachable by keyboard (WCAG 2.1.1); a group, since a report has too many for landmarks.
    label = escape(table.caption or table.columns[0].label)
    return (
        f'<div class="scroll" role="group" tabindex="0" aria-label="{label}"><table>{caption}\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>\n"
    )


def _side(column: Column) -> str:
    return ' class="number"' if column.kind in NUMERIC else ' dir="auto"'


def _value(value: Cell, *, kind: Kind | None, words: Words) -> str:
    text = _lines(shown(value, words=words, kind=kind))
    match value:
        case Level():
            # A presentation attribute, since a strict policy refuses inline styles.
            swatch = f'<path d="M0 0h1v1H0z" fill="{value.colour}"/>'
            swatch = f'<svg class="swatch" aria-hidden="true" viewBox="0 0 1 1">{swatch}</svg>'
            return f'<span class="level">{swatch} {text}</span>'
        case Status():
            look = look_of(value)
            icon = f'<text x="8" y="13" text-anchor="middle" fill="{look.colour}">{look.icon}</text>'
            icon = f'<svg class="icon" aria-hidden="true" viewBox="0 0 16 16">{icon}</svg>'
            return f'<span class="status">{icon} {text}</span>'
    return text


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")
