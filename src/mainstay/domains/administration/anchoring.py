"""Sending checkpoints to the anchors that are due, every hour."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from mainstay.platform.jobs.progress import Progress
from mainstay.platform.jobs.registry import job
from mainstay.platform.jobs.schedule import repeat
from mainstay.platform.trail import sealing
from mainstay.platform.trail.anchors import sending

KIND = "anchor-trail"


@job(KIND, title=_("Sending checkpoints of the trail to where nobody here can change them"))
def anchor(progress: Progress) -> dict[str, int]:
    """Bring the latest checkpoint to each anchor that is due; one that fails keeps its error, and is tried again next time."""
    sealing.seal_noting_trouble()
    sent = sending.send_due(step=progress.step)
    failed = sum(bool(standing.error) for standing in sent)
    return {"arrived": len(sent) - failed, "failed": failed}


repeat(KIND, every=timedelta(hours=1))
