"""Proving the trail from the browser and every night, and the bundle for an auditor: long work, so jobs."""

import shutil
import time
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from mainstay.platform.identity.models import AccessEvent, User
from mainstay.platform.identity.services import record_event
from mainstay.platform.jobs.models import Job
from mainstay.platform.jobs.progress import Progress
from mainstay.platform.jobs.registry import job
from mainstay.platform.jobs.schedule import repeat
from mainstay.platform.records.actor import current_actor
from mainstay.platform.trail import sealing
from mainstay.platform.trail.anchors import sending
from mainstay.platform.trail.bundle import write_bundle
from mainstay.platform.trail.disclosure import seen_by
from mainstay.platform.trail.events import ERASURE, record
from mainstay.platform.trail.models import Change
from mainstay.platform.trail.sequencer import latest_checkpoint
from mainstay.platform.trail.verification import verify

VERIFY, BUNDLE = "verify-trail", "trail-bundle"
VERIFIED = "trail.verification"
SHOWN = 20
KEPT = timedelta(days=1)
"""How long a bundle waits to be taken."""


@job(VERIFY, title=_("Proving the trail"))
def prove(progress: Progress) -> dict[str, object]:
    """Prove the whole trail, and note on it what came of that."""
    sealing.seal_noting_trouble()
    result = verify(step=progress.step)
    found = [finding.message for finding in result.findings[:SHOWN]]
    told: dict[str, Any] = {
        "proves": result.proves, "entries": result.entries, "rows": result.rows, "root": result.root,
        "found": len(result.findings) + result.unlisted,
    }
    record(VERIFIED, "", told)
    _forget_bundles()
    return told | {"findings": found, "breaks": result.breaks, "erased": result.erased}


repeat(VERIFY, every=timedelta(days=1))


@job(BUNDLE, title=_("A bundle of the trail for an auditor"))
def bundle(progress: Progress, name: str) -> dict[str, object]:
    """Write what the asking person may hand out as `name`.zip, once more than a job's end to be taken by them."""
    actor = current_actor()
    actor.require("trail.export", unit=actor.organisation_id)
    user = User(pk=actor.user_id) if actor.user_id else None
    record_event(AccessEvent.Kind.EXPORTED, user=user, name=actor.label, detail=f"trail {name}")
    sealing.seal_noting_trouble()
    progress.step(1, 3, _("Writing entries and proofs"))
    target = bundle_path(name)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = target.with_suffix("")
    shutil.rmtree(folder, ignore_errors=True)
    written = write_bundle(folder, see=seen_by(actor), until=sending.cosigned_now())
    progress.step(2, 3, _("Packing"))
    shutil.make_archive(str(folder), "zip", folder)
    shutil.rmtree(folder)
    return {"bundle": name} | asdict(written)


def bundle_path(name: str) -> Path:
    return _bundles() / f"{name}.zip"


def _bundles() -> Path:
    return Path(settings.CONFIGURATION.home) / "bundles"


def _forget_bundles() -> None:
    oldest = time.time() - KEPT.total_seconds()
    for path in _bundles().glob("*.zip"):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)


def standing() -> dict[str, Any]:
    """Where the trail stands: last checkpoint, what waits, and the last proof with what it found."""
    last = Job.objects.filter(kind=VERIFY, state=Job.State.DONE).order_by("-finished_at").first()
    behind = sealing.lag()
    checkpoint = latest_checkpoint()
    return {
        "checkpoint": checkpoint,
        "root": bytes(checkpoint.root).hex() if checkpoint else "",
        "waiting": behind.waiting,
        "proof": last,
        "trouble": sealing.why_stopped(),
        "anchors": [
            {"anchor": anchor, "target": sending.shown_target(anchor), "standing": sending.standing_of(anchor)}
            for anchor in sending.anchors()
        ],
        "erasures": Change.objects.filter(table=ERASURE).count(),
    }
