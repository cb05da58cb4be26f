"""Headings of a spreadsheet: which fields they may mean, and what a person decided."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

from mainstay.registers.imports.headings import load_synonyms
from mainstay.registers.imports.values import (
    CellError,
    fold,
    is_blank,
    read_bool,
    read_date,
    read_decimal,
    read_integer,
    read_level,
)

FieldKind = Literal[
    "text", "long", "choice", "date", "bool", "integer", "decimal", "reference", "references", "level"
]

_LANGUAGES = {"en": "English", "de": "German", "fr": "French"}
# How far each kind of evidence is trusted. A person confirms the proposal; the numbers only need to rank it.
_SAME_WORDS, _OWN_SYNONYM, _SYNONYM = 1.0, 0.95, 0.9
_SPELLING = 0.65
_SHARED_WORDS = 0.7  # times the share of words in common
_VALUES_ONLY = 0.35
_LEAST = 0.3
_LEAST_SAMPLES = 2
# Words that join others and tell columns apart no better than blanks do.
_JOINING = frozenset({
    "of", "the", "a", "an", "on", "in", "is", "for", "to", "and", "der", "die", "das", "des", "dem", "von",
    "im", "am", "und", "de", "du", "le", "la", "les", "l", "d", "et", "en", "au",
})  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class FieldChoice:
    """A field a column may go to."""

    name: str
    label: str
    kind: FieldKind
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ColumnProposal:
    """Where a column probably goes (None: nowhere), how surely from 0 to 1, and why."""

    column: int
    header: str
    field: str | None
    confidence: float
    why: str


class _Phrase(NamedTuple):
    """One way of heading a field."""

    closed: str
    words: frozenset[str]
    trust: float
    why: str
    text: str


class _Match(NamedTuple):
    score: float
    column: int
    field: FieldChoice
    why: str


def propose(
    header: Sequence[str], fields: Sequence[FieldChoice], *, samples: Sequence[Sequence[object]] = ()
) -> tuple[ColumnProposal, ...]:
    """One proposal per column, in order; each field at most once, the best match first.

    `samples` are some rows of cells: values that do not fit a field's kind weaken a match by heading, and a
    lone column of dates, levels or marks finds the lone field of that kind still free.
    """
    columns = [[row[at] for row in samples if at < len(row)] for at in range(len(header))]
    matches = sorted(_by_heading(header, fields, columns), key=lambda match: (-match.score, match.column))
    found = _each_once(matches)
    free = [field for field in fields if field.name not in {match.field.name for match in found.values()}]
    found |= _each_once(_by_values([at for at in range(len(header)) if at not in found], free, columns))
    return tuple(_proposal(at, name, found.get(at)) for at, name in enumerate(header))


def _proposal(column: int, header: str, match: _Match | None) -> ColumnProposal:
    if match is None:
        return ColumnProposal(
            column=column, header=header, field=None, confidence=0.0, why="no field like it"
        )
    score = round(match.score, 2)
    return ColumnProposal(
        column=column, header=header, field=match.field.name, confidence=score, why=match.why
    )


def _each_once(matches: Iterable[_Match]) -> dict[int, _Match]:
    found: dict[int, _Match] = {}
    taken: set[str] = set()
    for match in matches:
        if match.column not in found and match.field.name not in taken:
            found[match.column] = match
            taken.add(match.field.name)
    return found


def _by_heading(
    header: Sequence[str], fields: Sequence[FieldChoice], columns: Sequence[Sequence[object]]
) -> Iterator[_Match]:
    phrases = [(field, _phrases(field)) for field in fields]
    for at, name in enumerate(header):
        for field, known in phrases:
            score, why = _likeness(name, known)
            if score < _LEAST:
                continue
            fit = _share_that_fits(field.kind, columns[at])
            if fit is not None and fit < 0.2:
                score, why = score * 0.6, f"{why}, but few values look like {_PLURALS[field.kind]}"
            elif fit is not None and fit > 0.8 and score < _SYNONYM:
                score, why = score + 0.1, f"{why}, and values look like {_PLURALS[field.kind]}"
            if score >= _LEAST:
                yield _Match(score, at, field, why)


def _phrases(field: FieldChoice) -> list[_Phrase]:
    ways = [(_SAME_WORDS, "same words", text) for text in (field.label, field.name.replace("_", " "))]
    ways += [(_OWN_SYNONYM, "synonym", text) for text in field.synonyms]
    for language, words in load_synonyms().get(field.name, {}).items():
        ways += [(_SYNONYM, f"synonym ({_LANGUAGES.get(language, language)})", text) for text in words]
    return [
        _Phrase(fold(text).replace(" ", ""), frozenset(fold(text).split()) - _JOINING, trust, why, text)
        for trust, why, text in ways
    ]


def _likeness(name: str, phrases: Sequence[_Phrase]) -> tuple[float, str]:
    """How like the heading is to any of the phrases, and the reason in words."""
    # Compared without blanks, "E-Mail" and "email", "Back-up" and "Backup" are the same words.
    closed = fold(name).replace(" ", "")
    for phrase in phrases:
        if closed and closed == phrase.closed:
            return phrase.trust, phrase.why
    words = frozenset(fold(name).split()) - _JOINING
    best, why = 0.0, ""
    for phrase in phrases:
        either = words | phrase.words
        shared = _SHARED_WORDS * len(words & phrase.words) / len(either) if either else 0.0
        if shared > best:
            best, why = shared, f"words shared with “{phrase.text}”"
        if best < _SPELLING and _spelled_alike(closed, phrase.closed):
            best, why = _SPELLING, f"spelled almost like “{phrase.text}”"
    return best, why


def _spelled_alike(one: str, other: str) -> bool:
    # A slip keeps the first letter and nearly the length; short words are too close to each other to tell.
    if len(one) < 5 or not other.startswith(one[0]) or abs(len(one) - len(other)) > 2:
        return False
    return SequenceMatcher(None, one, other).ratio() >= 0.87


# --- what the values say ---

_READERS: Mapping[FieldKind, Callable[[object], object]] = {
    "date": read_date,
    "bool": read_bool,
    "level": read_level,
    "integer": read_integer,
    "decimal": read_decimal,
}
_PLURALS: Mapping[FieldKind, str] = {
    "date": "dates",
    "bool": "yes and no",
    "level": "levels",
    "integer": "whole numbers",
    "decimal": "numbers",
}


def _share_that_fits(kind: FieldKind, values: Sequence[object]) -> float | None:
    """The share of values a field of this kind could hold; None when any would do or too few are filled."""
    reader = _READERS.get(kind)
    filled = [value for value in values if not is_blank(value)]
    if reader is None or len(filled) < _LEAST_SAMPLES:
        return None
    return sum(_is_readable(reader, value) for value in filled) / len(filled)


def _is_readable(reader: Callable[[object], object], value: object) -> bool:
    try:
        reader(value)
    except CellError as error:
        # 31.02.2021 and 1,000 are a date and a number somebody has to put right, not another kind of value.
        return error.code in {"no_such_day", "ambiguous_number"}
    return True


def _by_values(
    free_columns: Sequence[int], free_fields: Sequence[FieldChoice], columns: Sequence[Sequence[object]]
) -> Iterator[_Match]:
    kinds: tuple[FieldKind, ...] = ("date", "level", "bool")
    for kind in kinds:
        fields = [field for field in free_fields if field.kind == kind]
        fitting = [at for at in free_columns if (_share_that_fits(kind, columns[at]) or 0.0) > 0.8]
        # Two dates without telling headings are a guess between them, and a guess helps nobody.
        if len(fields) == 1 and len(fitting) == 1:
            yield _Match(_VALUES_ONLY, fitting[0], fields[0], f"values look like {_PLURALS[kind]}")


# --- what a person decided ---


class AppliedMapping(NamedTuple):
    """A profile laid over a header: field by column, headings not read, headings expected but absent."""

    mapping: dict[int, str]
    left_out: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class MappingProfile:
    """The decisions of one import, kept for the next file of the same shape.

    `columns` say where each heading goes (None: nowhere), `choices` what a spelling means: (field, text in
    the file, stored value or None to leave it empty). `key` is the field that recognises rows that exist
    already.
    """

    register: str
    columns: tuple[tuple[str, str | None], ...]
    key: str | None = None
    sheet: str | None = None
    day_first: bool = True
    choices: tuple[tuple[str, str, str | None], ...] = ()

    def to_json(self) -> str:
        """The profile as JSON text, stable enough to compare."""
        return json.dumps({"version": 1, **asdict(self)}, ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "MappingProfile":
        """The profile back from its JSON; ValueError says what is wrong with one that was edited by hand."""
        stored = json.loads(text)
        if not isinstance(stored, dict) or stored.pop("version", None) != 1:
            raise ValueError("This is not a mapping profile of version 1.")
        if unknown := stored.keys() - cls.__dataclass_fields__.keys():
            raise ValueError(f"A mapping profile has no {', '.join(sorted(unknown))}.")
        return cls(
            register=_text(stored.get("register"), "register"),
            columns=tuple(
                (_text(heading, "columns"), _text_or_none(field, "columns"))
                for heading, field in _tuples(stored.get("columns"), "columns", size=2)
            ),
            key=_text_or_none(stored.get("key"), "key"),
            sheet=_text_or_none(stored.get("sheet"), "sheet"),
            day_first=stored.get("day_first", True) is not False,
            choices=tuple(
                (_text(field, "choices"), _text(spelling, "choices"), _text_or_none(value, "choices"))
                for field, spelling, value in _tuples(stored.get("choices", []), "choices", size=3)
            ),
        )


def apply(profile: MappingProfile, header: Sequence[str]) -> AppliedMapping:
    """The profile laid over a header whose columns may have moved, gone or come since."""
    fields = {_key(heading): field for heading, field in profile.columns}
    present = {_key(heading) for heading in header}
    mapping: dict[int, str] = {}
    for at, heading in enumerate(header):
        field = fields.get(_key(heading))
        if field is not None and field not in mapping.values():
            mapping[at] = field
    return AppliedMapping(
        mapping=mapping,
        left_out=tuple(heading for at, heading in enumerate(header) if at not in mapping),
        missing=tuple(
            heading for heading, field in profile.columns if field and _key(heading) not in present
        ),
    )


def _key(heading: str) -> str:
    # A heading of signs only ("#", "%") has no words to compare.
    return fold(heading) or heading.strip()


def _text(value: object, part: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"The {part} of a mapping profile must be text.")
    return value


def _text_or_none(value: object, part: str) -> str | None:
    return None if value is None else _text(value, part)


def _tuples(value: object, part: str, *, size: int) -> list[list[object]]:
    if not isinstance(value, list) or not all(isinstance(row, list) and len(row) == size for row in value):
        raise ValueError(f"The {part} of a mapping profile must be a list of lists of {size}.")
    return value
