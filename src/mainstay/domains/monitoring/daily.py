"""What Mainstay measures by itself every day."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from mainstay.domains.monitoring.services import compute_due_metrics
from mainstay.platform.jobs.progress import Progress
from mainstay.platform.jobs.registry import job
from mainstay.platform.jobs.schedule import repeat
from mainstay.platform.records.actor import acting, system
from mainstay.platform.records.moment import current_day
from mainstay.platform.units.models import Unit

KIND = "compute-due-metrics"


@job(KIND, title=_("Measuring what Mainstay works out itself"))
def compute_everywhere(progress: Progress) -> dict[str, int]:
    """Measure what is due, in one organisation after the other. What was measured is not due again."""
    organisations = list(Unit.unscoped_for_system.filter(parent=None).order_by("pk").values_list("pk", flat=True))
    made = 0
    for number, organisation in enumerate(organisations):
        progress.step(number, len(organisations))
        with acting(system("job", organisation=organisation)):
            made += len(compute_due_metrics(current_day(), organisation=organisation))
    return {"measurements": made}


repeat(KIND, every=timedelta(days=1))
