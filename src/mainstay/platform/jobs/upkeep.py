"""What the product does for its own database every day."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from mainstay.platform.jobs.progress import Progress
from mainstay.platform.jobs.registry import job
from mainstay.platform.jobs.schedule import repeat
from mainstay.platform.records.statistics import refresh_statistics

KIND = "refresh-statistics"


@job(KIND, title=_("Counting what the indexes of the database hold"))
def refresh(progress: Progress) -> None:
    """Let the database choose its indexes by what there is now."""
    refresh_statistics()


repeat(KIND, every=timedelta(days=1))
