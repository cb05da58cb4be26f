"""The dry run: what it proposes, counts, refuses and names, on small files and on a register as people really keep it."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from mainstay.domains.assets.models import Asset
from mainstay.domains.assets.registers import ASSETS, PROCESSES
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import Actor, acting
from mainstay.platform.records.errors import Invalid, NotAllowed
from mainstay.platform.trail.models import Change
from mainstay.platform.units.models import Unit
from mainstay.registers import crud
from mainstay.registers.declaration import Register
from mainstay.registers.imports.mapping import MappingProfile
from mainstay.registers.imports.plan import Plan, plan
from mainstay.registers.imports.profile import propose_profile
from mainstay.registers.imports.sheet import Sheet, open_sheet
from mainstay.registers.imports.survey import Options

REAL = Path(__file__).parents[3] / "shared" / "data" / "registers" / "assets-real.csv"


def sheet_of(text: str) -> Sheet:
    return open_sheet(io.BytesIO(text.encode()), name="list.csv")


def planned(text: str, *, register: Register = ASSETS, **options: bool) -> Plan:
    sheet = sheet_of(text)
    return plan(register, sheet, propose_profile(register, sheet), options=Options(**options))


def reasons(found: Plan) -> list[str]:
    return [str(finding) for finding in found.findings()]


def counted(found: Plan) -> dict[str, int]:
    return {outcome: count for outcome, count in found.counts.items() if count}


@pytest.fixture
def real() -> Sheet:
    if not REAL.exists():
        pytest.skip("the register as found in practice is not beside this repository")
    return open_sheet(REAL, name=REAL.name)


def test_rows_are_new_changed_or_the_same(as_system: Actor) -> None:
    crud.create(ASSETS, {"ref": "A-1", "name": "Payroll", "confidentiality": "2"})
    crud.create(ASSETS, {"ref": "A-2", "name": "Laptops"})

    found = planned("Asset no;Asset name;Confidentiality\nA-1;Payroll;high\na-2;Laptops;\nA-3;Server;low\n")

    assert counted(found) == {"new": 1, "changed": 1, "same": 1}
    (changed,) = found.rows["changed"]
    assert changed.row == 2
    assert [tuple(map(str, difference)) for difference in changed.differences] == [("confidentiality", "medium", "high")]


def test_a_dry_run_writes_nothing(as_system: Actor) -> None:
    before = Change.objects.count()

    planned("Asset no;Asset name;Owner;Department\nA-1;Payroll;Ada;Finance\n", create_people=True, create_units=True)

    assert Change.objects.count() == before
    assert not Asset.objects.exists() and not Person.objects.exists()


def test_a_key_that_stands_twice_refuses_both_rows_and_names_them(as_system: Actor) -> None:
    found = planned("Asset no;Asset name\nA-1;One\nA-2;Two\na-1;Other\n")

    assert counted(found) == {"new": 1, "refused": 2}
    assert [(item.row, item.column) for item in found.findings()] == [(2, "Asset no"), (4, "Asset no")]
    assert "row 4" in reasons(found)[0] and "row 2" in reasons(found)[1]


def test_a_day_that_never_was_is_named_by_row_column_value_and_reason(as_system: Actor) -> None:
    found = planned("Asset no;Asset name;In use since\nA-1;One;28.02.2021\nA-2;Two;31.02.2021\n")

    (finding,) = found.findings()
    assert (finding.row, finding.column, finding.value) == (3, "In use since", "31.02.2021")
    assert "not a day of the calendar" in finding.reason


def test_references_to_later_rows_of_the_file_hold(as_system: Actor) -> None:
    found = planned("Asset no;Asset name;Depends on\nA-1;One;A-2, Three\nA-2;Two;\nA-3;Three;\n")

    assert counted(found) == {"new": 3}


def test_what_relies_on_a_refused_row_is_refused_too_unless_dropped(as_system: Actor) -> None:
    text = "Asset no;Asset name;Depends on;In use since\nA-1;One;A-2;\nA-2;Two;A-3;\nA-3;Three;;31.02.2021\n"

    strict, lenient = planned(text), planned(text, drop_unresolved=True)

    assert counted(strict) == {"refused": 3}
    assert any("row 3, which is refused" in reason for reason in reasons(strict))
    assert counted(lenient) == {"new": 2, "refused": 1}
    assert [(item.row, item.column, item.value) for item in lenient.warnings] == [(3, "Depends on", "A-3")]


def test_what_depends_on_itself_is_refused_in_the_words_of_the_model(as_system: Actor) -> None:
    assert "does not depend on itself" in reasons(planned("Asset no;Asset name;Depends on\nA-1;One;A-1\n"))[0]


def test_owners_nobody_knows_are_refused_created_or_left_out(as_system: Actor) -> None:
    text = "Asset no;Asset name;Asset owner\nA-1;One;Novak, Søren\nA-2;Two;Søren Novak\nA-3;Three;tbd\n"

    assert counted(planned(text)) == {"refused": 2, "new": 1}
    assert planned(text, create_people=True).people == ("Novak, Søren",)
    assert [item.value for item in planned(text, drop_unresolved=True).warnings] == ["Novak, Søren", "Søren Novak"]


def test_people_only_refused_rows_name_are_not_created(as_system: Actor) -> None:
    found = planned("Asset no;Asset name;Owner;In use since\nA-1;One;Ada;31.02.2021\nA-2;Two;Bob;\n", create_people=True)

    assert found.people == ("Bob",)


def test_a_name_that_two_people_bear_is_ambiguous(as_system: Actor, organisation: Unit) -> None:
    for number in (1, 2):
        Person(organisation=organisation, unit=organisation, ref=f"P-{number}", name="Ada Lovelace").save(force_insert=True)

    assert "more than one" in reasons(planned("Asset no;Asset name;Owner\nA-1;One;Lovelace, Ada\n", create_people=True))[0]


def test_a_unit_is_not_mistaken_for_another_that_begins_its_name(as_system: Actor, site: Unit) -> None:
    found = planned(f"Asset no;Asset name;Department\nA-1;One;{site.name} annex\n")

    assert "no unit" in reasons(found)[0]


def test_totals_and_empty_rows_are_noticed_not_imported(as_system: Actor) -> None:
    found = planned("Asset no;Asset name;Type\nA-1;One;SaaS\n;;\nTotal;187;\n")

    assert counted(found) == {"new": 1, "skipped": 1}
    assert found.rows["skipped"][0].row == 4


def test_a_rule_of_the_model_refuses_in_the_dry_run_already(as_system: Actor) -> None:
    found = planned("Ref;Name;RTO, hours;MTPD, hours\nBP-1;Pay;9;4\nBP-2;Bill;2;4\n", register=PROCESSES)

    assert counted(found) == {"new": 1, "refused": 1}
    assert "longer than what can be tolerated" in reasons(found)[0]


def test_a_choice_somebody_decided_on_is_understood(as_system: Actor) -> None:
    sheet = sheet_of("Asset no;Asset name;Type\nA-1;One;Sonstiges\n")
    proposed = propose_profile(ASSETS, sheet)
    decided = MappingProfile(
        register="assets", columns=proposed.columns, key="ref", choices=(("kind", "sonstiges", "hardware"),)
    )

    assert counted(plan(ASSETS, sheet, proposed)) == {"refused": 1}
    assert counted(plan(ASSETS, sheet, decided)) == {"new": 1}


def test_an_empty_cell_leaves_what_is_there_unless_it_is_to_clear(as_system: Actor) -> None:
    crud.create(ASSETS, {"ref": "A-1", "name": "One", "location": "HQ", "confidentiality": "3"})
    text = "Asset no;Asset name;Location;Confidentiality\nA-1;One;;\n"

    assert counted(planned(text)) == {"same": 1}
    (cleared,) = planned(text, clear_blanks=True).rows["changed"]
    assert {difference.field for difference in cleared.differences} == {"location", "confidentiality"}


def test_a_column_of_what_mainstay_keeps_itself_goes_nowhere(as_system: Actor) -> None:
    found = propose_profile(ASSETS, sheet_of("Asset no;Asset name;Status;Protection need\nA-1;One;retired;high\n"))

    assert dict(found.columns) == {"Asset no": "ref", "Asset name": "name", "Status": None, "Protection need": None}


def test_who_may_not_add_there_is_refused_and_who_may_not_add_people_too(
    as_system: Actor, site: Unit, person_with: Callable[..., Actor]
) -> None:
    text = f"Asset no;Asset name;Department\nA-1;Here;{site.name}\nA-2;There;\n"
    auditor = person_with("internal_auditor")

    with acting(auditor):
        assert counted(planned(text)) == {"refused": 2}
        with pytest.raises(NotAllowed):
            planned(text, create_people=True)


def test_a_profile_of_another_register_is_refused(as_system: Actor) -> None:
    sheet = sheet_of("Asset no;Asset name\nA-1;One\n")

    with pytest.raises(Invalid, match="risks"):
        plan(ASSETS, sheet, MappingProfile(register="risks", columns=(("Asset no", "ref"),)))


def test_every_fault_of_the_real_register_is_named(as_system: Actor, real: Sheet) -> None:
    found = plan(
        ASSETS, real, propose_profile(ASSETS, real),
        options=Options(create_people=True, create_units=True, drop_unresolved=True),
    )

    named = {(item.row, item.column) for item in found.findings()}
    duplicates = {row for row, column in named if column == "Asset no."}
    assert counted(found) == {"new": 166, "refused": 14, "skipped": 1}
    assert duplicates == {16, 18, 39, 41, 82, 84, 134, 136}
    assert {item.value for item in found.findings() if item.column == "In use since"} == {"31.02.2021"}
    assert {item.value for item in found.findings() if item.column == "Type"} == {"Sonstiges"}
    assert {report.row for report in found.rows["refused"]} == {row for row, _column in named}
    assert len(found.units) == 10
