"""The command line reads earlier states with --as-known, and compares two of them."""

import csv
from pathlib import Path

from django.utils import timezone

from .conftest import Shell


def latest(shell: Shell) -> str:
    """The size of the trail at its latest checkpoint, as a list that is asked for today says it."""
    shown = shell.run("assets", "list", "--as-known", timezone.localdate().isoformat())
    return shown.stderr.split(": ")[-1].split(" entries")[0]


def test_an_earlier_state_is_listed_shown_exported_and_compared(committed: None, shell: Shell, tmp_path: Path) -> None:
    shell.run("assets", "add", "--name", "Payroll")
    earlier = latest(shell)
    shell.run("assets", "change", "A-1", "--name", "Wages")
    shell.run("assets", "add", "--name", "Archive")

    listed = shell.told("assets", "list", "--as-known", f"size:{earlier}")
    shown = shell.run("assets", "show", "A-1", "--as-known", f"size:{earlier}")
    shell.run("export", "assets", "-o", tmp_path / "then.csv", "--as-known", f"size:{earlier}")
    compared = shell.told("compare", f"size:{earlier}")

    assert [row["name"] for row in listed["rows"]] == ["Payroll"]
    assert "Payroll" in shown.stdout and f"{earlier} entries of the trail" in shown.stderr
    with (tmp_path / "then.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["Name"] for row in csv.DictReader(file)] == ["Payroll"]
    assert {(row["what"], row["name"]) for row in compared if row["register"] == "assets"} == {
        ("changed", "Wages"), ("added", "Archive")
    }
    (change,) = next(row["changes"] for row in compared if row["what"] == "changed" and row["register"] == "assets")
    assert (change["field"], change["from"], change["to"]) == ("name", "Payroll", "Wages")


def test_a_moment_that_is_none_is_refused_in_a_sentence(committed: None, shell: Shell) -> None:
    shell.run("assets", "add", "--name", "Payroll")

    future = shell.run("assets", "list", "--as-known", "2999-01-01", code=1)
    nonsense = shell.run("evaluate", "--as-known", "once", code=1)

    assert "still to come" in future.stderr
    assert "2026-10-01" in nonsense.stderr
