"""The trail is enough to say how every captured table stands."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstay.domains.assets.models import Asset
from mainstay.domains.assets.registers import ASSETS
from mainstay.domains.controls.models import Control
from mainstay.domains.controls.registers import CONTROLS
from mainstay.domains.risk.registers import RISKS
from mainstay.platform.records.actor import Actor
from mainstay.registers import crud

from .rows import live_rows, replayed

# PostgreSQL keeps no NUL, and no database keeps half of a surrogate pair.
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(str.strip)
DAYS = st.dates(min_value=date(1000, 1, 1), max_value=date(9999, 12, 31))
MONEY = st.decimals(min_value=-(10**9), max_value=10**9, places=2)
ASSETS_OR_NONE = st.lists(st.integers(0, 9), max_size=3, unique=True)

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("asset"), TEXT, DAYS),
        st.tuples(st.just("control"), TEXT, MONEY),
        st.tuples(st.just("risk"), TEXT, ASSETS_OR_NONE),
        st.tuples(st.just("rename"), st.integers(0, 9), TEXT),
        st.tuples(st.just("relink"), st.integers(0, 9), ASSETS_OR_NONE),
        st.tuples(st.just("delete"), st.integers(0, 9), st.none()),
        st.tuples(st.just("cost"), st.none(), st.none() | MONEY),
    ),
    max_size=12,
)


class House:
    """Carries out steps on what there is."""

    def __init__(self) -> None:
        self.assets: list[Any] = []
        self.risks: list[Any] = []

    def some(self, kept: list[Any], numbers: list[int]) -> list[str]:
        return list(dict.fromkeys(str(kept[number % len(kept)].pk) for number in numbers)) if kept else []

    def take(self, step: tuple[str, Any, Any]) -> None:
        kind, one, two = step
        match kind:
            case "asset":
                self.assets.append(crud.create(ASSETS, {"name": one, "review_on": two}))
            case "control":
                crud.create(CONTROLS, {"name": one, "capital_cost": two})
            case "risk":
                self.risks.append(crud.create(RISKS, {"name": one, "assets": self.some(self.assets, two)}))
            case "rename" if self.assets:
                crud.change(ASSETS, self.assets[one % len(self.assets)], {"name": two, "description": two * 3})
            case "relink" if self.risks:
                crud.change(RISKS, self.risks[one % len(self.risks)], {"assets": self.some(self.assets, two)})
            case "delete" if self.risks:
                crud.delete(RISKS, self.risks.pop(one % len(self.risks)))
            case "cost":
                Control.unscoped_for_system.update(yearly_cost=two)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_latest_row_of_every_key_is_the_live_row(
    person_with: Callable[..., Actor], as_system: Actor, steps: list[tuple[str, Any, Any]]
) -> None:
    house = House()

    for step in steps:
        house.take(step)

    assert replayed() == live_rows()


def test_times_decimals_and_nothing_have_one_form(as_system: Actor) -> None:
    crud.create(ASSETS, {"name": "Payroll"})
    Asset.unscoped_for_system.update(created_at="2026-05-04T03:02:01+02:00")
    crud.create(CONTROLS, {"name": "Backup", "capital_cost": "5", "yearly_cost": "12.5"})

    found = {table: row for (table, _key), row in replayed().items()}

    assert found["assets_asset"]["created_at"] == "2026-05-04 01:02:01.000000"
    assert (found["controls_control"]["capital_cost"], found["controls_control"]["yearly_cost"]) == ("5.00", "12.50")
    assert found["assets_asset"]["owner_id"] is None


def test_money_beyond_what_a_float_holds_is_as_exact_as_the_database_keeps_it(as_system: Actor) -> None:
    crud.create(CONTROLS, {"name": "Vault", "capital_cost": "999999999999.99"})

    (row,) = (row for (table, _key), row in replayed().items() if table == "controls_control")

    assert Decimal(row["capital_cost"]) == Control.unscoped_for_system.get().capital_cost
