"""The page that puts two moments beside each other."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from mainstay.platform.jobs.models import Job
from mainstay.platform.jobs.rebuilding import file_or_job
from mainstay.platform.records.errors import Invalid
from mainstay.platform.records.moment import Moment
from mainstay.platform.trail.models import Checkpoint
from mainstay.platform.trail.moments.resolve import FIELD, resolve
from mainstay.registers import registry
from mainstay.registers.comparing import Comparison, Different, State, compare
from mainstay.registers.showing import address
from mainstay.web.moment import waiting

MOST_SHOWN = 200


@require_GET
def compare_page(request: HttpRequest) -> HttpResponse:
    """What differs between `from` and `to`, register by register; `to` is the latest checkpoint unless said."""
    first = Checkpoint.objects.order_by("id").first()
    said = {name: request.GET.get(name, "").strip() for name in ("from", "to", "register")}
    context: dict[str, Any] = {
        "said": said, "first": timezone.localdate(first.at) if first else None, "today": timezone.localdate(),
        "registers": registry.all_registers(),
    }
    if not said["from"]:
        return render(request, "mainstay/compare.html", context)
    try:
        moments = _moment(said["from"], "from"), _moment(said["to"] or timezone.localdate().isoformat(), "to")
    except Invalid as error:
        return render(request, "mainstay/compare.html", context | {"error": error}, status=422)
    earlier, later = sorted(moments, key=lambda moment: (moment.epoch, moment.size))
    states = []
    for moment in (earlier, later):
        found = file_or_job(moment)
        if isinstance(found, Job):
            return waiting(request, found)
        states.append(State(moment=moment, file=found))
    only = [registry.get(said["register"])] if said["register"] else []
    shown = list(_sections(compare(*states, only=only), earlier, later))
    return render(request, "mainstay/compare.html", context | {"earlier": earlier, "later": later, "sections": shown})


def _moment(text: str, name: str) -> Moment:
    try:
        return resolve(text)
    except Invalid as error:
        raise Invalid({name: error.fields[FIELD]}) from error


def _sections(found: Iterator[Comparison], earlier: Moment, later: Moment) -> Iterator[dict[str, Any]]:
    for item in found:
        parts = [
            (kind, len(records), [(_where(item, record, moment), record) for record in records[:MOST_SHOWN]])
            for kind, records, moment in (
                ("added", item.added, later), ("removed", item.removed, earlier), ("changed", item.changed, later)
            ) if records
        ]
        yield {"register": item.register, "parts": parts}


def _where(item: Comparison, record: Different, moment: Moment) -> str:
    """The record as it was known at the moment."""
    page = address(item.register, {"ref": record.ref, "id": record.key})
    return f"{page}?as_known={quote(f'size:{moment.epoch}/{moment.size}', safe='')}"
