"""Columns are proposed by what they are called and hold, and a decision survives a reordered file."""

import pytest

from mainstay.registers.imports.headings import find_header, load_synonyms
from mainstay.registers.imports.mapping import (
    ColumnProposal,
    FieldChoice,
    FieldKind,
    MappingProfile,
    apply,
    propose,
)
from mainstay.registers.imports.values import fold


def field(
    name: str, kind: FieldKind = "text", *, label: str = "", synonyms: tuple[str, ...] = ()
) -> FieldChoice:
    return FieldChoice(
        name=name, label=label or name.replace("_", " ").capitalize(), kind=kind, synonyms=synonyms
    )


def proposed(proposals: tuple[ColumnProposal, ...]) -> dict[str, str | None]:
    return {proposal.header: proposal.field for proposal in proposals}


REQUIRED_FIELDS = [
    "ref", "name", "description", "kind", "unit", "owner", "custodian", "classification",
    "confidentiality", "integrity", "availability", "personal_data", "information_categories",
    "location", "depends_on", "backup_required", "encrypted_at_rest", "acquired_on", "in_use_since",
    "review_on", "remarks", "notes", "tags", "state", "serial", "supplier", "form", "likelihood",
    "impact", "threat", "vulnerability", "scenario", "treatment", "due_on", "start_on", "end_on",
    "cost", "email", "job_title", "criticality", "rto", "rpo", "mtpd", "title", "category", "severity",
    "source", "citation", "jurisdiction",
]  # fmt: skip


@pytest.mark.parametrize("name", REQUIRED_FIELDS)
def test_every_field_people_keep_has_synonyms_in_three_languages(name: str) -> None:
    synonyms = load_synonyms()[name]

    assert set(synonyms) == {"en", "de", "fr"}
    assert all(all(fold(word) for word in words) and words for words in synonyms.values())


@pytest.mark.parametrize(
    ("heading", "name", "why"),
    [
        ("Owner", "owner", "same words"),
        ("EIGENTÜMER", "owner", "synonym (German)"),
        ("propriétaire de l\u2019actif", "owner", "synonym (French)"),
        ("Asset\nowner", "owner", "synonym (English)"),
        ("Back-Up?", "backup_required", "synonym (English)"),
        ("E-Mail", "email", "same words"),
    ],
)
def test_a_heading_finds_its_field_in_any_language(heading: str, name: str, why: str) -> None:
    fields = [field("owner", "reference"), field("backup_required", "bool"), field("email")]

    (proposal,) = propose([heading], fields)

    assert (proposal.field, proposal.why) == (name, why)
    assert proposal.confidence >= 0.9


def test_a_synonym_of_the_field_itself_counts() -> None:
    (proposal,) = propose(["Ward"], [field("unit", "reference", synonyms=("ward",))])

    assert (proposal.field, proposal.why) == ("unit", "synonym")


def test_a_slip_of_the_keyboard_finds_its_field() -> None:
    (proposal,) = propose(["Confidentialty"], [field("confidentiality", "level")])

    assert proposal.field == "confidentiality"
    assert proposal.confidence < 0.9
    assert "spelled almost like" in proposal.why


def test_words_in_common_find_a_field_with_less_confidence() -> None:
    (proposal,) = propose(["Location detail"], [field("location")])

    assert proposal.field == "location"
    assert proposal.confidence < 0.6


def test_a_heading_like_no_field_is_left_to_the_person() -> None:
    (proposal,) = propose(["Zebra"], [field("owner")])

    assert (proposal.field, proposal.confidence) == (None, 0.0)


def test_the_best_match_takes_the_field_and_no_other_column_does() -> None:
    proposals = propose(["Remark on owner", "Owner", "Owner 2"], [field("owner", "reference")])

    assert proposed(proposals) == {"Remark on owner": None, "Owner": "owner", "Owner 2": None}


def test_values_that_do_not_fit_weaken_a_heading() -> None:
    fields = [field("due_on", "date")]

    (fitting,) = propose(["Deadline"], fields, samples=[["31.01.2026"], ["2026-02-01"], ["31.02.2026"]])
    (other,) = propose(["Deadline"], fields, samples=[["high"], ["low"], ["none"]])

    assert other.confidence < fitting.confidence
    assert other.why == "synonym (English), but few values look like dates"


def test_a_lone_column_of_dates_finds_the_lone_date_field() -> None:
    samples = [["A", "31.01.2026"], ["B", "01.02.2026"]]

    proposals = propose(["Name", "Zebra"], [field("name"), field("review_on", "date")], samples=samples)

    assert proposals[1].field == "review_on"
    assert proposals[1].why == "values look like dates"
    assert proposals[1].confidence < 0.5


def test_two_columns_of_dates_without_names_are_not_guessed() -> None:
    samples = [["31.01.2026", "31.01.2027"], ["01.02.2026", "01.02.2027"]]

    proposals = propose(["Zebra", "Giraffe"], [field("review_on", "date")], samples=samples)

    assert proposed(proposals) == {"Zebra": None, "Giraffe": None}


# --- headers ---


def test_titles_above_the_header_are_skipped() -> None:
    rows = [
        ["Asset register"],
        ["State: 03.11.2025", None, "Protection needs"],
        ["Ref", "Name", "Owner"],
        ["1", "a", "b"],
    ]

    assert find_header(rows) == (2, ("Ref", "Name", "Owner"))


def test_a_header_of_unknown_words_is_the_first_full_row() -> None:
    rows = [["My zoo"], ["Zebra", "Giraffe", "Lion"], ["stripes", "neck", "mane"], ["many", "long", "big"]]

    assert find_header(rows).at == 1


def test_headings_under_a_group_that_repeat_take_its_name() -> None:
    rows = [
        ["Ref", "Gross", None, "Net", None, "Owner"],
        [None, "Likelihood", "Impact", "Likelihood", "Impact", None],
        ["R-1", "2", "3", "1", "2", "Anna"],
    ]

    assert find_header(rows) == (
        1,
        ("Ref", "Gross Likelihood", "Gross Impact", "Net Likelihood", "Net Impact", "Owner"),
    )


def test_groups_over_different_headings_are_left_out() -> None:
    rows = [["Ref", "Needs", None], [None, "Confidentiality", "Integrity"], ["A-1", "low", "high"]]

    assert find_header(rows) == (1, ("Ref", "Confidentiality", "Integrity"))


def test_the_date_of_a_register_names_no_column() -> None:
    rows = [
        ["State: 03.11.2025", None, "Needs", "People"],
        ["Owner", "Owner", "Impact", "Note"],
        ["a", "b", "c", "d"],
    ]

    assert find_header(rows).names == ("Owner", "Owner 2", "Impact", "Note")


def test_a_first_row_of_values_is_not_taken_for_the_rest_of_the_header() -> None:
    rows = [["Ref", None, "Owner"], ["A-1", "Laptop", "Anna"], ["A-2", "Server", "Paul"]]

    assert find_header(rows) == (0, ("Ref", "Column 2", "Owner"))


def test_headings_are_folded_filled_and_numbered() -> None:
    rows = [
        ["Asset\r\n owner", "Vertraulich-\nkeit", None, "Note", "Note 2", "note"],
        ["a", "b", "c", "d", "e", "f"],
    ]

    assert find_header(rows).names == (
        "Asset owner",
        "Vertraulichkeit",
        "Column 3",
        "Note",
        "Note 2",
        "note 3",
    )


# --- profiles ---


PROFILE = MappingProfile(
    register="asset",
    columns=(("Asset no.", "ref"), ("Asset name", "name"), ("Remarks", None), ("Größe %", "cost")),
    key="ref",
    sheet="Übersicht",
    day_first=False,
    choices=(("kind", "HW", "hardware"), ("kind", "Sonstiges", None)),
)


def test_a_profile_survives_being_stored() -> None:
    assert MappingProfile.from_json(PROFILE.to_json()) == PROFILE


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", '{"version": 2, "register": "asset", "columns": []}', '{"version": 1, "columns": []}',
        '{"version": 1, "register": "asset", "columns": [["a"]]}',
        '{"version": 1, "register": "asset", "columns": [[1, "b"]]}',
        '{"version": 1, "register": "asset", "columns": [], "owner": 1}',
    ],
)  # fmt: skip
def test_a_damaged_profile_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        MappingProfile.from_json(text)


def test_a_profile_fits_a_file_whose_columns_moved_came_and_went() -> None:
    applied = apply(PROFILE, ["ASSET NAME", "Colour", "remarks", "asset  no"])

    assert applied.mapping == {0: "name", 3: "ref"}
    assert applied.left_out == ("Colour", "remarks")
    assert applied.missing == ("Größe %",)
