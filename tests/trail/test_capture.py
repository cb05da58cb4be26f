"""Whatever writes to a captured table, by whichever way, stands on the trail once, with who did it."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, models, transaction

from mainstay.domains.assets.registers import ASSETS
from mainstay.domains.risk.models import RiskAsset
from mainstay.domains.risk.registers import RISKS
from mainstay.platform.records.actor import Actor, acting, system
from mainstay.platform.trail import triggers
from mainstay.platform.trail.models import Change
from mainstay.platform.trail.triggers import captured_models
from mainstay.platform.units.models import Unit
from mainstay.registers import crud

from . import rows

CAPTURED = captured_models()
every_table = pytest.mark.parametrize("model", CAPTURED, ids=[model._meta.db_table for model in CAPTURED])
only_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite only")
only_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="PostgreSQL only")
OPERATOR = system("cli")


def since(seq: int) -> list[Change]:
    return list(Change.objects.filter(seq__gt=seq).order_by("seq"))


def last() -> int:
    return Change.objects.order_by("-seq").values_list("seq", flat=True).first() or 0


def told(change: Change) -> tuple[str, str, str, str]:
    return change.actor, change.channel, change.reason, change.request


def shape(changes: list[Change]) -> list[tuple[str, Any, Any]]:
    return [
        (change.op, change.before and json.loads(change.before), change.row and json.loads(change.row)) for change in changes
    ]


@every_table
def test_plain_sql_is_captured_with_and_without_an_actor(db: None, model: type[models.Model]) -> None:
    values = rows.sample(model)
    changed = values | rows.other_value(model)
    start = last()

    with acting(OPERATOR, reason="Why", request="r1"):
        rows.insert(model, values)
    rows.update(model, values, **rows.other_value(model) or {model._meta.pk.attname: values[model._meta.pk.attname]})
    with acting(OPERATOR):
        rows.delete(model, values)

    first, second = rows.form(model, values), rows.form(model, changed)
    changes = since(start)
    assert shape(changes) == [("I", None, first), ("U", first, second), ("D", second, None)]
    assert [told(change) for change in changes] == [
        ("system", "cli", "Why", "r1"), ("outside", "outside", "", ""), ("system", "cli", "", "")
    ]
    assert {change.pk_text for change in changes} == {str(first[model._meta.pk.column])}
    assert {change.table for change in changes} == {model._meta.db_table}
    assert len({bytes(change.salt) for change in changes}) == 3 and all(len(change.salt) >= 16 for change in changes)


@every_table
def test_bulk_writes_of_the_orm_are_captured_row_by_row(db: None, model: type[models.Model]) -> None:
    values = rows.sample(model)
    new = rows.other_value(model)
    start = last()

    with acting(OPERATOR):
        model._base_manager.bulk_create([model(**values)])
        mine = model._base_manager.filter(pk=values[model._meta.pk.attname])
        steps = ["I"]
        if new:
            mine.update(**new)
            one = mine.get()
            for name in new:
                setattr(one, name, values[name])
            model._base_manager.bulk_update([one], list(new))
            steps += ["U", "U"]
        mine._raw_delete(mine.db)

    assert [(change.op, change.table, change.actor) for change in since(start)] == [
        (step, model._meta.db_table, "system") for step in [*steps, "D"]
    ]


def test_a_deletion_that_takes_links_along_is_captured_for_each(as_system: Actor) -> None:
    assets = crud.create_many(ASSETS, [{"name": "One"}, {"name": "Two"}])
    risk = crud.create(RISKS, {"name": "Fire", "assets": [str(asset.pk) for asset in assets]})
    links = {link.hex for link in RiskAsset.unscoped_for_system.filter(risk=risk).values_list("pk", flat=True)}
    start = last()

    crud.delete(RISKS, risk)

    gone = [(change.table, change.pk_text) for change in since(start) if change.op == "D"]
    assert sorted(gone) == sorted([("risk_riskasset", key) for key in links] + [("risk_risk", risk.pk.hex)])
    assert len(links) == 2


def test_many_rows_at_once_are_captured_each_once(as_system: Actor) -> None:
    start = last()

    assets = crud.create_many(ASSETS, [{"name": f"Asset {number}"} for number in range(1_201)])

    added = [change.pk_text for change in since(start) if (change.table, change.op) == ("assets_asset", "I")]
    assert sorted(added) == sorted(asset.pk.hex for asset in assets)


def test_what_is_rolled_back_was_never_there(as_system: Actor) -> None:
    start = last()

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        crud.create(ASSETS, {"name": "Almost"})
        raise ZeroDivisionError

    assert since(start) == []


# The trail itself


@pytest.mark.parametrize("statement", ["UPDATE trail_change SET actor = 'x'", "DELETE FROM trail_change"])
def test_the_trail_refuses_to_be_changed(as_system: Actor, statement: str) -> None:
    crud.create(ASSETS, {"name": "Payroll"})
    before = list(Change.objects.values())

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert list(Change.objects.values()) == before


@only_postgresql
def test_the_trail_refuses_to_be_emptied(as_system: Actor) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE trail_change")


@only_sqlite
def test_another_client_of_the_file_cannot_write(db: None, tmp_path: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        schema = [sql for name, sql in cursor.fetchall() if not name.startswith(("search_", "sqlite_"))]

    with closing(sqlite3.connect(tmp_path / "copy.sqlite3")) as client:
        for sql in schema:
            client.execute(sql)
        for model in CAPTURED:
            table, column = model._meta.db_table, model._meta.pk.column
            for statement in (
                f'INSERT INTO "{table}" DEFAULT VALUES', f'UPDATE "{table}" SET "{column}" = "{column}"', f'DELETE FROM "{table}"'
            ):
                with pytest.raises(sqlite3.OperationalError, match="no such function: mainstay_"):
                    client.execute(statement)


# The triggers


def test_every_captured_table_has_its_triggers(db: None) -> None:
    assert triggers.problems(connection) == []


@pytest.mark.parametrize("table", ["assets_asset", "trail_change"])
def test_a_trigger_that_is_gone_is_named_and_put_back(db: None, table: str) -> None:
    names = {
        ("sqlite", "assets_asset"): "trail_assets_asset_U", ("postgresql", "assets_asset"): "trail_assets_asset",
        ("sqlite", "trail_change"): "trail_guard_delete", ("postgresql", "trail_change"): "trail_guard",
    }
    name = names[connection.vendor, table]

    with connection.cursor() as cursor:
        cursor.execute(f'DROP TRIGGER "{name}"' + (f" ON {table}" if connection.vendor == "postgresql" else ""))
    missing = triggers.problems(connection)
    triggers.install(connection)

    assert missing == [name]
    assert triggers.problems(connection) == []


# Connections are kept between requests, so nothing of one may be left for the next


def written(name: str, organisation: Unit) -> tuple[str, str, str, str]:
    """Write one row by plain SQL under whatever the connection was told; what the trail says of it."""
    values = rows.sample(rows_model := type(organisation)) | {"name": name}
    rows.insert(rows_model, values)
    return told(Change.objects.get(pk_text=values["id"].hex, op="I"))


def test_who_acted_is_forgotten_by_the_next_write(organisation: Unit) -> None:
    with acting(OPERATOR, reason="Mine", request="r1"):
        first = written("a", organisation)
    second = written("b", organisation)
    with acting(OPERATOR):
        third = written("c", organisation)

    assert [first, second, third] == [
        ("system", "cli", "Mine", "r1"), ("outside", "outside", "", ""), ("system", "cli", "", "")
    ]


def test_who_acted_is_right_after_a_savepoint_was_rolled_back(organisation: Unit) -> None:
    with acting(OPERATOR, reason="Outer"):
        with pytest.raises(ZeroDivisionError), transaction.atomic(), acting(system("web"), reason="Inner"):
            written("a", organisation)
            raise ZeroDivisionError
        after = written("b", organisation)
    with pytest.raises(ZeroDivisionError), transaction.atomic(), acting(OPERATOR):
        written("c", organisation)
        raise ZeroDivisionError

    assert after == ("system", "cli", "Outer", "")
    assert written("d", organisation) == ("outside", "outside", "", "")


@pytest.mark.parametrize("ends", ["commit", "rollback"])
def test_who_acted_does_not_reach_the_next_transaction(committed: None, ends: str) -> None:
    with acting(system("test")):
        unit = rows.sample(Unit)
    home = Unit(**unit)

    with pytest.raises(ZeroDivisionError) if ends == "rollback" else transaction.atomic(), transaction.atomic(), acting(OPERATOR):
        inside = written("a", home)
        if ends == "rollback":
            raise ZeroDivisionError
    with transaction.atomic():
        outside = written("b", home)
    with acting(OPERATOR, reason="Again"), transaction.atomic():
        again = written("c", home)

    assert inside == ("system", "cli", "", "")
    assert outside == ("outside", "outside", "", "")
    assert again == ("system", "cli", "Again", "")


def test_a_request_tells_its_own_actor_after_another_one(
    organisation: Unit, person_with: Callable[..., Actor]
) -> None:
    first, second = person_with("administrator"), person_with("administrator")
    seen = []

    for actor, request in ((first, "r1"), (second, "r2"), (first, "r3")):
        with acting(actor, request=request):
            asset = crud.create(ASSETS, {"name": request})
        seen.append(told(Change.objects.get(table="assets_asset", pk_text=asset.pk.hex)))

    assert seen == [
        (first.identity, "web", "", "r1"), (second.identity, "web", "", "r2"), (first.identity, "web", "", "r3")
    ]
