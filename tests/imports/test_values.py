"""Cells are read as what people mean, and refused with a sentence that helps when nobody can tell."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mainstay.registers.imports.values import (
    CellError,
    day_first_of,
    fold,
    is_blank,
    is_unknown,
    person_keys,
    read_bool,
    read_choice,
    read_date,
    read_decimal,
    read_integer,
    read_level,
    read_references,
    read_text,
    split_references,
)

KINDS = (("hardware", "Hardware"), ("saas", "Cloud service"), ("paper", "Paper archive"))


# --- blanks ---


@pytest.mark.parametrize(
    "value", [None, "", " \xa0", "-", "\u2013", "--", "n/a", "N.A.", "k. A.", "entfällt"]
)
def test_a_cell_that_means_nothing_is_blank_but_not_unknown(value: object) -> None:
    assert is_blank(value)
    assert not is_unknown(value)


@pytest.mark.parametrize(
    "value", ["?", "???", "tbd", "T.B.D.", "unbekannt", "Inconnu", "à définir", "#N/A", "#BEZUG!"]
)
def test_a_cell_that_nobody_knows_is_blank_and_unknown(value: str) -> None:
    assert is_blank(value)
    assert is_unknown(value)


@pytest.mark.parametrize("value", [0, False, 0.0, "0", "no", "none", "x", date(2026, 1, 31)])
def test_a_cell_that_says_something_is_not_blank(value: object) -> None:
    assert not is_blank(value)


# --- dates ---


@pytest.mark.parametrize(
    "value",
    [
        "2026-01-31", "2026/1/31", "2026-01-31T10:15:00Z", "2026-01-31 10:15",
        "20260131", 20260131, "31.01.2026",
        "31.1.26", "31. 1. 2026", "31/01/2026", "31-01-2026", " 31.01.2026\xa0", "46053", 46053, 46053.75,
        date(2026, 1, 31), datetime(2026, 1, 31, 10, 15),
    ],
)  # fmt: skip
def test_every_common_way_of_writing_a_day_is_read(value: object) -> None:
    assert read_date(value) == date(2026, 1, 31)


def test_slashes_are_month_first_only_when_said() -> None:
    assert read_date("02/01/2026") == date(2026, 1, 2)
    assert read_date("02/01/2026", day_first=False) == date(2026, 2, 1)


def test_dots_are_always_day_first() -> None:
    assert read_date("02.01.2026", day_first=False) == date(2026, 1, 2)


@settings(deadline=None)
@given(st.dates(min_value=date(1950, 1, 1), max_value=date(2100, 12, 31)))
def test_every_way_of_writing_a_day_means_the_same_day(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days

    ways = [
        day.isoformat(),
        f"{day:%d.%m.%Y}",
        f"{day:%d/%m/%Y}",
        f"{day:%Y%m%d}",
        serial,
        str(serial),
        f"{serial}.5",
    ]

    assert {read_date(way) for way in ways} == {day}
    assert read_date(f"{day:%m/%d/%Y}", day_first=False) == day


@pytest.mark.parametrize(
    "value", ["41x", "soon", 12, "12", 99999, True, "1/2-2026", float("nan"), float("inf")]
)
def test_what_is_no_date_is_refused_with_an_example(value: object) -> None:
    with pytest.raises(CellError, match=r"write 2026-01-31 or 31\.01\.2026") as refused:
        read_date(value)

    assert refused.value.code == "not_a_date"
    assert str(value) in refused.value.message


def test_a_day_the_calendar_lacks_is_refused() -> None:
    with pytest.raises(CellError, match=r"'31.02.2021' is not a day of the calendar") as refused:
        read_date("31.02.2021")

    assert refused.value.code == "no_such_day"


def test_a_year_nobody_means_is_refused() -> None:
    with pytest.raises(CellError, match="check the year"):
        read_date("01.01.0202")


def test_one_certain_slash_date_decides_a_column() -> None:
    assert day_first_of(["08/01/2027", None, "23/04/2024"]) is True
    assert day_first_of(["08/01/2027", "04/23/2024"]) is False


def test_a_column_without_certain_slash_dates_decides_nothing() -> None:
    assert day_first_of(["08/01/2027", "23.04.2024", 41126]) is None
    assert day_first_of(["23/04/2024", "04/23/2024"]) is None


# --- yes and no, levels, choices ---


@pytest.mark.parametrize(
    "value", [True, 1, 1.0, "1", "yes", "Y", "x", "X", " ja ", "Oui", "TRUE", "wahr", "✓", "☑"]
)
def test_yes_is_read_in_many_ways(value: object) -> None:
    assert read_bool(value) is True


@pytest.mark.parametrize("value", [False, 0, "0", "no", "N", "Nein", "non", "false", "none", "✗"])
def test_no_is_read_in_many_ways(value: object) -> None:
    assert read_bool(value) is False


@pytest.mark.parametrize("value", [None, "", "?", "unknown", "unbekannt", "n/a"])
def test_silence_is_neither_yes_nor_no(value: object) -> None:
    assert read_bool(value) is None


@pytest.mark.parametrize("value", ["partly", "BitLocker", 2, "daily, off-site"])
def test_what_is_neither_yes_nor_no_is_refused(value: object) -> None:
    with pytest.raises(CellError, match="neither yes nor no"):
        read_bool(value)


@pytest.mark.parametrize(
    ("value", "level"),
    [
        ("low", 1), (" High ", 3), ("HIGH", 3), ("very  high", 4), ("medium", 2), ("niedrig", 1),
        ("mittel", 2),
        ("Sehr hoch", 4), ("faible", 1), ("moyen", 2), ("Élevé", 3), ("TRÈS ÉLEVÉ", 4), ("3", 3),
        (4, 4), (2.0, 2),
        ("3 - high", 3), ("1 (niedrig)", 1), ("n/a", None), ("-", None), ("?", None), ("", None),
        (None, None),
    ],
)  # fmt: skip
def test_levels_are_read_as_words_and_numbers(value: object, level: int | None) -> None:
    assert read_level(value) == level


@pytest.mark.parametrize(
    "value", ["5", 0, 2.5, True, "quite high", "3 - low", "5 - extreme", date(2026, 1, 1)]
)
def test_what_is_no_level_is_refused(value: object) -> None:
    with pytest.raises(CellError, match="is not a level") as refused:
        read_level(value)

    assert refused.value.code == "not_a_level"


def test_a_choice_is_read_by_value_label_or_synonym() -> None:
    assert read_choice(" HARDWARE ", KINDS) == "hardware"
    assert read_choice("Cloud-Service", KINDS) == "saas"
    assert read_choice("HW", KINDS, synonyms={"hw": "hardware"}) == "hardware"
    assert read_choice("?", KINDS) is None


def test_a_choice_named_like_a_blank_can_be_chosen() -> None:
    assert read_choice("Unknown", [("unknown", "Unknown"), ("known", "Known")]) == "unknown"


def test_choices_that_differ_by_punctuation_only_stay_apart() -> None:
    languages = [("c", "C"), ("cpp", "C++")]

    assert read_choice("C++", languages) == "cpp"
    with pytest.raises(CellError):
        read_choice("C--", languages)


def test_a_choice_that_is_not_offered_is_refused_with_those_that_are() -> None:
    with pytest.raises(CellError, match="write one of: Hardware, Cloud service, Paper archive") as refused:
        read_choice("Sonstiges", KINDS)

    assert refused.value.code == "not_a_choice"


# --- numbers ---


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("1'000.50", "1000.50"), ("1\u2019000.50", "1000.50"), ("1.000,50", "1000.50"),
        ("1,000.50", "1000.50"),
        ("1 000,5", "1000.5"), ("1\u202f000,5", "1000.5"), ("CHF 1'000.-", "1000"), ("1.234.567", "1234567"),
        ("€ 12,5", "12.5"), ("$1,000,000.00", "1000000.00"), ("12,50 EUR", "12.50"), ("-3.5", "-3.5"),
        ("\u22123", "-3"), ("(1,000.50)", "-1000.50"), ("0,125", "0.125"), (".5", "0.5"),
        ("1234,567", "1234.567"),
        (7, "7"), (0.1, "0.1"),
    ],
)  # fmt: skip
def test_numbers_are_read_the_swiss_continental_and_english_way(value: object, number: str) -> None:
    assert read_decimal(value) == Decimal(number)


@pytest.mark.parametrize("value", ["1,000", "1.000", "-12.345"])
def test_a_number_that_may_be_a_thousand_or_a_fraction_is_refused(value: str) -> None:
    with pytest.raises(CellError, match="may be a thousand") as refused:
        read_decimal(value)

    assert refused.value.code == "ambiguous_number"


def test_a_known_decimal_mark_settles_what_a_number_is() -> None:
    assert read_decimal("1,000", decimal_mark=".") == 1000
    assert read_decimal("1,250", decimal_mark=",") == Decimal("1.25")


@pytest.mark.parametrize(
    "value", ["+41 44 000 00 00", "12,34,56", "1,00,000.5", "5 %", "1e5", True, float("nan"), "x"]
)
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(CellError, match="is not a number") as refused:
        read_decimal(value)

    assert refused.value.code == "not_a_number"


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=2))
def test_a_number_means_the_same_in_every_country(number: Decimal) -> None:
    english = f"{number:,.2f}"

    swiss = english.replace(",", "'")
    continental = english.translate(str.maketrans(",.", ".,"))

    assert read_decimal(english) == read_decimal(swiss) == read_decimal(continental) == number


@pytest.mark.parametrize(
    ("value", "number"), [("1'000", 1000), ("1,000", 1000), ("1.000", 1000), ("3.0", 3), (4.0, 4), ("", None)]
)
def test_whole_numbers_are_read(value: object, number: int | None) -> None:
    assert read_integer(value) == number


@pytest.mark.parametrize("value", ["3.5", "0,500", 2.5, "three", True])
def test_what_is_no_whole_number_is_refused(value: object) -> None:
    with pytest.raises(CellError, match="is not a whole number") as refused:
        read_integer(value)

    assert refused.value.code == "not_an_integer"


# --- text, references, people ---


def test_text_is_trimmed_and_its_line_ends_made_plain() -> None:
    assert read_text("\xa0line one\r\nline two ") == "line one\nline two"
    assert read_text(4711.0) == "4711"
    assert read_text(datetime(2026, 1, 31, 8, 5)) == "2026-01-31 08:05"
    assert read_text(None) == ""


def test_words_for_nothing_stay_in_a_text() -> None:
    assert read_text("-") == "-"


def test_a_text_that_does_not_fit_is_refused_with_both_lengths() -> None:
    with pytest.raises(CellError, match="has 11 characters; at most 10 fit") as refused:
        read_text("12345678901", max_length=10)

    assert refused.value.code == "too_long"


def test_a_quoted_value_never_makes_a_message_long() -> None:
    with pytest.raises(CellError) as refused:
        read_date("x" * 10_000)

    assert len(refused.value.message) < 120


@pytest.mark.parametrize(
    ("value", "references"),
    [
        ("A-0175, A-0137", ("A-0175", "A-0137")), ("A-1;A-2\nA-3", ("A-1", "A-2", "A-3")),
        ("A-1 / A-2", ("A-1", "A-2")),
        ("ISO/IEC 27001", ("ISO/IEC 27001",)), ("A-11, A-11, A-163", ("A-11", "A-163")),
        ("- A-1\n- A-2", ("A-1", "A-2")),
        ("A-1, ?, ", ("A-1",)), (12, ("12",)), ("none", ()), ("-", ()), (None, ()),
    ],
)  # fmt: skip
def test_references_are_split_and_listed_once(value: object, references: tuple[str, ...]) -> None:
    assert read_references(value) == references


@pytest.mark.parametrize(("text", "references"), [
    (" A-1, A-2; A-3\r\nA-1 ", ("A-1", "A-2", "A-3")),
    ("• A-1 | - A-2 / A-3", ("A-1", "A-2", "A-3")),
    ("", ()),
    ("none", ("none",)),
    ("-", ("-",)),
    ("\ufeff", ("\ufeff",)),
])
def test_what_is_typed_is_split_alike_but_never_silently_dropped(text: str, references: tuple[str, ...]) -> None:
    assert split_references(text) == references


@pytest.mark.parametrize(
    "name",
    [
        "Novak, Sören",
        "Sören Novak",
        "NOVAK, SOREN",
        "So\u0308ren Novak",
        "Dr. Sören Novak",
        "Sören Novak (IT)",
        "Novak, Sören, MSc",
    ],
)
def test_a_person_is_recognised_however_written(name: str) -> None:
    assert "soren novak" in person_keys(name)
    assert person_keys(name)[0] == "soren novak"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller, Jürgen", "Juergen Mueller"), ("Søren O\u2019Neill", "O'Neill, Soren"),
        ("Smith-Jones, Élodie", "Elodie Smith Jones"),
        ("Weiß, Anna", "Anna Weiss"), ("van der Berg, Grace", "Grace van der Berg"),
        ("Novak Sören", "Sören Novak"),
        ("Anna Weiß <A.Weiss@example.org>", "a.weiss@example.org"),
    ],
)  # fmt: skip
def test_two_ways_of_writing_a_person_share_a_key(one: str, other: str) -> None:
    assert set(person_keys(one)) & set(person_keys(other))


def test_different_people_share_no_key() -> None:
    assert not set(person_keys("Müller, Anna")) & set(person_keys("Müller, Paul"))


@pytest.mark.parametrize("value", ["tbd", "?", "", None])
def test_nobody_has_no_key(value: object) -> None:
    assert person_keys(value) == ()


@settings(deadline=None)
@given(st.text())
@example("\U0001d400")
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@settings(deadline=None)
@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.datetimes(), st.none()))
def test_every_reader_reads_or_refuses_any_cell(value: object) -> None:
    for reader in (
        read_date,
        read_bool,
        read_level,
        read_decimal,
        read_integer,
        read_text,
        person_keys,
        read_references,
    ):
        sentence = "Read."
        try:
            reader(value)
        except CellError as refused:
            sentence = refused.message
        assert sentence.endswith(".")
