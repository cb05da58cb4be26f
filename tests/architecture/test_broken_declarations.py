"""Declarations that do not fit their model are refused by the system check, each with the word that is wrong."""

from dataclasses import replace
from typing import Any

import pytest

from mainstay.domains.assets.models import Asset, Dependency, Process, ProcessAsset
from mainstay.domains.assets.registers import ASSETS
from mainstay.registers.checks import complaints_about, complaints_about_panel
from mainstay.registers.declaration import Column, LinkField, RelatedPanel, column, panel
from mainstay.registers.models import SavedView

USES = RelatedPanel(title="Used by", on=Asset, of=Process, via="asset_links__asset", columns=("ref", "criticality"))


def test_a_sound_declaration_is_taken() -> None:
    assert complaints_about(ASSETS) == []
    assert complaints_about_panel(USES) == []


@pytest.mark.parametrize(
    ("change", "word", "code"),
    [
        ({"columns": (column("ref"), column("colour"))}, "column “colour”", "registers.E001"),
        ({"columns": (column("ref"), column("depends_on"))}, "column “depends_on”", "registers.E001"),
        ({"columns": (column("ref"), column("head", path="owner__boss__name"))}, "“owner__boss__name”", "registers.E002"),
        ({"columns": (column("ref"), Column(name="need", needs=("criteria__levels",)))}, "“criteria__levels”", "registers.E002"),
        ({"columns": (column("ref"), column("head", path="name__length__more"))}, "“name__length__more”", "registers.E002"),
        ({"filters": ("kind", "colour")}, "filter “colour”", "registers.E001"),
        ({"panels": (panel("Looks", "name", "colour"),)}, "panel “Looks” “colour”", "registers.E001"),
        ({"key": "colour"}, "key “colour”", "registers.E001"),
        ({"derived": ("need", "colour")}, "derived field “colour”", "registers.E001"),
        ({"derived": ("depends_on",)}, "derived field “depends_on”", "registers.E001"),
        ({"defaults": {"colour": str}}, "default “colour”", "registers.E001"),
        ({"search": ("description", "colour")}, "field to search “colour”", "registers.E001"),
        ({"order": "colour"}, "ordered by “colour”", "registers.E003"),
        ({"order": "-description"}, "ordered by “-description”", "registers.E003"),
        ({"links": (LinkField(name="used", through=ProcessAsset, label="used"),)}, "link “used”", "registers.E002"),
        ({"links": (LinkField(name="used", through=SavedView, label="used"),)}, "link “used”", "registers.E002"),  # type: ignore[arg-type] # that it is no Link is the point
    ],
)
def test_a_word_that_does_not_fit_is_named(change: dict[str, Any], word: str, code: str) -> None:
    complaints = complaints_about(replace(ASSETS, **change))

    assert [complaint.id for complaint in complaints] == [code]
    assert "register assets" in complaints[0].msg and word in complaints[0].msg


def test_every_mistake_is_told_not_only_the_first() -> None:
    complaints = complaints_about(replace(ASSETS, filters=("colour", "smell"), key="taste"))

    assert len(complaints) == 3


def test_a_field_without_conditions_is_no_filter() -> None:
    from mainstay.domains.library.registers import REQUIREMENTS

    complaints = complaints_about(replace(REQUIREMENTS, filters=("attributes",)))

    assert [complaint.id for complaint in complaints] == ["registers.E003"]


@pytest.mark.parametrize("via", ["colour", "owner", "asset_links__process", "name", "asset_links__asset__colour"])
def test_a_related_panel_must_lead_to_the_record_it_is_shown_on(via: str) -> None:
    (complaint,) = complaints_about_panel(replace(USES, via=via))

    assert complaint.id == "registers.E002" and f"“{via}”" in complaint.msg


def test_a_related_panel_shows_columns_of_the_other_register() -> None:
    (complaint,) = complaints_about_panel(replace(USES, columns=("ref", "need")))

    assert complaint.id == "registers.E001" and "column “need”" in complaint.msg


def test_a_related_panel_shows_records_of_a_register() -> None:
    (complaint,) = complaints_about_panel(replace(USES, of=Dependency))

    assert "Dependency, which has no register" in complaint.msg
