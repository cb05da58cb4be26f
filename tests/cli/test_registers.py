"""Registers from the shell: the same path, rights and trail as everywhere."""

from collections.abc import Callable

from .conftest import ADMIN, Shell


def test_a_record_is_added_shown_changed_and_deleted(shell: Shell) -> None:
    made = shell.told("assets", "add", "--name", "PACS", "--kind", "software", "--owner", ADMIN)
    changed = shell.told("assets", "change", made["ref"], "--name", "PACS archive", "--because", "renamed by the vendor")
    shown = shell.told("assets", "show", made["ref"])
    shell.run("assets", "delete", made["ref"])

    assert made["owner"]["name"] == "Anna Berg"
    assert (changed["name"], changed["version"]) == ("PACS archive", made["version"] + 1)
    assert shown == changed | {"verbs": shown["verbs"]}
    assert shell.told("assets", "list")["rows"] == []


def test_a_list_is_filtered_sorted_and_cut(shell: Shell) -> None:
    for name, kind in (("Bravo", "software"), ("Alpha", "software"), ("Charlie", "hardware")):
        shell.run("assets", "add", "--name", name, "--kind", kind)

    asked = ("assets", "list", "--filter", "kind=software", "--sort", "name", "--columns", "name", "--limit", 1)
    first = shell.told(*asked)
    second = shell.told(*asked, "--cursor", first["next"])
    lines = shell.run("assets", "list", "--columns", "ref,name", "--sort", "-name").stdout.splitlines()

    assert first["total"] == 2
    assert [row["name"] for row in first["rows"] + second["rows"]] == ["Alpha", "Bravo"]
    assert second["next"] is None
    assert lines == ["ref\tname", "A-3\tCharlie", "A-1\tBravo", "A-2\tAlpha"]


def test_a_change_of_an_older_version_is_refused(shell: Shell) -> None:
    shell.run("assets", "add", "--name", "PACS", "--kind", "software")
    shell.run("assets", "change", "A-1", "--name", "PACS 2")

    shell.run("assets", "change", "A-1", "--name", "PACS 3", "--version", 1, code=1)

    assert shell.told("assets", "show", "A-1")["name"] == "PACS 2"


def test_a_verb_is_carried_out_for_all_records_or_for_none(shell: Shell) -> None:
    for name in ("One", "Two"):
        shell.run("assets", "add", "--name", name, "--kind", "software")

    shell.run("assets", "retire", "A-1", "A-404", "--reason", "replaced", code=1)
    assert shell.told("assets", "show", "A-1")["state"] != "retired"

    done = shell.told("assets", "retire", "A-1", "A-2", "--reason", "replaced")
    assert [item["record"]["state"] for item in done] == ["retired", "retired"]


def test_whoever_acts_as_a_user_may_do_what_the_user_may(shell: Shell, person: Callable[[str], str]) -> None:
    shell.run("assets", "add", "--name", "PACS", "--kind", "software")
    reader, stranger = person("auditor_readonly"), person("employee")

    seen = shell.told("assets", "list", "--as", reader)
    refused = shell.run("assets", "change", "A-1", "--name", "Mine", "--as", reader, code=1)
    unseen = shell.told("assets", "list", "--as", stranger)
    missing = shell.run("assets", "show", "A-1", "--as", stranger, code=1)

    assert seen["total"] == 1
    assert "asset.change" in refused.stderr
    assert unseen["total"] == 0
    assert missing.stderr == shell.run("assets", "show", "A-9", "--as", stranger, code=1).stderr


def test_the_trail_names_the_operator_or_the_user_and_why(shell: Shell) -> None:
    shell.run("assets", "add", "--name", "PACS", "--kind", "software")
    shell.run("assets", "change", "A-1", "--name", "PACS 2", "--because", "renamed", "--as", ADMIN)

    changed, added = shell.told("trail", "log", "--record", "A-1")
    everything = shell.told("trail", "log", "--limit", 100)

    assert (changed["who"], changed["channel"], changed["reason"]) == ("Anna Berg", "cli", "renamed")
    assert [item["after"] for item in changed["changes"]] == ["PACS 2"]
    assert added["channel"] == "cli"
    assert {item["actor"].split(":")[0] for item in everything} == {"operator", "user"}


def test_the_whole_trail_is_for_the_operator(shell: Shell) -> None:
    assert "operator" in shell.run("trail", "log", "--as", ADMIN, code=1).stderr


def test_risk_criteria_are_adopted_and_approved_by_somebody(shell: Shell) -> None:
    draft = shell.told("risk-criteria", "adopt", "iso-27005-5x5")
    (approved,) = shell.told("risk-criteria", "approve", draft["ref"], "--as", ADMIN)

    assert draft["state"] == "draft"
    assert approved["record"]["state"] == "approved"


def test_the_registers_tell_fields_verbs_and_permissions(shell: Shell) -> None:
    (risks,) = shell.told("registers", "risks")

    assert {"name", "owner", "assets"} <= {item["name"] for item in risks["fields"]}
    assert "until" in {item["name"] for verb in risks["verbs"] if verb["name"] == "accept" for item in verb["parameters"]}
    assert "risk.accept" in risks["permissions"]


def test_readiness_of_an_empty_organisation_names_what_is_missing(shell: Shell) -> None:
    told = shell.told("evaluate", "--on", "2027-01-31", code=1)

    assert told["on"] == "2027-01-31"
    clauses = {item["clause"]: item for item in told["clauses"]}
    assert clauses["4.3"]["status"] == "not_met"
    assert clauses["4.3"]["missing"]
