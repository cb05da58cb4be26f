"""What can happen to jobs: one is asked for, taken by a worker, run, cancelled."""

import inspect
import json
import logging
import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from mainstay.platform.access.services import actor_for
from mainstay.platform.jobs.models import Job
from mainstay.platform.jobs.progress import Cancelled, Progress, forget, is_beating
from mainstay.platform.jobs.registry import JobKind, kind_named
from mainstay.platform.records.actor import Actor, acting, current_actor, system
from mainstay.platform.records.errors import DomainError, Invalid, NotAllowed, RuleViolation

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=10)


def enqueue(kind: str, *, run_after: datetime | None = None, **arguments: Any) -> Job:
    """Ask for a job on behalf of the current actor. It commits, or not, with the caller's transaction.

    Arguments are JSON values (ids as text) and must fit the function. The job runs with the rights that the
    initiator has *then*, not with those of now.
    """
    actor, registered = current_actor(), kind_named(kind)
    if registered is None:
        raise Invalid({"kind": [_("There is no job “%s”.") % kind]})
    inspect.signature(registered.function).bind(None, **arguments)
    if json.loads(json.dumps(arguments, allow_nan=False)) != arguments:
        raise TypeError("arguments of a job are plain JSON values")
    if actor.user_id is None and not actor.is_system:
        raise NotAllowed(_("Only users and the system ask for jobs."))
    return Job.objects.create(
        kind=kind,
        arguments=arguments,
        max_attempts=registered.max_attempts,
        run_after=run_after or timezone.now(),
        user_id=actor.user_id,
        channel=actor.channel,
        scopes=list(actor.scopes),
        organisation_id=actor.organisation_id,
    )


def cancel(job: Job) -> None:
    """Stop a job, at its next step if it runs already. For its initiator and for `job.cancel`."""
    actor = current_actor()
    if not (actor.is_system or (job.user_id is not None and job.user_id == actor.user_id)):
        if job.organisation_id is None:
            raise NotAllowed(_("Only who asked for a job may cancel it."))
        actor.require("job.cancel", unit=job.organisation_id)
    waiting = Job.objects.filter(pk=job.pk, state=Job.State.QUEUED)
    if waiting.update(state=Job.State.CANCELLED, finished_at=timezone.now()):
        forget(job)
    else:
        job.refresh_from_db()
        if job.state != Job.State.RUNNING:
            raise RuleViolation(_("The job has already ended."))
        job.cancel_path.touch()
    job.refresh_from_db()


def claim(worker: str, *, now: datetime | None = None) -> Job | None:
    """Take the job that has waited longest, or one whose worker is gone; None when there is nothing to do."""
    moment = now or timezone.now()
    # A plain look first: an idle worker must not take SQLite's one write lock every second.
    if not _to_do(moment).exists():
        return None
    with transaction.atomic():
        # On SQLite the transaction is IMMEDIATE, so this process is the only one that takes jobs now.
        locked = connection.features.has_select_for_update_skip_locked
        candidates = _to_do(moment).select_for_update(skip_locked=locked).order_by("run_after", "id")
        for job in candidates[:20]:
            if job.state == Job.State.RUNNING and not _is_abandoned(job, moment):
                continue
            if job.attempts >= job.max_attempts:
                _end(job, Job.State.FAILED, error=_opaque(job))
                logger.error("job %s stopped its worker %d times", job, job.attempts)
                continue
            job.state, job.worker, job.attempts = Job.State.RUNNING, worker[:100], job.attempts + 1
            job.started_at, job.leased_until = moment, moment + LEASE
            job.save(update_fields=["state", "worker", "attempts", "started_at", "leased_until"])
            return job
    return None


def extend_lease(job: Job) -> bool:
    """Keep the job for another 30 seconds; False when it is no longer this worker's."""
    return bool(_mine(job).update(leased_until=timezone.now() + LEASE))


def run_one(worker: str, *, now: datetime | None = None) -> bool:
    """Take and run one job in this thread; False when there was nothing to do."""
    job = claim(worker, now=now)
    if job is None:
        return False
    run(job)
    return True


def run(job: Job) -> None:
    """Run a claimed job as its initiator and note the outcome. Never raises for what the job does."""
    progress = Progress(job)
    try:
        progress.stop_if_cancelled()
        kind = kind_named(job.kind)
        if kind is None:
            raise Invalid({"kind": [_("There is no job “%s”.") % job.kind]})
        _perform(job, kind, progress)
    except Cancelled:
        _end(job, Job.State.CANCELLED, progress)
    except DomainError as error:
        # A rule said no and will say so again: the sentence is for the person who asked.
        _end(job, Job.State.FAILED, progress, error=str(error))
    except Exception:  # the edge of jobs: whatever goes wrong inside must not end the worker
        logger.exception("job %s failed in attempt %d", job, job.attempts)
        _retry_or_fail(job, progress)


def _perform(job: Job, kind: JobKind, progress: Progress) -> None:
    actor = _actor_of(job)
    if kind.atomic:
        with transaction.atomic():
            if not _end(job, Job.State.DONE, progress, result=_call(job, kind, progress, actor)):
                raise _LostLease
    else:
        _end(job, Job.State.DONE, progress, result=_call(job, kind, progress, actor))


def _call(job: Job, kind: JobKind, progress: Progress, actor: Actor) -> Any:
    with acting(actor, request=f"job {job.id}"):
        return kind.function(progress, **job.arguments)


def _actor_of(job: Job) -> Actor:
    """The initiator with the rights of this moment, narrowed to the scopes of the token that asked."""
    if job.user is None:
        return system("job")
    return replace(actor_for(job.user, channel="job"), scopes=tuple(job.scopes), _cache={})


def _to_do(moment: datetime) -> "models.QuerySet[Job]":
    waiting = models.Q(state=Job.State.QUEUED, run_after__lte=moment)
    return Job.objects.filter(waiting | models.Q(state=Job.State.RUNNING, leased_until__lte=moment))


def _is_abandoned(job: Job, moment: datetime) -> bool:
    """Whether a job past its lease has lost its worker.

    While the job's own transaction holds SQLite's write lock its worker cannot extend the lease in the
    database, so the sign of life that no transaction holds up counts as well.
    """
    return not is_beating(job, now=moment.timestamp(), within=LEASE.total_seconds())


def _mine(job: Job) -> "models.QuerySet[Job]":
    """The row, as long as no other worker took the job after this one lost its lease."""
    return Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, worker=job.worker, attempts=job.attempts)


def _end(
    job: Job, state: str, progress: Progress | None = None, *, result: object = None, error: str = ""
) -> bool:
    """Note the outcome; False when the job is no longer this worker's."""
    standing = progress.standing if progress else job.progress()
    ended = _mine(job).update(
        state=state,
        result=result,
        error=error[:1000],
        finished_at=timezone.now(),
        leased_until=None,
        done=standing.done,
        total=standing.total,
        message=standing.message,
    )
    if not ended:
        logger.error("job %s was taken by another worker before it ended here", job)
        return False
    forget(job)
    return True


def _retry_or_fail(job: Job, progress: Progress) -> None:
    if job.attempts >= job.max_attempts:
        _end(job, Job.State.FAILED, progress, error=_opaque(job))
        return
    # Exponential with jitter, so that jobs which failed together do not come back together.
    wait = min(FIRST_WAIT * 2 ** (job.attempts - 1), LONGEST_WAIT) * random.uniform(0.5, 1.5)  # noqa: S311 # no secret
    if _mine(job).update(state=Job.State.QUEUED, run_after=timezone.now() + wait, leased_until=None):
        # A wish to cancel stays: the next attempt hears it before it begins.
        job.progress_path.unlink(missing_ok=True)


def _opaque(job: Job) -> str:
    return _("Something went wrong here. The log has the details under job %s.") % job.id


class _LostLease(Exception):
    """Rolls back the work of an atomic job that another worker has taken."""
