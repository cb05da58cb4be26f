"""Words as the index knows them, and where they stand in a text: without case and diacritics."""

import re
import unicodedata

MOST_WORDS = 10
LONGEST_WORD = 60
SNIPPET = 160
SEARCHED = 4_000
"""Characters of a body in which a snippet is looked for."""

WORD = re.compile(r"[^\W_]+")


def words_of(text: str) -> tuple[str, ...]:
    """The words of a query, folded; at most ten. Anything but letters and digits only parts them."""
    return tuple(word[:LONGEST_WORD] for word in WORD.findall(_folded(text[:500]))[:MOST_WORDS])


def _folded(text: str) -> str:
    bare = "".join(
        letter for letter in unicodedata.normalize("NFKD", text) if not "\u0300" <= letter <= "\u036f"
    )
    return unicodedata.normalize("NFC", bare).lower()


class _Folding(dict[int, str]):
    """A table for str.translate that folds letter by letter, so that positions stay what they were."""

    def __missing__(self, code: int) -> str:
        folded = _folded(chr(code))
        self[code] = folded if len(folded) == 1 else chr(code)
        return self[code]


_folding = _Folding()


def marks_in(text: str, words: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """Where the words stand in `text`, as (start, end); the last word also as the beginning of a word."""
    if not words:
        return ()
    *whole, last = (*sorted(set(words[:-1]), key=len, reverse=True), words[-1])
    choices = [rf"{word}(?![^\W_])" for word in whole] + [last + r"[^\W_]*"]
    pattern = re.compile(rf"(?<![^\W_])(?:{'|'.join(choices)})")
    return tuple(found.span() for found in pattern.finditer(text.translate(_folding)))


def snippet_of(body: str, words: tuple[str, ...]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """At most 160 characters of the body around the first match, and the matches within them."""
    body = " ".join(body[:SEARCHED].split())
    first = marks_in(body, words)[:1]
    start = max(0, first[0][0] - SNIPPET // 3) if first else 0
    if start:
        start = body.find(" ", start, first[0][0] + 1) + 1 or first[0][0]
    piece = body[start : start + SNIPPET]
    return piece, marks_in(piece, words)
