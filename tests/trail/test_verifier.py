"""The verifier as an auditor has it: a file of its own, a folder, and nothing of the product."""

import ast
import csv
import io
import json
import subprocess
import sys
import tokenize
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import cryptography
import pytest

from mainstay.offline import mainstay_verify as verifier
from mainstay.offline import mainstay_witnessed as beyond
from mainstay.platform.trail.bundle import write_bundle
from mainstay.platform.trail.models import Anchor, Attestation, Change, Checkpoint, Leaf

from .exported import Asking, erase, lines_of, rows_of, witness
from .rows import live_rows
from .sealed import as_administrator_of_the_database, sealed

SOURCE, BEYOND = Path(verifier.__file__), Path(beyond.__file__)
MOST_LINES = 300


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
    sizes = [json.loads(line)["note"].split("\n")[1] for line in lines_of(bundle)]

    whole, part = tell_more("diff", bundle, 0, sizes[-1]), tell_more("diff", bundle, f"1/{sizes[-2]}", f"1/{sizes[-1]}")

    assert "risk_risk: 33 records, 33 added, 33 changed" in whole.out.splitlines()
    assert "assets_asset: 33 records, 33 added, 33 deleted" in whole.out.splitlines()
    assert part.code == 0
    assert "risk_risk: 3 records" in part.out
    assert tell_more("diff", bundle, "2020-01-01", sizes[-1]).code == tell_more("diff", bundle, 1, sizes[-1]).code == 1


def test_the_state_rebuilt_from_contents_is_that_of_the_tables(log: Checkpoint, tell: Asking, tmp_path: Path) -> None:
    write_bundle(tmp_path / "bundle")
    live = live_rows()

    every = tell("at", tmp_path / "bundle", log.at.isoformat())
    told = tell("at", tmp_path / "bundle", log.at.isoformat(), "--table", "risk_risk")

    assert rows_of(every) == live
    assert rows_of(told) == {key: row for key, row in live.items() if key[0] == "risk_risk"}


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

    assert len(rows_of(told)) == 10
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
    assert [row is None for (table, _), row in rows_of(state).items() if table == "risk_risk"] == [False] * 33
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
