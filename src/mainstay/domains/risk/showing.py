"""Levels of risk as people see them: the label of their own criteria, and one of the page's seven shades."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

SHADES = {
    1: (4,), 2: (1, 6), 3: (1, 4, 6), 4: (1, 3, 5, 6), 5: (1, 3, 4, 5, 6), 6: (1, 2, 3, 4, 5, 6), 7: (1, 2, 3, 4, 5, 6, 7),
}
"""Which shades criteria of so many levels take, from lowest to highest, so that the ends always look like ends."""


def shade(number: int, levels: Sequence[Mapping[str, Any]]) -> int:
    """The shade, 1 to 7, of a level among the levels of its criteria; the lowest for a level they do not know."""
    numbers = sorted(int(level["number"]) for level in levels)
    if number not in numbers:
        return 1
    rank, count = numbers.index(number), len(numbers)
    return SHADES[count][rank] if count in SHADES else 1 + rank * 6 // (count - 1)


def level_label(number: int, levels: Sequence[Mapping[str, Any]]) -> str:
    """What the criteria call a level; its number where they do not know it."""
    return next((str(level["label"]) for level in levels if level["number"] == number), str(number))


def badge(number: int | None, levels: Sequence[Mapping[str, Any]]) -> SafeString | str:
    """A level as number and word in its shade; empty where nothing is rated."""
    if number is None:
        return ""
    return format_html(
        '<span class="level level-{}"><b>{}</b> {}</span>', shade(number, levels), number, level_label(number, levels)
    )
