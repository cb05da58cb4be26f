"""Reading OSCAL catalogues: what becomes of groups, controls, parameters and prose, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.domains.library.oscal import (
    MAX_DEPTH,
    Catalogue,
    CatalogueError,
    RequirementEntry,
    read_catalogue,
)

PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "oscal"


def published(name: str) -> Catalogue:
    path = PUBLISHED / name
    if not path.exists():
        pytest.skip(f"the published catalogue {name} is not on this machine")
    return read_catalogue(path.read_bytes())


def document(**body: Any) -> bytes:
    catalog = {"uuid": "1f0c", "metadata": {"title": "House rules", "version": "3"}, **body}
    return json.dumps({"catalog": catalog}).encode()


def control(id_: str = "c-1", **more: Any) -> dict[str, Any]:
    return {"id": id_, "title": f"Control {id_}", **more}


def statement(prose: str, **more: Any) -> list[dict[str, Any]]:
    return [{"name": "statement", "prose": prose, **more}]


def label(value: str, **more: str) -> list[dict[str, str]]:
    return [{"name": "label", "value": value, **more}]


def by_ref(catalogue: Catalogue) -> dict[str, RequirementEntry]:
    return {entry.ref: entry for entry in catalogue.entries}


def test_sp_800_53_rev_5_is_read_whole() -> None:
    catalogue = published("NIST_SP-800-53_rev5_catalog.json")

    groups = [entry for entry in catalogue.entries if entry.kind == "group"]
    controls = [entry for entry in catalogue.entries if entry.kind == "assessable"]
    families = {group.ref for group in groups}

    assert catalogue.version == "5.0.1"
    assert catalogue.publisher == "Joint Task Force, Interagency Working Group"
    assert len(groups) == 20
    assert len(controls) == 1189
    assert sum(entry.parent in families for entry in controls) == 322
    assert sum(entry.withdrawn for entry in controls) == 182
    assert all(entry.text and entry.guidance for entry in controls if not entry.withdrawn)


def test_sp_800_53_rev_5_leaves_no_parameter_unrendered() -> None:
    catalogue = published("NIST_SP-800-53_rev5_catalog.json")

    assert not [entry.ref for entry in catalogue.entries if "{{" in entry.text + entry.guidance]


def test_sp_800_53_enhancements_hang_under_their_control() -> None:
    entries = by_ref(published("NIST_SP-800-53_rev5_catalog.json"))

    assert entries["AC-2"].parent == "AC"
    assert entries["AC-2(1)"].parent == "AC-2"
    assert entries["AC-2(1)"].title == "Automated System Account Management"
    assert entries["AC-2(1)"].text == (
        "Support the management of system accounts using [organization-defined automated mechanisms]."
    )


def test_sp_800_53_statements_are_indented_lists_with_their_labels() -> None:
    lines = by_ref(published("NIST_SP-800-53_rev5_catalog.json"))["AC-1"].text.splitlines()

    assert lines[0] == "a. Develop, document, and disseminate to [organization-defined personnel or roles]:"
    assert lines[1] == (
        "  1. [Selection (one or more): Organization-level; Mission/business process-level; System-level]"
        " access control policy that:"
    )
    assert lines[2].startswith("    (a) Addresses purpose, scope")


def test_sp_800_53_rev_4_withdrawals_count_although_written_with_a_capital() -> None:
    catalogue = published("NIST_SP-800-53_rev4_catalog-min.json")

    assert sum(entry.withdrawn for entry in catalogue.entries) == 96


def test_a_resolved_baseline_keeps_its_further_properties_as_attributes() -> None:
    entries = by_ref(published("NIST_SP-800-53_rev5_HIGH-baseline-resolved-profile_catalog-min.json"))

    assert entries["AC-8"].attributes["implementation-level"] == ("organization", "system")


def test_the_basic_catalogue_is_read_with_its_nested_groups() -> None:
    catalogue = published("basic-catalog.json")

    assert [(entry.ref, entry.parent, entry.kind) for entry in catalogue.entries] == [
        ("1", None, "group"),
        ("S1.1", "1", "group"),
        ("1.1.1", "S1.1", "assessable"),
        ("1.1.2", "S1.1", "assessable"),
        ("2", None, "group"),
        ("2.1", "2", "group"),
        ("2.1.1", "2.1", "assessable"),
        ("2.1.2", "2.1", "assessable"),
    ]
    assert "initiating a device lock after [a duration] of inactivity; requiring" in catalogue.entries[2].text


def test_entries_are_numbered_in_tree_order() -> None:
    source = document(
        groups=[
            {
                "id": "g",
                "title": "G",
                "controls": [control("c-1", controls=[control("c-1.1")]), control("c-2")],
            }
        ],
        controls=[control("c-3")],
    )

    catalogue = read_catalogue(source)

    assert [(entry.order, entry.ref, entry.parent) for entry in catalogue.entries] == [
        (0, "G", None),
        (1, "c-1", "G"),
        (2, "c-1.1", "c-1"),
        (3, "c-2", "G"),
        (4, "c-3", None),
    ]


def test_the_plain_label_is_preferred_to_classed_ones() -> None:
    props = [*label("C-01", **{"class": "zero-padded"}), *label("C-1")]

    catalogue = read_catalogue(document(controls=[control(props=props)]))

    assert catalogue.entries[0].ref == "C-1"


def test_a_label_used_twice_gives_way_to_the_ids() -> None:
    catalogue = read_catalogue(
        document(controls=[control("x", props=label("1")), control("y", props=label("1"))])
    )

    assert [entry.ref for entry in catalogue.entries] == ["x", "y"]


def test_a_group_without_id_and_label_goes_by_its_title() -> None:
    catalogue = read_catalogue(document(groups=[{"title": "Access", "controls": [control()]}]))

    assert [(entry.ref, entry.parent) for entry in catalogue.entries] == [("Access", None), ("c-1", "Access")]


def test_an_overview_stands_in_for_a_missing_statement() -> None:
    group = {"id": "g", "title": "G", "parts": [{"name": "overview", "prose": "What this family is about."}]}

    assert read_catalogue(document(groups=[group])).entries[0].text == "What this family is about."


def test_items_without_label_are_lines_of_their_own() -> None:
    guidance = {
        "name": "guidance",
        "parts": [{"name": "item", "prose": "One."}, {"name": "item", "prose": "Two."}],
    }

    assert read_catalogue(document(controls=[control(parts=[guidance])])).entries[0].guidance == "One.\nTwo."


@pytest.mark.parametrize(
    ("param", "words"),
    [
        ({"id": "p", "label": "time period"}, "[time period]"),
        ({"id": "p"}, "[p]"),
        ({"id": "p", "label": "time period", "values": ["30 days"]}, "30 days"),
        ({"id": "p", "select": {"choice": ["logs", "asks"]}}, "[Selection: logs; asks]"),
        (
            {"id": "p", "select": {"how-many": "one-or-more", "choice": ["a", "b"]}},
            "[Selection (one or more): a; b]",
        ),
        ({"id": "p", "select": {"choice": ["{{ insert: param, p }} again"]}}, "[Selection: [p] again]"),
        ({"id": "p", "select": {"choice": ["{{ insert: param, gone }}"]}}, "[Selection: [gone]]"),
    ],
)
def test_a_parameter_is_rendered_as_words(param: dict[str, Any], words: str) -> None:
    source = document(
        controls=[control(params=[param], parts=statement("Lock after {{ insert: param, p }}."))]
    )

    assert read_catalogue(source).entries[0].text == f"Lock after {words}."


def test_a_control_may_use_a_parameter_of_the_catalogue() -> None:
    source = document(
        params=[{"id": "p", "label": "a week"}],
        controls=[control(parts=statement("Within {{insert: param,p}}."))],
    )

    assert read_catalogue(source).entries[0].text == "Within [a week]."


def test_a_byte_order_mark_does_no_harm() -> None:
    assert read_catalogue(b"\xef\xbb\xbf" + document()).name == "House rules"


def test_the_caller_names_the_language() -> None:
    assert read_catalogue(document(), locale="de").locale == "de"


def nested(key: str, levels: int, **innermost: Any) -> dict[str, Any]:
    node: dict[str, Any] = {"title": "0", "id": "n0", "name": "item", **innermost}
    for level in range(1, levels):
        node = {"title": str(level), "id": f"n{level}", "name": "item", key: [node]}
    return node


def exploding_params() -> list[dict[str, Any]]:
    twice = "{{{{ insert: param, p{0} }}}} {{{{ insert: param, p{0} }}}}"
    return [
        {
            "id": f"p{level}",
            "label": "a label of some length",
            "select": {"choice": [twice.format(level + 1)] * 8},
        }
        for level in range(12)
    ]


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"", "Not JSON"),
        (b"<catalog/>", "Not JSON"),
        (b'{"catalog": {"uuid": "\xff"}}', "Not JSON"),
        (b"[]", "Expected `object`"),
        (b'{"profile": {}}', "missing required field `catalog`"),
        (
            document(controls=[{"id": "c-1"}]),
            r"missing required field `title` - at `\$.catalog.controls\[0\]`",
        ),
        (
            document(controls=[control(title=7)]),
            r"Expected `str`, got `int` - at `\$.catalog.controls\[0\].title`",
        ),
        (document(controls=[control("")]), r"length >= 1 - at `\$.catalog.controls\[0\].id`"),
        (document(groups={}), r"Expected `array`, got `object` - at `\$.catalog.groups`"),
        (
            document(controls=[control("c-1"), control("c-2", controls=[control("c-1")])]),
            r"\$.catalog.controls\[1\].controls\[0\]: the id 'c-1' is already used at \$.catalog.controls",
        ),
        (
            document(controls=[control("x", props=label("y")), control("y")]),
            "reference 'y' is used more than once",
        ),
        (
            document(params=[{"id": "p"}], controls=[control(params=[{"id": "p"}])]),
            r"\$.catalog.controls\[0\].params: the parameter id 'p' is already used",
        ),
        (document(groups=[nested("groups", MAX_DEPTH + 1)]), "nested more than"),
        (document(controls=[nested("controls", MAX_DEPTH + 1)]), "nested more than"),
        (
            document(controls=[control(parts=[nested("parts", MAX_DEPTH + 1) | {"name": "statement"}])]),
            r"\$.catalog.controls\[0\].parts: parts are nested more than",
        ),
        (b'{"catalog": ' + b'{"groups": [' * 50_000, "nested too deeply"),
        (b'{"x": ' + b"[" * 100_000, "nested too deeply"),
        (
            document(
                params=exploding_params(), controls=[control(parts=statement("{{ insert: param, p0 }}"))]
            ),
            r"\$.catalog.controls\[0\]: the parameter 'p\d+' expands to more than 4,000 characters",
        ),
    ],
)
def test_what_is_not_a_catalogue_is_refused_with_the_place(data: bytes, where: str) -> None:
    with pytest.raises(CatalogueError, match=where):
        read_catalogue(data)


@pytest.mark.parametrize("key", ["groups", "controls"])
def test_nesting_up_to_the_limit_is_read(key: str) -> None:
    catalogue = read_catalogue(document(**{key: [nested(key, MAX_DEPTH)]}))

    assert len(catalogue.entries) == MAX_DEPTH


@given(cut=st.integers(min_value=0), byte=st.integers(min_value=0, max_value=255))
def test_a_damaged_document_is_read_or_refused_but_never_breaks_the_reader(cut: int, byte: int) -> None:
    whole = document(
        groups=[{"id": "g", "title": "G", "controls": [control(parts=statement("{{ insert: param, p }}"))]}],
        params=[{"id": "p", "select": {"choice": ["\N{SNOWMAN}"]}}],
    )
    at = cut % len(whole)
    damaged = whole[:at] + bytes([byte]) + whole[at + 1 :]

    try:
        catalogue = read_catalogue(damaged)
    except CatalogueError:
        return

    assert [entry.order for entry in catalogue.entries] == list(range(len(catalogue.entries)))


def entry(ref: str, *, parent: str | None = None) -> RequirementEntry:
    return RequirementEntry(
        ref=ref, parent=parent, title=ref, text="", guidance="", kind="assessable", order=0
    )


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ((entry("1"), entry("1")), "'1' is used more than once"),
        ((entry("1.1", parent="1"), entry("1")), "'1.1' comes before its parent '1'"),
    ],
)
def test_a_catalogue_that_is_no_tree_cannot_be_made(
    entries: tuple[RequirementEntry, ...], message: str
) -> None:
    with pytest.raises(CatalogueError, match=message):
        Catalogue(id="x", name="X", version="1", publisher="", licence_note="", locale="en", entries=entries)
