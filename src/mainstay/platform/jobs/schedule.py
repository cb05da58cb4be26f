"""Jobs that come back by themselves: a table in code, and one look a minute by every worker."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from mainstay.platform.jobs.models import Job
from mainstay.platform.jobs.services import enqueue
from mainstay.platform.records.actor import acting, system

LOOK = timedelta(minutes=1)
"""How often a worker looks whether something has to come back."""

_recurring: dict[str, timedelta] = {}


def repeat(kind: str, *, every: timedelta) -> None:
    """Make the registered job `kind`, which takes no arguments, come back `every` so long, for the system."""
    if every < LOOK:
        raise ValueError(f"{kind} cannot come back more often than once a minute")
    if _recurring.get(kind, every) != every:
        raise ValueError(f"{kind} comes back every {_recurring[kind]} already")
    _recurring[kind] = every


def recurring() -> dict[str, timedelta]:
    """What comes back, and how often."""
    return dict(_recurring)


def ensure_scheduled(*, now: datetime | None = None) -> list[Job]:
    """Ask for each recurring job that neither waits nor runs: `every` after it last ran, at once if it never did.

    Two workers that look in the same moment may both ask on PostgreSQL. That costs one idle run, since jobs do only
    what is missing.
    """
    moment = now or timezone.now()
    under_way = Job.objects.filter(state__in=(Job.State.QUEUED, Job.State.RUNNING), user=None)
    # A plain look first: an idle worker must not take SQLite's one write lock.
    if set(_recurring) <= set(under_way.filter(kind__in=_recurring).values_list("kind", flat=True)):
        return []
    made = []
    with transaction.atomic(), acting(system("job")):
        waiting = set(under_way.filter(kind__in=_recurring).values_list("kind", flat=True))
        for kind, every in _recurring.items():
            if kind not in waiting:
                made.append(enqueue(kind, run_after=max(moment, _next(kind, every) or moment)))
    return made


def _next(kind: str, every: timedelta) -> datetime | None:
    """When the job is due again. Counted from when it was due, not from when it ended, so that it does not wander."""
    last = Job.objects.filter(kind=kind, user=None).order_by("-run_after").values_list("run_after", flat=True).first()
    return None if last is None else last + every
