"""What a running job says about itself, and hears: its standing, and whether somebody wants it to stop."""

import json
import os
import time
from dataclasses import asdict

from mainstay.platform.jobs.models import Job, Standing

SECONDS_BETWEEN_WRITES = 0.3


class Cancelled(Exception):
    """Somebody cancelled the job. Raised by `Progress.step`, so that its transaction rolls back."""


class Progress:
    """Given to every job. Call `step` often: it costs a comparison unless 0.3 seconds have passed."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._next = 0.0
        self.standing = Standing()
        job.progress_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._write()

    def step(self, done: int, total: int, message: object = "") -> None:
        """Say that `done` of `total` steps are behind. Raises Cancelled when the job is to stop."""
        now = time.monotonic()
        self.standing = Standing(done=done, total=total, message=str(message)[:300])
        if now >= self._next:
            self._next = now + SECONDS_BETWEEN_WRITES
            self.stop_if_cancelled()
            self._write()

    def stop_if_cancelled(self) -> None:
        if self._job.cancel_path.exists():
            raise Cancelled

    def _write(self) -> None:
        # Renamed into place, so that a reader never sees half of it. No fsync: it may be lost with the
        # machine.
        temporary = self._job.progress_path.with_suffix(f".{os.getpid()}")
        temporary.write_text(json.dumps(asdict(self.standing)), "utf-8")
        temporary.replace(self._job.progress_path)


def beat(job: Job) -> None:
    """Show that the job's worker lives, in a way no transaction can hold up."""
    os.utime(job.progress_path)


def is_beating(job: Job, *, now: float, within: float) -> bool:
    """Whether the job's worker showed itself in the last `within` seconds before `now` (both Unix time)."""
    try:
        return job.progress_path.stat().st_mtime > now - within
    except FileNotFoundError:
        return False


def forget(job: Job) -> None:
    """Remove the files of a job that has ended."""
    job.progress_path.unlink(missing_ok=True)
    job.cancel_path.unlink(missing_ok=True)
