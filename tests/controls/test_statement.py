"""What stands behind a statement of applicability: counted, the weightiest named, frozen, and compared."""

from collections.abc import Callable
from itertools import groupby
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from mainstay.domains.context.models import ManagementSystem
from mainstay.domains.context.registers import MANAGEMENT_SYSTEMS
from mainstay.domains.controls.evaluation import NAMED, Counts, Reason, SoaRow, compare, outdated, thaw
from mainstay.domains.controls.models import Applicability, Control
from mainstay.domains.controls.queries import reading_once, soa_rows
from mainstay.domains.controls.registers import CONTROLS
from mainstay.domains.controls.soa import cell_words, control_lines, why
from mainstay.domains.library.models import Framework
from mainstay.domains.library.services import import_bundled
from mainstay.domains.risk.criteria import adopt_criteria
from mainstay.domains.risk.heat import heat_page
from mainstay.domains.risk.models import Risk, RiskCriteria
from mainstay.domains.risk.queries import standings
from mainstay.domains.risk.registers import RISKS
from mainstay.platform.records.actor import Actor, acting, system
from mainstay.platform.units.models import Unit
from mainstay.platform.units.services import found_organisation
from mainstay.registers import crud
from mainstay.registers.verbs import perform, verbs_of

MANY = NAMED + 3


def do(record: Any, verb: str, **raw: Any) -> Any:
    return perform(verbs_of(type(record))[verb], record, raw)


@pytest.fixture
def isms(organisation: Unit, as_system: Actor) -> ManagementSystem:
    """A statement just started, and criteria to rate risks by."""
    do(adopt_criteria("iso-27005-5x5", unit=organisation), "approve")
    framework = import_bundled("iso-27001-2022", unit=organisation)
    made: ManagementSystem = crud.create(MANAGEMENT_SYSTEMS, {"name": "ISMS"})
    do(made, "start_soa", framework=framework.ref)
    return made


def statement(isms: ManagementSystem, **rest: Any) -> dict[str, SoaRow]:
    return {row.ref: row for row in soa_rows(isms, Framework.objects.get(), **rest)}


def treated_risks(count: int, **rating: int) -> list[Risk]:
    """Risks that one control treats, which satisfies A.8.13."""
    control = crud.create(CONTROLS, {"name": "Daily backup", "requirements": "A.8.13"})
    return [
        crud.create(RISKS, {"name": f"Loss {number}", "controls": control.ref} | rating) for number in range(count)
    ]


def test_of_many_risks_the_weightiest_are_named_and_all_are_counted_by_level(isms: ManagementSystem) -> None:
    treated_risks(MANY, likelihood=2, impact_availability=2)
    worst = treated_risks(1, likelihood=5, impact_availability=5)[0]

    row = statement(isms)["A.8.13"]

    assert row.reasons[0].ref == worst.ref
    assert len(row.reasons) == NAMED
    assert row.counts.risks == MANY + 1
    assert list(row.counts.levels.values()) == [1, MANY]


def test_a_risk_that_two_controls_treat_counts_once(isms: ManagementSystem) -> None:
    first, second = (crud.create(CONTROLS, {"name": name, "requirements": "A.8.13"}) for name in ("One", "Two"))
    crud.create(RISKS, {"name": "Loss", "controls": f"{first.ref}, {second.ref}"})

    row = statement(isms)["A.8.13"]

    assert (row.counts.risks, row.counts.controls) == (1, {"planned": 2})


def test_a_closed_risk_is_no_reason(isms: ManagementSystem) -> None:
    do(treated_risks(1)[0], "close", reason="Sold.")

    whole, brief = statement(isms)["A.8.13"], statement(isms, brief=True)["A.8.13"]

    assert (whole.reasons, whole.counts.risks, brief.reasons) == ((), 0, ())


def test_the_controls_that_decide_are_named_first_and_the_others_counted(isms: ManagementSystem) -> None:
    for number in range(MANY):
        crud.create(CONTROLS, {"name": f"Planned {number}", "requirements": "A.8.13"})
    do(crud.create(CONTROLS, {"name": "Running", "requirements": "A.8.13"}), "operate")

    row = statement(isms)["A.8.13"]

    assert (row.controls[0].name, len(row.controls)) == ("Running", NAMED)
    assert row.counts.controls == {"operating": 1, "planned": MANY}
    assert control_lines(row)[-1] == f"and {MANY + 1 - NAMED} more"
    assert f"and {MANY - (NAMED - 1)} more" in " ".join(why(row))


def test_in_brief_a_statement_decides_as_it_does_in_full(isms: ManagementSystem) -> None:
    treated_risks(1)
    for ref, coverage, moves in (
        ("A.5.1", "full", ["operate"]), ("A.5.2", "partial", ["operate"]), ("A.5.3", "full", []), ("A.5.4", "full", ["retire"]),
    ):
        control = crud.create(CONTROLS, {"name": ref})
        do(control, "satisfy", requirement=ref, coverage=coverage)
        for move in moves:
            do(Control.objects.get(pk=control.pk), move, **({"reason": "Gone."} if move == "retire" else {}))
    for row in Applicability.objects.filter(requirement__ref__in=("A.5.1", "A.5.2", "A.5.3", "A.5.4", "A.8.13")):
        do(row, "decide", decision="applicable")
    do(Applicability.objects.get(requirement__ref="A.5.9"), "decide", decision="excluded", justification="None.")

    whole, brief = statement(isms), statement(isms, brief=True)

    def told(row: SoaRow) -> tuple[object, ...]:
        return row.decision, row.implementation, row.gaps, {reason.kind for reason in row.reasons}

    assert {ref: told(row) for ref, row in brief.items()} == {ref: told(row) for ref, row in whole.items()}
    assert [whole[ref].implementation for ref in ("A.5.1", "A.5.2", "A.5.3", "A.5.4", "A.5.9")] == [
        "implemented", "partly", "planned", "none", "not_applicable",
    ]
    assert brief["A.8.13"].reasons == (Reason(kind="risk", noun="risk"),)


@pytest.mark.parametrize("brief", [True, False])
def test_a_statement_costs_as_many_queries_with_many_risks_as_with_one(isms: ManagementSystem, brief: bool) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            statement(isms, brief=brief)
        return len(queries)

    treated_risks(1)
    one = cost()
    treated_risks(MANY)

    assert cost() == one


def test_one_requirement_alone_reads_as_it_does_among_all(isms: ManagementSystem) -> None:
    treated_risks(MANY)
    all_of_them = statement(isms)
    wanted = Applicability.objects.get(requirement__ref="A.8.13").requirement_id

    assert list(statement(isms, requirement=wanted).values()) == [all_of_them["A.8.13"]]


def test_the_list_behind_the_number_holds_exactly_those_risks(
    isms: ManagementSystem, browser: Callable[..., tuple[Client, Actor]]
) -> None:
    treated_risks(MANY)
    crud.create(RISKS, {"name": "Something else"})
    client, _actor = browser()
    address = f"/risks?requirement={statement(isms)['A.8.13'].requirement_id}&state__not=closed"

    page = client.get("/soa").content.decode()
    listed = client.get(address).content.decode()

    assert escape(address) in page and f"and {MANY - NAMED} more risks" in page
    assert f'id="total">{MANY}<' in listed and "Something else" not in listed


def test_a_map_counts_the_risks_of_one_organisation(isms: ManagementSystem) -> None:
    treated_risks(2, likelihood=3, impact_availability=3)
    other = found_organisation("Other")
    with acting(system("test", organisation=other.pk)):
        do(adopt_criteria("iso-27005-5x5", unit=other), "approve")
        crud.create(RISKS, {"name": "Theirs", "likelihood": 3, "impact_availability": 3})

    shown = heat_page("inherent")

    assert shown is not None
    now = standings("inherent")
    assert now.points == {(3, 3): 2}
    assert (now.rated, now.otherwise(shown.criteria)) == (2, 0)


def test_good_practice_can_be_taken_back_by_deciding_again(isms: ManagementSystem) -> None:
    row = Applicability.objects.get(requirement__ref="A.8.13")
    do(row, "decide", decision="applicable", is_best_practice=True)

    kept = do(row, "decide", decision="applicable").is_best_practice
    taken = do(row, "decide", decision="applicable", is_best_practice=False).is_best_practice

    assert (kept, taken) == (True, False)


# What a version freezes


def frozen(**rest: object) -> dict[str, Any]:
    values: dict[str, Any] = {
        "requirement_id": "", "ref": "A.8.13", "title": "Backup", "theme": "", "attributes": {}, "decision": "applicable",
        "justification": "", "reasons": (Reason(kind="risk", ref="R-1", name="Loss"),), "controls": (),
        "implementation": "none", "owner": "", "review_on": "", "applicability_id": "", "version": 0,
        "counts": Counts(risks=1, levels={"high": 1}),
    }
    return SoaRow(**(values | rest)).frozen()


def named_all(*refs: str) -> dict[str, Any]:
    """A row as versions kept it before rows were counted: every risk by name."""
    row = frozen(reasons=tuple(Reason(kind="risk", ref=ref, name="Loss") for ref in refs))
    return {name: value for name, value in row.items() if name != "counts"}


def test_a_frozen_row_comes_back_as_it_was() -> None:
    row = frozen(counts=Counts(risks=30, levels={"high": 2, "": 28}, controls={"operating": 4}))

    assert thaw(row).frozen() == row


def test_a_version_that_names_all_its_risks_is_counted_by_their_names() -> None:
    assert thaw(named_all("R-1", "R-2")).counts == Counts(risks=2)


def test_a_version_that_names_all_compares_with_one_that_counts_by_number() -> None:
    counted = frozen(counts=Counts(risks=2, levels={"high": 2}))

    assert compare([named_all("R-1", "R-2")], [counted]) == []
    assert [change["cell"] for change in compare([named_all("R-1")], [counted])] == ["counts"]


def test_one_more_risk_differs_but_does_not_make_a_statement_outdated() -> None:
    before, today = frozen(), frozen(counts=Counts(risks=2, levels={"high": 2}))

    assert [change["cell"] for change in compare([before], [today])] == ["counts"]
    assert outdated([before], [thaw(today)]) == []


@pytest.mark.parametrize(
    "change", [{"decision": "excluded"}, {"justification": "Else."}, {"implementation": "partly"}, {"reasons": ()}]
)
def test_what_the_statement_says_of_a_requirement_makes_it_outdated(change: dict[str, object]) -> None:
    assert outdated([frozen()], [thaw(frozen(**change))]) == ["A.8.13"]


def test_counts_are_put_into_words() -> None:
    value = {"risks": 3, "levels": {"high": 1, "": 2}, "controls": {"operating": 1}}

    assert cell_words("counts", value) == ["3 risks (1 high, 2 not rated)", "1 control (1 operating)"]


def test_what_stands_behind_each_requirement_is_what_asking_risk_by_risk_finds(isms: ManagementSystem) -> None:
    some = [
        crud.create(CONTROLS, {"name": refs, "requirements": refs}) for refs in ("A.8.13", "A.8.13, A.8.14", "A.5.1", "A.8.14")
    ]
    for number in range(NAMED + 4):
        treated_by = ", ".join(control.ref for at, control in enumerate(some) if (number >> at) % 2)
        rated = {"likelihood": 1 + number % 5, "impact_availability": 1 + number % 4} if number % 6 else {}
        crud.create(RISKS, {"name": f"Loss {number}", "controls": treated_by} | rated)

    rows = statement(isms)

    for ref in ("A.8.13", "A.8.14", "A.5.1", "A.5.2"):
        behind = Risk.objects.filter(treatments__control__satisfactions__requirement__ref=ref).distinct()
        weighed = sorted(behind, key=lambda risk: (-(risk.inherent_level or 0), risk.ref_order))
        assert [reason.ref for reason in rows[ref].reasons] == [risk.ref for risk in weighed[:NAMED]]
        assert rows[ref].counts.risks == len(weighed)
        assert list(rows[ref].counts.levels.values()) == [
            len(list(alike)) for _level, alike in groupby(weighed, key=lambda risk: risk.inherent_level)
        ]


def test_a_page_that_asks_twice_reads_a_statement_once_and_the_next_page_anew(isms: ManagementSystem) -> None:
    with reading_once():
        first = statement(isms, brief=True)
        with CaptureQueriesContext(connection) as queries:
            again = soa_rows(isms, Framework.objects.get(), brief=True)
    do(Applicability.objects.get(requirement__ref="A.5.9"), "decide", decision="excluded", justification="None.")

    assert list(first.values()) == again and len(queries) == 1, "the framework alone is asked for"
    assert statement(isms, brief=True)["A.5.9"].decision == "excluded"


def test_numbers_of_a_map_tell_what_is_above_unrated_or_rated_otherwise(isms: ManagementSystem) -> None:
    low, high, former = (
        crud.create(RISKS, {"name": name, "likelihood": rating, "impact_availability": rating})
        for name, rating in (("Low", 1), ("High", 5), ("Former", 5))
    )
    crud.create(RISKS, {"name": "Nobody rated this"})
    do(crud.create(RISKS, {"name": "Gone", "likelihood": 5, "impact_availability": 5}), "close", reason="Sold.")
    other = RiskCriteria.objects.create(
        **{name: getattr(low.criteria, name) for name in ("organisation", "likelihoods", "impacts", "matrix", "levels")},
        unit=low.criteria.unit, ref="RC-9", name="Former", state="superseded", acceptance_level=len(low.criteria.levels),
    )
    Risk.objects.filter(pk=former.pk).update(criteria=other)

    now = standings("inherent")

    assert (now.points, now.rated, now.unrated) == ({(1, 1): 1, (5, 5): 2}, 3, 1)
    assert now.levels == {low.inherent_level: 1, high.inherent_level: 2}
    assert now.above == 1, "the former criteria let all of their levels stand"
    assert now.otherwise(low.criteria) == 1
