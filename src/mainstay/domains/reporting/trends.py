"""Where things are heading: three small pictures, each captioned with its answer and linked to its records."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mainstay.domains.assurance.queries import seen
from mainstay.domains.controls.queries import soa_rows
from mainstay.domains.controls.soa import choose, tally
from mainstay.domains.reporting.facts import Mention
from mainstay.domains.risk.criteria import in_force
from mainstay.domains.risk.heat import headline
from mainstay.domains.risk.models import Risk
from mainstay.domains.risk.queries import standings
from mainstay.domains.work.models import Action
from mainstay.kit.dates import add_months
from mainstay.platform.records.actor import current_actor

WIDE, ROW, LEFT = 300, 24, 92
MONTHS = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class Trend:
    """One picture: its answer, what to compare it with, the drawing, and the numbers as links."""

    answer: str
    note: str
    drawing: SafeString
    numbers: tuple[Mention, ...]


def trends(*, on: date) -> list[Trend]:
    """The pictures there are records for."""
    return [item for item in (risk_levels(), applicability(), overdue_actions(on=on)) if item is not None]


def risk_levels() -> Trend | None:
    """Open risks by their present level, highest first."""
    actor = current_actor()
    criteria = in_force(actor.organisation_id) if actor.organisation_id and actor.may("risk.view") else None
    if criteria is None or not seen(Risk).exists():
        return None
    now = standings()
    bars = [
        (str(level["label"]), now.levels.get(level["number"], 0), f"/risks?current_level={level['number']}&state__not=closed")
        for level in reversed(criteria.levels)
    ]
    missing = Mention(
        text=ngettext("%(n)d risk is not rated", "%(n)d risks are not rated", now.unrated) % {"n": now.unrated},
        href="/risks?inherent_level__empty=yes&state__not=closed",
    )
    return Trend(
        answer=headline("current", above=now.above, total=now.rated), note="",
        drawing=bars_drawing(bars, name=_("Risks by level")), numbers=(missing,) if now.unrated else (),
    )


def bars_drawing(bars: Sequence[tuple[str, int, str]], *, name: str) -> SafeString:
    """Horizontal bars from zero, each with its label before and its number behind it."""
    most = max((count for _label, count, _href in bars), default=0) or 1
    parts = []
    for at, (label, count, href) in enumerate(bars):
        y, wide = at * ROW, round(count / most * (WIDE - LEFT - 40), 1)
        shown = f'<text class="label" x="{LEFT + wide + 6}" y="{y + 16}">{count}</text>'
        parts.append(
            f'<text x="0" y="{y + 16}">{escape(label[:14])}</text>'
            f'<rect class="column" x="{LEFT}" y="{y + 4}" width="{wide}" height="{ROW - 8}"/>'
            + (f'<a href="{escape(href)}" aria-label="{escape(label)}: {count}">{shown}</a>' if count else shown)
        )
    high = len(bars) * ROW
    axis = f'<line class="axis" x1="{LEFT}" x2="{LEFT}" y1="0" y2="{high}"/>'
    return mark_safe(  # noqa: S308 # all text is escaped
        f'<svg viewBox="0 0 {WIDE} {high}" role="group" aria-label="{escape(name)}">{"".join(parts)}{axis}</svg>'
    )


def applicability() -> Trend | None:
    """How far what applies is implemented."""
    if not current_actor().may("applicability.view"):
        return None
    at = choose("", "")
    if at.system is None or at.framework is None:
        return None
    counted = tally(soa_rows(at.system, at.framework, brief=True))
    living = [
        ("met", _("implemented"), counted.implemented, "decision=applicable&implementation=implemented"),
        ("partly", _("partly"), counted.partly, "decision=applicable&implementation=partly"),
        ("not-met", _("planned"), counted.planned, "decision=applicable&implementation=planned"),
        ("not-met", _("without a control"), counted.none, "decision=applicable&implementation=none"),
        ("unknown", _("not decided"), counted.undecided, "decision=undecided"),
    ]
    answer = ngettext(
        "%(done)d of %(n)d applicable requirement is implemented", "%(done)d of %(n)d applicable requirements are implemented",
        counted.applicable,
    ) % {"done": counted.implemented, "n": counted.applicable}
    note = ngettext(
        "%(n)d is not decided", "%(n)d are not decided", counted.undecided,
    ) % {"n": counted.undecided} if counted.undecided else ""
    return Trend(
        answer=answer, note=note, drawing=shares_drawing([(mark, label, count) for mark, label, count, _query in living]),
        numbers=tuple(Mention(text=f"{count} {label}", href=f"/soa?{query}") for _mark, label, count, query in living if count),
    )


def shares_drawing(shares: Sequence[tuple[str, str, int]]) -> SafeString:
    """One line divided by status; the words beside it carry the same numbers."""
    total = sum(count for _mark, _label, count in shares) or 1
    said = ", ".join(f"{count} {label}" for _mark, label, count in shares if count)
    lines, start = [], 0.0
    for mark, _label, count in shares:
        end = start + WIDE * count / total
        if count:
            lines.append(f'<line class="{mark}" x1="{start:.1f}" x2="{end:.1f}" y1="6" y2="6"/>')
        start = end
    return mark_safe(  # noqa: S308 # all text is escaped
        f'<svg class="shares" viewBox="0 0 {WIDE} 12" role="img" aria-label="{escape(said)}">{"".join(lines)}</svg>'
    )


def overdue_actions(*, on: date) -> Trend | None:
    """Actions that were overdue at the end of each of the last months, and today."""
    if not current_actor().may("action.view") or not seen(Action).exists():
        return None
    days = [add_months(on, -back) for back in range(MONTHS, -1, -1)]
    counts = {f"at{at}": overdue_on(day) for at, day in enumerate(days)}
    found = seen(Action).exclude(state="dropped").order_by().aggregate(**counts)
    points = [(day, int(found[f"at{at}"])) for at, day in enumerate(days)]
    now, then = points[-1][1], points[0][1]
    answer = ngettext(
        "%(n)d action is overdue", "%(n)d actions are overdue", now,
    ) % {"n": now} if now else _("No action is overdue")
    return Trend(
        answer=answer, note=_("six months ago: %(n)d") % {"n": then}, drawing=line_drawing(points, name=answer),
        numbers=(Mention(text=_("open actions"), href="/actions?state__in=open,doing"),),
    )


def overdue_on(day: date) -> Count:
    """Counts the actions that were there on a day, due before it and not done by then."""
    not_done = Q(done_on__isnull=True) | Q(done_on__gte=day)
    # The end of the day as a moment: asking each record for its date would call back from the database for every one.
    end = timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))
    return Count("pk", filter=Q(due_on__lt=day, created_at__lt=end) & not_done)


def line_drawing(points: Sequence[tuple[date, int]], *, name: str) -> SafeString:
    """A line over months, from zero, with its last value beside it."""
    most = max(value for _day, value in points) or 1
    across = (WIDE - 50) / max(len(points) - 1, 1)
    places = [(round(10 + at * across, 1), round(70 - value / most * 56, 1)) for at, (_day, value) in enumerate(points)]
    path = " ".join(f"{'M' if not at else 'L'}{x} {y}" for at, (x, y) in enumerate(places))
    x, y = places[-1]
    ends = f'<text x="10" y="86">{points[0][0]:%b %Y}</text><text x="{x}" y="86" text-anchor="end">{points[-1][0]:%b %Y}</text>'
    said = ", ".join(f"{day:%b %Y}: {value}" for day, value in points)
    return mark_safe(  # noqa: S308 # all text is escaped
        f'<svg viewBox="0 0 {WIDE} 90" role="img" aria-label="{escape(name)}. {escape(said)}">'
        f'<line class="axis" x1="0" x2="{WIDE}" y1="70" y2="70"/><path class="series" d="{path}"/>'
        f'<circle class="point" cx="{x}" cy="{y}" r="3"/>'
        f'<text class="label" x="{x + 8}" y="{y + 4}">{points[-1][1]}</text>{ends}</svg>'
    )
