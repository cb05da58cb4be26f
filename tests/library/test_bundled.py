"""The content that comes with the product: complete, correctly shaped, and true to its published sources."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from mainstay.domains.library.bundled import bundled_ids, read_bundled
from mainstay.domains.library.oscal import Catalogue, CatalogueError, RequirementEntry
from mainstay.domains.risk.templates_data import CriteriaTemplate, read_criteria

ATTRIBUTE_VALUES = {
    "control_type": {"preventive", "detective", "corrective"},
    "security_property": {"confidentiality", "integrity", "availability"},
    "cybersecurity_concept": {"identify", "protect", "detect", "respond", "recover"},
    "operational_capability": {
        "governance",
        "asset-management",
        "information-protection",
        "human-resource-security",
        "physical-security",
        "system-and-network-security",
        "application-security",
        "secure-configuration",
        "identity-and-access-management",
        "threat-and-vulnerability-management",
        "continuity",
        "supplier-relationships-security",
        "legal-and-compliance",
        "information-security-event-management",
        "information-security-assurance",
    },
    "security_domain": {"governance-and-ecosystem", "protection", "defence", "resilience"},
}

CLAUSES = [
    "4",
    "4.1",
    "4.2",
    "4.3",
    "4.4",
    "5",
    "5.1",
    "5.2",
    "5.3",
    "6",
    "6.1",
    "6.1.1",
    "6.1.2",
    "6.1.3",
    "6.2",
    "6.3",
    "7",
    "7.1",
    "7.2",
    "7.3",
    "7.4",
    "7.5",
    "7.5.1",
    "7.5.2",
    "7.5.3",
    "8",
    "8.1",
    "8.2",
    "8.3",
    "9",
    "9.1",
    "9.2",
    "9.2.1",
    "9.2.2",
    "9.3",
    "9.3.1",
    "9.3.2",
    "9.3.3",
    "10",
    "10.1",
    "10.2",
]


@pytest.fixture(scope="module")
def iso() -> Catalogue:
    return read_bundled("iso-27001-2022")


@pytest.fixture(scope="module")
def csf() -> Catalogue:
    return read_bundled("nist-csf-2.0")


def annex_a(iso: Catalogue) -> list[RequirementEntry]:
    return [entry for entry in iso.entries if entry.kind == "assessable" and entry.ref.startswith("A.")]


def with_value(iso: Catalogue, family: str, value: str) -> set[str]:
    return {entry.ref.removeprefix("A.") for entry in annex_a(iso) if value in entry.attributes[family]}


@pytest.mark.parametrize("framework_id", bundled_ids())
def test_a_bundled_framework_is_named_like_its_file_and_says_what_it_is(framework_id: str) -> None:
    catalogue = read_bundled(framework_id)

    assert catalogue.id == framework_id
    assert all((catalogue.name, catalogue.version, catalogue.publisher, catalogue.licence_note, catalogue.locale))


@pytest.mark.parametrize("framework_id", bundled_ids())
def test_every_entry_of_a_bundled_framework_has_words_and_a_group_above_it(framework_id: str) -> None:
    catalogue = read_bundled(framework_id)
    groups = {entry.ref for entry in catalogue.entries if entry.kind == "group"}

    assert [entry.order for entry in catalogue.entries] == list(range(len(catalogue.entries)))
    for entry in catalogue.entries:
        assert entry.title[0].isupper(), entry.ref
        assert entry.text.endswith("."), entry.ref
        assert entry.text == " ".join(entry.text.split()), entry.ref
        assert entry.parent in groups or (entry.parent is None and entry.kind == "group"), entry.ref


@pytest.mark.parametrize("framework_id", bundled_ids())
def test_every_group_of_a_bundled_framework_holds_something(framework_id: str) -> None:
    catalogue = read_bundled(framework_id)
    parents = {entry.parent for entry in catalogue.entries}

    assert [entry.ref for entry in catalogue.entries if entry.kind == "group" and entry.ref not in parents] == []


@pytest.mark.parametrize("framework_id", bundled_ids())
def test_no_two_entries_of_a_bundled_framework_share_their_text(framework_id: str) -> None:
    uses = Counter(entry.text for entry in read_bundled(framework_id).entries)

    assert [text for text, count in uses.items() if count > 1] == []


@pytest.mark.parametrize("framework_id", ["", "iso-27001-2013", "../data/iso-27001-2022"])
def test_an_unknown_framework_is_refused(framework_id: str) -> None:
    with pytest.raises(CatalogueError, match="There is no framework"):
        read_bundled(framework_id)


def test_iso_27001_has_its_clauses_in_order(iso: Catalogue) -> None:
    assert [entry.ref for entry in iso.entries if not entry.ref.startswith("A")] == CLAUSES


def test_iso_27001_clauses_hang_under_the_clause_they_are_numbered_by(iso: Catalogue) -> None:
    for entry in iso.entries:
        above, dot, _ = entry.ref.rpartition(".")
        assert entry.parent == (above if dot else None), entry.ref


def test_annex_a_has_93_controls_in_four_themes(iso: Catalogue) -> None:
    themes = Counter(entry.parent for entry in annex_a(iso))

    assert themes == {"A.5": 37, "A.6": 8, "A.7": 14, "A.8": 34}
    for theme, count in themes.items():
        refs = [entry.ref for entry in iso.entries if entry.parent == theme]
        assert refs == [f"{theme}.{number}" for number in range(1, count + 1)]


def test_iso_27001_explains_every_requirement_at_length(iso: Catalogue) -> None:
    assert [entry.ref for entry in iso.entries if len(entry.text) < 40] == []
    assert [e.ref for e in iso.entries if e.kind == "assessable" and len(e.guidance) < 80] == []


def test_only_annex_a_controls_carry_attributes_of_all_five_families(iso: Catalogue) -> None:
    controls = {entry.ref for entry in annex_a(iso)}

    for entry in iso.entries:
        assert set(entry.attributes) == (set(ATTRIBUTE_VALUES) if entry.ref in controls else set()), entry.ref
        for family, values in entry.attributes.items():
            assert values, (entry.ref, family)
            assert set(values) <= ATTRIBUTE_VALUES[family], (entry.ref, family)
            assert len(values) == len(set(values)), (entry.ref, family)


def test_every_attribute_value_is_used(iso: Catalogue) -> None:
    for family, allowed in ATTRIBUTE_VALUES.items():
        assert {value for entry in annex_a(iso) for value in entry.attributes[family]} == allowed


@pytest.mark.parametrize(
    ("family", "value", "refs"),
    [
        ("control_type", "corrective", "5.5 5.6 5.7 5.24 5.26 5.28 5.29 5.30 5.35 5.37 6.4 8.7 8.13 8.16"),
        ("control_type", "detective", "5.7 5.25 6.8 7.4 7.11 8.6 8.7 8.12 8.15 8.16 8.17 8.20 8.30"),
        ("cybersecurity_concept", "recover", "5.5 5.6 5.24 5.26 5.37 8.13"),
        ("cybersecurity_concept", "respond", "5.5 5.6 5.7 5.24 5.25 5.26 5.28 5.29 5.30 6.4 8.16"),
        (
            "cybersecurity_concept",
            "detect",
            "5.7 5.25 5.28 6.8 7.4 7.11 8.6 8.7 8.12 8.15 8.16 8.17 8.20 8.30",
        ),
        ("operational_capability", "supplier-relationships-security", "5.19 5.20 5.21 5.22 5.23 6.6 8.30"),
        ("operational_capability", "continuity", "5.29 5.30 5.37 8.6 8.13 8.14"),
        ("operational_capability", "threat-and-vulnerability-management", "5.7 5.37 8.8"),
        ("operational_capability", "information-security-assurance", "5.22 5.35 5.36 8.29"),
        ("operational_capability", "legal-and-compliance", "5.31 5.32 5.33 5.34 5.36 8.10"),
        ("security_domain", "resilience", "5.1 5.2 5.5 5.7 5.29 5.30 7.13 8.14"),
    ],
)
def test_attributes_agree_with_iso_27002(iso: Catalogue, family: str, value: str, refs: str) -> None:
    assert with_value(iso, family, value) == set(refs.split())


@pytest.mark.parametrize(
    ("lacking", "refs"),
    [
        ("confidentiality", "5.30 7.11 8.6 8.13 8.14 8.17"),
        ("integrity", "5.30 6.6 7.7 7.12 7.14 8.10 8.11 8.12 8.14"),
        ("availability", "6.6 7.7 7.14 8.10 8.11 8.12 8.17 8.33"),
    ],
)
def test_controls_that_do_not_serve_a_security_property_are_those_of_iso_27002(iso: Catalogue, lacking: str, refs: str) -> None:
    every = {entry.ref.removeprefix("A.") for entry in annex_a(iso)}

    assert every - with_value(iso, "security_property", lacking) == set(refs.split())


def test_csf_has_6_functions_22_categories_and_106_subcategories(csf: Catalogue) -> None:
    functions = [entry.ref for entry in csf.entries if entry.parent is None]
    categories = Counter(entry.parent for entry in csf.entries if entry.parent in functions)
    subcategories = Counter(entry.ref.split(".")[0] for entry in csf.entries if entry.kind == "assessable")

    assert functions == ["GV", "ID", "PR", "DE", "RS", "RC"]
    assert categories == {"GV": 6, "ID": 3, "PR": 5, "DE": 2, "RS": 4, "RC": 2}
    assert subcategories == {"GV": 31, "ID": 21, "PR": 22, "DE": 11, "RS": 13, "RC": 8}


def test_csf_leaves_out_the_numbers_that_version_2_retired(csf: Catalogue) -> None:
    refs = {entry.ref for entry in csf.entries}

    assert refs.isdisjoint({"ID.AM-06", "PR.DS-03", "DE.CM-04", "DE.AE-01", "RS.CO-01", "RC.CO-01"})
    assert refs >= {"ID.AM-08", "PR.DS-10", "PR.DS-11", "DE.CM-09", "DE.AE-08", "RS.AN-08", "RC.CO-04"}


def test_csf_entries_hang_under_what_they_are_numbered_by(csf: Catalogue) -> None:
    for entry in csf.entries:
        mark = "-" if entry.kind == "assessable" else "."
        above, found, _ = entry.ref.rpartition(mark)
        assert entry.parent == (above if found else None), entry.ref


CRITERIA = read_criteria()
each_criteria = pytest.mark.parametrize("criteria", CRITERIA, ids=lambda criteria: criteria.id)


def test_four_sets_of_criteria_are_ready_made() -> None:
    assert [criteria.id for criteria in CRITERIA] == [
        "iso-27005-5x5",
        "iso-27005-4x4",
        "iso-27005-3x3",
        "nist-sp-800-30",
    ]


@each_criteria
def test_scales_and_levels_count_from_one(criteria: CriteriaTemplate) -> None:
    assert [step.value for step in criteria.likelihood] == list(range(1, len(criteria.likelihood) + 1))
    assert [step.value for step in criteria.impact] == list(range(1, len(criteria.impact) + 1))
    assert [level.number for level in criteria.levels] == list(range(1, len(criteria.levels) + 1))


@each_criteria
def test_the_matrix_covers_both_scales_and_uses_every_level(criteria: CriteriaTemplate) -> None:
    assert len(criteria.matrix) == len(criteria.likelihood)
    assert {len(row) for row in criteria.matrix} == {len(criteria.impact)}
    assert {cell for row in criteria.matrix for cell in row} == {level.number for level in criteria.levels}


@each_criteria
def test_more_likely_or_worse_is_never_a_lower_risk(criteria: CriteriaTemplate) -> None:
    for row in criteria.matrix:
        assert all(left <= right for left, right in pairwise(row))
    for lower, upper in pairwise(criteria.matrix):
        assert all(below <= above for below, above in zip(lower, upper, strict=True))


@each_criteria
def test_higher_levels_need_at_least_as_high_an_authority(criteria: CriteriaTemplate) -> None:
    ladder = ["risk owner", "CISO", "top management"]
    rungs = [ladder.index(level.authority) for level in criteria.levels]

    assert rungs == sorted(rungs)
    assert rungs[-1] == 2
    assert 1 <= criteria.acceptable_level < len(criteria.levels)


@each_criteria
def test_every_step_and_level_is_put_in_words(criteria: CriteriaTemplate) -> None:
    words = [
        *(step.meaning for step in criteria.likelihood),
        *(getattr(step.meaning, field) for step in criteria.impact for field in step.meaning.__struct_fields__),
        *(level.meaning for level in criteria.levels),
        *(level.expectation for level in criteria.levels),
        criteria.source,
    ]

    assert all(text.endswith(".") for text in words)


@each_criteria
def test_level_colours_differ_and_can_carry_white_text(criteria: CriteriaTemplate) -> None:
    colours = [level.colour for level in criteria.levels]

    assert len(set(colours)) == len(colours)
    assert [colour for colour in colours if contrast_with_white(colour) < 4.5] == []


def contrast_with_white(colour: str) -> float:
    """Contrast ratio by the formula of WCAG 2.2."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def test_the_nist_matrix_is_the_published_one() -> None:
    nist = next(criteria for criteria in CRITERIA if criteria.id == "nist-sp-800-30")
    initials = {"Very low": "VL", "Low": "L", "Moderate": "M", "High": "H", "Very high": "VH"}
    rows = {
        likelihood.label: [initials[nist.level(likelihood=likelihood.value, impact=impact.value).label] for impact in nist.impact]
        for likelihood in nist.likelihood
    }

    assert [impact.label for impact in nist.impact] == list(initials)
    assert rows == {
        "Very high": ["VL", "L", "M", "H", "VH"],
        "High": ["VL", "L", "M", "H", "VH"],
        "Moderate": ["VL", "L", "M", "M", "H"],
        "Low": ["VL", "L", "L", "L", "M"],
        "Very low": ["VL", "VL", "VL", "L", "L"],
    }


@pytest.mark.parametrize(("likelihood", "impact"), [(0, 1), (1, 0), (6, 1), (1, 6), (-1, 1)])
def test_a_value_off_the_scale_has_no_level(likelihood: int, impact: int) -> None:
    with pytest.raises(LookupError, match="iso-27005-5x5 has no likelihood"):
        CRITERIA[0].level(likelihood=likelihood, impact=impact)
