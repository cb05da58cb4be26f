"""Signed notes and tree checkpoints, as transparency logs write them (c2sp.org/signed-note, c2sp.org/tlog-checkpoint).

A note is a text, an empty line, and signature lines `— name base64(key id, signature)`. The text of a checkpoint is origin,
tree size and base64 of the root, a line each. Ed25519 only (signature type 0x01; `cosignature` has 0x04).
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"
MOST_SIGNATURES = 16
NAME = re.compile(r"[^\s+\x00-\x1f\x7f]+")
SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class NoteError(ValueError):
    """A note, checkpoint or key that is not well formed or not signed by whom it should; the message says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """The state of a log: everything before `size` hashes to `root` (32 bytes)."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifierKey:
    """A public key under the name it signs with, written as `name+8 hex digits+base64`."""

    name: str
    public: Ed25519PublicKey
    kind: bytes = ED25519
    """The signature type: what the key signs besides the text of a note."""

    @property
    def key_id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + self.kind + self.public.public_bytes_raw()).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(self.kind + self.public.public_bytes_raw()).decode()}"


def read_key(text: str, *, kind: bytes = ED25519) -> VerifierKey:
    """The key of that signature type that a `name+id+base64` text names. Raises NoteError."""
    name, first, rest = text.strip().partition("+")
    claimed, second, encoded = rest.partition("+")
    if not (first and second and NAME.fullmatch(name)):
        raise NoteError("a verifier key is name+id+base64")
    raw = exactly_base64(encoded)
    if len(raw) != 33 or raw[:1] != kind:
        raise NoteError(f"only Ed25519 keys are known, and here of the signature type {kind.hex()}")
    key = VerifierKey(name=name, public=Ed25519PublicKey.from_public_bytes(raw[1:]), kind=kind)
    if key.key_id.hex() != claimed:
        raise NoteError("the key does not have the id it claims")
    return key


def exactly_base64(text: str) -> bytes:
    """Decode the one canonical writing only: spare bits at the end would let two texts mean the same bytes."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError("not base64") from error
    if base64.b64encode(raw).decode() != text:
        raise NoteError("not canonical base64")
    return raw


def sign(text: str, *, name: str, private: Ed25519PrivateKey) -> str:
    """The signed note of a text that ends with a newline. Ed25519 is deterministic: a repeat gives the same note."""
    key = VerifierKey(name=name, public=private.public_key())
    return f"{text}\n{signature_line(name, key.key_id + private.sign(text.encode()))}"


def signature_line(name: str, signature: bytes) -> str:
    return f"— {name} {base64.b64encode(signature).decode()}\n"


def read_signature_line(line: str) -> tuple[str, bytes]:
    """The name of who signed, and key id with signature; `line` is without its newline. Raises NoteError."""
    dash, name, encoded = line.split(" ") if line.count(" ") == 2 else ("", "", "")
    if dash != "—" or not NAME.fullmatch(name):
        raise NoteError("a signature line is: — name base64")
    raw = exactly_base64(encoded)
    if len(raw) < 5:
        raise NoteError("a signature is longer than that")
    return name, raw


def open_note(note: str, key: VerifierKey) -> str:
    """The text, if `key` signed it. Signatures of unknown keys are ignored; a bad one of a known key refuses the note."""
    if any((ord(letter) < 32 and letter != "\n") or ord(letter) == 127 for letter in note):
        raise NoteError("a note holds no control characters")
    text, blank, rest = note.rpartition("\n\n")
    if not blank or not rest.endswith("\n"):
        raise NoteError("a note is a text, an empty line and signatures")
    text += "\n"
    lines = rest[:-1].split("\n")
    if not 1 <= len(lines) <= MOST_SIGNATURES:
        raise NoteError(f"a note has 1 to {MOST_SIGNATURES} signatures")
    verified = False
    for line in lines:
        name, raw = read_signature_line(line)
        if name == key.name and raw[:4] == key.key_id:
            try:
                key.public.verify(raw[4:], text.encode())
            except InvalidSignature as error:
                raise NoteError("the signature is wrong") from error
            verified = True
    if not verified:
        raise NoteError(f"{key.name} did not sign this")
    return text


def open_checkpoint(note: str, key: VerifierKey) -> Checkpoint:
    """The checkpoint in a note signed by `key`, whose name is the origin. Raises NoteError."""
    lines = open_note(note, key).split("\n")
    if len(lines) != 4 or lines[3] != "" or not SIZE.fullmatch(lines[1]):
        raise NoteError("a checkpoint is origin, size and root, a line each")
    if lines[0] != key.name:
        raise NoteError("the checkpoint is of another log")
    root = exactly_base64(lines[2])
    if len(root) != 32:
        raise NoteError("a root has 32 bytes")
    return Checkpoint(origin=lines[0], size=int(lines[1]), root=root)
