"""A line to a syslog collector: RFC 5424, over a UNIX socket, UDP (RFC 5426) or TCP with octet counting (RFC 6587)."""

import json
import os
import socket
from urllib.parse import SplitResult, urlsplit

from django.utils import timezone
from django.utils.translation import gettext as _

from mainstay.platform.trail.anchors.delivery import TIMEOUT, Delivery

LOG_AUDIT, NOTICE = 13, 5
PORTS = {"udp": 514, "tcp": 601}


def complaint(target: str) -> str:
    """What is wrong with the address, or nothing."""
    parts = urlsplit(target)
    is_socket = parts.scheme == "unix" and not parts.netloc and parts.path.startswith("/")
    is_host = parts.scheme in PORTS and parts.hostname and parts.path in ("", "/") and "@" not in parts.netloc
    return "" if is_socket or is_host else _("Write unix:/dev/log, udp://host:514 or tcp://host:601.")


def deliver(delivery: Delivery) -> None:
    """Send the note as JSON in one line. A collector confirms nothing: that it arrived is seen there."""
    parts = urlsplit(delivery.anchor.target)
    message = _message(delivery)
    if parts.scheme == "tcp":
        with socket.create_connection(_address(parts), timeout=TIMEOUT) as stream:
            stream.sendall(b"%d " % len(message) + message)
        return
    if parts.scheme == "unix":
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as local:
            local.settimeout(TIMEOUT)
            local.connect(parts.path)
            local.send(message)
        return
    family, kind, protocol, _name, address = socket.getaddrinfo(*_address(parts), type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as datagrams:
        datagrams.connect(address)
        datagrams.send(message)


def _address(parts: SplitResult) -> tuple[str, int]:
    return parts.hostname or "", parts.port or PORTS[parts.scheme]


def _message(delivery: Delivery) -> bytes:
    """Header without structured data; JSON keeps the note, which has several lines and a dash, in one line of ASCII."""
    said = json.dumps({"note": delivery.checkpoint.note})
    at = timezone.now().isoformat(timespec="milliseconds")
    header = f"<{LOG_AUDIT * 8 + NOTICE}>1 {at} {socket.gethostname()[:255]} mainstay {os.getpid()} checkpoint -"
    return f"{header} {said}".encode("ascii", "replace")
