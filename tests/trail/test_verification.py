"""Whoever rules the database can write what they like; what they wrote is found and named."""

from typing import Any

import pytest
from django.db import connection

from mainstay.domains.assets.models import Asset
from mainstay.domains.assets.registers import ASSETS
from mainstay.platform.records.actor import Actor, acting, system
from mainstay.platform.records.errors import Conflict
from mainstay.platform.trail import apps as trail_apps
from mainstay.platform.trail import live_rows, signer, triggers
from mainstay.platform.trail.models import Change, Leaf
from mainstay.platform.trail.verification import Result, verify
from mainstay.registers import crud

from .sealed import add, as_administrator_of_the_database, sealed

edit = as_administrator_of_the_database


def seq(number: int) -> int:
    """The number of the change at that place."""
    return Change.objects.order_by("seq").values_list("seq", flat=True)[number]


def kinds(result: Result) -> set[str]:
    return {finding.kind for finding in result.findings}


def test_an_untouched_trail_proves_itself(kept: Actor) -> None:
    add(3)
    crud.delete(ASSETS, Asset.objects.first())
    sealed()
    add(2)
    held = sealed().note
    add(1)
    sealed()

    found = verify(held=[held])

    assert found.findings == []
    assert (found.entries, found.checkpoints, found.epochs) == (Change.objects.count(), 3, 1)
    assert found.rows > 4


# Entries

FORGED = "'{\"level\": 1}'"


@pytest.mark.parametrize(
    ("column", "value", "kind"),
    [
        ("row", FORGED, "content"), ("before", FORGED, "content"), ("reason", "'Because'", "content"),
        ("actor", "'operator:eve'", "content"), ("actor", "'user:0123'", "entry"), ("salt", "NULL", "content"),
        ("at", "'2020-01-01 00:00:00'", "entry"), ("tbl", "'risk_risk'", "entry"), ("pk", "'1'", "entry"), ("op", "'D'", "entry"),
        ("channel", "'api'", "entry"), ("request", "'r-1'", "entry"),
    ],
)
def test_an_altered_change_is_named(kept: Actor, column: str, value: str, kind: str) -> None:
    add(130)
    sealed()
    if column == "salt":
        value = "zeroblob(16)" if connection.vendor == "sqlite" else "'\\x00'::bytea"
    number = seq(100)

    touched = edit(f'UPDATE trail_change SET "{column}" = {value} WHERE seq = {number}')

    found = verify()
    assert touched == 1
    assert kind in kinds(found)
    assert any(finding.seq == number for finding in found.findings if finding.kind in ("content", "entry"))


def test_a_change_taken_from_the_middle_is_named(kept: Actor) -> None:
    add(4)
    sealed()
    number = seq(5)

    edit("DELETE FROM trail_change WHERE seq = %s", number)

    assert any(finding.kind == "missing" and finding.seq == number for finding in verify().findings)


def test_two_changes_that_changed_places_are_named(kept: Actor) -> None:
    add(140)
    sealed()
    one, two = seq(50), seq(51)
    for number, place in ((one, -1), (two, Leaf.objects.get(seq=one).index), (one, Leaf.objects.get(seq=two).index)):
        edit('UPDATE trail_leaf SET "index" = %s WHERE seq = %s', place, number)

    found = verify()

    assert any(finding.kind == "entry" and "and 1 more" in finding.message for finding in found.findings)


def test_a_change_put_in_unsealed_long_ago_is_named(kept: Actor) -> None:
    add(2)
    sealed()
    edit(
        "INSERT INTO trail_change (at, tbl, pk, op, salt, actor, channel, reason, request) "
        "VALUES ('2026-01-01 00:00:00', 'risk_risk', '1', 'D', %s, 'system', 'web', '', '')", b"s" * 16,
    )

    found = verify()

    assert [(finding.kind, finding.seq) for finding in found.findings] == [("unsealed", Change.objects.last().seq)]  # type: ignore[union-attr] # there is one


def test_a_cut_tail_is_named_even_when_the_checkpoints_are_cut_with_it(kept: Actor) -> None:
    add(3)
    earlier = sealed()
    add(3)
    later = sealed()
    for table in ("trail_leaf", "trail_change"):
        edit(f"DELETE FROM {table} WHERE seq > %s", seq(earlier.size - 1))
    edit("DELETE FROM trail_checkpoint WHERE size > %s", earlier.size)

    found = verify(held=[later.note])

    named = [finding.message for finding in found.findings if finding.kind == "cut"]
    assert any(f"{later.size} entries were signed and {earlier.size} are there" in message for message in named)
    assert any("checkpoint that you hold" in message for message in named)
    assert any(finding.kind == "row" and finding.table == "assets_asset" for finding in found.findings)


# Tiles, checkpoints, keys, signer


def test_edited_tiles_and_checkpoints_are_named(kept: Actor) -> None:
    add(140)
    checkpoint = sealed()
    zero = "zeroblob(8192)" if connection.vendor == "sqlite" else "decode(repeat('00', 8192), 'hex')"

    edit(f"UPDATE trail_tile SET hashes = {zero} WHERE level = 0 AND place = 0")
    assert kinds(verify()) == {"entry"}
    edit("DELETE FROM trail_tile")
    assert kinds(verify()) == {"tile"}

    edit("UPDATE trail_checkpoint SET size = size - 1")
    assert "checkpoint" in kinds(verify())
    sizes = str(checkpoint.size), str(checkpoint.size - 1)
    edit("UPDATE trail_checkpoint SET size = size + 1, note = replace(note, %s, %s)", *sizes)
    assert "checkpoint" in kinds(verify())


def test_another_key_or_no_signer_is_named(kept: Actor) -> None:
    add(2)
    sealed()

    edit("UPDATE trail_key SET verifier_key = replace(verifier_key, '+', '-')")
    assert kinds(verify()) == {"key"}
    edit("DELETE FROM trail_key")
    assert "key" in kinds(verify())
    edit("DELETE FROM trail_checkpoint")
    (signer.folder() / "state.json").unlink()
    assert "signer" in kinds(verify())


def test_a_held_checkpoint_of_another_log_or_a_false_one_is_refused(kept: Actor) -> None:
    add(2)
    note = sealed().note
    origin = note.split("\n")[0]

    found = verify(held=[note.replace(origin, "example.org/log"), note.replace("=\n\n", "A=\n\n", 1)])

    assert [finding.kind for finding in found.findings] == ["held", "held"]


def test_a_log_written_anew_with_the_signers_own_key_is_found_by_a_held_checkpoint(kept: Actor) -> None:
    add(3)
    held = sealed().note
    number = seq(4)
    edit("UPDATE trail_change SET reason = 'Better' WHERE seq = %s", number)
    for table in ("trail_leaf", "trail_tile", "trail_checkpoint"):
        edit(f"DELETE FROM {table}")
    state = signer.read()
    assert state is not None
    signer.write(signer.State(instance=state.instance, epoch=1, size=0, root="", note=""))
    rewritten = sealed()

    assert verify().findings == []
    assert rewritten.note != held
    assert kinds(verify(held=[held])) == {"root"}


# Live tables


def test_a_row_edited_added_or_deleted_behind_the_trail_is_named_to_the_column(kept: Actor) -> None:
    one, two, _three = add(3)
    sealed()
    edit("UPDATE assets_asset SET name = 'Harmless', confidentiality = 1 WHERE id = %s", key_of(one))
    edit("DELETE FROM assets_asset WHERE id = %s", key_of(two))
    columns = "organisation_id, prefix, last"
    edit(f"INSERT INTO records_refcounter (id, {columns}) SELECT 9999, organisation_id, 'ZZ', 7 FROM records_refcounter LIMIT 1")

    found = {(finding.table, finding.key): finding for finding in verify().findings}

    assert found["assets_asset", one.pk.hex].columns == ("name", "confidentiality")
    assert "never saw it go" in found["assets_asset", two.pk.hex].message
    assert "never saw it come" in found["records_refcounter", "9999"].message
    assert len(found) == 3


def key_of(record: Any) -> Any:
    return record.pk.hex if connection.vendor == "sqlite" else record.pk


def test_an_emptied_table_is_found_row_by_row(kept: Actor) -> None:
    add(3)
    sealed()
    edit("DELETE FROM assets_asset" if connection.vendor == "sqlite" else "TRUNCATE assets_asset CASCADE")

    found = verify()

    assert [finding.table for finding in found.findings].count("assets_asset") == 3


def test_a_trigger_switched_off_is_named(kept: Actor) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DROP TRIGGER \"trail_assets_asset_U\"" if connection.vendor == "sqlite"
            else "ALTER TABLE assets_asset DISABLE TRIGGER trail_assets_asset"
        )

    assert kinds(verify()) == {"trigger"}
    triggers.install(connection)


def test_edits_let_stand_are_on_the_trail_by_who_decided(kept: Actor) -> None:
    (asset,) = add(1)
    sealed()
    edit("UPDATE assets_asset SET name = 'Found' WHERE id = %s", key_of(asset))

    with acting(system("cli"), reason="Mended by hand after the outage"):
        count = live_rows.take_over(triggers.rows_queries(connection.vendor))
    sealed()

    assert count == 1
    last = Change.objects.last()
    assert last is not None and (last.op, last.reason, last.channel) == ("U", "Mended by hand after the outage", "cli")
    assert last.before is not None and '"Server 0"' in last.before and last.row is not None and '"Found"' in last.row
    assert verify().findings == []


# Upgrades


def test_what_a_migration_changes_is_on_the_trail_as_the_upgrade(kept: Actor) -> None:
    (asset,) = add(1)
    step: Any = object()

    trail_apps._open(using="default", plan=[step])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE assets_asset SET description = 'Migrated' WHERE id = %s", [key_of(asset)])
    trail_apps._close(using="default", plan=[step])

    last = Change.objects.last()
    assert last is not None and (last.table, last.pk_text, last.channel) == ("assets_asset", asset.pk.hex, "upgrade")
    assert triggers.problems(connection) == []
    sealed()
    assert verify().findings == []


def test_an_upgrade_does_not_take_an_edit_for_its_own(kept: Actor) -> None:
    (asset,) = add(1)
    edit("UPDATE assets_asset SET name = 'Harmless' WHERE id = %s", key_of(asset))
    step: Any = object()

    with pytest.raises(Conflict, match=f"assets_asset {asset.pk.hex} name"):
        trail_apps._open(using="default", plan=[step])

    assert triggers.problems(connection) == []


def test_a_column_that_came_later_is_no_edit_while_it_holds_its_default(kept: Actor) -> None:
    (asset,) = add(1)
    row = Change.objects.last()
    assert row is not None and row.row is not None
    told = row.row.replace('"tags":"",', "").replace('"tags": "", ', "")
    assert told != row.row

    assert live_rows.differing("assets_asset", row.row, told) is None
    tagged = row.row.replace('"tags":""', '"tags":"x"').replace('"tags": ""', '"tags": "x"')
    assert live_rows.differing("assets_asset", tagged, told) == ("tags",)
    assert asset.tags == ""
