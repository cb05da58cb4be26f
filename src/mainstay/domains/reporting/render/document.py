"""A document as plain data: what every renderer reads, and all that any renderer knows.

Text in it is data. No renderer interprets it as markup, formula, link or field.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any, Literal, NewType, TypeAlias, TypeVar

from mainstay.domains.reporting.render.values import Cell, Kind, Words, require_kind

# What XML 1.0 (2.2) forbids, surrogates included, and the C1 controls it advises against.
_ILLEGAL = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WIDE_COLUMNS, _WIDE_WEIGHT = 7, 10.0
_DEEPEST = 4

Svg = NewType("Svg", str)
"""A drawing made by `figures`, the only markup a document carries; never build one from user text."""

Tone = Literal["neutral", "good", "caution", "bad"]


@dataclass(frozen=True, kw_only=True)
class ControlBlock:
    """What identifies a controlled document and who answers for it (27001 7.5.2, 7.5.3)."""

    reference: str
    version: str
    status: str
    owner: str
    prepared_by: str
    prepared_at: datetime
    checksum: str
    trail: str
    approved_by: str = ""
    approved_on: date | None = None
    valid_from: date | None = None
    next_review: date | None = None

    def __post_init__(self) -> None:
        if self.prepared_at.tzinfo is None:
            raise ValueError("The time of preparation needs its time zone.")

    @property
    def short_checksum(self) -> str:
        """Enough of the checksum to compare by eye in a footer."""
        return self.checksum.rpartition(":")[2][:12]

    def footer(self, words: Words) -> str:
        """The line that ties a loose page to its document and to the trail."""
        parts = (self.reference, f"{words.version} {self.version}", self.short_checksum, self.trail)
        return " · ".join(part for part in parts if part)


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """Running text; a blank line starts a new paragraph."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Note:
    """A sentence that should not be missed."""

    text: str
    tone: Tone = "neutral"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Labelled single values."""

    pairs: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its values' kind, and its share of the width relative to the others."""

    key: str
    label: str
    kind: Kind = "text"
    width: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.width < 1_000:
            raise ValueError(f"Column {self.key} needs a positive width.")


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows under typed columns; a key missing from a row is an empty cell."""

    columns: tuple[Column, ...]
    rows: tuple[Mapping[str, Cell], ...]
    caption: str = ""
    empty: str = "Nothing to list."

    def __post_init__(self) -> None:
        if not self.columns:
            raise ValueError("A table needs a column.")
        for column in self.columns:
            for row in self.rows:
                require_kind(row.get(column.key), kind=column.kind)

    @property
    def is_wide(self) -> bool:
        """Whether it needs landscape paper to be read."""
        return len(self.columns) > _WIDE_COLUMNS or sum(column.width for column in self.columns) > _WIDE_WEIGHT


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A drawing, the sentence it says, and the same data as a table."""

    svg: Svg
    title: str
    description: str
    table: Table


Block: TypeAlias = Paragraph | Note | Facts | Table | Figure


@dataclass(frozen=True, kw_only=True)
class Section:
    """A heading and what stands under it; level 1 is the highest."""

    heading: str
    blocks: tuple[Block, ...] = ()
    level: int = 1

    @property
    def is_wide(self) -> bool:
        """Whether it belongs on landscape paper."""
        return any(isinstance(block, Table) and block.is_wide for block in self.blocks)


@dataclass(frozen=True, kw_only=True)
class Document:
    """One report or controlled document, complete and in reading order."""

    title: str
    classification: str
    control: ControlBlock
    sections: tuple[Section, ...]
    subtitle: str = ""
    language: str = "en"
    words: Words = field(default_factory=Words)

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", self.language):
            raise ValueError(f"{self.language!r} is not a language tag (BCP 47).")


def captioned_tables(document: Document) -> Iterator[tuple[str, Table]]:
    """Every table with the words that name it best, figures' twins included, in reading order."""
    for section in document.sections:
        for block in section.blocks:
            match block:
                case Table():
                    yield block.caption or section.heading, block
                case Figure():
                    yield block.title, block.table


def row_count(document: Document) -> int:
    """Table rows in the whole document."""
    return sum(len(table.rows) for _, table in captioned_tables(document))


def for_paper(document: Document) -> Document:
    """The document with its figures' data appended, since paper has nothing to click."""
    figures = [b for section in document.sections for b in section.blocks if isinstance(b, Figure)]
    if not figures:
        return document
    twins = tuple(replace(figure.table, caption=figure.title) for figure in figures)
    appendix = Section(heading=document.words.figures_as_tables, blocks=twins)
    return replace(document, sections=(*document.sections, appendix))


def outline(document: Document) -> Document:
    """The document with heading levels that never skip one (PDF/UA-1, 7.4.2; WCAG 2.4.10)."""
    level, sections = 0, []
    for section in document.sections:
        level = max(1, min(section.level, level + 1, _DEEPEST))
        sections.append(replace(section, level=level))
    return replace(document, sections=tuple(sections))


def orientations(document: Document) -> Iterator[tuple[bool, list[Section]]]:
    """Runs of sections sharing one paper orientation, as (is landscape, sections)."""
    for wide, run in groupby(document.sections, key=lambda section: section.is_wide):
        yield wide, list(run)
    if not document.sections:
        yield False, []


def control_pairs(document: Document) -> tuple[tuple[str, Cell], ...]:
    """The document control block as labelled values, in the order every format prints them."""
    control, words = document.control, document.words
    return (
        (words.reference, control.reference),
        (words.version, control.version),
        (words.status, control.status),
        (words.classification, document.classification),
        (words.owner, control.owner),
        (words.prepared_by, control.prepared_by),
        (words.approved_by, control.approved_by),
        (words.prepared_at, control.prepared_at),
        (words.approved_on, control.approved_on),
        (words.valid_from, control.valid_from),
        (words.next_review, control.next_review),
        (words.trail, control.trail),
        (words.checksum, control.checksum),
    )


def clipped(text: str, *, limit: int) -> str:
    """The text on one line, shortened for a place that has no second."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else f"{flat[: limit - 1]}…"


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, which blank lines part."""
    return [part.strip("\n") for part in re.split(r"\n[ \t]*\n", text) if part.strip()]


_T = TypeVar("_T")


def legible(value: _T) -> _T:
    """The same document with characters no file format may carry replaced by U+FFFD."""
    return _legible(value)  # type: ignore[no-any-return]


def _legible(value: Any) -> Any:
    match value:
        case str():
            return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", value.replace("\r\n", "\n").replace("\r", "\n"))
        case tuple():
            return tuple(_legible(item) for item in value)
        case Mapping():
            return {_legible(key): _legible(item) for key, item in value.items()}
        case _ if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **{part.name: _legible(getattr(value, part.name)) for part in fields(value)})
    return value
