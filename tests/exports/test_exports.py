"""Exports: exactly what is shown, in few queries, harmless in a spreadsheet, and the same again when imported."""

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstay.domains.assets.models import Asset
from mainstay.domains.assets.registers import ASSETS
from mainstay.platform.identity.models import AccessEvent, Person
from mainstay.platform.records.actor import Actor, Holding, acting
from mainstay.platform.records.errors import Invalid, NotAllowed
from mainstay.platform.units.models import Unit
from mainstay.registers import crud
from mainstay.registers.exports import Format, export, exportable
from mainstay.registers.fields import editable_fields
from mainstay.registers.imports.plan import plan
from mainstay.registers.imports.profile import propose_profile
from mainstay.registers.imports.sheet import open_sheet
from mainstay.registers.lists import Listing, parse

ALL = tuple(name for name in exportable(ASSETS) if name in editable_fields(ASSETS))


def exported(form: Format, /, *, only: tuple[str, ...] | None = None, **query: str) -> bytes:
    return b"".join(export(ASSETS, parse(ASSETS, {name: [text] for name, text in query.items()}), form, columns=only))


def table(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.fixture
def assets(as_system: Actor, organisation: Unit, site: Unit) -> None:
    owner = Person(organisation=organisation, unit=organisation, ref="P-900", name="Åkesson, Zoë")
    owner.save(force_insert=True)
    common = {"owner": str(owner.pk), "unit": str(site.pk)}
    crud.create(ASSETS, {
        "ref": "A-1", "name": "=cmd()", "confidentiality": "4", "acquired_on": "2020-02-29", "remarks": "'-quoted\ntwice",
        "kind": "application", "personal_data": "special", "tags": "cash, pay", **common,
    })
    crud.create(ASSETS, {"ref": "A-2", "name": "+41 44 000", "depends_on": "A-1", "location": "n/a", "backup": "-"})
    crud.create(ASSETS, {"ref": "A-3", "name": "Third, “with” ;comma", "depends_on": "A-1, A-2", "encrypted": "partly"})


@pytest.mark.usefixtures("assets")
def test_what_is_shown_is_what_leaves() -> None:
    rows = table(exported("csv", q="0", sort="-ref", columns="ref,name,kind"))

    assert rows == [["Reference", "Name", "Kind"], ["A-2", "'+41 44 000", "information"]]


@pytest.mark.usefixtures("assets")
def test_formulas_leave_as_text() -> None:
    rows = table(exported("csv", only=("name", "remarks")))
    book = openpyxl.load_workbook(io.BytesIO(exported("xlsx", only=("name",))))

    assert rows[1] == ["'=cmd()", "''-quoted\ntwice"]
    cell = book.active["A2"]
    assert (cell.value, cell.data_type) == ("=cmd()", "s")


@pytest.mark.usefixtures("assets")
def test_a_workbook_has_typed_cells_a_fixed_header_and_a_filter() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(exported("xlsx", only=("ref", "acquired_on", "confidentiality")))).active

    assert sheet["B2"].value.date() == date(2020, 2, 29) and sheet["B2"].is_date
    assert sheet["C2"].value == "very high"
    assert sheet.freeze_panes == "A2" and sheet.auto_filter.ref == "A1:C4"


@pytest.mark.usefixtures("assets")
def test_json_tells_references_with_id_reference_and_name() -> None:
    first, _second, third = json.loads(exported("json", only=("ref", "owner", "depends_on", "acquired_on", "confidentiality")))

    owner = Person.objects.get()
    assert first["owner"] == {"id": str(owner.pk), "ref": "P-900", "name": "Åkesson, Zoë"}
    assert (first["acquired_on"], first["confidentiality"], third["owner"]) == ("2020-02-29", 4, None)
    assert [(target["ref"], target["name"]) for target in third["depends_on"]] == [("A-1", "=cmd()"), ("A-2", "+41 44 000")]


@pytest.mark.usefixtures("as_system")
@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
def test_an_empty_list_is_a_whole_file(kind: Format) -> None:
    content = exported(kind)

    if kind == "json":
        assert json.loads(content) == []
    elif kind == "csv":
        assert len(table(content)) == 1
    else:
        assert openpyxl.load_workbook(io.BytesIO(content)).active.max_row == 1


@pytest.mark.usefixtures("assets")
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_was_exported_comes_in_again_as_the_same(kind: Format, tmp_path: Path) -> None:
    content = exported(kind, only=ALL)
    sheet = open_sheet(io.BytesIO(content), name=f"assets.{kind}")
    profile = propose_profile(ASSETS, sheet)

    found = plan(ASSETS, sheet, profile)

    assert [name for _heading, name in profile.columns] == list(ALL)
    assert [*map(str, found.findings())] == [] and [report.differences for report in found.rows["changed"]] == []
    assert found.counts["same"] == found.total == 3


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(str.strip))
def test_any_text_survives_the_way_out_and_in(text: str, as_system: Actor) -> None:
    Asset.unscoped_for_system.all().delete()
    crud.create(ASSETS, {"ref": "A-1", "name": "One", "remarks": text})

    for kind in ("csv", "xlsx"):
        sheet = open_sheet(io.BytesIO(exported(kind, only=("ref", "name", "remarks"))), name=f"assets.{kind}")  # type: ignore[arg-type] # of the two
        found = plan(ASSETS, sheet, propose_profile(ASSETS, sheet))
        assert [report.differences for report in found.rows["changed"]] == []


def test_a_thousand_assets_take_at_most_five_queries(as_system: Actor) -> None:
    crud.create_many(ASSETS, [{"name": f"Asset {number}"} for number in range(1_000)])

    with CaptureQueriesContext(connection) as queries:
        content = exported("xlsx", only=ALL)

    assert len(queries) <= 5
    assert openpyxl.load_workbook(io.BytesIO(content)).active.max_row == 1_001


@pytest.mark.usefixtures("assets")
def test_an_export_is_recorded_with_what_was_asked(person_with: Callable[..., Actor]) -> None:
    administrator = person_with("administrator")

    with acting(administrator):
        exported("csv", kind="application")

    event = AccessEvent.objects.get(kind=AccessEvent.Kind.EXPORTED)
    assert (event.user_id, event.detail) == (administrator.user_id, "assets.csv kind=application")


@pytest.mark.usefixtures("assets")
def test_who_may_not_export_gets_nothing_not_even_later(person_with: Callable[..., Actor]) -> None:
    with acting(person_with("employee")), pytest.raises(NotAllowed):
        export(ASSETS, Listing(), "csv")

    assert not AccessEvent.objects.filter(kind=AccessEvent.Kind.EXPORTED).exists()


@pytest.mark.usefixtures("assets")
def test_only_places_where_one_may_export_leave(organisation: Unit, site: Unit) -> None:
    root = frozenset({organisation.pk, site.pk})
    reader = Holding(role="reader", patterns=("*.view",), unit=organisation.pk, organisation=organisation.pk, covers=root)
    exporter = Holding(
        role="exporter", patterns=("asset.export",), unit=site.pk, organisation=organisation.pk, covers=frozenset({site.pk})
    )

    with acting(Actor(label="Ada", channel="web", organisation_id=organisation.pk, holdings=(reader, exporter))):
        assert [row[0] for row in table(exported("csv", only=("ref",)))[1:]] == ["A-1"]


@pytest.mark.usefixtures("as_system")
def test_a_column_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Invalid, match="secret"):
        export(ASSETS, Listing(), "csv", columns=("secret",))
