"""Encryption of one file: STREAM over AES-256-GCM, so that any part can be read and no part can be moved.

STREAM (Hoang, Reyhanitabar, Rogaway, Vizár, "Online authenticated-encryption and its nonce-reuse
misuse-resistance", CRYPTO 2015) seals chunk i under the nonce (i, is it the last?): a chunk cannot be
reordered, repeated or dropped, and the end cannot be cut off. The header is authenticated with every chunk
and carries the file's own random key, wrapped (AES-KWP, NIST SP 800-38F) under a key derived from the root
key.
"""

import io
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap_with_padding,
    aes_key_wrap_with_padding,
)
from django.utils.translation import gettext as _

from mainstay.keys import key_bytes
from mainstay.platform.files.errors import FileDamaged

CHUNK = 64 * 1024
TAG = 16
MAGIC = b"MSF\x01\x01"
"""Format, version 1, algorithm 1 (STREAM, AES-256-GCM, 64 KiB)."""
KEY_ID = 8
WRAPPED = 40
HEADER = len(MAGIC) + KEY_ID + WRAPPED


@dataclass(frozen=True, kw_only=True, slots=True)
class FileKeys:
    """The purpose keys of the file store, all derived from the root key (HKDF, RFC 5869)."""

    wrapping: bytes
    naming: bytes
    identifier: bytes

    @classmethod
    def of(cls, home: Path) -> "FileKeys":
        root = key_bytes(home, "root")
        return cls(
            wrapping=_derive(root, b"wrapping"),
            naming=_derive(root, b"naming"),
            identifier=_derive(root, b"identifier")[:KEY_ID],
        )


def _derive(root: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"mainstay/files/" + purpose).derive(root)


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if is_last else b"\x00")


class Sealer:
    """Writes plaintext given in pieces of any length to `target`, encrypted under a fresh key."""

    def __init__(self, target: BinaryIO, keys: FileKeys) -> None:
        data_key = secrets.token_bytes(32)
        self.wrapped = aes_key_wrap_with_padding(keys.wrapping, data_key)
        self._header = MAGIC + keys.identifier + self.wrapped
        self._cipher = AESGCM(data_key)
        self._target = target
        self._number = 0
        self._waiting = bytearray()
        target.write(self._header)

    def write(self, piece: bytes) -> None:
        self._waiting += piece
        # A full chunk waits until more follows, since only then it is known not to be the last.
        while len(self._waiting) > CHUNK:
            self._seal(bytes(self._waiting[:CHUNK]), is_last=False)
            del self._waiting[:CHUNK]

    def finish(self) -> None:
        self._seal(bytes(self._waiting), is_last=True)

    def _seal(self, chunk: bytes, *, is_last: bool) -> None:
        self._target.write(self._cipher.encrypt(_nonce(self._number, is_last=is_last), chunk, self._header))
        self._number += 1


def open_sealed(path: Path, keys: FileKeys, *, wrapped: bytes | None = None) -> "SealedReader":
    """A reader of the file at `path`, which must carry the key `wrapped` when one is given."""
    source = path.open("rb")
    try:
        return SealedReader(source, keys, wrapped=wrapped)
    except FileDamaged:
        source.close()
        raise


class SealedReader(io.RawIOBase):
    """The plaintext of a sealed file, with random access. Raises FileDamaged for what was not sealed so."""

    def __init__(self, source: BinaryIO, keys: FileKeys, *, wrapped: bytes | None = None) -> None:
        super().__init__()
        self._source = source
        self._header = source.read(HEADER)
        length = source.seek(0, io.SEEK_END) - len(self._header)
        self._cipher = self._open_header(keys, wrapped)
        if length < TAG:
            raise FileDamaged(_("The file was cut short."))
        self.chunks = -(-length // (CHUNK + TAG))
        self.size = length - self.chunks * TAG
        self._position = 0
        self._held: tuple[int, bytes] = (-1, b"")

    def _open_header(self, keys: FileKeys, wrapped: bytes | None) -> AESGCM:
        header = self._header
        if len(header) < HEADER or not header.startswith(MAGIC):
            raise FileDamaged(_("The file does not begin with a header of this version."))
        if header[len(MAGIC) : -WRAPPED] != keys.identifier:
            raise FileDamaged(_("The file was encrypted under another root key."))
        self.wrapped = header[-WRAPPED:]
        if wrapped is not None and self.wrapped != wrapped:
            raise FileDamaged(_("The file carries another key than its record."))
        try:
            return AESGCM(aes_key_unwrap_with_padding(keys.wrapping, self.wrapped))
        except (InvalidUnwrap, ValueError) as error:
            raise FileDamaged(_("The key of the file cannot be unwrapped.")) from error

    def chunk(self, number: int) -> bytes:
        """The plaintext of one chunk, authenticated."""
        if self._held[0] != number:
            self._source.seek(HEADER + number * (CHUNK + TAG))
            sealed = self._source.read(CHUNK + TAG)
            try:
                nonce = _nonce(number, is_last=number == self.chunks - 1)
                self._held = number, self._cipher.decrypt(nonce, sealed, self._header)
            except InvalidTag as error:
                raise FileDamaged(_("Part %d of the file is not what was stored.") % (number + 1)) from error
        return self._held[1]

    def pieces(self) -> Iterator[bytes]:
        return (self.chunk(number) for number in range(self.chunks))

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # the base is typed more loosely
        if self._position >= self.size:
            return 0
        number, start = divmod(self._position, CHUNK)
        part = self.chunk(number)[start : start + len(buffer)]
        buffer[: len(part)] = part
        self._position += len(part)
        return len(part)

    def close(self) -> None:
        self._source.close()
        super().close()
