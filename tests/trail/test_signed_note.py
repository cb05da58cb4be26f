"""Notes, keys and checkpoints: what both implementations take, and everything near it that they refuse."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mainstay.kit import signed_note
from mainstay.kit.signed_note import NoteError, VerifierKey, sign
from mainstay.offline import mainstay_verify as verifier
from mainstay.offline.mainstay_witnessed import Policy, read_witness

from .exported import witness

# The example of golang.org/x/mod/sumdb/note, from which c2sp.org/signed-note was written down.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERS_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETERS_NOTE = (
    f"{PETERS_TEXT}\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
NAME = "8d6c.audit.mainstay/1"
PRIVATE, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2))
ROOT = sha256(b"root").digest()
TEXT = f"{NAME}\n42\n{b64encode(ROOT).decode()}\n"
NOTE = sign(TEXT, name=NAME, private=PRIVATE)
VKEY = str(VerifierKey(name=NAME, public=PRIVATE.public_key()))
LINE = NOTE.split("\n\n")[1]

Opener = Callable[[str, str], tuple[str, int, bytes]]


def by_the_product(note: str, key: str) -> tuple[str, int, bytes]:
    opened = signed_note.open_checkpoint(note, signed_note.read_key(key))
    return opened.origin, opened.size, opened.root


def by_the_verifier(note: str, key: str) -> tuple[str, int, bytes]:
    known = verifier.read_key(key)
    return known.name, *verifier.open_checkpoint(note.encode(), known)


both = pytest.mark.parametrize("opened", [by_the_product, by_the_verifier])


def signed_by(name: str, private: Ed25519PrivateKey, text: str = TEXT) -> str:
    return sign(text, name=name, private=private).split("\n\n")[1]


def renamed(line: str, name: str) -> str:
    return line.replace(NAME, name)


def test_the_known_note_opens_with_the_known_key() -> None:
    assert signed_note.open_note(PETERS_NOTE, signed_note.read_key(PETER)) == PETERS_TEXT
    assert str(signed_note.read_key(PETER)) == PETER
    key = verifier.read_key(PETER)
    assert verifier.read_note(PETERS_NOTE.encode(), key) == (PETERS_TEXT, True)


@both
def test_a_checkpoint_says_origin_size_and_root(opened: Opener) -> None:
    assert opened(NOTE, VKEY) == (NAME, 42, ROOT)


@both
def test_signatures_of_strangers_are_ignored(opened: Opener) -> None:
    stranger, same_name = signed_by("stranger.example", OTHER), signed_by(NAME, OTHER)

    assert opened(f"{TEXT}\n{stranger}{same_name}{LINE}", VKEY)[1] == 42


@both
def test_sixteen_signatures_are_taken(opened: Opener) -> None:
    others = "".join(signed_by(f"witness{number}.example", OTHER) for number in range(15))

    assert opened(f"{TEXT}\n{others}{LINE}", VKEY)[1] == 42


def _with_line(line: str) -> str:
    return f"{TEXT}\n{line}"


def _resigned(text: str) -> str:
    return sign(text, name=NAME, private=PRIVATE)


ENCODED = LINE.rsplit(" ", 1)[1].rstrip("\n")
REFUSED = {
    "signed by another key of the same name": _with_line(signed_by(NAME, OTHER)),
    "signed by a stranger": _with_line(signed_by("stranger.example", OTHER)),
    "a known key with a wrong signature beside a good one": _with_line(
        LINE + f"— {NAME} {b64encode(b64decode(ENCODED)[:4] + bytes(64)).decode()}\n"
    ),
    "a known key id with a signature that is cut off": _with_line(f"— {NAME} {b64encode(b64decode(ENCODED)[:40]).decode()}\n"),
    "another origin under the right key": _resigned(TEXT.replace("/1", "/2", 1)),
    "seventeen signatures": _with_line("".join(signed_by(f"w{number}.example", OTHER) for number in range(16)) + LINE),
    "no signature": f"{TEXT}\n",
    "no empty line": TEXT + LINE,
    "no newline at the end": NOTE[:-1],
    "an empty line after the signatures": NOTE + "\n",
    "carriage returns": NOTE.replace("\n", "\r\n"),
    "a carriage return in the signed text": _resigned(TEXT.replace("42\n", "42\r\n")),
    "a tab": _resigned(TEXT.replace("42", "42\t")),
    "a zero byte": _resigned(TEXT.replace("42", "42\0")),
    "a space behind the signature": NOTE[:-1] + " \n",
    "a space behind the size": _resigned(TEXT.replace("42", "42 ")),
    "two spaces in the signature line": NOTE.replace("— ", "—  "),
    "a hyphen for the dash": NOTE.replace("— ", "- "),
    "leading zeros": _resigned(TEXT.replace("42", "042")),
    "a size with a sign": _resigned(TEXT.replace("42", "+42")),
    "a negative size": _resigned(TEXT.replace("42", "-42")),
    "a size in other digits": _resigned(TEXT.replace("42", "٤٢")),
    "a size beyond all": _resigned(TEXT.replace("42", "4" * 30)),
    "no size": _resigned(TEXT.replace("42", "")),
    "an extension line": _resigned(TEXT + "more\n"),
    "an empty extension line": _resigned(TEXT + "\n"),
    "a root that is cut off": _resigned(f"{NAME}\n42\n{b64encode(ROOT[:31]).decode()}\n"),
    "a root with spare bits": _resigned(TEXT.replace(b64encode(ROOT).decode(), b64encode(ROOT).decode()[:-2] + "5=")),
    "a signature with spare bits": NOTE[:-4] + chr(ord(NOTE[-4]) + 1) + NOTE[-3:],
    "a signature without padding": NOTE.rstrip("=\n") + "\n",
    "base64 of the other alphabet": _with_line(LINE.replace("+", "-").replace("/", "_").replace(NAME.replace("/", "_"), NAME)),
    "a plus in the name": _with_line(renamed(LINE, f"{NAME}+x")),
    "a space in the name": _with_line(renamed(LINE, "8d6c audit")),
    "a no-break space in the name": _with_line(LINE + renamed(LINE, "8d6c\u00a0audit")),
    "no name": _with_line(renamed(LINE, "")),
    "an empty signature": _with_line(f"{LINE}— stranger.example \n"),
    "a signature of four bytes": _with_line(f"{LINE}— stranger.example AAAAAA==\n"),
    "something that is no signature": _with_line(f"{LINE}signed, sealed\n"),
}


@both
@pytest.mark.parametrize("note", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_exactly_a_checkpoint_is_refused(opened: Opener, note: str) -> None:
    with pytest.raises(ValueError):
        opened(note, VKEY)


@both
def test_a_checkpoint_of_another_log_is_refused(opened: Opener) -> None:
    foreign = str(VerifierKey(name="8d6c.audit.mainstay/2", public=PRIVATE.public_key()))

    with pytest.raises(ValueError):
        opened(NOTE, foreign)


@both
def test_every_single_changed_bit_is_noticed(opened: Opener) -> None:
    good, passed = NOTE.encode(), []

    for at in range(len(good)):
        for bit in range(8):
            changed = bytearray(good)
            changed[at] ^= 1 << bit
            try:
                opened(bytes(changed).decode(), VKEY)
            except ValueError:
                continue
            passed.append((at, bit))

    assert not passed


BAD_KEYS = {
    "the id of another": VKEY.replace(VKEY.split("+")[1], "00000000"),
    "an id in capitals": VKEY.replace(VKEY.split("+")[1], VKEY.split("+")[1].upper()),
    "another name": VKEY.replace("/1+", "/2+"),
    "no name": VKEY.removeprefix(NAME),
    "a space in the name": "a b+" + VKEY.split("+", 1)[1],
    "no id": VKEY.split("+")[0] + "+" + VKEY.split("+", 2)[2],
    "spare bytes": str(VKEY)[:-4] + b64encode(b64decode(VKEY[-4:]) + b"x").decode(),
    "another type": "",
    "nothing": "+",
}
BAD_KEYS["another type"] = "{}+{}+{}".format(
    NAME, sha256(NAME.encode() + b"\n\x02" + PRIVATE.public_key().public_bytes_raw()).hexdigest()[:8],
    b64encode(b"\x02" + PRIVATE.public_key().public_bytes_raw()).decode(),
)


@pytest.mark.parametrize("key", BAD_KEYS.values(), ids=BAD_KEYS.keys())
def test_a_key_is_taken_only_in_its_exact_form(key: str) -> None:
    with pytest.raises(NoteError):
        signed_note.read_key(key)
    with pytest.raises(ValueError):
        verifier.read_key(key)


# Witnesses and policies, which only the verifier knows


WITNESSES = [witness(number) for number in range(4)]
POLICY = "\n".join([
    "# who has to have seen it", "", f"log {VKEY} https://log.example",
    *(f"  witness W{number}\t{key}" for number, (key, _) in enumerate(WITNESSES)),
    "group two-of-three 2 W0 W1 W2", "group one any W3", "group both all two-of-three one", "quorum both", "",
])


@pytest.mark.parametrize(("present", "enough"), [
    ([0, 1, 3], True), ([1, 2, 3], True), ([0, 1, 2, 3], True), ([0, 1, 2], False), ([0, 3], False), ([], False),
])
def test_a_quorum_is_met_by_groups_of_witnesses(present: list[int], enough: bool) -> None:
    note = NOTE + "".join(WITNESSES[number][1](TEXT, 1_679_315_147) for number in present)

    assert Policy(POLICY).met(note.encode()) is enough


def test_a_cosignature_of_another_time_spoils_the_note() -> None:
    line = WITNESSES[0][1](TEXT, 1_000)
    raw = bytearray(b64decode(line.rsplit(" ", 1)[1]))
    raw[11] ^= 1
    note = (NOTE + f"— witness0.example {b64encode(raw).decode()}\n").encode()

    for opened in (Policy(POLICY).met, lambda raw: verifier.read_note(raw, read_witness(WITNESSES[0][0]))):
        with pytest.raises(ValueError, match=r"witness0\.example"):
            opened(note)


@pytest.mark.parametrize("text", [
    "", f"log {VKEY}", "quorum W1", "quorum none\nquorum none", f"witness none {WITNESSES[0][0]}\nquorum none",
    f"witness W {VKEY}\nquorum W", f"log {WITNESSES[0][0]}\nquorum none", "group g any\nquorum none", "group g 1 W0\nquorum none",
    f"witness W {WITNESSES[0][0]}\ngroup g 2 W\nquorum g", f"witness W {WITNESSES[0][0]}\ngroup g 0 W\nquorum g",
    f"witness W {WITNESSES[0][0]}\nwitness W {WITNESSES[1][0]}\nquorum W", "trust everybody\nquorum none",
])
def test_a_policy_that_says_nothing_definite_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Policy(text)
