"""An installation of an earlier release comes to this one with everything it held."""

import lzma
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mainstay.keys import key_bytes

from .conftest import SERVER, Shell

RELEASES = sorted(Path(__file__).with_name("releases").glob("*.sqlite3.xz"))
"""Databases as `mainstay init` and a few commands of each release left them."""
TABLES = ("assets_asset", "risk_risk", "identity_person", "identity_user", "units_unit", "access_grant", "trail_change")
pytestmark = pytest.mark.skipif(bool(SERVER), reason="the databases of earlier releases are files")


@pytest.fixture(params=RELEASES, ids=lambda path: path.name.removesuffix(".sqlite3.xz"))
def earlier(request: pytest.FixtureRequest, tmp_path: Path) -> Shell:
    """The home of an earlier release."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    for name in ("root", "session"):
        key_bytes(home, name)
    (home / "mainstay.sqlite3").write_bytes(lzma.decompress(request.param.read_bytes()))
    (home / "static").mkdir()
    (home / "static.stamp").write_text("0.1.0", "utf-8")
    return Shell(home=home)


def rows(shell: Shell, columns: dict[str, list[str]] | None = None) -> dict[str, list[dict[str, object]]]:
    """Every row of the tables, of the columns given."""
    with closing(sqlite3.connect(shell.home / "mainstay.sqlite3")) as connection:
        connection.row_factory = sqlite3.Row
        return {
            table: [
                {name: row[name] for name in (columns[table] if columns else row.keys())}  # a row is no mapping
                for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1")
            ]
            for table in TABLES
        }


def test_everything_is_there_after_the_upgrade_and_the_trail_holds(earlier: Shell) -> None:
    before = rows(earlier)

    earlier.run("upgrade")

    columns = {table: list(found[0]) for table, found in before.items()}
    after = rows(earlier, columns)
    assert {table: after[table] for table in TABLES[:-1]} == {table: before[table] for table in TABLES[:-1]}
    assert after["trail_change"][:len(before["trail_change"])] == before["trail_change"]
    assert earlier.told("check") == {"problems": []}
    proof = earlier.told("trail", "verify")
    assert proof["proves"] and proof["entries"] == len(rows(earlier)["trail_change"])
    assert (earlier.home / "version").exists()
    assert not (earlier.home / "static").exists()


def test_the_first_state_that_was_sealed_can_be_seen_again(earlier: Shell) -> None:
    earlier.run("upgrade")
    size = earlier.told("trail", "checkpoint")["size"]
    names = [row["name"] for row in earlier.told("risks", "list")["rows"]]
    earlier.run("risks", "change", "R-1", "--name", "Something else")

    then = earlier.told("risks", "list", "--as-known", f"size:{size}")

    assert [row["name"] for row in then["rows"]] == names
    assert "Something else" not in names


def test_an_edit_made_before_the_upgrade_is_not_taken_for_part_of_it(earlier: Shell) -> None:
    earlier.sql("DROP TRIGGER trail_risk_risk_U")
    earlier.sql("UPDATE risk_risk SET name = 'Harmless' WHERE ref = 'R-1'")

    refused = earlier.run("upgrade", code=1)

    assert "risk_risk" in refused.stderr and "name" in refused.stderr
    assert not (earlier.home / "version").exists()
