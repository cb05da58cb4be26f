"""Bringing checkpoints to others: each way there is, what may go wrong on it, and what is kept of that."""

import hmac
import json
import socketserver
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path
from time import time
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from mainstay.domains.administration.anchoring import KIND, anchor
from mainstay.kit.signed_note import open_checkpoint, read_key
from mainstay.platform.jobs.schedule import recurring
from mainstay.platform.records.actor import Actor, acting
from mainstay.platform.records.errors import Conflict, Invalid, NotAllowed
from mainstay.platform.trail.anchors import mail, posting, sending, webhook, witnessing
from mainstay.platform.trail.models import Anchor, AnchorStanding, Attestation, Change, Checkpoint, Key, Leaf
from mainstay.platform.trail.sequencer import Sequencer
from mainstay.platform.trail.verification import verify

from .elsewhere import Receiver, closed_port, collecting, mailbox, send, serving
from .sealed import add as add_assets
from .sealed import as_administrator_of_the_database, sealed


def is_ours(note: str) -> bool:
    return open_checkpoint(note, read_key(Key.objects.get().verifier_key)).size == Checkpoint.objects.latest("id").size


# Each way


def test_a_file_gets_note_after_note_and_ends_with_the_last(kept: Actor, tmp_path: Path) -> None:
    file = sending.add("file", str(tmp_path / "kept.txt"), every="day")

    first = send(file)
    add_assets(2)
    second = send(file)

    lines = (tmp_path / "kept.txt").read_text("utf-8").splitlines(keepends=True)
    assert (first.error, second.error) == ("", "")
    assert first.size < second.size == Checkpoint.objects.latest("id").size
    assert is_ours("".join(lines[-5:]))
    assert len(lines) == 12


def test_a_note_from_the_file_shows_what_was_changed_since(kept: Actor, tmp_path: Path) -> None:
    add_assets(3)
    send(sending.add("file", str(tmp_path / "kept.txt"), every="day"))
    note = "".join((tmp_path / "kept.txt").read_text("utf-8").splitlines(keepends=True)[-5:])
    assert verify(held=[note]).proves

    as_administrator_of_the_database("DELETE FROM trail_checkpoint")
    as_administrator_of_the_database("DELETE FROM trail_leaf WHERE \"index\" > 1")

    assert not verify(held=[note]).proves


def test_a_syslog_collector_gets_one_line_over_udp(kept: Actor) -> None:
    with collecting(socketserver.UDPServer, ("127.0.0.1", 0)) as (port, arrived):
        standing = send(sending.add("syslog", f"udp://127.0.0.1:{port}", every="hour"))
        line = arrived.get(timeout=5)

    head, _blank, said = line.decode("ascii").partition(" - {")
    assert standing.error == ""
    assert head.startswith("<109>1 ") and " mainstay " in head and head.endswith(" checkpoint")
    assert is_ours(json.loads("{" + said)["note"])


def test_a_syslog_collector_gets_one_line_over_a_socket_of_the_machine(kept: Actor, tmp_path: Path) -> None:
    with collecting(socketserver.UnixDatagramServer, str(tmp_path / "log")) as (_port, arrived):
        standing = send(sending.add("syslog", f"unix:{tmp_path / 'log'}", every="hour"))
        line = arrived.get(timeout=5)

    assert standing.error == ""
    assert line.startswith(b"<109>1 ")


def test_a_syslog_collector_gets_a_counted_line_over_tcp(kept: Actor) -> None:
    with collecting(socketserver.TCPServer, ("127.0.0.1", 0)) as (port, arrived):
        send(sending.add("syslog", f"tcp://127.0.0.1:{port}", every="hour"))
        line = arrived.get(timeout=5)

    count, _blank, message = line.partition(b" ")
    assert int(count) == len(message)
    assert message.startswith(b"<109>1 ")


def test_a_webhook_is_signed_with_the_secret_of_its_receiver(receiver: Receiver) -> None:
    made = sending.add("webhook", f"{receiver.address}/hook?of=ours", every="hour")
    standing = send(made)

    ((path, headers, body),) = receiver.requests
    key = b64decode(webhook.secret(made).removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    assert standing.error == "" and path == "/hook?of=ours"
    assert headers["webhook-signature"] == f"v1,{b64encode(hmac.digest(key, signed, 'sha256')).decode()}"
    assert abs(int(headers["webhook-timestamp"]) - time()) < 60
    assert is_ours(json.loads(body)["data"]["note"])


def test_the_secret_of_a_webhook_is_nowhere_in_the_database(receiver: Receiver) -> None:
    made = sending.add("webhook", receiver.address, every="hour")

    secret = webhook.secret(made).removeprefix("whsec_")

    told = [*Change.objects.values_list("row", flat=True), *Anchor.objects.values_list("target", "verifier_key")]
    assert not any(secret in str(item) for item in told)
    assert secret != webhook.secret(Anchor(pk=made.pk + 1)).removeprefix("whsec_")


@pytest.mark.parametrize("answer", [
    (500, {}, b""), (404, {}, b"no"), (302, {"Location": "/elsewhere"}, b""), (200, {}, b"x" * 70_000),
])
def test_a_webhook_that_is_refused_keeps_the_error_and_follows_nobody(receiver: Receiver, answer: Any) -> None:
    receiver.answer = lambda body: answer

    standing = send(sending.add("webhook", receiver.address, every="hour"))

    assert standing.error and standing.arrived_at is None
    assert len(receiver.requests) == 1


def test_what_is_no_http_is_an_error(kept: Actor) -> None:
    class Babble(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65_536)
            self.request.sendall(b"SSH-2.0-other\r\n")

    with serving(socketserver.TCPServer(("127.0.0.1", 0), Babble)) as port:
        standing = send(sending.add("webhook", f"http://127.0.0.1:{port}", every="hour"))

    assert "HTTP" in standing.error


def test_who_never_comes_to_an_end_is_cut_off(kept: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(b"HTTP/1.1 200 OK\r\n")
            while self.request.recv(65_536):
                self.request.sendall(b"X: y\r\n")

    monkeypatch.setattr(posting, "DEADLINE", 0.2)
    with serving(socketserver.TCPServer(("127.0.0.1", 0), Endless)) as port:
        standing = send(sending.add("webhook", f"http://127.0.0.1:{port}", every="hour"))

    assert standing.error and standing.arrived_at is None


@pytest.fixture
def mails(settings: Any, kept: Actor) -> Callable[..., None]:
    def through(port: int, login: str = "") -> None:
        settings.CONFIGURATION = replace(
            settings.CONFIGURATION, smtp=f"smtp://{login}127.0.0.1:{port}", sender="isms@example.org"
        )

    return through


def test_an_auditor_gets_the_note_by_mail(mails: Callable[..., None]) -> None:
    with mailbox() as (port, commands, taken):
        mails(port)
        standing = send(sending.add("mail", "auditor@example.com", every="week"))

    message = message_from_bytes(taken[0])
    (attached,) = [part for part in message.walk() if part.get_filename()]
    content = attached.get_payload(decode=True)
    assert standing.error == ""
    assert isinstance(content, bytes) and is_ours(content.decode())
    assert any("auditor@example.com" in command for command in commands)
    assert message["From"] == "isms@example.org"


def test_a_password_goes_to_no_server_without_encryption(mails: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "LOOPBACK", ())
    with mailbox("AUTH PLAIN") as (port, commands, taken):
        mails(port, "anna:secret@")
        standing = send(sending.add("mail", "auditor@example.com", every="week"))

    assert "encryption" in standing.error
    assert not taken and not any(command.startswith("AUTH") for command in commands)


def test_a_mail_server_on_this_machine_may_have_the_password(mails: Callable[..., None]) -> None:
    with mailbox("AUTH PLAIN") as (port, commands, taken):
        mails(port, "an%40na:se%2Fcret@")
        standing = send(sending.add("mail", "auditor@example.com", every="week"))

    (login,) = [command for command in commands if command.startswith("AUTH")]
    assert standing.error == "" and len(taken) == 1
    assert b64decode(login.split()[-1]) == b"\0an@na\0se/cret"


# Whatever goes wrong


def test_who_is_down_keeps_the_error_and_the_others_get_theirs(receiver: Receiver, tmp_path: Path) -> None:
    down = sending.add("webhook", f"http://127.0.0.1:{closed_port()}", every="hour")
    (tmp_path / "drive").mkdir()
    gone = sending.add("file", str(tmp_path / "drive" / "kept.txt"), every="hour")
    (tmp_path / "drive").rmdir()
    up = sending.add("webhook", receiver.address, every="hour")

    told = anchor(Silent())

    standings = {standing.anchor_id: standing for standing in AnchorStanding.objects.all()}
    assert told == {"arrived": 1, "failed": 2}
    assert "refused" in standings[down.pk].error and standings[down.pk].failures == 1
    assert "No such file" in standings[gone.pk].error
    assert standings[up.pk].error == "" and len(receiver.requests) == 1


class Silent:
    """Stands for the progress that nobody watches."""

    def step(self, done: int, total: int, message: object = "") -> None:
        pass


def test_what_did_not_arrive_is_tried_again_and_its_error_goes(receiver: Receiver) -> None:
    sending.add("webhook", receiver.address, every="week")
    receiver.answer = lambda body: (503, {}, b"")
    anchor(Silent())
    failed = AnchorStanding.objects.get()
    receiver.answer = lambda body: (200, {}, b"")

    told = anchor(Silent())

    standing = AnchorStanding.objects.get()
    assert failed.error and told == {"arrived": 1, "failed": 0}
    assert (standing.error, standing.failures) == ("", 0)


@pytest.mark.parametrize(("every", "minutes", "is_due"), [
    ("hour", 20, False), ("hour", 59, True), ("day", 60 * 20, False), ("day", 60 * 24 - 5, True), ("week", 60 * 24 * 6, False),
    ("week", 60 * 24 * 7, True),
])
def test_each_is_sent_as_often_as_was_said(kept: Actor, tmp_path: Path, every: str, minutes: int, is_due: bool) -> None:
    made = sending.add("file", str(tmp_path / "kept.txt"), every=every)
    send(made)
    add_assets(1)
    sealed()

    sent = sending.send_due(now=timezone.now() + timedelta(minutes=minutes))

    assert bool(sent) == is_due


def test_nothing_new_is_not_sent_again(kept: Actor, tmp_path: Path) -> None:
    send(sending.add("file", str(tmp_path / "kept.txt"), every="hour"))

    assert sending.send_due(now=timezone.now() + timedelta(days=30)) == []


def test_a_new_epoch_goes_out_at_once(kept: Actor, tmp_path: Path) -> None:
    send(sending.add("file", str(tmp_path / "kept.txt"), every="week"))

    Sequencer().new_epoch("a backup was restored")

    (standing,) = sending.send_due()
    assert (standing.epoch, standing.error) == (2, "")


def test_anchors_are_served_every_hour() -> None:
    assert recurring()[KIND] == timedelta(hours=1)


# Who decides, and what is known of it


@pytest.mark.parametrize(("kind", "target"), [
    ("file", "kept.txt"), ("file", "/nowhere/at/all/kept.txt"), ("syslog", "127.0.0.1"), ("syslog", "udp://a:b@host"),
    ("webhook", "ftp://example.org"), ("webhook", "https://anna:secret@example.org"), ("webhook", "https://example.org/#a"),
    ("webhook", "https://example.org:99999"), ("webhook", "https://ex ample.org"), ("webhook", "https://" + "x" * 500),
    ("mail", "anna"), ("mail", "anna@example.org"), ("witness", "https://example.org"), ("pigeon", "roof"),
])
def test_a_target_that_cannot_be_reached_is_not_taken(kept: Actor, kind: str, target: str) -> None:
    with pytest.raises(Invalid):
        sending.add(kind, target, every="day")


def test_a_file_in_the_home_is_not_outside(kept: Actor) -> None:
    home = Path(settings.CONFIGURATION.home)

    with pytest.raises(Invalid):
        sending.add("file", str(home / "kept.txt"), every="day")
    with pytest.raises(Invalid):
        sending.add("file", str(home / "keys" / ".." / "kept.txt"), every="day")


def test_what_else_is_refused(receiver: Receiver) -> None:
    sending.add("webhook", receiver.address, every="day")

    with pytest.raises(Conflict):
        sending.add("webhook", receiver.address, every="hour")
    with pytest.raises(Invalid):
        sending.add("webhook", f"{receiver.address}/more", every="year")
    with pytest.raises(Invalid):
        sending.add("webhook", f"{receiver.address}/more", every="day", verifier_key="a+b+c")


def test_only_the_operator_says_where_checkpoints_go(receiver: Receiver, person_with: Callable[..., Actor]) -> None:
    made = sending.add("webhook", receiver.address, every="day")

    with acting(person_with("administrator")):
        with pytest.raises(NotAllowed):
            sending.add("webhook", f"{receiver.address}/more", every="day")
        with pytest.raises(NotAllowed):
            sending.remove(made)


def test_that_an_anchor_came_and_went_is_sealed_and_what_it_attested_stays(ourselves: str) -> None:
    made = sending.add("witness", ourselves, every="hour", verifier_key=str(witnessing.verifier_key()))
    send(made)

    sending.remove(Anchor.objects.get())

    changes = Change.objects.filter(table="trail_anchor").order_by("seq")
    assert [change.op for change in changes] == ["I", "D"]
    assert Leaf.objects.filter(seq__in=[change.seq for change in changes]).count() == 2
    assert Attestation.objects.count() == 1 and not AnchorStanding.objects.exists()


def test_delivering_adds_nothing_to_the_trail(receiver: Receiver) -> None:
    made = sending.add("webhook", receiver.address, every="day")
    before = sealed().size

    send(made)
    send(made)

    assert sealed().size == before


def test_the_page_of_the_trail_says_where_each_stands(receiver: Receiver, signed_in: Callable[..., Any]) -> None:
    receiver.answer = lambda body: (503, {}, b"")
    send(sending.add("webhook", f"{receiver.address}/hook?let=me-in", every="week"))

    page = signed_in("administrator").get("/administration/trail").content.decode()

    assert receiver.address in page and "It answered 503." in page and "every week" in page
    assert "let=me-in" not in page
