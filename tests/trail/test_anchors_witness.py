"""Having checkpoints cosigned by a witness: what it confirms, what it finds out, and answers that are none."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mainstay.kit.cosignature import COSIGNATURE, cosign
from mainstay.kit.signed_note import VerifierKey
from mainstay.offline import mainstay_verify, mainstay_witnessed
from mainstay.platform.trail import signer
from mainstay.platform.trail.anchors import sending, witnessing
from mainstay.platform.trail.bundle import receipt, write_bundle
from mainstay.platform.trail.models import Anchor, AnchorStanding, Attestation, Checkpoint, Leaf

from .elsewhere import Receiver, send
from .sealed import add as add_assets
from .sealed import as_administrator_of_the_database, sealed


def test_a_witness_cosigns_and_bundle_and_receipt_carry_it(ourselves: str, tmp_path: Path, capsys: Any) -> None:
    made = sending.add("witness", ourselves, every="hour", verifier_key=str(witnessing.verifier_key()))
    standing = send(made)
    seq = Leaf.objects.earliest("seq").seq

    folder = tmp_path / "bundle"
    written = write_bundle(folder, until=sending.cosigned_now())
    (tmp_path / "a.tlog-proof").write_text(receipt(seq), "utf-8")
    policy = tmp_path / "policy"
    policy.write_text(f"log {written.verifier_key}\nwitness w {witnessing.verifier_key()}\nquorum w\n", "utf-8")

    assert standing.error == ""
    assert mainstay_witnessed.main(["verify", str(folder), "--policy", str(policy)]) == 0, capsys.readouterr().err
    assert mainstay_witnessed.main(["proof", str(tmp_path / "a.tlog-proof"), "--policy", str(policy)]) == 0
    assert Attestation.objects.get().size == standing.size


def test_a_bundle_ends_with_what_was_cosigned(ourselves: str, tmp_path: Path) -> None:
    sending.add("witness", ourselves, every="hour", verifier_key=str(witnessing.verifier_key()))
    sealed()
    cosigned = sending.cosigned_now()
    add_assets(3)
    later = sealed()
    assert cosigned is not None

    written = write_bundle(tmp_path / "bundle", until=cosigned)

    assert written.entries == cosigned.size < later.size
    assert mainstay_verify.main(["verify", str(tmp_path / "bundle"), "--key", written.verifier_key]) == 0


def test_a_witness_that_saw_more_than_we_know_of_tells_where_to_go_on(ourselves: str) -> None:
    made = sending.add("witness", ourselves, every="hour", verifier_key=str(witnessing.verifier_key()))
    send(made)
    AnchorStanding.objects.all().delete()
    add_assets(3)

    standing = send(made)

    assert standing.error == ""
    assert standing.size == Checkpoint.objects.latest("id").size


def test_a_trail_that_was_cut_is_named_by_its_witness(ourselves: str) -> None:
    before = sealed()
    add_assets(3)
    made = sending.add("witness", ourselves, every="hour", verifier_key=str(witnessing.verifier_key()))
    seen = send(made).size

    standing = sending.send(sending.anchors().get(pk=made.pk), before)

    assert f"has seen {seen} entries, here are {before.size}" in standing.error


def test_a_trail_that_was_written_anew_is_named_by_its_witness(ourselves: str) -> None:
    add_assets(3)
    made = sending.add("witness", ourselves, every="hour", verifier_key=str(witnessing.verifier_key()))
    send(made)
    state = signer.read()
    assert state is not None
    leaf = Leaf.objects.get(index=2)
    as_administrator_of_the_database("UPDATE trail_change SET reason = 'forged' WHERE seq = %s", leaf.seq)
    for table in ("trail_leaf", "trail_tile", "trail_checkpoint", "trail_key"):
        as_administrator_of_the_database(f"DELETE FROM {table}")
    signer.write(replace(state, size=0, root="", note=""))

    at_the_same_size = send(made)
    add_assets(2)
    later = send(made)

    assert "written anew" in at_the_same_size.error
    assert "written anew" in later.error
    assert Attestation.objects.count() == 1


@pytest.fixture
def stranger(receiver: Receiver) -> tuple[Receiver, Ed25519PrivateKey, Anchor]:
    """A witness that may answer anything."""
    private = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
    key = VerifierKey(name="witness.example", public=private.public_key(), kind=COSIGNATURE)
    sealed()
    return receiver, private, sending.add("witness", receiver.address, every="hour", verifier_key=str(key))


def body_of(note: bytes) -> str:
    return note.decode().partition("\n\n")[2].partition("\n\n")[0] + "\n"


OTHER = Ed25519PrivateKey.from_private_bytes(b"\x08" * 32)


@pytest.mark.parametrize("answer", [
    lambda text, private: cosign(text.replace("\n", "\n1", 1), name="witness.example", private=private, at=int(time())),
    lambda text, private: cosign(text, name="witness.example", private=OTHER, at=int(time())),
    lambda text, private: cosign(text, name="other.example", private=private, at=int(time())),
    lambda text, private: cosign(text, name="witness.example", private=private, at=int(time()) + 3_600),
    lambda text, private: cosign(text, name="witness.example", private=private, at=2**63),
    lambda text, private: cosign(text, name="witness.example", private=private, at=int(time()))[:-1],
    lambda text, private: cosign(text, name="witness.example", private=private, at=int(time())).replace("—", "-"),
    lambda text, private: "", lambda text, private: "thank you\n",
])
def test_an_answer_that_is_no_cosignature_of_the_witness_is_not_kept(
    stranger: tuple[Receiver, Ed25519PrivateKey, Anchor], answer: Callable[..., str]
) -> None:
    receiver, private, made = stranger
    receiver.answer = lambda body: (200, {}, answer(body_of(body), private).encode())

    standing = send(made)

    assert standing.error and standing.arrived_at is None
    assert not Attestation.objects.exists()


def test_of_several_lines_the_one_of_the_witness_is_kept(stranger: tuple[Receiver, Ed25519PrivateKey, Anchor]) -> None:
    receiver, private, made = stranger

    def answer(body: bytes) -> tuple[int, dict[str, str], bytes]:
        lines = [
            cosign(body_of(body), name=name, private=key, at=int(time()))
            for name, key in (("a.example", OTHER), ("witness.example", private))
        ]
        return 200, {}, "".join(lines).encode()

    receiver.answer = answer

    standing = send(made)

    (kept_one,) = Attestation.objects.all()
    assert standing.error == ""
    assert kept_one.by == "witness.example" and kept_one.text.count("\n") == 1
