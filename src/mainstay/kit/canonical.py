"""One byte string per value: JSON with sorted keys and no spaces, so that equal values hash equally.

Numbers are limited to integers and strings of decimals, which keeps the result within RFC 8785.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID


def canonical_bytes(value: object) -> bytes:
    """Serialise plain data; dates become ISO 8601, decimals and UUIDs strings. Floats are refused (TypeError)."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(value: object) -> str:
    """SHA-256 of the canonical bytes, 64 hexadecimal digits."""
    return hashlib.sha256(canonical_bytes(value)).hexdigest()


def _plain(value: object) -> object:
    match value:
        case None | bool() | int() | str():
            return value
        case datetime() | date():
            return value.isoformat()
        case Decimal() | UUID():
            return str(value)
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case Sequence() if not isinstance(value, bytes | bytearray):
            return [_plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no canonical form")
