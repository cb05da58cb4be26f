"""`check` names what is wrong, `upgrade` mends what it can."""

from .conftest import Shell


def _drop_trigger(process: Shell) -> str:
    name = "trail_assets_asset" if process.database else "trail_assets_asset_U"
    process.sql(f'DROP TRIGGER "{name}"' + (" ON assets_asset" if process.database else ""))
    return name


def test_a_missing_trail_trigger_is_named_and_mended(process: Shell) -> None:
    name = _drop_trigger(process)

    problems = process.told("check", code=1)["problems"]
    process.run("upgrade")

    assert len(problems) == 1
    assert name in problems[0]
    process.run("check")


def test_a_missing_key_is_named(process: Shell) -> None:
    (process.home / "keys" / "root.key").unlink()

    assert "root.key" in process.run("check", code=1).stdout


def test_an_unapplied_migration_is_named_and_nothing_served(process: Shell) -> None:
    process.sql("DELETE FROM django_migrations WHERE app = 'sessions'")

    assert "sessions.0001_initial" in process.run("check", code=1).stdout
    assert "sessions.0001_initial" in process.run("serve", "--port", 1, code=1).stderr


def test_a_reference_that_leads_nowhere_is_named(process: Shell) -> None:
    if process.database:
        process.sql("ALTER TABLE units_unitpath DISABLE TRIGGER ALL")
    else:
        process.sql("UPDATE django_migrations SET name = name")
        process.sql("DROP TRIGGER trail_units_unitpath_U")
        process.sql("UPDATE units_unitpath SET ancestor_id = '00000000000000000000000000000000'")
        process.run("upgrade")

    assert "units_unitpath" in process.run("check", code=1).stdout
