"""From what people say - a day, a time, a size of the tree - to the checkpoint that was the latest then."""

import re
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from mainstay.platform.records.errors import Invalid
from mainstay.platform.records.moment import Moment, live_alias
from mainstay.platform.trail.models import Checkpoint

FIELD = "as_known"
SIZE = re.compile(r"size:(?:(\d{1,9})/)?(\d{1,18})")
"""`size:42` in the newest epoch, `size:1/42` in the first."""


def resolve(text: str) -> Moment:
    """The moment a text means: `2026-10-01` (the end of that day), `2026-10-01T12:00`, `size:42`. Invalid otherwise.

    Times without a zone are the organisation's, and so are days.
    """
    said = text.strip()
    if found := SIZE.fullmatch(said):
        return _of_size(int(found[2]), epoch=int(found[1]) if found[1] else None)
    known_at = _time_in(said)
    if known_at is None:
        raise _refused(_("Write a day as 2026-10-01, a time as 2026-10-01T12:00, or size:42 for a size of the trail."))
    if timezone.localdate(known_at) > timezone.localdate():
        raise _refused(_("This day is still to come."))
    checkpoint = Checkpoint.objects.using(live_alias()).filter(at__lte=known_at).order_by("-id").first()
    if checkpoint is None:
        raise _refused(_before_the_first())
    return _moment(checkpoint, known_at=known_at)


def at_checkpoint(epoch: int, size: int, known_at: datetime) -> Moment | None:
    """The same moment again, from what was kept of it; None when there is no such checkpoint any more."""
    checkpoint = Checkpoint.objects.using(live_alias()).filter(epoch=epoch, size=size).first()
    return None if checkpoint is None else _moment(checkpoint, known_at=known_at)


def _of_size(size: int, *, epoch: int | None) -> Moment:
    checkpoints = Checkpoint.objects.using(live_alias()).order_by("-id")
    if epoch is not None:
        checkpoints = checkpoints.filter(epoch=epoch)
    newest = checkpoints.first()
    if newest is None:
        raise _refused(_before_the_first())
    if size > newest.size:
        raise _refused(_("The trail has %(size)d sealed entries.") % {"size": newest.size})
    checkpoint = checkpoints.filter(epoch=newest.epoch, size__lte=size).first()
    if checkpoint is None:
        raise _refused(_before_the_first())
    return _moment(checkpoint, known_at=checkpoint.at)


def _time_in(text: str) -> datetime | None:
    """What a text says as a time with a zone; None when it says none, or one that there is not."""
    try:
        day = parse_date(text)
        if day is not None:
            return _end_of(day)
        # A plus sign in an address is a blank.
        moment = parse_datetime(text.replace(" ", "+") if "T" in text else text)
        if moment is None:
            return None
        return moment if timezone.is_aware(moment) else timezone.make_aware(moment, timezone.get_default_timezone())
    except (ValueError, OverflowError):
        return None


def _end_of(day: date) -> datetime:
    following = datetime.combine(day + timedelta(days=1), time.min)
    return timezone.make_aware(following, timezone.get_default_timezone()) - timedelta(microseconds=1)


def _moment(checkpoint: Checkpoint, *, known_at: datetime) -> Moment:
    return Moment(
        epoch=checkpoint.epoch, size=checkpoint.size, root=bytes(checkpoint.root).hex(), sealed_at=checkpoint.at,
        known_at=known_at,
    )


def _before_the_first() -> str:
    first = Checkpoint.objects.using(live_alias()).order_by("id").first()
    if first is None:
        return _("Nothing has been sealed yet.")
    day = timezone.localdate(first.at).isoformat()
    return _("Nothing was sealed by then; the first checkpoint is of %(day)s.") % {"day": day}


def _refused(sentence: str) -> Invalid:
    return Invalid({FIELD: [sentence]})
