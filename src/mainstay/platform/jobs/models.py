"""Work that goes on after the answer: one row per job, in the same database as what caused it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from mainstay.kit.uuid7 import uuid7


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How far a job is: `done` of `total` steps (0 of 0 while unknown), and a sentence."""

    done: int = 0
    total: int = 0
    message: str = ""


class Job(models.Model):
    """A call of a registered function, its initiator, its lease and its outcome.

    Progress and a request to cancel travel through small files in `<home>/progress` while the job runs, not
    through this row: the job's work may be one long transaction, and then SQLite lets nobody else write while
    PostgreSQL shows nobody what it wrote. The row carries the last standing once the job has ended.
    """

    trail_exempt: ClassVar[str] = (
        "the standing of a job is no record; what the job changes is on the trail by itself"
    )

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=60)
    arguments = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=300, blank=True)
    result = models.JSONField(null=True)
    error = models.CharField(_("error"), max_length=1000, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=1)
    run_after = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=100, blank=True)
    user = models.ForeignKey("identity.User", on_delete=models.PROTECT, null=True, related_name="+")
    channel = models.CharField(max_length=20)
    scopes = models.JSONField(default=list)
    organisation = models.ForeignKey("units.Unit", on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        ordering = ("-id",)
        indexes = [
            models.Index(
                fields=("state", "run_after"),
                condition=models.Q(state__in=("queued", "running")),
                name="job_to_do",
            ),
            models.Index(fields=("user", "-id"), name="job_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def title(self) -> object:
        """What people read; of a kind that this version no longer has, its name."""
        from mainstay.platform.jobs.registry import kind_named  # noqa: PLC0415 # which knows jobs

        known = kind_named(self.kind)
        return known.title if known is not None else self.kind

    @property
    def progress_path(self) -> Path:
        home: Path = settings.CONFIGURATION.home
        return home / "progress" / f"{self.id}.json"

    @property
    def cancel_path(self) -> Path:
        return self.progress_path.with_suffix(".cancel")

    def progress(self) -> Standing:
        """The standing now: from the file while the job runs, else from the row."""
        if self.state == self.State.RUNNING:
            try:
                return Standing(**json.loads(self.progress_path.read_text("utf-8")))
            except FileNotFoundError:
                return Standing()
        return Standing(done=self.done, total=self.total, message=self.message)
