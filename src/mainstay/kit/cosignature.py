"""Cosignatures: a witness says when it saw a checkpoint, and that it saw none before that contradicts it.

As c2sp.org/tlog-cosignature writes them: Ed25519, signature type 0x04, over `cosignature/v1`, the time and the checkpoint.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mainstay.kit.signed_note import NoteError, VerifierKey, read_signature_line, signature_line

COSIGNATURE = b"\x04"


def cosign(text: str, *, name: str, private: Ed25519PrivateKey, at: int) -> str:
    """The signature line of a witness under the text of a checkpoint, at a Unix time."""
    key = VerifierKey(name=name, public=private.public_key(), kind=COSIGNATURE)
    return signature_line(name, key.key_id + at.to_bytes(8, "big") + private.sign(_message(text, at)))


def cosigned(lines: str, text: str, key: VerifierKey) -> tuple[str, int]:
    """The line of `key` among signature lines under `text`, and its Unix time; lines of others are ignored.

    Raises NoteError if there is none, if it is wrong, or if what was given are not signature lines.
    """
    if not lines.endswith("\n"):
        raise NoteError("signature lines end with a newline")
    for line in lines[:-1].split("\n"):
        name, raw = read_signature_line(line)
        if name != key.name or raw[:4] != key.key_id:
            continue
        if len(raw) != 76:
            raise NoteError("a cosignature has a time and 64 bytes")
        at = int.from_bytes(raw[4:12], "big")
        try:
            key.public.verify(raw[12:], _message(text, at))
        except InvalidSignature as error:
            raise NoteError("the cosignature is wrong") from error
        return f"{line}\n", at
    raise NoteError(f"{key.name} did not sign this")


def _message(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()
