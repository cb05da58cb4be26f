"""What the tree holds of a change: canonical JSON (RFC 8785) of its metadata, with a salted commitment to its content.

The content (actor in full, reason, row before and after) can be erased without touching the tree; the salt, 128 bits or more,
keeps anybody from guessing it from the commitment. `docs/trail.md` says the same for those who write a verifier.
"""

from base64 import urlsafe_b64encode
from hashlib import sha256
from json.encoder import encode_basestring as quoted
from typing import NamedTuple

CONTENT = b"mainstay-change-v1\0"
FETCHED_AT_ONCE = 2_000


class Entry(NamedTuple):
    """A change as the trail stores it; `at` is UTC with six digits of fraction, as `2026-05-04T03:02:01.000000Z`."""

    seq: int
    at: str
    table: str
    key: str
    op: str
    row: str | None
    before: str | None
    salt: bytes
    actor: str
    door: str
    reason: str
    request: str


def columns(vendor: str, alias: str = "c") -> str:
    """The select list that makes an `Entry`, of `trail_change` under that alias."""
    at = f"{alias}.at"
    rest = ("tbl", "pk", "op", "row", "before", "salt", "actor", "channel", "reason", "request")
    return ", ".join([f"{alias}.seq", AT[vendor].format(at=at), *(f'{alias}."{name}"' for name in rest)])


AT = {
    "postgresql": """to_char({at} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
    # Milliseconds from a trigger, none or six digits from Django.
    "sqlite": "substr({at}, 1, 10) || 'T' || substr(substr({at}, 12) || CASE length({at}) WHEN 19 THEN '.' ELSE '' END "
    "|| '000000', 1, 15) || 'Z'",
}


def commitment(change: Entry) -> bytes:
    """SHA-256 over a fixed prefix, the salt and the content: what the leaf says of it, 32 bytes."""
    _seq, _at, _table, _key, _op, row, before, salt, actor, _door, reason, _request = change
    told, was = "null" if row is None else quoted(row), "null" if before is None else quoted(before)
    return sha256(CONTENT + salt + f"[{quoted(actor)},{quoted(reason)},{was},{told}]".encode()).digest()


def written(committed: bytes) -> str:
    """A commitment as leaves and erasures write it."""
    return "c1:" + urlsafe_b64encode(committed)[:-1].decode()


def leaf_bytes(change: Entry, committed: bytes) -> bytes:
    """The leaf of a change: the same bytes for ever, whatever later happens to its content."""
    seq, at, table, key, op, _row, _before, _salt, actor, door, _reason, request = change
    if not actor.startswith(("user:", "token:")):
        # The name an operator has on the machine is personal; it is in the content.
        actor = actor.partition(":")[0]
    return (
        f'{{"actor":{quoted(actor)},"at":"{at}","c":"{written(committed)}","door":{quoted(door)},"key":{quoted(key)},'
        f'"op":"{op}","req":{quoted(request)},"seq":{seq},"table":{quoted(table)},"v":1}}'
    ).encode()
