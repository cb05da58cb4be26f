"""Exported text never runs in a spreadsheet and comes back as it was."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mainstay.kit.cells import neutralise, restore

DANGEROUS = "=+-@\t\r\n\0\uff1d\uff0b\uff0d\uff20"
# Plain random text hardly ever begins the way that matters.
texts = st.one_of(st.text(), st.text(alphabet="'\" \ufeff" + DANGEROUS + "a1"))


@settings(deadline=None)
@given(texts)
@example("''=1")
@example("'")
def test_what_is_exported_comes_back_as_it_was(text: str) -> None:
    assert restore(neutralise(text)) == text


@settings(deadline=None)
@given(texts)
def test_no_exported_text_begins_as_a_formula(text: str) -> None:
    assert neutralise(text)[:1] not in tuple(DANGEROUS)


@settings(deadline=None)
@given(texts)
def test_trimming_blanks_and_quotes_reveals_no_formula(text: str) -> None:
    exported = neutralise(text)

    trimmed = exported.lstrip("\"'\ufeff\u200b \xa0")

    assert exported.startswith("'") or trimmed[:1] not in tuple(DANGEROUS)


@pytest.mark.parametrize(
    "text",
    ['=HYPERLINK("http://example.org","click")', "@SUM(1+1)", "+41 44 000 00 00", " =1", '"=1', "\uff1d1"],
)
def test_a_formula_is_marked_as_text(text: str) -> None:
    assert neutralise(text) == "'" + text


@pytest.mark.parametrize(
    "text", ["", "Payroll (cloud)", "a = b", "O'Neill", "'quoted'", "100", "A-0175, A-0137"]
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert neutralise(text) == text
    assert restore(text) == text
