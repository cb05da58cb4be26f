"""Spreadsheets in, files out, frameworks in."""

import csv
import io
import json
from pathlib import Path

import pytest

from .conftest import Shell

REGISTER = """Asset register;;;
;;;
Name;Type;Owner;Colour
PACS;Software;Anna Berg;blue
Archive;Software;Nobody Known;red
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "assets.csv"
    path.write_text(REGISTER, "utf-8")
    return path


def test_a_dry_run_says_what_would_happen_and_writes_nothing(shell: Shell, file: Path) -> None:
    told = shell.told("import", "assets", file, "--dry-run", code=1)

    assert (told["counts"]["new"], told["counts"]["refused"]) == (1, 1)
    assert told["columns"]["Type"] == "kind"
    assert told["left_out"] == ["Colour"]
    assert [(item["row"], item["column"], item["value"]) for item in told["refused"]] == [(5, "Owner", "Nobody Known")]
    assert shell.told("assets", "list")["total"] == 0


def test_nothing_is_imported_while_a_row_is_refused(shell: Shell, file: Path) -> None:
    done = shell.run("import", "assets", file, code=1)

    assert "nothing written" in done.stdout
    assert shell.told("assets", "list")["total"] == 0


def test_good_rows_are_taken_and_refused_ones_mended(shell: Shell, file: Path, tmp_path: Path) -> None:
    rejects, profile = tmp_path / "rejects.csv", tmp_path / "profile.json"

    shell.run("import", "assets", file, "--partial", "--rejects", rejects, "--save-profile", profile, code=1)
    rejects.write_text(rejects.read_text("utf-8").replace("Nobody Known", "Anna Berg"), "utf-8")
    shell.run("import", "assets", rejects, "--profile", profile)

    assert [row["name"] for row in shell.told("assets", "list", "--sort", "ref")["rows"]] == ["PACS", "Archive"]


def test_people_that_only_the_file_names_are_added_on_request(shell: Shell, file: Path) -> None:
    told = shell.told("import", "assets", file, "--create-people")

    assert told["people"] == ["Nobody Known"]
    assert told["counts"]["new"] == 2


def test_an_export_holds_what_the_filter_lets_through(shell: Shell, tmp_path: Path) -> None:
    shell.run("assets", "add", "--name", "=PACS", "--kind", "software")
    shell.run("assets", "add", "--name", "Server", "--kind", "hardware")
    target = tmp_path / "assets.json"

    rows = list(csv.DictReader(io.StringIO(shell.run("export", "assets", "--filter", "kind=software").stdout.lstrip("\ufeff"))))
    shell.run("export", "assets", "-o", target, "--columns", "ref,name")

    (row,) = rows
    assert row["Name"] == "'=PACS"
    assert json.loads(target.read_bytes()) == [{"ref": "A-1", "name": "=PACS"}, {"ref": "A-2", "name": "Server"}]


def test_frameworks_are_listed_and_brought_in_once(shell: Shell) -> None:
    known = {item["id"]: item for item in shell.told("library", "list")}
    first = next(iter(known))

    (made,) = shell.told("library", "add", first)
    (again,) = shell.told("library", "add", first)

    assert known[first]["ref"] is None
    assert made == again
    assert made["requirements"] > 0
    assert "nonsense" in shell.run("library", "add", "nonsense", code=1).stderr


def test_a_file_that_is_no_catalogue_is_refused(shell: Shell, file: Path) -> None:
    shell.run("library", "import", file, code=1)

    assert all(item["ref"] is None for item in shell.told("library", "list"))
