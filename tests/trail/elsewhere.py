"""Places outside the installation, for real on the loopback: receivers of checkpoints, and logs of others."""

import socket
import socketserver
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mainstay.kit.merkle import EMPTY_ROOT, consistency_proof, leaf_hash, node_hash, range_hash
from mainstay.kit.signed_note import Checkpoint, VerifierKey, sign
from mainstay.platform.records.actor import Actor
from mainstay.platform.trail.anchors import sending, witnessing
from mainstay.platform.trail.models import Anchor, AnchorStanding, Key

from .sealed import sealed

Answer = tuple[int, dict[str, str], bytes]


class Receiver:
    """A web server that keeps what it is sent, and answers as it is told."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, Any, bytes]] = []
        self.answer: Callable[[bytes], Answer] = lambda body: (204, {}, b"")
        self.address = ""


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.requests.append((self.path, self.headers, body))
            status, headers, answer = receiver.answer(body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with serving(HTTPServer(("127.0.0.1", 0), Handler)) as port:
        receiver.address = f"http://127.0.0.1:{port}"
        yield receiver


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[int]:
    """Answer in a thread; the port, 0 for what has none."""
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1] if isinstance(server.server_address, tuple) else 0
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def collecting(kind: type[socketserver.BaseServer], address: Any) -> Iterator[tuple[int, Queue[bytes]]]:
    """A syslog collector over datagrams or a stream: its port, and what arrives."""
    arrived: Queue[bytes] = Queue()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            if isinstance(self.request, tuple):
                arrived.put(self.request[0])
                return
            arrived.put(b"".join(iter(lambda: self.request.recv(4096), b"")))

    with serving(kind(address, Handler)) as port:
        yield port, arrived


@contextmanager
def mailbox(*offers: str) -> Iterator[tuple[int, list[str], list[bytes]]]:
    """A mail server: its port, the commands it was given and the mails it took."""
    commands: list[str] = []
    mails: list[bytes] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline().decode().rstrip("\r\n"):
                commands.append(line)
                match line.split()[0].upper():
                    case "EHLO":
                        lines = ["250-here", *(f"250-{offer}" for offer in offers), "250 8BITMIME"]
                        self.wfile.write("".join(f"{item}\r\n" for item in lines).encode())
                    case "DATA":
                        self.wfile.write(b"354 go on\r\n")
                        mails.append(b"".join(iter(self.rfile.readline, b".\r\n")))
                        self.wfile.write(b"250 taken\r\n")
                    case "AUTH":
                        self.wfile.write(b"235 welcome\r\n")
                    case "QUIT":
                        self.wfile.write(b"221 bye\r\n")
                        return
                    case _:
                        self.wfile.write(b"250 fine\r\n")

    with serving(socketserver.TCPServer(("127.0.0.1", 0), Handler)) as port:
        yield port, commands, mails


def closed_port() -> int:
    """A port where nobody answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class OtherLog:
    """A log of somebody else, which may be grown, and told anew with `story`."""

    def __init__(self, origin: str = "log.example/1", *, seed: bytes = b"\x01" * 32) -> None:
        self.origin, self.private = origin, Ed25519PrivateKey.from_private_bytes(seed)

    @property
    def key(self) -> str:
        return str(VerifierKey(name=self.origin, public=self.private.public_key()))

    def node(self, story: str) -> Callable[[int, int], bytes]:
        def node(level: int, place: int) -> bytes:
            if level == 0:
                return leaf_hash(f"{story} {place}".encode())
            return node_hash(node(level - 1, 2 * place), node(level - 1, 2 * place + 1))

        return node

    def checkpoint(self, size: int, story: str = "so") -> Checkpoint:
        root = range_hash(0, size, self.node(story)) if size else EMPTY_ROOT
        return Checkpoint(origin=self.origin, size=size, root=root)

    def submission(self, old: int, size: int, story: str = "so", *, proof: list[bytes] | None = None) -> bytes:
        """What is sent to a witness: the honest proof unless another is given."""
        if proof is None:
            proof = consistency_proof(old, size, self.node(story)) if 0 < old <= size else []
        note = sign(self.checkpoint(size, story).text, name=self.origin, private=self.private)
        return "\n".join([f"old {old}", *(b64encode(item).decode() for item in proof), "", note]).encode()


@pytest.fixture
def receiver(kept: Actor) -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def ourselves(kept: Actor, live_server: Any) -> str:
    """The submission prefix of this installation, which is a witness for itself."""
    sealed()
    witnessing.add(Key.objects.get().verifier_key)
    return f"{live_server.url}/witness"


def send(anchor: Anchor) -> AnchorStanding:
    """Send what is sealed by now, as somebody who has just looked where the anchor stands."""
    return sending.send(sending.anchors().get(pk=anchor.pk), sealed())
