"""Asking a witness, as another Mainstay or any that speaks c2sp.org/tlog-witness, to cosign a checkpoint."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mainstay.kit.cosignature import COSIGNATURE, cosigned
from mainstay.kit.merkle import consistency_proof
from mainstay.kit.signed_note import SIZE, NoteError, read_key
from mainstay.platform.trail.anchors.delivery import Attested, Delivery, Undelivered
from mainstay.platform.trail.anchors.posting import Answer, complaint, post
from mainstay.platform.trail.tree import Missing, stored_node

__all__ = ["complaint", "deliver"]

CONFLICT, UNPROVEN, SIZE_TYPE = 409, 422, "text/x.tlog.size"
AHEAD = timedelta(minutes=5)
"""How far the clock of a witness may be ahead of ours."""
_ANEW = gettext_lazy("The witness has seen other entries than these: the trail was written anew.")


def deliver(delivery: Delivery) -> Attested:
    """Submit the checkpoint, and take the cosignature only if the key of the anchor made it over this very checkpoint."""
    # Where less is here than arrived there, the witness is the one to say so.
    reached = delivery.reached if delivery.reached <= delivery.checkpoint.size else 0
    answer = _submitted(delivery, reached)
    seen = _seen(answer)
    if seen is not None:
        _judge(seen, reached, delivery.checkpoint.size)
        answer = _submitted(delivery, seen)
    if answer.status == UNPROVEN:
        raise Undelivered(_ANEW)
    if answer.status != 200:
        said = answer.body.decode("ascii", "replace").split("\n")[0][:100]
        raise Undelivered(_("The witness answered %(status)d: %(said)s") % {"status": answer.status, "said": said})
    key = read_key(delivery.anchor.verifier_key, kind=COSIGNATURE)
    try:
        line, seconds = cosigned(answer.body.decode(), delivery.text, key)
        at = datetime.fromtimestamp(seconds, UTC)
    except (NoteError, UnicodeDecodeError, ValueError, OverflowError) as error:
        raise Undelivered(_("The witness did not answer with its cosignature: %(why)s.") % {"why": error}) from error
    if at > timezone.now() + AHEAD:
        raise Undelivered(_("The witness signed for a time to come, %(at)s.") % {"at": at.isoformat()})
    return Attested(text=line, by=key.name, at=at)


def _submitted(delivery: Delivery, old: int) -> Answer:
    """A proof that our tree of `old` leaves begins this one; the witness holds it against what it saw."""
    try:
        node = stored_node(connection, delivery.checkpoint.epoch)
        proof = consistency_proof(old, delivery.checkpoint.size, node) if old else []
    except Missing as error:
        raise Undelivered(_("Entries are missing here: %(what)s.") % {"what": error}) from error
    lines = [f"old {old}", *(b64encode(item).decode() for item in proof), "", delivery.checkpoint.note]
    address = f"{delivery.anchor.target.rstrip('/')}/add-checkpoint"
    return post(address, "\n".join(lines).encode(), {"Content-Type": "text/plain; charset=utf-8"})


def _seen(answer: Answer) -> int | None:
    """The size that a witness says it saw last, where it was not the one that was claimed."""
    told = answer.body.decode("ascii", "replace").removesuffix("\n")
    is_size = answer.status == CONFLICT and answer.kind == SIZE_TYPE and SIZE.fullmatch(told)
    return int(told) if is_size else None


def _judge(seen: int, reached: int, size: int) -> None:
    """Raise Undelivered if what the witness saw cannot begin a tree of that size, of which `reached` was claimed."""
    if seen > size:
        raise Undelivered(
            _("The witness has seen %(seen)d entries, here are %(size)d: the end was cut off, or an old backup was restored.")
            % {"seen": seen, "size": size}
        )
    if seen == reached:
        raise Undelivered(_ANEW)
