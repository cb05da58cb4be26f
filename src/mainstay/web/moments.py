"""The page where one chooses an earlier state: a day, or one of those that mattered."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from mainstay.domains.assurance.models import ManagementReview
from mainstay.domains.controls.models import SoaVersion
from mainstay.platform.records.actor import current_actor
from mainstay.platform.trail.models import Checkpoint
from mainstay.web.account import local_address

MONTHS, CHECKPOINTS, OF_A_KIND = 12, 10, 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Notable:
    """A moment worth going back to: what `as_known` takes, when that was, and why one would."""

    as_known: str
    at: datetime | date
    why: str


@require_GET
def moments_page(request: HttpRequest) -> HttpResponse:
    """A day to choose, approvals, management reviews, ends of months, and the latest checkpoints."""
    first = Checkpoint.objects.order_by("id").first()
    context = {
        "next": local_address(request, request.GET.get("next", "")),
        "first": timezone.localdate(first.at) if first else None,
        "today": timezone.localdate(),
        "groups": [(title, found) for title, found in _groups(first) if found] if first else [],
    }
    return render(request, "mainstay/moments.html", context)


def _groups(first: Checkpoint) -> Iterator[tuple[str, list[Notable]]]:
    began = timezone.localdate(first.at)
    actor = current_actor()
    if actor.may("soa_version.view"):
        yield _("Approvals of the statement of applicability"), [
            Notable(as_known=version.approved_at.isoformat(), at=version.approved_at, why=version.label)
            for version in SoaVersion.objects.filter(approved_at__gte=first.at).order_by("-approved_at")[:OF_A_KIND]
            if version.approved_at
        ]
    if actor.may("management_review.view"):
        yield _("Management reviews"), [
            Notable(as_known=review.held_on.isoformat(), at=review.held_on, why=review.label)
            for review in ManagementReview.objects.filter(held_on__gte=began).order_by("-held_on")[:OF_A_KIND] if review.held_on
        ]
    yield _("Ends of months"), [Notable(as_known=day.isoformat(), at=day, why="") for day in _ends_of_months(began)]
    yield _("Latest checkpoints"), [
        Notable(
            as_known=f"size:{item.epoch}/{item.size}", at=item.at,
            why=_("%(size)d entries, root %(root)s") % {"size": item.size, "root": bytes(item.root).hex()[:12]},
        )
        for item in Checkpoint.objects.order_by("-id")[:CHECKPOINTS]
    ]


def _ends_of_months(began: date) -> list[date]:
    """The last days of the latest months that are over, as far back as anything was sealed."""
    found: list[date] = []
    day = timezone.localdate().replace(day=1) - timedelta(days=1)
    while day >= began and len(found) < MONTHS:
        found.append(day)
        day = day.replace(day=1) - timedelta(days=1)
    return found
