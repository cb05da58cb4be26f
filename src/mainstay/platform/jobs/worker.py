"""A worker: takes jobs one after the other, and keeps the lease of the one it runs."""

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError, close_old_connections, connection

from mainstay.platform.jobs.models import Job
from mainstay.platform.jobs.progress import beat
from mainstay.platform.jobs.schedule import LOOK, ensure_scheduled
from mainstay.platform.jobs.services import LEASE, claim, extend_lease, run
from mainstay.platform.trail import sealing

logger = logging.getLogger(__name__)

BEAT_SECONDS = LEASE.total_seconds() / 3


def run_forever(stop: threading.Event, poll: float = 1.0) -> None:
    """Run jobs until `stop` is set, ending the one under way, and seal the trail beside them.

    Looks every `poll` seconds, and sees to what comes back.
    """
    threading.Thread(target=sealing.run_forever, args=(stop,), name="sequencer", daemon=True).start()
    worker, look_at = worker_name(), 0.0
    logger.info("worker %s is ready", worker)
    while not stop.is_set():
        try:
            if time.monotonic() >= look_at:
                look_at = time.monotonic() + LOOK.total_seconds()
                ensure_scheduled()
            if not work_once(worker):
                stop.wait(poll)
        except (InterfaceError, OperationalError):
            # The database is away or locked: the job, if there was one, keeps its lease and is taken again
            # after it.
            logger.exception("worker %s has no database", worker)
            stop.wait(max(poll, 1.0))
        finally:
            close_old_connections()


def work_once(worker: str) -> bool:
    """Take one job and run it under a lease that is kept; False when there was nothing to do, or nothing may be written."""
    if sealing.why_stopped():
        return False
    job = claim(worker)
    if job is None:
        return False
    with lease_kept(job):
        run(job)
    return True


@contextmanager
def lease_kept(job: Job, *, every: float = BEAT_SECONDS) -> Iterator[None]:
    """Extend the job's lease from a thread of its own, so that long work is not taken for dead."""
    ended = threading.Event()
    thread = threading.Thread(target=_keep, args=(job, ended, every), name=f"lease {job.id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _keep(job: Job, ended: threading.Event, every: float) -> None:
    try:
        while not ended.wait(every):
            try:
                beat(job)
                _wait_briefly_for_locks()
                extend_lease(job)
            except FileNotFoundError:
                continue  # the job is just ending
            except (InterfaceError, OperationalError):
                logger.debug("the lease of job %s could not be written; its sign of life was", job)
    finally:
        connection.close()


def _wait_briefly_for_locks() -> None:
    # The job itself may hold SQLite's write lock for long; the next sign of life must not wait for that.
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 1000")


def worker_name() -> str:
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(3)}"
