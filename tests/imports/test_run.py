"""Carrying an import out: what is stored, that it is all or nothing, and what comes back to be mended."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstay.domains.assets.models import Asset, Dependency
from mainstay.domains.assets.registers import ASSETS, PROCESSES
from mainstay.platform.files.models import StoredFile
from mainstay.platform.files.store import open_file
from mainstay.platform.identity.models import Person
from mainstay.platform.jobs.models import Job
from mainstay.platform.jobs.services import run_one
from mainstay.platform.records.actor import Actor, acting
from mainstay.platform.records.models import RefCounter
from mainstay.platform.trail.models import Change
from mainstay.platform.units.models import Unit
from mainstay.registers import crud
from mainstay.registers.imports.job import keep_upload, sheet_of, start_import
from mainstay.registers.imports.profile import propose_profile
from mainstay.registers.imports.rejects import REASON_HEADING
from mainstay.registers.imports.run import ImportRefused, Result, carry_out
from mainstay.registers.imports.sheet import Sheet, open_sheet
from mainstay.registers.imports.spool import BLOCK, Spool
from mainstay.registers.imports.survey import Options

REAL = Path(__file__).parents[3] / "shared" / "data" / "registers" / "assets-real.csv"
LENIENT = Options(create_people=True, create_units=True, drop_unresolved=True)


def opened(text: str | bytes) -> Sheet:
    return open_sheet(io.BytesIO(text.encode() if isinstance(text, str) else text), name="list.csv")


def imported(text: str | bytes, *, accept_partial: bool = False, **options: bool) -> Result:
    sheet = opened(text)
    return carry_out(ASSETS, sheet, propose_profile(ASSETS, sheet), options=Options(**options), accept_partial=accept_partial)


def test_records_links_and_derived_needs_are_as_after_plain_editing(as_system: Actor) -> None:
    imported("Asset no;Asset name;Confidentiality;Depends on\nA-1;Records;very high;A-2\nA-2;Database;low;A-3\nA-3;Server;;\n")

    server = Asset.objects.get(ref="A-3")
    assert (server.confidentiality, server.inherited_confidentiality, server.need) == (None, 4, 4)
    assert Dependency.objects.count() == 2
    assert server.version == 1


def test_every_row_is_on_the_trail(as_system: Actor) -> None:
    imported("Asset no;Asset name\n" + "".join(f"A-{number};Asset {number}\n" for number in range(1, 701)))

    assert Change.objects.filter(table=Asset._meta.db_table, op="I").count() == 700


def test_numbers_a_file_brings_are_not_given_out_again(as_system: Actor, organisation: Unit) -> None:
    imported("Asset no;Asset name\nA-41;One\n;Two\n")

    assert set(Asset.objects.values_list("ref", flat=True)) == {"A-41", "A-42"}
    assert RefCounter.objects.get(organisation=organisation, prefix="A").last == 42


def test_a_refused_row_lets_nothing_in_unless_partial_is_accepted(as_system: Actor) -> None:
    text = "Asset no;Asset name;Asset owner;In use since\nA-1;One;Ada;\nA-2;Two;Bob;31.02.2021\n"

    with pytest.raises(ImportRefused) as caught:
        imported(text, create_people=True)

    assert "Row 3" in str(caught.value) and "31.02.2021" in str(caught.value)
    assert not Asset.objects.exists() and not Person.objects.exists()
    assert imported(text, create_people=True, accept_partial=True).plan.counts["new"] == 1
    assert list(Person.objects.values_list("name", flat=True)) == ["Ada"]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(good=st.integers(min_value=0, max_value=1200))
def test_nothing_is_half_imported_when_the_database_refuses_the_last_row(
    good: int, as_system: Actor
) -> None:
    # Rows are recognised by name here, so that only the database can tell that the reference is taken.
    Asset.unscoped_for_system.all().delete()
    crud.create(ASSETS, {"ref": "A-9999", "name": "Hidden"})
    before = Change.objects.count()
    sheet = opened("Name;Nr\n" + "".join(f"Asset {n};A-{n}\n" for n in range(1, good + 1)) + "Last;A-9999\n")
    profile = propose_profile(ASSETS, sheet)

    with pytest.raises(ImportRefused) as caught:
        carry_out(ASSETS, sheet, type(profile)(register="assets", columns=profile.columns, key="name"))

    assert f"Row {good + 2}" in str(caught.value)
    assert Asset.objects.count() == 1
    assert Change.objects.count() == before


def test_rows_that_only_the_database_refuses_join_the_rejects(as_system: Actor) -> None:
    crud.create(ASSETS, {"ref": "A-2", "name": "Taken"})
    sheet = opened("Asset no;Asset name\nA-1;One\nA-2;Two\nA-3;Three\n")
    profile = propose_profile(ASSETS, sheet)
    by_name = type(profile)(register="assets", columns=profile.columns, key="name")

    done = carry_out(ASSETS, sheet, by_name, accept_partial=True)

    assert (done.plan.counts["new"], done.plan.counts["refused"]) == (2, 1)
    assert "taken already" in next(done.plan.findings()).reason
    assert b'"A-2";"Two"' in b"".join(done.plan.rejects())


def test_only_what_differs_is_written(as_system: Actor) -> None:
    text = "Asset no;Asset name;Confidentiality;Depends on\nA-1;One;high;A-2\nA-2;Two;low;\n"
    imported(text)
    before = Change.objects.count()

    assert imported(text).plan.counts["same"] == 2
    assert Change.objects.count() == before
    assert imported(text.replace("Two;low", "Two;medium")).plan.counts["changed"] == 1
    assert list(Asset.objects.order_by("ref").values_list("version", flat=True)) == [1, 2]


def test_an_existing_record_may_refer_to_a_new_one_and_keeps_its_other_links(as_system: Actor) -> None:
    imported("Asset no;Asset name;Depends on\nA-1;One;A-2\nA-2;Two;\n")

    imported("Asset no;Asset name;Depends on\nA-1;One;A-2, A-3\nA-3;Three;\n")

    assert set(Dependency.objects.values_list("dependent__ref", "supporting__ref")) == {("A-1", "A-2"), ("A-1", "A-3")}


def test_a_parent_may_stand_below_its_part(as_system: Actor) -> None:
    sheet = opened("Ref;Name;Part of\nBP-1;Payroll run;BP-2\nBP-2;Payroll;\n")

    carry_out(PROCESSES, sheet, propose_profile(PROCESSES, sheet))

    assert PROCESSES.model.objects.get(ref="BP-1").parent.ref == "BP-2"


def test_formulas_are_kept_as_text_and_leave_as_text(as_system: Actor) -> None:
    rows = 'A-1;One;"=HYPERLINK(""x"")";\nA-2;Two;@SUM(1+1);31.02.2021\n'

    done = imported(f"Asset no;Asset name;Remarks;In use since\n{rows}", accept_partial=True)

    assert Asset.objects.get(ref="A-1").remarks == '=HYPERLINK("x")'
    assert b'"\'@SUM(1+1)"' in b"".join(done.plan.rejects())


def test_rejects_once_mended_come_in_with_the_same_profile(as_system: Actor) -> None:
    text = "\ufeffAsset no;Asset name;Remarks;In use since\nA-1;Ünïted;\"=1+1;\n two\";31.02.2021\n"
    sheet = opened(text)
    profile = propose_profile(ASSETS, sheet)
    refused = b"".join(carry_out(ASSETS, sheet, profile, accept_partial=True).plan.rejects())

    mended = opened(refused.replace(b"31.02.2021", b"28.02.2021", 2))
    assert mended.header[0] == REASON_HEADING and mended.delimiter == ";"
    assert carry_out(ASSETS, mended, profile).plan.left_out == (REASON_HEADING,)
    assert dict(propose_profile(ASSETS, mended).columns)[REASON_HEADING] is None
    assert Asset.objects.get().remarks == "=1+1;\n two"


def test_the_real_register_comes_in_and_comes_in_again_unchanged(as_system: Actor) -> None:
    if not REAL.exists():
        pytest.skip("the register as found in practice is not beside this repository")
    sheet = open_sheet(REAL, name=REAL.name)
    profile = propose_profile(ASSETS, sheet)

    first = carry_out(ASSETS, sheet, profile, options=LENIENT, accept_partial=True)
    again = carry_out(ASSETS, sheet, profile, options=LENIENT, accept_partial=True)

    assert sheet.encoding == "cp1252"
    assert sum(first.plan.counts.values()) == 181 and first.plan.counts["new"] == 166 == Asset.objects.count() - 1
    assert (again.plan.counts["same"], again.people, again.units) == (165, 0, 0)
    assert Person.objects.filter(name="Åkesson, Grace").exists() and Person.objects.filter(name__contains="Weiß").exists()
    assert Asset.objects.filter(remarks='=HYPERLINK("http://example.org","click")').exists()
    assert Asset.objects.get(ref="A-0008").name == "\\\\fs01\\research;old"
    # The one row without a number cannot be recognised, which a warning says.
    assert again.plan.counts["new"] == 1 and any("recognise" in item.reason for item in again.plan.warnings)


def test_the_job_keeps_the_file_and_hands_back_the_rejects(
    organisation: Unit, person_with: Callable[..., Actor]
) -> None:
    administrator = person_with("administrator")
    with acting(administrator):
        content = b"Asset no;Asset name;In use since\nA-1;One;\nA-2;Two;31.02.2021\n"
        stored = keep_upload(ASSETS, io.BytesIO(content), name="assets.csv", unit=organisation)
        profile = propose_profile(ASSETS, sheet_of(stored))
        strict = start_import(ASSETS, stored, profile, options=Options())
        start_import(ASSETS, stored, profile, options=Options(), accept_partial=True)

    assert run_one("test") and run_one("test")

    strict.refresh_from_db()
    partial = Job.objects.latest("id")
    assert (strict.state, strict.result["is_written"]) == ("done", False)
    assert partial.result["is_written"] and partial.result["counts"]["new"] == 1
    assert "31.02.2021" in partial.result["findings"][0]
    rejects = StoredFile.unscoped_for_system.get(pk=partial.result["rejects"])
    assert b"A-2" in b"".join(open_file(rejects))
    assert "assets.csv" in Change.objects.filter(table=Asset._meta.db_table).latest("seq").reason


@given(st.lists(st.tuples(st.integers(), st.text()), max_size=3), st.integers(min_value=0, max_value=2 * BLOCK + 1))
@settings(max_examples=20, deadline=None)
def test_a_spool_gives_back_what_it_was_given_as_often_as_asked(start: list[tuple[int, str]], more: int) -> None:
    items = [*start, *((number, "row") for number in range(more))]
    spool: Spool[tuple[int, str]] = Spool()

    for item in items:
        spool.append(item)

    assert list(spool) == items == list(spool)
