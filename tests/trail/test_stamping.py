"""RFC 3161 time stamps, from an authority that OpenSSL plays, and answers that are none."""

import subprocess
from base64 import b64decode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from shutil import which

import pytest

from mainstay.platform.records.actor import Actor
from mainstay.platform.trail.anchors import sending, stamping
from mainstay.platform.trail.models import Attestation

from .elsewhere import receiving
from .sealed import sealed

pytestmark = pytest.mark.skipif(which("openssl") is None, reason="the authority of these tests is OpenSSL")

AUTHORITY = """\
[req]
distinguished_name = name
x509_extensions = stamping
prompt = no
[name]
CN = Authority of a test
[stamping]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = critical, timeStamping
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
accuracy = secs:1, millisecs:500
ordering = yes
tsa_name = yes
"""
DIGEST, NONCE = sha256(b"a checkpoint").digest(), 0x8182838485868788


@pytest.fixture
def authority(tmp_path: Path) -> Callable[[bytes], bytes]:
    """Answers a request as an authority does."""
    (tmp_path / "serial").write_text("01", "ascii")
    (tmp_path / "tsa.cnf").write_text(AUTHORITY.format(folder=tmp_path), "ascii")
    curve = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    openssl(tmp_path, f"req -x509 {curve} -days 2 -config tsa.cnf -keyout key.pem -out tsa.pem")

    def answer(query: bytes) -> bytes:
        (tmp_path / "query.tsq").write_bytes(query)
        keys = "-signer tsa.pem -inkey key.pem"
        openssl(tmp_path, f"ts -reply -config tsa.cnf -section one -queryfile query.tsq {keys} -out answer.tsr")
        return (tmp_path / "answer.tsr").read_bytes()

    return answer


def openssl(folder: Path, command: str) -> str:
    done = subprocess.run(["openssl", *command.split()], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def stamped(authority: Callable[[bytes], bytes]) -> bytes:
    return authority(stamping.request(DIGEST, NONCE))


def test_openssl_verifies_the_stamp_of_a_checkpoint(kept: Actor, authority: Callable[[bytes], bytes], tmp_path: Path) -> None:
    with receiving() as receiver:
        receiver.answer = lambda body: (200, {"Content-Type": "application/timestamp-reply"}, authority(body))
        made = sending.add("stamp", receiver.address, every="day")
        checkpoint = sealed()
        standing = sending.send(made, checkpoint)

    token = Attestation.objects.get()
    (tmp_path / "note.txt").write_bytes(checkpoint.note.encode())
    (tmp_path / "token.tst").write_bytes(b64decode(token.text))
    assert standing.error == ""
    assert (token.epoch, token.size, token.kind) == (checkpoint.epoch, checkpoint.size, "stamp")
    openssl(tmp_path, "ts -verify -data note.txt -in token.tst -token_in -CAfile tsa.pem -partial_chain")


def test_an_error_of_the_authority_is_kept(kept: Actor) -> None:
    with receiving() as receiver:
        made = sending.add("stamp", receiver.address, every="day")
        errors = [sending.send(made, sealed()).error for receiver.answer in ANSWERS]

    assert all(errors) and not Attestation.objects.exists()


ANSWERS: list[Callable[[bytes], tuple[int, dict[str, str], bytes]]] = [
    lambda body: (500, {}, b""), lambda body: (200, {}, b""), lambda body: (200, {}, b"hello"),
    # rejected, with and without a reason: what RFC 3161 calls status 2
    lambda body: (200, {}, bytes.fromhex("30053003020102")), lambda body: (200, {}, bytes.fromhex("3009300702010203020780")),
]


def test_the_request_is_one_that_openssl_reads(tmp_path: Path) -> None:
    (tmp_path / "query.tsq").write_bytes(stamping.request(DIGEST, NONCE))

    told = openssl(tmp_path, "ts -query -in query.tsq -text")

    assert "Hash Algorithm: sha256" in told and "0x8182838485868788" in told.lower() and "Certificate required: yes" in told


def test_a_token_holds_for_its_digest_and_its_nonce_alone(stamped: bytes) -> None:
    token, at = stamping.read_answer(stamped, DIGEST, NONCE)

    assert token in stamped and at.tzinfo is not None
    with pytest.raises(ValueError, match="something else"):
        stamping.read_answer(stamped, sha256(b"another").digest(), NONCE)
    with pytest.raises(ValueError, match="another request"):
        stamping.read_answer(stamped, DIGEST, NONCE + 1)


def test_no_cut_answer_is_taken_and_none_with_something_behind(stamped: bytes) -> None:
    for cut in [*(stamped[:end] for end in range(0, len(stamped), 7)), stamped[:-1], stamped + b"\0", stamped + stamped]:
        with pytest.raises(ValueError):
            stamping.read_answer(cut, DIGEST, NONCE)


def test_any_bytes_are_read_or_refused_in_order(stamped: bytes) -> None:
    for place in range(min(400, len(stamped))):
        for mask in (0x01, 0x80, 0xFF):
            changed = bytearray(stamped)
            changed[place] ^= mask
            try:
                stamping.read_answer(bytes(changed), DIGEST, NONCE)
            except ValueError:
                continue


@pytest.mark.parametrize("raw", ["3080", "308105", "30820005", "1f0100", "3085000000000100", "30"])
def test_a_length_has_one_way_to_be_written(raw: str) -> None:
    with pytest.raises(ValueError, match=r"DER|cut off"):
        list(stamping.children(bytes.fromhex(raw)))


@pytest.mark.parametrize("number", [0, 1, 127, 128, 255, 256, 2**63 - 1, 2**63])
def test_numbers_are_written_in_two_complement(number: int) -> None:
    (element,) = stamping.children(stamping.integer(number))

    assert int.from_bytes(element[1], "big", signed=True) == number
    assert len(element[1]) == 1 or element[1][0] or element[1][1] & 0x80
