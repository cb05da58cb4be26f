"""The verifier as an auditor has it: a file of its own, a folder, and nothing of the product."""

import ast
import csv
import io
import json
import os
import random
import subprocess
import sys
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from shutil import rmtree
from typing import Any
from zoneinfo import ZoneInfo

import cryptography
import pytest
from django.core.management import call_command
from django.db import connection

from mainstay.offline import mainstay_verify as verifier
from mainstay.offline import mainstay_witnessed as beyond
from mainstay.platform.records.actor import Actor, acting, system
from mainstay.platform.trail import events, signer, triggers
from mainstay.platform.trail.bundle import Written, receipt, tile_path, write_bundle
from mainstay.platform.trail.models import Anchor, Attestation, Change, Checkpoint, Leaf
from mainstay.platform.trail.sequencer import new_epoch
from mainstay.platform.units.services import found_organisation

from .exported import Asking, Told, ask, change_at, copy, entry_bundle, erase, sign_anew, witness, work
from .rows import live_rows
from .sealed import as_administrator_of_the_database, sealed

SOURCE, BEYOND = Path(verifier.__file__), Path(beyond.__file__)
SEED, MOST_LINES = 27001, 300
EVERY_BYTE = bool(os.environ.get("MAINSTAY_TEST_EVERY_BYTE"))
"""Change each byte of the bundle rather than a sample: for some minutes by night."""


@pytest.fixture
def log(committed: None, as_system: Actor) -> Checkpoint:
    """A trail of some two hundred changes, sealed at several sizes."""
    return work(132)


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Asking:
    return lambda *arguments: ask(capsys, *arguments)


@pytest.fixture
def tell_more(capsys: pytest.CaptureFixture[str]) -> Asking:
    """What goes beyond the verifier, from its own file."""
    return lambda *arguments: ask(capsys, *arguments, more=True)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any) -> Path:
    """An export to read, with a receipt beside it: made once, on a database that is emptied again."""
    folder = tmp_path_factory.mktemp("shelf") / "bundle"
    with django_db_blocker.unblock():
        rmtree(signer.folder(), ignore_errors=True)
        with acting(system("test")):
            organisation = found_organisation("Test Hospital")
        with acting(system("test", organisation=organisation.pk)):
            work(132)
        write_bundle(folder)
        (folder.parent / "receipt").write_text(receipt(change_at(56).seq), "utf-8")
        triggers.remove(connection)
        call_command("flush", interactive=False, verbosity=0)
    return folder


# What it is


def _imported(source: Path) -> set[str]:
    """What a file imports, from wherever, but the standard library."""
    names = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        for name in ([item.name for item in node.names] if isinstance(node, ast.Import) else
                     [node.module or ""] if isinstance(node, ast.ImportFrom) else [])
    }
    return names - set(sys.stdlib_module_names)


def test_it_is_one_file_that_needs_only_the_standard_library_and_cryptography() -> None:
    assert _imported(SOURCE) == {"cryptography"}


def test_what_goes_beyond_it_needs_only_the_one_file_beside_it() -> None:
    assert _imported(BEYOND) == {"mainstay", "mainstay_verify"}


@pytest.mark.parametrize(("script", "theirs"), [
    ("mainstay_verify.py", []), ("mainstay_witnessed.py", ["mainstay_verify"]),
])
def test_it_runs_where_the_product_is_not(bundle: Path, script: str, theirs: list[str]) -> None:
    # Isolated and without `site`, an interpreter finds nothing that is installed; the one package is then lent to it.
    lent = Path(cryptography.__file__).parents[1]
    run = (
        f"import sys, runpy; sys.path += [{str(lent)!r}, {str(bundle)!r}]; sys.argv[:] = ['verify', 'verify', {str(bundle)!r}]\n"
        "sys.dont_write_bytecode = True\n"
        f"try: runpy.run_path({str(bundle / script)!r}, run_name='__main__')\n"
        "finally: print(sorted(name for name in sys.modules if name.startswith(('mainstay', 'django'))))"
    )

    done = subprocess.run([sys.executable, "-I", "-S", "-c", run], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(theirs)
    assert "All that was asked holds." in done.stderr


def test_it_is_short_enough_to_be_read() -> None:
    """Lines of code: blank lines, comments and docstrings help reading."""
    text = SOURCE.read_text("utf-8")
    beside = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    tokens = [token for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type not in beside]
    code = {line for token in tokens for line in range(token.start[0], token.end[0] + 1)}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            code -= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))

    assert 200 < len(code) <= MOST_LINES


@pytest.mark.parametrize("arguments", [
    [], ["verify"], ["verify", "folder", "12"], ["look", "folder"], ["reveal", "folder"], ["at", "folder"],
    ["verify", "x", "--policy", "b"],
])
def test_wrong_usage_is_told_apart_from_a_failure(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        verifier.main(arguments)

    assert ended.value.code == 2


@pytest.mark.parametrize("arguments", [
    [], ["verify"], ["proof", "file"], ["diff", "folder", "2026-01-01"], ["verify", "x", "--key", "a", "--policy", "b"],
])
def test_wrong_usage_of_what_goes_beyond_it_is_told_apart_as_well(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        beyond.main(arguments)

    assert ended.value.code == 2


# What it says of a folder that is in order


def test_a_whole_export_verifies_and_says_what_it_could_not_check(bundle: Path, tell: Asking) -> None:
    told = tell("verify", bundle)

    assert told.code == 0
    key = verifier.read_key((bundle / "vkey").read_text("utf-8"))
    size, root = verifier.open_checkpoint((bundle / "checkpoint").read_bytes(), key)
    assert f"{size} entries" in told.err
    assert root.hex() in told.err
    for what in ("--key", "--old", "witness", "times"):
        assert what in told.err


def test_what_is_given_to_check_against_is_not_listed_as_unchecked(bundle: Path, tell: Asking) -> None:
    key = (bundle / "vkey").read_text("utf-8").strip()

    told = tell("verify", bundle, "--key", key, "--old", bundle / "checkpoint")

    assert told.code == 0
    assert "--old" not in told.err
    assert "who signed" not in told.err


def test_a_key_that_was_not_pinned_fails(bundle: Path, tell: Asking) -> None:
    theirs = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"

    told = tell("verify", bundle, "--key", theirs)

    assert told.code == 1
    assert "not one you trust" in told.err


def test_a_policy_with_a_quorum_that_nobody_cosigned_fails(bundle: Path, tell_more: Asking, tmp_path: Path) -> None:
    policy = tmp_path / "policy"
    policy.write_text(f"log {(bundle / 'vkey').read_text('utf-8')}witness W {witness(0)[0]}\nquorum W\n", "utf-8")

    told = tell_more("verify", bundle, "--policy", policy)

    assert told.code == 1
    assert "quorum W" in told.err


def test_a_receipt_proves_its_entry_to_whoever_has_the_key(bundle: Path, tell_more: Asking) -> None:
    key = (bundle / "vkey").read_text("utf-8").strip()

    told = tell_more("proof", bundle.parent / "receipt", "--key", key)

    assert told.code == 0
    assert "entry 56 of" in told.out
    assert json.loads(told.out.splitlines()[1])["table"] in ("risk_risk", "assets_asset", "records_refcounter")


def test_every_changed_byte_of_a_receipt_is_noticed(bundle: Path, tell_more: Asking, tmp_path: Path) -> None:
    key = (bundle / "vkey").read_text("utf-8").strip()
    chosen = random.Random(SEED)  # noqa: S311 # which bit, not a secret
    good, passed = (bundle.parent / "receipt").read_bytes(), []
    changed = tmp_path / "changed"

    for at in range(len(good)):
        changed.write_bytes(_with_bit(good, at, chosen.randrange(8)))
        if tell_more("proof", changed, "--key", key).code != 1:
            passed.append(at)

    assert not passed


def test_an_entry_is_shown_with_its_content(bundle: Path, tell: Asking) -> None:
    told = tell("reveal", bundle, 60)

    assert told.code == 0
    entry, content = told.out.splitlines()
    line = next(line for line in (bundle / "private.jsonl").read_text("utf-8").split("\n") if '"index":60,' in line)
    assert json.loads(content.removeprefix("content "))["row"] == json.loads(line)["row"]
    assert '"v":1' in entry


def test_an_entry_that_is_not_there_is_refused(bundle: Path, tell: Asking) -> None:
    assert tell("reveal", bundle, 100_000).code == 1


def test_the_difference_of_two_states_is_told_by_table(bundle: Path, tell_more: Asking) -> None:
    sizes = [json.loads(line)["note"].split("\n")[1] for line in _lines(bundle)]

    whole, part = tell_more("diff", bundle, 0, sizes[-1]), tell_more("diff", bundle, f"1/{sizes[-2]}", f"1/{sizes[-1]}")

    assert "risk_risk: 33 records, 33 added, 33 changed" in whole.out.splitlines()
    assert "assets_asset: 33 records, 33 added, 33 deleted" in whole.out.splitlines()
    assert part.code == 0
    assert "risk_risk: 3 records" in part.out
    assert tell_more("diff", bundle, "2020-01-01", sizes[-1]).code == tell_more("diff", bundle, 1, sizes[-1]).code == 1


def _lines(bundle: Path) -> list[str]:
    return (bundle / "checkpoints.jsonl").read_text("utf-8").split("\n")[:-1]


def _rows(told: Told) -> dict[tuple[str, str], Any]:
    """By table and key, the records that `at` lists."""
    return {(record["table"], record["key"]): record["row"] for record in map(json.loads, told.out.splitlines())}


def test_the_state_rebuilt_from_contents_is_that_of_the_tables(log: Checkpoint, tell: Asking, tmp_path: Path) -> None:
    write_bundle(tmp_path / "bundle")
    live = live_rows()

    every = tell("at", tmp_path / "bundle", log.at.isoformat())
    told = tell("at", tmp_path / "bundle", log.at.isoformat(), "--table", "risk_risk")

    assert _rows(every) == live
    assert _rows(told) == {key: row for key, row in live.items() if key[0] == "risk_risk"}


def test_the_records_of_a_table_are_told_as_a_spreadsheet(log: Checkpoint, tell_more: Asking, tmp_path: Path) -> None:
    write_bundle(tmp_path / "bundle")
    risks = {key: row for (table, key), row in live_rows().items() if table == "risk_risk"}

    told = tell_more("table", tmp_path / "bundle", f"{log.at:%Y-%m-%d}", "risk_risk")

    assert told.code == 0
    assert {row["id"]: row["description"] for row in csv.DictReader(io.StringIO(told.out, newline=""))} == {
        key: row["description"] for key, row in risks.items()
    }


def test_an_earlier_state_is_that_of_the_last_checkpoint_by_then(log: Checkpoint, tell: Asking, tmp_path: Path) -> None:
    write_bundle(tmp_path / "bundle")
    first = Checkpoint.objects.order_by("id").first()
    assert first is not None
    then = first.at + timedelta(microseconds=1)

    told = tell("at", tmp_path / "bundle", then.isoformat(), "--table", "risk_risk")
    before = tell("at", tmp_path / "bundle", "2020-01-01")

    assert len(_rows(told)) == 10
    assert "10 records, 0 of them not disclosed" in told.err
    assert before.code == 1
    assert f"first {log.size} entries" in tell("at", tmp_path / "bundle", f"{log.at:%Y-%m-%d}").err
    in_kyoto = then.astimezone(ZoneInfo("Asia/Tokyo")).replace(tzinfo=None).isoformat()
    assert tell("at", tmp_path / "bundle", in_kyoto, "--zone", "Asia/Tokyo", "--table", "risk_risk").out == told.out
    assert tell("at", tmp_path / "bundle", in_kyoto, "--zone", "Asia/Tokyo", "--key", "nobody").code == 1
    assert tell("at", tmp_path / "bundle", f"{log.at:%Y-%m-%d}", "--zone", "Middle/Nowhere").code == 1
    assert tell("at", tmp_path / "bundle", "yesterday").code == 1


def test_a_cell_is_never_a_formula() -> None:
    assert beyond.cell("=1+1") == "'=1+1"
    assert beyond.cell(-1) == -1
    assert beyond.cell({"a": 1}) == '{"a":1}'


def test_the_cosignatures_of_witnesses_go_out_with_the_checkpoints(log: Checkpoint, tell_more: Asking, tmp_path: Path) -> None:
    point = Checkpoint.objects.order_by("size")[1]
    text = point.note.partition("\n\n")[0] + "\n"
    line = witness(0)[1](text, int(point.at.timestamp()))
    Attestation.objects.create(
        kind=Anchor.Kind.WITNESS, by="witness0.example", epoch=1, size=point.size, at=point.at, text=line
    )
    written = write_bundle(tmp_path / "bundle")
    theirs, others = tmp_path / "theirs", tmp_path / "others"
    for number, policy in enumerate((theirs, others)):
        policy.write_text(f"log {written.verifier_key}\nwitness W {witness(number)[0]}\nquorum W\n", "utf-8")

    told = tell_more("verify", tmp_path / "bundle", "--policy", theirs)
    refused = tell_more("verify", tmp_path / "bundle", "--policy", others)

    assert (told.code, refused.code) == (0, 1)
    assert f"whether others saw entries {point.size} to {log.size - 1}: not cosigned yet" in told.err
    assert "quorum W" in refused.err


@pytest.mark.parametrize("trust", [["--key", ""], ["--key", "nobody"], ["--policy", "/dev/null"], ["--policy", "/nowhere"]])
def test_trust_that_says_nothing_is_no_trust(
    bundle: Path, tell: Asking, tell_more: Asking, trust: list[str]
) -> None:
    assert tell_more("verify", bundle, *trust).code == 1
    assert trust[0] == "--policy" or tell("verify", bundle, *trust).code == 1


def test_a_policy_that_trusts_no_log_is_refused(bundle: Path, tell_more: Asking, tmp_path: Path) -> None:
    policy = tmp_path / "policy"
    policy.write_text("quorum none\n", "utf-8")

    assert tell_more("verify", bundle, "--policy", policy).code == 1


# Contents that are not disclosed, and contents that were erased


def test_what_is_not_disclosed_is_counted_and_not_shown(log: Checkpoint, tell: Asking, tmp_path: Path) -> None:
    written = write_bundle(tmp_path / "bundle", see=lambda change: change.table == "risk_risk")
    asset = Change.objects.filter(table="assets_asset").order_by("seq")[0]
    hidden = Leaf.objects.get(seq=asset.seq).index

    told, shown = tell("verify", tmp_path / "bundle"), tell("reveal", tmp_path / "bundle", hidden)
    state = tell("at", tmp_path / "bundle", log.at.isoformat())

    assert told.code == shown.code == 0
    assert written.disclosed == 66
    assert f"content of {written.entries - 66} entries" in told.err
    assert "not disclosed" in shown.out
    assert "Server" not in (tmp_path / "bundle" / "private.jsonl").read_text("utf-8")
    assert [row is None for (table, _), row in _rows(state).items() if table == "risk_risk"] == [False] * 33
    assert "of them not disclosed" in state.err


def test_erased_content_verifies_by_the_entry_that_erased_it(log: Checkpoint, tell: Asking, tmp_path: Path) -> None:
    change = Change.objects.filter(table="risk_risk", op="I").order_by("seq")[3]
    event = erase(change)
    sealed()
    written = write_bundle(tmp_path / "bundle")
    place, by = (Leaf.objects.get(seq=item.seq).index for item in (change, event))

    told, shown = tell("verify", tmp_path / "bundle", "--key", written.verifier_key), tell("reveal", tmp_path / "bundle", place)

    assert told.code == shown.code == 0, told.err
    assert f"erased by entry {by} of epoch 1" in told.err
    assert f"erased by entry {by} of epoch 1" in shown.out
    assert '"name": "erased"' in json.loads(shown.out.splitlines()[2].removeprefix("content "))["row"]


def test_content_that_was_changed_without_an_erasure_is_named(log: Checkpoint, tell: Asking, tmp_path: Path) -> None:
    change = Change.objects.filter(table="risk_risk", op="I").order_by("seq")[3]
    other = (change.row or "").replace("Fire", "Rain")
    as_administrator_of_the_database("UPDATE trail_change SET row = %s WHERE seq = %s", other, change.seq)
    write_bundle(tmp_path / "bundle")

    told = tell("verify", tmp_path / "bundle")

    assert told.code == 1
    assert f"entry {Leaf.objects.get(seq=change.seq).index}: private.jsonl holds other content" in told.err


def test_content_that_was_changed_again_after_it_was_erased_is_named(log: Checkpoint, tell: Asking, tmp_path: Path) -> None:
    change = Change.objects.filter(table="risk_risk", op="I").order_by("seq")[3]
    erase(change)
    sealed()
    as_administrator_of_the_database("UPDATE trail_change SET row = %s WHERE seq = %s", '{"name": "somebody else"}', change.seq)
    write_bundle(tmp_path / "bundle")

    assert tell("verify", tmp_path / "bundle").code == 1


def test_an_erasure_itself_cannot_be_erased(log: Checkpoint, tell: Asking, tmp_path: Path) -> None:
    change = Change.objects.filter(table="risk_risk", op="I").order_by("seq")[3]
    event = erase(change)
    sealed()
    erase(event)
    sealed()
    write_bundle(tmp_path / "bundle")

    assert tell("verify", tmp_path / "bundle").code == 1


# Logs that were rewritten


@pytest.fixture
def taken(log: Checkpoint, tmp_path: Path) -> tuple[Path, Written]:
    """What an auditor took home before: a checkpoint and the key."""
    written = write_bundle(tmp_path / "before")
    work(40)
    return tmp_path / "before" / "checkpoint", written


def test_a_grown_log_goes_on_from_what_was_kept(taken: tuple[Path, Written], tell: Asking, tmp_path: Path) -> None:
    write_bundle(tmp_path / "after")

    assert tell("verify", tmp_path / "after", "--key", taken[1].verifier_key, "--old", taken[0]).code == 0


@pytest.mark.parametrize("deed", [
    "UPDATE trail_change SET actor = 'user:somebody' WHERE seq = %s",
    "UPDATE trail_change SET row = '{}' WHERE seq = %s",
    "UPDATE trail_change SET seq = 100000 + seq WHERE seq = %s",
    "DELETE FROM trail_change WHERE seq = %s",
])
def test_a_rewritten_log_that_is_signed_with_the_same_key_is_caught_by_what_was_kept(
    taken: tuple[Path, Written], tell: Asking, tmp_path: Path, deed: str
) -> None:
    as_administrator_of_the_database(deed, change_at(40).seq)
    sign_anew()
    written = write_bundle(tmp_path / "after")

    alone = tell("verify", tmp_path / "after", "--key", written.verifier_key)
    told = tell("verify", tmp_path / "after", "--key", written.verifier_key, "--old", taken[0])

    assert alone.code == 0
    assert told.code == 1
    assert f"{taken[0]}: was not signed over the first {taken[1].entries} entries" in told.err


def test_a_log_that_is_signed_with_another_key_is_caught_by_the_key_and_by_what_was_kept(
    taken: tuple[Path, Written], tell: Asking, tmp_path: Path
) -> None:
    sign_anew(with_key_of_their_own=True)
    write_bundle(tmp_path / "after")

    by_key = tell("verify", tmp_path / "after", "--key", taken[1].verifier_key)
    by_old = tell("verify", tmp_path / "after", "--old", taken[0])

    assert by_key.code == by_old.code == 1
    assert "not one you trust" in by_key.err
    assert f"{taken[0]}: it was not signed by the key" in by_old.err


def test_a_log_whose_end_was_cut_off_is_caught_by_what_was_kept(
    taken: tuple[Path, Written], tell: Asking, tmp_path: Path
) -> None:
    as_administrator_of_the_database("DELETE FROM trail_change WHERE seq >= %s", change_at(100).seq)
    sign_anew()
    write_bundle(tmp_path / "after")

    told = tell("verify", tmp_path / "after", "--old", taken[0])

    assert told.code == 1
    assert f"{taken[1].entries} entries were signed, 100 are here" in told.err


def test_a_checkpoint_of_another_installation_is_refused(taken: tuple[Path, Written], tell: Asking, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text(taken[0].read_text("utf-8").replace("audit.mainstay/1", "audit.mainstay/7"), "utf-8")

    told = tell("verify", tmp_path / "before", "--old", other)

    assert told.code == 1
    assert "is not here" in told.err


def test_in_a_log_of_several_tiles_the_changed_one_is_named(
    taken: tuple[Path, Written], tell: Asking, tmp_path: Path
) -> None:
    whole = tmp_path / "whole"
    write_bundle(whole)
    paths = [path for path in sorted((whole / "tile").rglob("*")) if path.is_file()]
    assert len(paths) == 5

    for path in paths:
        good = path.read_bytes()
        path.write_bytes(_with_bit(good, len(good) - 1, 0))
        told = tell("verify", whole)
        path.write_bytes(good)

        assert told.code == 1
        assert str(path) in told.err or "entries" in path.parts

    assert tell("verify", whole).code == 0


# Epochs


def test_a_new_epoch_that_begins_with_the_end_of_the_one_before_verifies(
    log: Checkpoint, tell: Asking, tmp_path: Path
) -> None:
    new_epoch("restored a backup")
    change = Change.objects.filter(table="risk_risk", op="I").order_by("seq")[3]
    erase(change)
    work(8)
    written = write_bundle(tmp_path / "bundle")

    told = tell("verify", tmp_path / "bundle", "--key", written.verifier_key)
    state = tell("at", tmp_path / "bundle", "2030-01-01")

    assert told.code == 0, told.err
    assert written.origin.endswith("/2")
    assert f"after {log.size} signed entries of the one before" in told.err
    assert "LOST" not in told.err
    assert sum(1 for table, _ in _rows(state) if table == "risk_risk") == 35
    assert tell("reveal", tmp_path / "bundle", "1/20").code == 0


def test_a_new_epoch_after_a_restored_backup_says_what_was_lost(log: Checkpoint, tell: Asking, tmp_path: Path) -> None:
    sizes = list(Checkpoint.objects.order_by("size").values_list("size", flat=True))
    as_administrator_of_the_database('DELETE FROM trail_checkpoint WHERE size > %s', sizes[-2])
    lost = 'SELECT seq FROM trail_leaf WHERE "index" >= %s'
    as_administrator_of_the_database(f"DELETE FROM trail_change WHERE seq IN ({lost})", sizes[-2])
    as_administrator_of_the_database('DELETE FROM trail_leaf WHERE "index" >= %s', sizes[-2])
    new_epoch("restored a backup")
    write_bundle(tmp_path / "bundle")

    told = tell("verify", tmp_path / "bundle")

    assert told.code == 0, told.err
    assert f"{log.size - sizes[-2]} OF THEM ARE LOST" in told.err


def test_what_was_cut_off_an_epoch_after_the_next_one_began_is_missed(log: Checkpoint, tell: Asking, tmp_path: Path) -> None:
    sizes = list(Checkpoint.objects.order_by("size").values_list("size", flat=True))
    new_epoch("a try")
    as_administrator_of_the_database("DELETE FROM trail_checkpoint WHERE epoch = 1 AND size > %s", sizes[-2])
    as_administrator_of_the_database('DELETE FROM trail_leaf WHERE epoch = 1 AND "index" >= %s', sizes[-2])
    write_bundle(tmp_path / "bundle")

    told = tell("verify", tmp_path / "bundle")

    assert told.code == 1
    assert f"of {log.size} signed entries of epoch 1 some were cut off since" in told.err


def test_what_an_epoch_found_of_the_one_before_has_to_be_there(log: Checkpoint, tell: Asking, tmp_path: Path) -> None:
    state = signer.read()
    assert state is not None
    signer.write(signer.State(instance=state.instance, epoch=2, size=0, root="", note=""))
    found = {"size": log.size, "root": "00" * 32}
    events.record("trail.epoch", "2", {"before": log.note, "epoch": 1, "found": found, "why": "nothing to see"})
    sealed()
    write_bundle(tmp_path / "bundle")

    told = tell("verify", tmp_path / "bundle")

    assert told.code == 1
    assert "the end of epoch 1 is not the one it knows" in told.err


def test_an_epoch_that_begins_with_anything_else_is_refused(log: Checkpoint, tell: Asking, tmp_path: Path) -> None:
    state = signer.read()
    assert state is not None
    older = Checkpoint.objects.order_by("size").first()
    assert older is not None
    signer.write(signer.State(instance=state.instance, epoch=2, size=0, root="", note=""))
    events.record("trail.epoch", "2", {"before": older.note, "why": "nothing to see"})
    sealed()
    write_bundle(tmp_path / "bundle")

    told = tell("verify", tmp_path / "bundle")

    assert told.code == 1
    assert f"{log.size} entries of epoch 1 were signed, the new one knows of {older.size}" in told.err


def test_an_epoch_that_names_no_end_of_the_one_before_says_so(log: Checkpoint, tell: Asking, tmp_path: Path) -> None:
    state = signer.read()
    assert state is not None
    signer.write(replace(state, note=""))
    new_epoch("the signer lost its state")
    write_bundle(tmp_path / "bundle")

    told = tell("verify", tmp_path / "bundle")

    assert told.code == 0, told.err
    assert "not checked: whether more was ever signed before epoch 2 began" in told.err


def test_an_epoch_that_is_left_out_is_missed(log: Checkpoint, tell: Asking, tmp_path: Path) -> None:
    new_epoch("restored a backup")
    write_bundle(tmp_path / "bundle")
    for path in sorted((tmp_path / "bundle" / "epoch").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()

    assert tell("verify", tmp_path / "bundle").code == 1


# Files that were changed


def _with_bit(raw: bytes, at: int, bit: int) -> bytes:
    return raw[:at] + bytes([raw[at] ^ 1 << bit]) + raw[at + 1:]


def _undetected(folder: Path, name: str, mutants: Iterator[tuple[Any, bytes]], tell: Asking) -> list[Any]:
    """Those of the changed files with which the folder still verifies."""
    path = folder / name
    good, passed = path.read_bytes(), []
    for what, raw in mutants:
        path.write_bytes(raw)
        if tell("verify", folder).code != 1:
            passed.append(what)
    path.write_bytes(good)
    return passed


def _bits(raw: bytes, every: int = 1) -> Iterator[tuple[Any, bytes]]:
    """Files with one bit changed, in a byte of each `every`."""
    every = 1 if EVERY_BYTE else every
    chosen = random.Random(SEED)  # noqa: S311 # which bit, not a secret
    for start in range(0, len(raw), every):
        at, bit = min(len(raw) - 1, start + chosen.randrange(every)), chosen.randrange(8)
        yield (at, bit), _with_bit(raw, at, bit)


def test_every_bit_of_the_checkpoint_counts(bundle: Path, tell: Asking, tmp_path: Path) -> None:
    folder = copy(bundle, tmp_path / "copy")
    raw = (folder / "checkpoint").read_bytes()
    mutants = (((at, bit), _with_bit(raw, at, bit)) for at in range(len(raw)) for bit in range(8))

    assert not _undetected(folder, "checkpoint", mutants, tell)


@pytest.mark.parametrize("pattern, every", [("vkey", 1), ("tile/0/*.p/*", 16), ("tile/entries/*.p/*", 128)])
def test_the_log_needs_no_list_of_sums_to_show_a_changed_bit(
    bundle: Path, tell: Asking, tmp_path: Path, pattern: str, every: int
) -> None:
    folder = copy(bundle, tmp_path / "copy")
    (path,) = folder.glob(pattern)

    assert not _undetected(folder, path.relative_to(folder).as_posix(), _bits(path.read_bytes(), every), tell)


@pytest.mark.parametrize("name, every", [
    ("checkpoints.jsonl", 4), ("README", 32), ("mainstay_verify.py", 1024), ("mainstay_witnessed.py", 1024), ("SHA256SUMS", 4),
])
def test_other_files_show_it_by_the_list_of_sums(bundle: Path, tell_more: Asking, tmp_path: Path, name: str, every: int) -> None:
    folder = copy(bundle, tmp_path / "copy")

    assert not _undetected(folder, name, _bits((folder / name).read_bytes(), every), tell_more)


def test_every_byte_of_every_content_counts(bundle: Path) -> None:
    chosen, passed = random.Random(SEED), []  # noqa: S311 # which bit, not a secret

    for raw in (bundle / "private.jsonl").read_bytes().splitlines()[::4]:
        good = _told_by(raw)
        for at in range(len(raw)):
            try:
                changed = _told_by(_with_bit(raw, at, chosen.randrange(8)))
            except ValueError:
                continue
            if changed == good:
                passed.append((good[0], at))

    assert not passed


def _told_by(raw: bytes) -> tuple[int, str]:
    """Of which entry a content is, and what that has to have committed to."""
    content = verifier.parsed(raw, verifier.CONTENT)
    return content["index"], verifier.commitment(content)


@pytest.mark.parametrize("deed", [lambda raw: raw[:-1], lambda raw: raw.replace(b"\n", b"\r\n"), lambda raw: raw + b"\n"])
def test_contents_are_whole_lines(bundle: Path, tell: Asking, tmp_path: Path, deed: Callable[[bytes], bytes]) -> None:
    folder = copy(bundle, tmp_path / "copy")
    (folder / "private.jsonl").write_bytes(deed((folder / "private.jsonl").read_bytes()))

    assert tell("verify", folder).code == 1


def _entries(folder: Path) -> list[bytes]:
    raw = entry_bundle(folder).read_bytes()
    return [len(entry).to_bytes(2, "big") + entry for entry in verifier.entries_of(raw)]


def _dropped(entries: list[bytes]) -> None:
    del entries[100]


def _dropped_last(entries: list[bytes]) -> None:
    entries.pop()


def _twice(entries: list[bytes]) -> None:
    entries.insert(100, entries[100])


def _swapped(entries: list[bytes]) -> None:
    entries[100:102] = reversed(entries[100:102])


def _replaced(entries: list[bytes]) -> None:
    entries[100] = entries[50]


def _appended(entries: list[bytes]) -> None:
    entries.append(entries[-1])


def _cut(entries: list[bytes]) -> None:
    entries[-1] = entries[-1][:-1]


def _spare(entries: list[bytes]) -> None:
    entries.append(b"\0")


def _lengthened(entries: list[bytes]) -> None:
    entries[-1] = b"\xff\xff" + entries[-1][2:]


@pytest.mark.parametrize("deed", [_dropped, _dropped_last, _twice, _swapped, _replaced, _appended, _cut, _spare, _lengthened])
def test_entries_cannot_be_moved_added_or_left_out(
    bundle: Path, tell: Asking, tmp_path: Path, deed: Callable[[list[bytes]], None]
) -> None:
    folder = copy(bundle, tmp_path / "copy")
    entries = _entries(folder)
    deed(entries)
    entry_bundle(folder).write_bytes(b"".join(entries))

    told = tell("verify", folder)

    assert told.code == 1
    assert "FAILED: epoch 1, entry" in told.err or f"FAILED: {entry_bundle(folder)}: " in told.err or "tile/0" in told.err


@pytest.mark.parametrize(("before", "after", "said"), [
    (b'"v":1', b'"v":2', "entry 100: not an entry of version 1"),
    (b'"at":"2', b'"at":"3', "tile/0/000.p/{size}: not the hashes of entries 100\n"),
], ids=["form", "value"])
def test_a_changed_entry_is_named_with_its_file(
    bundle: Path, tell: Asking, tmp_path: Path, before: bytes, after: bytes, said: str
) -> None:
    folder = copy(bundle, tmp_path / "copy")
    entries = _entries(folder)
    entries[100] = entries[100].replace(before, after)
    entry_bundle(folder).write_bytes(b"".join(entries))

    told = tell("verify", folder)

    assert told.code == 1
    assert said.format(size=len(entries)) in told.err


@pytest.mark.parametrize("name", ["README", "mainstay_verify.py", "SHA256SUMS"])
def test_no_file_beside_the_log_can_be_missing(bundle: Path, tell_more: Asking, tmp_path: Path, name: str) -> None:
    folder = copy(bundle, tmp_path / "copy")
    (folder / name).unlink()

    assert tell_more("verify", folder).code == 1


def test_no_checkpoint_can_be_left_out_of_the_list(bundle: Path, tell_more: Asking, tmp_path: Path) -> None:
    folder = copy(bundle, tmp_path / "copy")
    (folder / "checkpoints.jsonl").write_text("".join(f"{line}\n" for line in _lines(folder)[1:]), "utf-8")

    assert tell_more("verify", folder).code == 1


def test_no_file_beside_the_log_can_be_added(bundle: Path, tell_more: Asking, tmp_path: Path) -> None:
    folder = copy(bundle, tmp_path / "copy")
    (folder / "more").write_bytes(b"x")

    assert tell_more("verify", folder).code == 1


@pytest.mark.parametrize("name", ["checkpoint", "checkpoints.jsonl", "vkey", "private.jsonl", "entries", "tile/0"])
def test_no_file_can_be_missing(bundle: Path, tell: Asking, tmp_path: Path, name: str) -> None:
    folder = copy(bundle, tmp_path / "copy")
    path = entry_bundle(folder) if name == "entries" else folder / name
    path.unlink() if path.is_file() else rmtree(path)

    assert tell("verify", folder).code == 1


@pytest.mark.parametrize("name", ["tile/entries/001.p/1", "tile/0/001", "tile/7/000"])
def test_no_file_can_be_added(bundle: Path, tell: Asking, tmp_path: Path, name: str) -> None:
    folder = copy(bundle, tmp_path / "copy")
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"\0\1x")

    assert tell("verify", folder).code == 1


@pytest.mark.parametrize("deed", [
    lambda lines: lines.pop(), lambda lines: lines.insert(1, lines[0]), lambda lines: lines.reverse(),
    lambda lines: lines.insert(0, json.dumps({"at": "2999-01-01T00:00:00.000000Z", "note": json.loads(lines[0])["note"]})),
], ids=["last dropped", "twice", "reversed", "in the future"])
def test_the_list_of_checkpoints_is_in_order(
    bundle: Path, tell: Asking, tmp_path: Path, deed: Callable[[list[str]], None]
) -> None:
    folder = copy(bundle, tmp_path / "copy")
    lines = _lines(folder)
    deed(lines)
    (folder / "checkpoints.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")

    assert tell("verify", folder).code == 1


@pytest.mark.parametrize("place, path", [(0, "000"), (999, "999"), (1000, "x001/000"), (1_234_067, "x001/x234/067")])
def test_tiles_have_their_places(place: int, path: str) -> None:
    assert tile_path("entries", place, 256) == verifier.tile_path("entries", place, 256) == f"tile/entries/{path}"
    assert tile_path("0", place, 5) == verifier.tile_path(0, place, 5) == f"tile/0/{path}.p/5"
