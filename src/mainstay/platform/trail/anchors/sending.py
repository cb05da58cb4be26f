"""Anchors: which there are, where each stands, and bringing the latest checkpoint to those that are due."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from mainstay.kit.cosignature import COSIGNATURE
from mainstay.kit.signed_note import NoteError, read_key
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import Conflict, Invalid, NotAllowed
from mainstay.platform.records.events import Privileged, announce
from mainstay.platform.trail.anchors import files, mail, stamping, syslog, webhook, witnesses
from mainstay.platform.trail.anchors.delivery import Attested, Deliver, Delivery, Undelivered
from mainstay.platform.trail.models import Anchor, AnchorStanding, Attestation, Checkpoint
from mainstay.platform.trail.sequencer import latest_checkpoint

Step = Callable[[int, int, object], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """How a kind of anchor is reached: what is wrong with a target, or nothing, and bringing a checkpoint there."""

    complaint: Callable[[str], str]
    deliver: Deliver


WAYS = {
    Anchor.Kind.FILE: Way(complaint=files.complaint, deliver=files.deliver),
    Anchor.Kind.SYSLOG: Way(complaint=syslog.complaint, deliver=syslog.deliver),
    Anchor.Kind.WEBHOOK: Way(complaint=webhook.complaint, deliver=webhook.deliver),
    Anchor.Kind.MAIL: Way(complaint=mail.complaint, deliver=mail.deliver),
    Anchor.Kind.WITNESS: Way(complaint=witnesses.complaint, deliver=witnesses.deliver),
    Anchor.Kind.STAMP: Way(complaint=stamping.complaint, deliver=stamping.deliver),
}
INTERVALS = {
    Anchor.Every.HOUR: timedelta(hours=1), Anchor.Every.DAY: timedelta(days=1), Anchor.Every.WEEK: timedelta(weeks=1),
}
EARLY = timedelta(minutes=30)
"""Who looks every hour finds an hourly anchor due each time, whatever the minutes."""


def add(kind: str, target: str, *, every: str, verifier_key: str = "") -> Anchor:
    """Send checkpoints to `target` from now on. Decides where data goes, so it is the operator's. Raises Invalid, Conflict."""
    _require_operator()
    if kind not in Anchor.Kind.values:
        raise Invalid({"kind": [_("One of %(kinds)s.") % {"kinds": ", ".join(Anchor.Kind.values)}]})
    if every not in Anchor.Every.values:
        raise Invalid({"every": [_("One of %(kinds)s.") % {"kinds": ", ".join(Anchor.Every.values)}]})
    complaint = _("At most 500 characters.") if len(target) > 500 else WAYS[Anchor.Kind(kind)].complaint(target)
    if complaint:
        raise Invalid({"target": [complaint]})
    if kind == Anchor.Kind.WITNESS:
        try:
            verifier_key = str(read_key(verifier_key, kind=COSIGNATURE))
        except NoteError as error:
            raise Invalid({"key": [_("The key that the witness signs with: %(why)s.") % {"why": error}]}) from error
    elif verifier_key:
        raise Invalid({"key": [_("Only witnesses have a key.")]})
    with transaction.atomic():
        if Anchor.objects.filter(kind=kind, target=target).exists():
            raise Conflict(_("Checkpoints go there already."))
        made = Anchor.objects.create(kind=kind, target=target, every=every, verifier_key=verifier_key)
        announce(Privileged())
    return made


def remove(anchor: Anchor) -> None:
    """Send nothing there any more. What it attested stays; that it ended is on the trail."""
    _require_operator()
    with transaction.atomic():
        anchor.delete()
        announce(Privileged())


def _require_operator() -> None:
    if not current_actor().is_system:
        raise NotAllowed(_("Where checkpoints go is decided by the operator, at the command line."))


def anchors() -> "QuerySet[Anchor]":
    """All, with their standings."""
    return Anchor.objects.select_related("standing").order_by("pk")


def standing_of(anchor: Anchor) -> AnchorStanding | None:
    """None before the first try."""
    return getattr(anchor, "standing", None)


def shown_target(anchor: Anchor) -> str:
    """The target for pages: of a web address the host alone, since the rest may be what lets one in."""
    parts = urlsplit(anchor.target)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else anchor.target


def is_due(anchor: Anchor, checkpoint: Checkpoint, now: datetime) -> bool:
    """Whether this checkpoint should go there now: the interval is over, the last try failed, or another epoch began."""
    standing = standing_of(anchor)
    if standing is None or standing.arrived_at is None or standing.error or standing.epoch != checkpoint.epoch:
        return True
    is_new = standing.size != checkpoint.size
    return is_new and now >= standing.arrived_at + INTERVALS[Anchor.Every(anchor.every)] - EARLY


def send_due(*, now: datetime | None = None, step: Step = lambda done, total, message: None) -> list[AnchorStanding]:
    """Bring the latest checkpoint to each anchor that is due, whatever becomes of the others; their standings."""
    checkpoint = latest_checkpoint()
    if checkpoint is None:
        return []
    due = [anchor for anchor in anchors() if is_due(anchor, checkpoint, now or timezone.now())]
    sent = []
    for number, anchor in enumerate(due):
        step(number, len(due), str(anchor.get_kind_display()))
        sent.append(send(anchor, checkpoint))
    return sent


def send(anchor: Anchor, checkpoint: Checkpoint) -> AnchorStanding:
    """Bring a checkpoint to an anchor; an error is kept with its standing, and does not stop anybody else."""
    standing = standing_of(anchor) or AnchorStanding(anchor=anchor)
    reached = standing.size if standing.epoch == checkpoint.epoch else 0
    standing.tried_at = timezone.now()
    attested: Attested | None = None
    try:
        attested = WAYS[Anchor.Kind(anchor.kind)].deliver(Delivery(anchor=anchor, checkpoint=checkpoint, reached=reached))
    except (Undelivered, OSError) as error:
        standing.error, standing.failures = _sentence(error)[:500], standing.failures + 1
    else:
        standing.error, standing.failures = "", 0
        standing.epoch, standing.size, standing.arrived_at = checkpoint.epoch, checkpoint.size, standing.tried_at
    with transaction.atomic():
        standing.save()
        if attested is not None:
            Attestation.objects.update_or_create(
                epoch=checkpoint.epoch, size=checkpoint.size, kind=anchor.kind, by=attested.by,
                defaults={"text": attested.text, "at": attested.at},
            )
    return standing


def _sentence(error: Exception) -> str:
    # The system's own words come with a number and without a full stop.
    said = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return said if said.endswith(".") else f"{said}."


def cosigned_now() -> Checkpoint | None:
    """The latest checkpoint, after every witness was asked to cosign it: what an export should end with."""
    checkpoint = latest_checkpoint()
    if checkpoint is not None:
        for anchor in anchors().filter(kind=Anchor.Kind.WITNESS):
            send(anchor, checkpoint)
    return checkpoint
