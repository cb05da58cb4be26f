"""Home, the journey, and the map of processes and assets."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from mainstay.domains.controls.queries import reading_once
from mainstay.domains.reporting.beginning import may_begin
from mainstay.domains.reporting.counting import read_facts
from mainstay.domains.reporting.dependencies import drawing, map_of, offered_processes, shown_processes
from mainstay.domains.reporting.journey import seven_steps
from mainstay.domains.reporting.linking import due_words, span
from mainstay.domains.reporting.trends import trends
from mainstay.domains.work.attention import owed_by, red_items
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.moment import current_day

SHOWN_OWED = 40


@require_GET
def home_page(request: HttpRequest) -> HttpResponse:
    """What you owe today, what an auditor would raise, and where things are heading."""
    on, actor = current_day(), current_actor()
    person = Person.unscoped_for_system.filter(pk=actor.person_id).first() if actor.person_id else None
    owed = owed_by(person, on=on) if person is not None else []
    with reading_once():
        red, directions = red_items(on=on), trends(on=on)
    context = {
        "owed": [(item, *due_words(item.due, on=on)) for item in owed[:SHOWN_OWED]], "owed_more": max(0, len(owed) - SHOWN_OWED),
        "red": [(item, span((on - item.since).days) if item.since else "") for item in red],
        "sees_organisation": actor.may("management_system.view"), "trends": directions,
    }
    return render(request, "reporting/home.html", context)


@require_GET
def journey_page(request: HttpRequest) -> HttpResponse:
    """The seven steps, each with what is there, what is missing, and the next thing to do."""
    current_actor().require("management_system.view")
    steps = seven_steps(read_facts(on=current_day()))
    done = sum(1 for step in steps if step.progress == "done")
    current = next((at for at, step in enumerate(steps) if step.progress != "done"), None)
    shown = [
        {"step": step, "is_current": at == current, "may_begin": step.next is not None and may_begin(step.next.begin)}
        for at, step in enumerate(steps)
    ]
    return render(request, "reporting/journey.html", {"steps": shown, "done": done, "total": len(steps)})


@require_GET
def map_page(request: HttpRequest) -> HttpResponse:
    """What a process, or the critical ones, rest on: as a picture and as a table."""
    current_actor().require("process.view")
    offered = offered_processes()
    ref = request.GET.get("process", "")
    processes = shown_processes(offered, ref)
    context: dict[str, Any] = {"offered": offered, "chosen": ref if any(item.ref == ref for item in offered) else ""}
    if processes:
        found = map_of(processes)
        title = _("What %(processes)s rest on") % {"processes": ", ".join(item.name for item in processes[:3])}
        context |= {
            "map": found, "title": title, "as_table": request.GET.get("as") == "table",
            "drawing": mark_safe(drawing(found, title=title)),  # noqa: S308 # the renderer escapes every text
        }
    return render(request, "reporting/map.html", context)
