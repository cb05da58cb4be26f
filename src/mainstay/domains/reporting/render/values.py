"""The values a document may hold, and how each reads on paper in every format alike."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Literal, TypeAlias

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")
_NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"
MISSING = "\N{EN DASH}"

Kind = Literal["text", "integer", "decimal", "money", "date", "level", "status"]


@dataclass(frozen=True, kw_only=True)
class Level:
    """A step of the approved risk criteria, with the colour those criteria give it (27001 6.1.2 a)."""

    number: int
    label: str
    colour: str

    def __post_init__(self) -> None:
        # The colour is written into style sheets and drawings, so it must be nothing but a colour.
        if not _COLOUR.match(self.colour):
            raise ValueError(f"A level colour is #rrggbb, not {self.colour!r}.")


@dataclass(frozen=True, kw_only=True)
class Status:
    """A verdict: a code renderers know a shape for, and the word people read."""

    code: str
    label: str


Cell: TypeAlias = str | int | Decimal | date | Level | Status | None

# bool is an int and datetime a date to Python, yet neither is one to a reader.
_TYPES: dict[Kind, tuple[type, ...]] = {
    "text": (str,),
    "integer": (int,),
    "decimal": (Decimal, int),
    "money": (Decimal, int),
    "date": (date,),
    "level": (Level,),
    "status": (Status,),
}
NUMERIC: frozenset[Kind] = frozenset({"integer", "decimal", "money"})


def require_kind(value: Cell, *, kind: Kind) -> None:
    """Refuse a value its column cannot hold, so that no renderer has to guess."""
    if value is None:
        return
    if not isinstance(value, _TYPES[kind]) or isinstance(value, bool | datetime):
        raise TypeError(f"A {kind} column cannot hold {value!r}.")
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueError(f"{value} is not a number that can be printed.")


@dataclass(frozen=True, kw_only=True)
class Look:
    """Shape and colour of a status; the shape carries the meaning when the colour is lost."""

    icon: str
    colour: str


# Every colour reaches 4.5:1 on white (WCAG 2.2, 1.4.3).
_LOOKS = {
    "met": Look(icon="✓", colour="#1a7447"),
    "partly": Look(icon="◐", colour="#8a5a00"),
    "not_met": Look(icon="✗", colour="#b3261e"),
    "unknown": Look(icon="▨", colour="#5f6b73"),
    "excepted": Look(icon="◇", colour="#6a3fa0"),
    "not_applicable": Look(icon="–", colour="#66727a"),
}
_PLAIN_LOOK = Look(icon="○", colour="#44525a")


def look_of(status: Status) -> Look:
    """How a status is drawn; a code unknown here is drawn plainly, never refused."""
    return _LOOKS.get(status.code, _PLAIN_LOOK)


@dataclass(frozen=True, kw_only=True)
class Words:
    """The renderers' own words; whoever fills a document hands them over in its language."""

    reference: str = "Reference"
    version: str = "Version"
    status: str = "Status"
    owner: str = "Owner"
    approved_by: str = "Approved by"
    approved_on: str = "Approved on"
    prepared_by: str = "Prepared by"
    prepared_at: str = "Prepared"
    valid_from: str = "Valid from"
    next_review: str = "Next review"
    classification: str = "Classification"
    checksum: str = "Checksum"
    trail: str = "Trail"
    document: str = "Document"
    see_sheet: str = "See sheet"
    figures_as_tables: str = "The figures as tables"
    show_table: str = "Show as table"
    page: str = "Page {page} of {pages}"
    months: tuple[str, ...] = (
        "Jan",
        "Feb",
        "Mar",
        "Apr",
        "May",
        "Jun",
        "Jul",
        "Aug",
        "Sep",
        "Oct",
        "Nov",
        "Dec",
    )
    decimal_mark: str = "."


def shown(value: Cell, *, words: Words, kind: Kind | None = None) -> str:
    """The value as a reader sees it: the same characters in PDF, DOCX and HTML."""
    match value:
        case None | "":
            return MISSING
        case str():
            return value
        case Level():
            return f"{value.number} · {value.label}"
        case Status():
            return value.label
        case datetime():
            moment = value.astimezone(UTC)
            return f"{shown(moment.date(), words=words)}, {moment:%H:%M} UTC"
        case date():
            return f"{value.day} {words.months[value.month - 1]} {value.year}"
        case int() | Decimal():
            return _number(value, words=words, places=".2f" if kind == "money" else "f")


def _number(value: int | Decimal, *, words: Words, places: str) -> str:
    # Thin spaces group thousands in every language (ISO 80000-1, 7.3.2); a comma or point would not.
    text = f"{Decimal(value):,{places}}"
    whole, _, fraction = text.replace("-", "\N{MINUS SIGN}").partition(".")
    whole = whole.replace(",", _NARROW_SPACE)
    return f"{whole}{words.decimal_mark}{fraction}" if fraction else whole


def ink_on(colour: str) -> str:
    """Black or white, whichever reads better on the colour (WCAG 2.2 relative luminance)."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    # White beats black below the luminance where both reach the same ratio.
    return "#ffffff" if luminance < 0.179 else "#000000"
