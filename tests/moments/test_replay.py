"""The state rebuilt at a checkpoint is the state there was, for every table, on every database."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections, models, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstay.domains.assets.models import Asset
from mainstay.domains.assets.registers import ASSETS
from mainstay.domains.controls.models import Control
from mainstay.domains.controls.registers import CONTROLS
from mainstay.domains.risk.registers import RISKS
from mainstay.platform.identity.models import Person, User
from mainstay.platform.records.actor import Actor
from mainstay.platform.records.moment import Moment
from mainstay.platform.trail.erasure import erase_person
from mainstay.platform.trail.models import Change, Leaf
from mainstay.platform.trail.moments import cache, schema
from mainstay.platform.trail.moments.replay import SECRETS, replay
from mainstay.platform.trail.moments.routing import as_known
from mainstay.platform.trail.moments.upgrades import UPGRADES, ColumnRenamed, Reshaped, Step, TableRenamed
from mainstay.platform.trail.triggers import captured_models
from mainstay.registers import crud, registry
from making import make_record

from .conftest import Seal, Then

# PostgreSQL keeps no NUL, and no database keeps half of a surrogate pair.
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(str.strip)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("asset"), TEXT, st.dates(date(1000, 1, 1), date(9999, 12, 31))),
        st.tuples(st.just("control"), TEXT, st.decimals(min_value=-(10**9), max_value=10**9, places=2)),
        st.tuples(st.just("risk"), TEXT, st.lists(st.integers(0, 9), max_size=3, unique=True)),
        st.tuples(st.just("rename"), st.integers(0, 9), TEXT),
        st.tuples(st.just("relink"), st.integers(0, 9), st.lists(st.integers(0, 9), max_size=3, unique=True)),
        st.tuples(st.just("delete"), st.integers(0, 9), st.none()),
        st.tuples(st.just("seal"), st.none(), st.none()),
    ),
    max_size=14,
)
Values = dict[str, Any]


def state() -> dict[str, dict[Any, Values]]:
    """Every row of every captured table of the default database, by table and key, as the models read it."""
    found = {}
    for model in captured_models():
        names = [
            field.attname for field in model._meta.concrete_fields if (model._meta.db_table, field.column) not in SECRETS
        ]
        found[model._meta.db_table] = {values[model._meta.pk.attname]: values for values in model._base_manager.values(*names)}
    return found


class House:
    """A dictionary as oracle: carries out steps on the registers, and writes down what each record then is."""

    def __init__(self) -> None:
        self.assets: list[Any] = []
        self.risks: list[Any] = []
        self.told: dict[str, Values] = {}

    def take(self, step: tuple[str, Any, Any]) -> None:
        kind, one, two = step
        match kind:
            case "asset":
                self._put(self.assets, crud.create(ASSETS, {"name": one, "review_on": two}), name=one, review_on=two)
            case "control":
                self._put([], crud.create(CONTROLS, {"name": one, "capital_cost": two}), name=one, capital_cost=two)
            case "risk":
                linked = self._some(two)
                self._put(self.risks, crud.create(RISKS, {"name": one, "assets": linked}), name=one, assets=sorted(linked))
            case "rename" if self.assets:
                asset = self.assets[one % len(self.assets)]
                crud.change(ASSETS, asset, {"name": two})
                self.told[str(asset.pk)]["name"] = two.strip()
            case "relink" if self.risks:
                risk = self.risks[one % len(self.risks)]
                crud.change(RISKS, risk, {"assets": self._some(two)})
                self.told[str(risk.pk)]["assets"] = sorted(self._some(two))
            case "delete" if self.risks:
                risk = self.risks.pop(one % len(self.risks))
                crud.delete(RISKS, risk)
                del self.told[str(risk.pk)]

    def _put(self, kept: list[Any], record: Any, **values: Any) -> None:
        kept.append(record)
        self.told[str(record.pk)] = {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}

    def _some(self, numbers: list[int]) -> list[str]:
        keys = [str(self.assets[number % len(self.assets)].pk) for number in numbers] if self.assets else []
        return list(dict.fromkeys(keys))


def read() -> dict[str, Values]:
    """The same from the database that is the default one."""
    found: dict[str, Values] = {}
    for asset in Asset.objects.all():
        found[str(asset.pk)] = {"name": asset.name, "review_on": asset.review_on}
    for control in Control.objects.all():
        found[str(control.pk)] = {"name": control.name, "capital_cost": control.capital_cost}
    for risk in RISKS.model.objects.all():
        linked = crud.linked_ids(RISKS.links[0].through, risk)
        found[str(risk.pk)] = {"name": risk.name, "assets": sorted(str(key) for key in linked)}
    return found


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_at_every_checkpoint_what_is_known_is_what_was_true(
    as_system: Actor, seal: Seal, then: Then, steps: list[tuple[str, Any, Any]]
) -> None:
    house = House()
    house.told = read()
    house.assets, house.risks = list(Asset.objects.all()), list(RISKS.model.objects.all())
    copies: list[tuple[Moment, dict[str, Values]]] = []

    for step in [*steps, ("seal", None, None)]:
        if step[0] == "seal":
            copies.append((seal(), json_copy(house.told)))
        else:
            house.take(step)

    for moment, told in copies:
        with then(moment):
            assert json_copy(read()) == told


def json_copy(told: dict[str, Values]) -> dict[str, Values]:
    return json.loads(json.dumps(told, default=lambda value: f"{value:.2f}" if isinstance(value, Decimal) else str(value)))


def test_every_captured_table_is_rebuilt_row_by_row(as_system: Actor, seal: Seal, then: Then) -> None:
    for register in registry.all_registers():
        make_record(register)
    expected = state()

    with then(seal()):
        rebuilt = state()

    assert sum(map(len, expected.values())) > 100
    assert rebuilt == expected


def test_what_sqlite_stores_is_the_same_to_the_byte(as_system: Actor, seal: Seal, then: Then) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("both files are SQLite only there")
    for register in registry.all_registers():
        make_record(register)

    def stored(model: type[models.Model]) -> list[Any]:
        names = [field for field in model._meta.concrete_fields if (model._meta.db_table, field.column) not in SECRETS]
        # JSON is the same value with other blanks.
        columns = ", ".join(
            f'json("{field.column}")' if field.get_internal_type() == "JSONField"
            else f'"{field.column}", typeof("{field.column}")'
            for field in names
        )
        with connections["default"].cursor() as cursor:
            cursor.execute(f'SELECT {columns} FROM "{model._meta.db_table}" ORDER BY "{model._meta.pk.column}"')
            return cursor.fetchall()

    expected = {model: stored(model) for model in captured_models()}
    with then(seal()):
        rebuilt = {model: stored(model) for model in captured_models()}

    assert rebuilt == expected


def test_no_secret_of_a_login_is_in_the_file(
    as_system: Actor, seal: Seal, tmp_path: Path, person_with: Callable[..., Actor]
) -> None:
    with transaction.atomic():
        actor = person_with("administrator")
    User.objects.filter(pk=actor.user_id).update(password="hash-of-a-password")
    target = tmp_path / "then.sqlite3"

    replay(seal(), target)

    assert b"hash-of-a-password" not in target.read_bytes()
    assert target.stat().st_mode & 0o777 == 0o600


def test_changes_committed_after_the_checkpoint_are_not_known(as_system: Actor, seal: Seal, then: Then) -> None:
    asset = crud.create(ASSETS, {"name": "Payroll"})
    moment = seal()
    crud.change(ASSETS, asset, {"name": "Wages"})

    with then(moment):
        assert Asset.objects.get().name == "Payroll"
    assert Asset.objects.get().name == "Wages"


# Trails written by older versions


def older(rows: list[dict[str, Any]], *, places: Sequence[int] = range(9)) -> Moment:
    """A trail of one table as an older version wrote it: fixture rows, sealed without a signature."""
    at = datetime(2025, 1, 1, tzinfo=UTC)
    for row, place in zip(rows, places, strict=False):
        change = Change.objects.create(
            at=at, table=row.pop("_table"), pk_text=row.get("id", "0"), op="I", row=json.dumps(row), salt=b"0" * 16,
            actor="system", channel="cli", reason="", request="",
        )
        Leaf.objects.create(seq=change.seq, epoch=99, index=place, commitment=b"0" * 32)
    # An epoch of its own that nothing came before: what the fixtures of this test wrote is not sealed.
    return Moment(epoch=99, size=len(rows), root=f"{len(rows):064x}", sealed_at=at, known_at=at)


OLD_ROW = {
    "id": "0" * 31 + "1", "organisation_id": "0" * 31 + "2", "unit_id": "0" * 31 + "2", "ref": "A-1", "title": "Payroll",
    "colour": "red", "notes": "Old words",
}
STEPS_SINCE: tuple[Step, ...] = (
    TableRenamed(old="inventory_thing", new="assets_thing"),
    ColumnRenamed(table="assets_thing", old="title", new="label"),
    TableRenamed(old="assets_thing", new="assets_asset"),
    ColumnRenamed(table="assets_asset", old="label", new="name"),
    Reshaped(table="assets_asset", old="notes", reshape=lambda row: row | {"description": row["notes"].upper()}),
)


def test_rows_of_an_older_shape_become_rows_of_today(as_system: Actor, tmp_path: Path) -> None:
    moment = older([{"_table": "inventory_thing", **OLD_ROW}])
    target = tmp_path / "then.sqlite3"

    replay(moment, target, steps=STEPS_SINCE)

    with closing(sqlite3.connect(target)) as file:
        file.row_factory = sqlite3.Row
        (row,) = file.execute("SELECT * FROM assets_asset").fetchall()
    default = Asset._meta.get_field("version").default
    assert (row["name"], row["description"], row["ref"]) == ("Payroll", "OLD WORDS", "A-1")
    # A column of today that the row lacks takes its default, and one that is gone is left out.
    assert (row["version"], row["tags"], row["owner_id"]) == (default, "", None)
    assert "colour" not in set(row.keys())


def test_a_record_goes_on_under_the_new_name_of_its_table(as_system: Actor, tmp_path: Path) -> None:
    later = {**OLD_ROW, "label": "Wages"}
    del later["title"]
    moment = older([{"_table": "inventory_thing", **OLD_ROW}, {"_table": "assets_thing", **later}])
    target = tmp_path / "then.sqlite3"

    replay(moment, target, steps=STEPS_SINCE)

    with closing(sqlite3.connect(target)) as file:
        assert file.execute("SELECT name FROM assets_asset").fetchall() == [("Wages",)]


def test_tables_that_are_gone_are_left_out(as_system: Actor, tmp_path: Path) -> None:
    moment = older([{"_table": "forgotten_thing", **OLD_ROW}])

    assert replay(moment, tmp_path / "then.sqlite3") == 0


def test_the_schema_is_known_by_a_digest_that_upgrades_are_part_of(monkeypatch: pytest.MonkeyPatch) -> None:
    before = schema.digest()

    monkeypatch.setattr(schema, "UPGRADES", STEPS_SINCE[:1])
    schema.digest.cache_clear()
    after = schema.digest()
    schema.digest.cache_clear()

    assert len(before) == 12 and before != after


# Erased contents


def test_who_was_erased_is_erased_from_earlier_states_too(
    as_system: Actor, seal: Seal, then: Then, person_with: Callable[..., Actor]
) -> None:
    with transaction.atomic():
        actor = person_with("employee", name="Ada Lovelace")
    crud.create(ASSETS, {"name": "Laptop of Ada Lovelace"})
    moment = seal()
    old = cache.built(moment)
    assert b"Ada Lovelace" in old.read_bytes()

    erase_person(Person.unscoped_for_system.get(pk=actor.person_id), why="Request 7")

    assert not old.exists()
    again = cache.built(moment)
    assert b"Lovelace" not in again.read_bytes()
    with then(moment):
        person = Person.unscoped_for_system.get(pk=actor.person_id)
        assert person.name == f"former person {person.ref}"
        assert Asset.objects.get().name == f"Laptop of former person {person.ref}"


def test_each_rename_in_a_migration_is_declared_for_old_rows_too() -> None:
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.operations import AlterModelTable, RenameField, RenameModel

    renames = [
        (name, type(operation).__name__)
        for (_app, name), migration in MigrationLoader(None).disk_migrations.items()
        if type(migration).__module__.startswith("mainstay.")
        for operation in migration.operations if isinstance(operation, AlterModelTable | RenameField | RenameModel)
    ]

    declared = [step for step in UPGRADES if isinstance(step, TableRenamed | ColumnRenamed)]
    assert len(declared) >= len(renames), renames


def test_a_lower_number_that_was_committed_later_is_not_known(as_system: Actor, tmp_path: Path) -> None:
    # The second was sealed first, as when two transactions overlap on PostgreSQL.
    whole = older(
        [{"_table": "assets_asset", **OLD_ROW, "id": key * 32, "name": name} for key, name in (("a", "Late"), ("b", "Early"))],
        places=(1, 0),
    )
    target = tmp_path / "then.sqlite3"
    moment = replace(whole, size=1, root="1" * 64)

    replay(moment, target)
    with as_known(moment, target):
        told = [json.loads(change.row)["name"] for change in Change.objects.order_by("seq")]

    with closing(sqlite3.connect(target)) as file:
        assert file.execute("SELECT name FROM assets_asset").fetchall() == [("Early",)]
    assert told == ["Early"]
