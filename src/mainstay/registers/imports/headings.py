"""Where the headings of a table are: what stands between its columns, and which row names them."""

import csv
import io
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import resources
from itertools import zip_longest
from typing import NamedTuple

from mainstay.registers.imports.values import LEVEL_WORDS, NO_WORDS, YES_WORDS, fold, is_blank

HEADER_WINDOW = 15  # rows searched for the header, from the first that is not empty
_DELIMITERS = ";\t|,"  # the comma last: prose is full of them


@lru_cache(maxsize=1)
def load_synonyms() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """The headings people use for a field, by field name and language (en, de, fr)."""
    text = resources.files(__package__).joinpath("synonyms.toml").read_text(encoding="utf-8")
    return {
        field: {language: tuple(words) for language, words in languages.items()}
        for field, languages in tomllib.loads(text).items()
    }


@lru_cache(maxsize=1)
def known_headings() -> frozenset[str]:
    """Every known heading, folded: what makes a row of a spreadsheet look like its header."""
    known = {fold(field) for field in load_synonyms()}
    for languages in load_synonyms().values():
        known |= {fold(word) for words in languages.values() for word in words}
    return frozenset(known)


class Header(NamedTuple):
    """The headings of a table, each different, and which of the rows (of several, the last) holds them."""

    at: int
    names: tuple[str, ...]


def find_header(rows: Sequence[Sequence[object]]) -> Header:
    """The header among the first rows of a table, below whatever title it has; of rows alike, the first.

    Headings that stand in two rows are joined: where one is blank the other speaks, and a heading that
    repeats takes the name of its group ("Gross" over "Impact"). `rows` are one or more, not all empty.
    """
    lines = [tuple(map(_heading, row)) for row in rows]
    most = max(sum(map(bool, line)) for line in lines)
    at = max(range(len(lines)), key=lambda index: _likeness_to_header(lines[index], most=most))
    if at + 1 < len(lines) and _continues(lines[at], lines[at + 1]):
        at += 1
    # A date above a header is no group, and a lone cell there is the title of the table.
    above = ["" if _looks_like_value(fold(heading)) else heading for heading in (lines[at - 1] if at else ())]
    groups = above if sum(map(bool, above)) > 1 else []
    width = max(len(groups), *(len(line) for line in lines[at:]))
    return Header(at, tuple(_numbered(_joined(lines[at], groups, width=width))))


_BROKEN_WORD = re.compile(r"(?<=\w)-\s*[\r\n]+\s*(?=[a-zß-ÿ])")


def _heading(cell: object) -> str:
    """The cell as a heading: on one line, a word broken across lines whole again."""
    return "" if cell is None else " ".join(_BROKEN_WORD.sub("", str(cell)).split())


def _likeness_to_header(line: Sequence[str], *, most: int) -> float:
    """How like a header a row is: filled, distinct, words rather than values, known headings above all."""
    filled = [fold(heading) or heading for heading in line if heading]
    if not filled:
        return 0.0
    words = [heading for heading in filled if not _looks_like_value(heading)]
    known = sum(heading in known_headings() for heading in words)
    # Headers have gaps, so six in ten are as good as all.
    fill = min(1.0, len(filled) / (0.6 * most))
    distinct = len(set(filled)) / len(filled)
    return fill * distinct * (len(words) + 3 * known) / len(filled)


# "L", "H" and "No" head columns as well as fill them.
_VALUE_WORDS = (YES_WORDS | NO_WORDS | LEVEL_WORDS.keys()) - {"l", "h", "m", "n", "o", "no"}


def _looks_like_value(heading: str) -> bool:
    letters = sum(letter.isalpha() for letter in heading)
    digits = sum(letter.isdigit() for letter in heading)
    return letters <= digits or len(heading) > 80 or is_blank(heading) or heading in _VALUE_WORDS


def _continues(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Whether a header goes on below, as it does under headings that span several columns."""
    filled = [fold(heading) for heading in lower if heading]
    fills = any(below and not above for above, below in zip_longest(upper, lower, fillvalue=""))
    known = sum(heading in known_headings() for heading in filled)
    return fills and not any(map(_looks_like_value, filled)) and 2 * known >= len(filled)


def _joined(line: Sequence[str], groups: Sequence[str], *, width: int) -> Iterator[str]:
    group = ""
    repeated = {heading for heading, times in Counter(map(fold, line)).items() if times > 1}
    for at, (heading, over) in enumerate(zip_longest(line, groups, fillvalue="")):
        group = over or group
        if not heading:
            yield over or f"Column {at + 1}"
        else:
            yield f"{group} {heading}" if group and fold(heading) in repeated else heading
    yield from (f"Column {at + 1}" for at in range(max(len(line), len(groups)), width))


def _numbered(headings: Iterable[str]) -> Iterator[str]:
    taken: set[str] = set()
    for heading in headings:
        name, times = heading, 1
        while name.casefold() in taken:
            times += 1
            name = f"{heading} {times}"
        taken.add(name.casefold())
        yield name


def delimiter_of(beginning: str, *, whole: bool) -> str:
    """The delimiter that gives the most columns to the most rows, and known headings to one of them."""
    return max(_DELIMITERS, key=lambda mark: _tabularity(beginning, mark, whole=whole))


def _tabularity(beginning: str, delimiter: str, *, whole: bool) -> float:
    try:
        records = list(csv.reader(io.StringIO(beginning, newline=""), delimiter=delimiter))
    except csv.Error:
        return 0.0
    if not whole:
        records = records[:-1] or records  # the last is cut short
    filled = [record for record in records if any(map(str.strip, record))]
    if not filled:
        return 0.0
    width, times = Counter(map(len, filled)).most_common(1)[0]
    known = known_headings()
    headings = max(sum(fold(cell) in known for cell in record) for record in filled[:HEADER_WINDOW])
    # The share counts twice: a few rows with many commas do not outvote all rows with one semicolon.
    return (times / len(filled)) ** 2 * (width - 1) * (1 + headings)
