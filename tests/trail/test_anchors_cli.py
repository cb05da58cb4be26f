"""`mainstay trail anchors` and `mainstay trail witness` at the shell."""

import json
from pathlib import Path
from typing import Any

import pytest

from mainstay.kit.cosignature import cosigned
from mainstay.platform.records.errors import NotFound
from mainstay.platform.trail.anchors import witnessing
from mainstay.platform.trail.models import Change, Checkpoint

from .commands import Run
from .elsewhere import OtherLog, closed_port, receiving
from .sealed import sealed


def test_an_anchor_gets_its_first_checkpoint_when_it_is_added(run: Run, tmp_path: Path) -> None:
    added = json.loads(run("anchors", "add", "file", tmp_path / "kept.txt", "--every", "hour", "--json").stdout)

    (listed,) = json.loads(run("anchors", "list", "--json").stdout)
    assert added == listed
    assert listed["size"] == Checkpoint.objects.latest("id").size and listed["error"] == ""
    assert (tmp_path / "kept.txt").exists()
    assert Change.objects.get(table="trail_anchor").actor.startswith("operator:")


def test_the_secret_of_a_webhook_is_told_once(run: Run) -> None:
    with receiving() as receiver:
        told = run("anchors", "add", "webhook", receiver.address).stdout

    assert "verifies with whsec_" in told
    assert "whsec_" not in run("anchors", "list", "--json").stdout


def test_an_anchor_that_is_down_is_added_all_the_same(run: Run) -> None:
    added = run("anchors", "add", "webhook", f"http://127.0.0.1:{closed_port()}")

    assert added.exit_code == 0 and "did not arrive" in added.stdout
    assert run("anchors", "send").exit_code == 1


def test_sending_goes_to_those_named_or_to_all(run: Run, tmp_path: Path) -> None:
    numbers = [
        json.loads(run("anchors", "add", "file", tmp_path / name, "--json").stdout)["number"] for name in ("a.txt", "b.txt")
    ]

    only = json.loads(run("anchors", "send", numbers[1], "--json").stdout)
    both = json.loads(run("anchors", "send", "--json").stdout)

    assert [row["number"] for row in only] == numbers[1:]
    assert [row["number"] for row in both] == numbers


def test_an_anchor_is_removed_by_its_number(run: Run, tmp_path: Path) -> None:
    number = json.loads(run("anchors", "add", "file", tmp_path / "kept.txt", "--json").stdout)["number"]

    run("anchors", "remove", number)

    assert json.loads(run("anchors", "list", "--json").stdout) == []
    with pytest.raises(NotFound):
        run("anchors", "remove", number)


def test_what_witnesses_attested_can_be_taken_away(run: Run, live_server: Any, tmp_path: Path) -> None:
    sealed()
    run("witness", "add", run("anchors", "key").stdout.strip())
    key = run("witness", "key").stdout.strip()
    size = json.loads(run("anchors", "add", "witness", f"{live_server.url}/witness", "--key", key, "--json").stdout)["size"]

    run("anchors", "save", tmp_path / "attested")

    note = (tmp_path / "attested" / f"checkpoint-1-{size}.txt").read_text("utf-8")
    both = (tmp_path / "attested" / f"checkpoint-1-{size}.cosigned.txt").read_text("utf-8")
    assert note == Checkpoint.objects.get(size=size).note
    assert cosigned(both.removeprefix(note), note.partition("\n\n")[0] + "\n", witnessing.verifier_key())


def test_logs_of_others_are_added_listed_and_removed(run: Run) -> None:
    log = OtherLog()
    sealed()

    run("witness", "add", log.key)
    witnessing.cosignature_for(log.submission(0, 7))
    listed = json.loads(run("witness", "list", "--json").stdout)
    run("witness", "remove", log.origin)

    assert listed == [{"origin": log.origin, "size": 7, "key": log.key}]
    assert json.loads(run("witness", "list", "--json").stdout) == []
