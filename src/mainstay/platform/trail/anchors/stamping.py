"""A time stamp by an authority (RFC 3161): that the checkpoint existed at a time that is not ours to choose.

Status, imprint and nonce of the answer are checked here; the authority's signature is for whoever trusts its certificate, with
`openssl ts -verify`.
"""

import secrets
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256

from django.utils.translation import gettext as _

from mainstay.platform.trail.anchors.delivery import Attested, Delivery, Undelivered
from mainstay.platform.trail.anchors.posting import complaint, post

__all__ = ["complaint", "deliver"]

BOOLEAN, INTEGER, OCTETS, OID, SEQUENCE, TIME, TAGGED = 0x01, 0x02, 0x04, 0x06, 0x30, 0x18, 0xA0
SHA256 = bytes.fromhex("608648016503040201")
SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
TOKEN_INFO = bytes.fromhex("2a864886f70d0109100104")
GRANTED = (0, 1)
"""granted, and granted with modifications (section 2.4.2)."""


def deliver(delivery: Delivery) -> Attested:
    """Have the note stamped; the token, as base64 of DER, is the proof."""
    digest, nonce = sha256(delivery.checkpoint.note.encode()).digest(), secrets.randbits(63) | 1
    headers = {"Content-Type": "application/timestamp-query"}
    answer = post(delivery.anchor.target, request(digest, nonce), headers)
    if answer.status != 200:
        raise Undelivered(_("It answered %(status)d.") % {"status": answer.status})
    try:
        token, at = read_answer(answer.body, digest, nonce)
    except ValueError as error:
        raise Undelivered(_("That is no time stamp of this checkpoint: %(why)s.") % {"why": error}) from error
    return Attested(text=b64encode(token).decode(), by=delivery.anchor.target, at=at)


def request(digest: bytes, nonce: int) -> bytes:
    """TimeStampReq (2.4.1): version 1, a SHA-256 imprint, the nonce, and the wish for the authority's certificate."""
    algorithm = encoded(SEQUENCE, encoded(OID, SHA256) + b"\x05\x00")
    imprint = encoded(SEQUENCE, algorithm + encoded(OCTETS, digest))
    return encoded(SEQUENCE, integer(1) + imprint + integer(nonce) + encoded(BOOLEAN, b"\xff"))


def read_answer(raw: bytes, digest: bytes, nonce: int) -> tuple[bytes, datetime]:
    """The token of a TimeStampResp (2.4.2) and its time. ValueError unless it is granted, for this imprint and nonce."""
    (body,) = _all(raw, SEQUENCE)
    status, *token = children(body)
    if status[0] != SEQUENCE or _number(_first(status[1])) not in GRANTED or len(token) != 1:
        raise ValueError("it was not granted")
    # ContentInfo, SignedData, encapsulated content: each names what it is (RFC 5652).
    kind, (tag, signed) = _pair(_content(token[0], SEQUENCE))
    if (kind, tag) != ((OID, SIGNED_DATA), TAGGED):
        raise ValueError("it is not signed data")
    (data,) = _all(signed, SEQUENCE)
    _version, _algorithms, encapsulated, *_rest = children(data)
    kind, (tag, wrapped) = _pair(_content(encapsulated, SEQUENCE))
    if (kind, tag) != ((OID, TOKEN_INFO), TAGGED):
        raise ValueError("what is signed is not a time stamp")
    (octets,) = _all(wrapped, OCTETS)
    (info,) = _all(octets, SEQUENCE)
    return encoded(SEQUENCE, token[0][1]), _time_of(info, digest, nonce)


def _time_of(info: bytes, digest: bytes, nonce: int) -> datetime:
    """The time in a TSTInfo (2.4.2) that is about this digest and answers this nonce."""
    version, _policy, imprint, _serial, time, *options = children(info)
    algorithm, hashed = _pair(_content(imprint, SEQUENCE))
    if _number(version) != 1 or _first(algorithm[1]) != (OID, SHA256) or hashed != (OCTETS, digest):
        raise ValueError("it is about something else")
    if [_number(item) for item in options if item[0] == INTEGER] != [nonce]:
        raise ValueError("it answers another request")
    text = _content(time, TIME).decode("ascii")
    whole, dot, fraction = text.removesuffix("Z").partition(".")
    if not text.endswith("Z") or len(whole) != 14 or not (whole + fraction).isdecimal() or bool(dot) != bool(fraction):
        raise ValueError("its time is not written as DER wants it")
    return datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC)


# DER (X.690), as far as this takes: tags of one byte, lengths that are said, in their shortest form


def encoded(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    told = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(told)]) + told + content


def integer(number: int) -> bytes:
    return encoded(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def children(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element, up to the very end. Raises ValueError."""
    while content:
        if len(content) < 2 or content[0] & 0x1F == 0x1F:
            raise ValueError("it is not DER")
        size, start = content[1], 2
        if size >= 0x80:
            start += size & 0x7F
            size = int.from_bytes(content[2:start], "big")
            if not 3 <= start <= 6 or size < 0x80 or content[2] == 0:
                raise ValueError("it is not DER")
        if len(content) < start + size:
            raise ValueError("it is cut off")
        yield content[0], content[start:start + size]
        content = content[start + size:]


def _all(raw: bytes, *tags: int) -> list[bytes]:
    """The contents of exactly these elements."""
    found = list(children(raw))
    if tuple(tag for tag, _content in found) != tags:
        raise ValueError("it is not laid out as RFC 3161 wants it")
    return [content for _tag, content in found]


def _first(content: bytes) -> tuple[int, bytes]:
    return next(children(content), (0, b""))


def _pair(content: bytes) -> tuple[tuple[int, bytes], tuple[int, bytes]]:
    first, second = children(content)
    return first, second


def _content(element: tuple[int, bytes], tag: int) -> bytes:
    if element[0] != tag:
        raise ValueError("it is not laid out as RFC 3161 wants it")
    return element[1]


def _number(element: tuple[int, bytes]) -> int:
    return int.from_bytes(_content(element, INTEGER), "big", signed=True)
