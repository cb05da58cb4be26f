"""The verifier and logs that were rewritten, cut off, or begun anew: each is found by what an auditor holds."""

from dataclasses import replace
from pathlib import Path

import pytest

from mainstay.platform.trail import events, signer
from mainstay.platform.trail.bundle import Written, write_bundle
from mainstay.platform.trail.models import Change, Checkpoint
from mainstay.platform.trail.sequencer import new_epoch

from .exported import Asking, change_at, erase, rows_of, sign_anew, with_bit, work
from .sealed import as_administrator_of_the_database, sealed


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
        path.write_bytes(with_bit(good, len(good) - 1, 0))
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
    assert sum(1 for table, _ in rows_of(state) if table == "risk_risk") == 35
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
