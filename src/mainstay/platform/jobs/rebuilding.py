"""Rebuilding an earlier state where that takes longer than one waits for a page."""

import time
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mainstay.platform.jobs.models import Job
from mainstay.platform.jobs.progress import Progress
from mainstay.platform.jobs.registry import job
from mainstay.platform.jobs.services import enqueue
from mainstay.platform.records.errors import NotFound, Unavailable
from mainstay.platform.records.moment import Moment
from mainstay.platform.trail.moments import cache
from mainstay.platform.trail.moments.resolve import at_checkpoint

KIND = "rebuild-earlier-state"
BUILT_AT_ONCE = 20_000
"""Entries of the trail that are replayed within a request: well under a second."""
FAILURES_HOLD = timedelta(minutes=1)
LOOK_EVERY = 0.05


@job(KIND, title=gettext_lazy("Rebuilding an earlier state"))
def rebuild(progress: Progress, epoch: int, size: int) -> None:
    """Build the file of a checkpoint, unless it is there."""
    moment = at_checkpoint(epoch, size, timezone.now())
    if moment is None:
        raise NotFound(_("There is no such checkpoint."))
    cache.built(moment, lambda done, total: progress.step(done, total, _("Records of then")))


def file_or_job(moment: Moment) -> Path | Job:
    """The state of a moment; or the job that rebuilds it, asked for now unless somebody has."""
    file = cache.found(moment)
    if file is not None:
        return file
    if moment.size <= BUILT_AT_ONCE:
        return cache.built(moment)
    asked = Job.objects.filter(kind=KIND, arguments={"epoch": moment.epoch, "size": moment.size}).order_by("-id").first()
    if asked is None or not _counts(asked):
        return enqueue(KIND, epoch=moment.epoch, size=moment.size)
    if asked.state == Job.State.FAILED:
        raise Unavailable(asked.error)
    return asked


def file_within(moment: Moment, *, seconds: float) -> Path:
    """The state of a moment, waiting for it so long; Unavailable when it takes longer."""
    until = time.monotonic() + seconds
    while isinstance(found := file_or_job(moment), Job):
        if time.monotonic() > until:
            raise Unavailable(_("This earlier state is still being rebuilt. Ask again in a few seconds."))
        time.sleep(LOOK_EVERY)
    return found


def _counts(asked: Job) -> bool:
    """Whether a job still stands for what is wanted: it waits, it runs, or it failed a moment ago."""
    if asked.state in (Job.State.QUEUED, Job.State.RUNNING):
        return True
    ended: datetime | None = asked.finished_at
    return asked.state == Job.State.FAILED and ended is not None and ended > timezone.now() - FAILURES_HOLD
