"""One HTTP POST to an address that the operator chose: no redirects, no proxies, a deadline, a limit to the answer."""

import http.client
import socket
import ssl
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from mainstay.platform.trail.anchors.delivery import TIMEOUT, Undelivered

LONGEST_ANSWER = 64 * 1024
DEADLINE = 20.0
"""Seconds for all of it, also when the other side sends a byte now and then."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """Status, content type without parameters, and body."""

    status: int
    kind: str
    body: bytes


def complaint(target: str) -> str:
    """What is wrong with the address, or nothing."""
    parts = urlsplit(target)
    try:
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_one = False
    if not (is_one and target.isascii() and target.isprintable() and " " not in target) or parts.fragment:
        return _("Write an address that begins with https:// or http://.")
    # The address stands on the trail, and on pages.
    return _("An address does not hold a login.") if "@" in parts.netloc else ""


def post(address: str, body: bytes, headers: dict[str, str]) -> Answer:
    """Send `body` and read the answer, whatever its status. Raises Undelivered and OSError."""
    parts = urlsplit(address)
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=TIMEOUT, context=context)
    else:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    late = threading.Event()
    try:
        connection.connect()
        watch = threading.Timer(DEADLINE, _cut, [connection.sock, late])
        watch.daemon = True
        watch.start()
        try:
            connection.request("POST", path, body, {"User-Agent": "mainstay", "Connection": "close"} | headers)
            answer = connection.getresponse()
            read = answer.read(LONGEST_ANSWER + 1)
        finally:
            watch.cancel()
    except http.client.HTTPException as error:
        raise Undelivered(_("The answer is not HTTP (%(what)s).") % {"what": type(error).__name__}) from error
    finally:
        connection.close()
    if late.is_set():
        # A status whose headers were cut off reads like an answer.
        raise Undelivered(_("The answer took too long."))
    if len(read) > LONGEST_ANSWER:
        raise Undelivered(_("The answer is too long."))
    return Answer(status=answer.status, kind=answer.headers.get_content_type(), body=read)


def _cut(stream: socket.socket, late: threading.Event) -> None:
    late.set()
    try:
        stream.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # closed already
