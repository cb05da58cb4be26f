"""The form of a bearer token: `mst_<26 base32 characters, 130 bit>_<7 more, CRC-32 of what precedes>`.

The prefix lets secret scanners find a leaked token; the checksum lets a mistyped one be refused without the
database.
"""

import hashlib
import re
import secrets
from base64 import b32encode
from zlib import crc32

SHAPE = re.compile(r"(mst_[a-z2-7]{26})_([a-z2-7]{7})")


def fresh_secret() -> str:
    """A new token from the system's randomness."""
    body = "mst_" + b32encode(secrets.token_bytes(17)).decode().lower()[:26]
    return f"{body}_{_checksum(body)}"


def is_well_formed(secret: str) -> bool:
    """Whether it has the shape and the checksum of a token; nothing about whether it was ever given out."""
    parts = SHAPE.fullmatch(secret)
    return parts is not None and _checksum(parts[1]) == parts[2]


def digest(secret: str) -> str:
    """What the database keeps. 130 random bits need no salt and no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _checksum(body: str) -> str:
    return b32encode(crc32(body.encode()).to_bytes(4, "big")).decode().lower().rstrip("=")
