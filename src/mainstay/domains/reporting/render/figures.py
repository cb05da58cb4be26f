"""Drawings as SVG: the same picture on screen in either theme, in PDF, and in black and white.

Nothing here needs a script or an inline style, so the strictest content policy shows it. Colours are custom
properties with fallbacks (`--level-3`, `--figure-accent`, `--figure-line`); all else follows `currentColor`.
A drawing that contains links is a group and not an image, since an image hides its children from assistive
technology (WAI-ARIA 1.2, children presentational).
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import escape

from mainstay.domains.reporting.render.document import Svg
from mainstay.domains.reporting.render.layering import place
from mainstay.domains.reporting.render.values import Level, Words, ink_on, shown

Number = int | Decimal
Axis = Sequence[tuple[int, str]]
Links = Mapping[tuple[int, int], str] | Callable[[int, int], str | None]

_ACCENT = "var(--figure-accent, #0f4c5c)"
_PAPER = "var(--figure-paper, #ffffff)"
_LINE = "var(--figure-line, #9aa7ad)"
_ALARM = "var(--figure-alarm, #b3261e)"
_ENGLISH = Words()
# Hatching by rank, so that levels stay apart without colour: (spacing, crossed).
_HATCHES = ((0, False), (12, False), (8, False), (5, False), (8, True), (5, True))


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One labelled magnitude, not negative."""

    label: str
    value: Number
    href: str | None = None


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """A limit drawn across a chart, with the words printed on it."""

    value: Number
    label: str


@dataclass(frozen=True, kw_only=True)
class Node:
    """One box of a graph; the kind is printed in it, emphasis thickens its border."""

    id: str
    label: str
    kind: str = ""
    href: str | None = None
    emphasis: bool = False


def heat_map(
    rows: Axis,
    columns: Axis,
    cells: Mapping[tuple[int, int], int],
    levels: Mapping[tuple[int, int], Level],
    *,
    title: str,
    description: str = "",
    links: Links | None = None,
    row_title: str = "",
    column_title: str = "",
) -> Svg:
    """Counts by likelihood (rows, lowest first, drawn upwards) and impact (columns), coloured by level."""
    identity = _identity(title, rows, columns, sorted(cells.items()))
    wide, high, left, top = 96, 52, 150, 24
    scale = sorted({level.number: level for level in levels.values()}.items())
    ranks = {number: rank for rank, (number, _) in enumerate(scale)}
    parts = [_hatch(identity, rank) for rank in ranks.values()]
    for line, (row, row_label) in enumerate(reversed(rows)):
        y = top + line * high
        parts.append(_text(left - 10, y + high / 2 + 4, _short(row_label, 20), anchor="end"))
        for at, (column, label) in enumerate(columns):
            level, count = levels.get((row, column)), cells.get((row, column), 0)
            box = (left + at * wide, y, wide - 2, high - 2)
            drawn = _patch(box, level=level, rank=ranks[level.number] if level else 0, identity=identity)
            drawn += _count(box, count=count, level=level)
            parts.append(_linked(drawn, _link_of(links, row, column), name=f"{row_label}, {label}: {count}"))
    bottom = top + len(rows) * high
    for at, (_, label) in enumerate(columns):
        parts.append(_text(left + at * wide + wide / 2, bottom + 16, _short(label, 15), anchor="middle"))
    parts.append(_text(left - 10, 14, row_title, anchor="end", more='font-weight="700"'))
    parts.append(_text(left, bottom + 38, column_title, more='font-weight="700"'))
    for rank, (_, level) in enumerate(scale):
        x = left + rank * wide
        parts.append(_patch((x, bottom + 52, 16, 14), level=level, rank=rank, identity=identity))
        parts.append(_text(x + 21, bottom + 63, _short(f"{level.number} · {level.label}", 14), size=10))
    size = (left + max(len(columns), len(scale)) * wide + 8, bottom + 72)
    return _figure(parts, size=size, title=title, description=description, identity=identity, linked=links is not None)


def _patch(box: tuple[float, float, float, float], *, level: Level | None, rank: int, identity: str) -> str:
    x, y, wide, high = box
    shape = f'x="{x}" y="{y}" width="{wide}" height="{high}" rx="3"'
    if level is None:
        return f'<rect {shape} fill="none" stroke="{_LINE}"/>'
    hatch = f'<rect {shape} fill="url(#{identity}-{rank})"/>' if _HATCHES[rank % len(_HATCHES)][0] else ""
    return f'<rect {shape} fill="{_fill(level)}"><title>{escape(level.label)}</title></rect>{hatch}'


def _count(box: tuple[float, float, float, float], *, count: int, level: Level | None) -> str:
    x, y, wide, high = box
    # The halo keeps the number clear of the hatching.
    paint = 'font-weight="700"'
    if level is not None:
        ink = f"var(--level-{level.number}-ink, {ink_on(level.colour)})"
        paint += f' fill="{ink}" stroke="{_fill(level)}" stroke-width="4" paint-order="stroke"'
    return _text(x + wide / 2, y + high / 2 + 6, str(count or "·"), anchor="middle", size=16, more=paint)


def _fill(level: Level) -> str:
    return f"var(--level-{level.number}, {level.colour})"


def _hatch(identity: str, rank: int) -> str:
    spacing, crossed = _HATCHES[rank % len(_HATCHES)]
    if not spacing:
        return ""
    path = f"M0 0V{spacing}" + (f"M0 0H{spacing}" if crossed else "")
    return (
        f'<defs><pattern id="{identity}-{rank}" width="{spacing}" height="{spacing}" '
        'patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<path d="{path}" stroke="#000000" stroke-opacity="0.3" fill="none"/></pattern></defs>'
    )


def bars(
    items: Sequence[Bar],
    *,
    title: str,
    description: str = "",
    threshold: Threshold | None = None,
    words: Words = _ENGLISH,
) -> Svg:
    """Horizontal bars from zero, in the order given, each with its number beside it."""
    if any(item.value < 0 for item in items):
        raise ValueError("A bar starts at zero and cannot be negative.")
    identity = _identity(title, items, threshold)
    left, length, high, top = 210, 380, 26, 26 if threshold else 6
    highest = max((float(n) for n in (*(i.value for i in items), threshold.value if threshold else 0)), default=0) or 1
    parts = []
    for at, item in enumerate(items):
        y = top + at * high
        wide = round(float(item.value) / highest * length, 1)
        fill = _ALARM if threshold and item.value > threshold.value else _ACCENT
        drawn = _text(left - 8, y + 17, _short(item.label, 30), anchor="end", full=item.label)
        drawn += f'<rect x="{left}" y="{y + 4}" width="{wide}" height="{high - 8}" rx="2" fill="{fill}"/>'
        drawn += _text(left + wide + 6, y + 17, shown(item.value, words=words), more='font-weight="700"')
        parts.append(_linked(drawn, item.href))
    bottom = top + len(items) * high
    parts.append(f'<path d="M{left} {top}V{bottom}" stroke="{_LINE}"/>')
    if threshold:
        x = round(left + float(threshold.value) / highest * length, 1)
        parts.append(f'<path d="M{x} {top - 4}V{bottom}" stroke="currentColor" stroke-dasharray="4 3"/>')
        name = f"{threshold.label} {shown(threshold.value, words=words)}"
        parts.append(_text(x, 14, name, anchor="end" if x > left + length / 2 else "start"))
    linked = any(item.href for item in items)
    size = (left + length + 100, bottom + 8)
    return _figure(parts, size=size, title=title, description=description, identity=identity, linked=linked)


def trend(
    points: Sequence[tuple[date, Number | None]],
    *,
    title: str,
    description: str = "",
    thresholds: Sequence[Threshold] = (),
    words: Words = _ENGLISH,
) -> Svg:
    """A value over time on a scale that includes zero; a missing value breaks the line."""
    identity = _identity(title, points, thresholds)
    left, top, wide, high = 70, 20, 480, 170
    known = sorted((day, value) for day, value in points if value is not None)
    values = [float(v) for _, v in known] + [float(t.value) for t in thresholds] + [0.0]
    low, highest = min(values), max(values)
    span = (highest - low) or 1.0
    first, last = (min(d for d, _ in points), max(d for d, _ in points)) if points else (date.min, date.min)

    def x(day: date) -> float:
        return round(left + (day - first).days / ((last - first).days or 1) * wide, 1)

    def y(value: Number | float) -> float:
        return round(top + (highest - float(value)) / span * high, 1)

    parts = [f'<path d="M{left} {top}V{top + high}M{left} {y(0)}H{left + wide}" stroke="{_LINE}" fill="none"/>']
    parts.append(_text(left - 8, y(0) + 4, "0", anchor="end"))
    for limit in thresholds:
        at = y(limit.value)
        parts.append(f'<path d="M{left} {at}H{left + wide}" stroke="currentColor" stroke-dasharray="4 3"/>')
        parts.append(_text(left + 6, at - 5, f"{limit.label} {shown(limit.value, words=words)}"))
    for run in _runs(sorted(points, key=lambda point: point[0])):
        path = "L".join(f"{x(day)} {y(value)}" for day, value in run)
        parts.append(f'<path d="M{path}" fill="none" stroke="{_ACCENT}" stroke-width="2" stroke-linejoin="round"/>')
        parts += [f'<circle cx="{x(d)}" cy="{y(v)}" r="3" fill="{_ACCENT}"/>' for d, v in run]
    if known:
        day, value = known[-1]
        parts.append(_text(x(day) + 8, y(value) + 4, shown(value, words=words), more='font-weight="700"'))
    for day, anchor in ((first, "start"), (last, "end")) if first != last else ((first, "start"),) if points else ():
        parts.append(_text(x(day), top + high + 18, shown(day, words=words), anchor=anchor))
    size = (left + wide + 100, top + high + 28)
    return _figure(parts, size=size, title=title, description=description, identity=identity, linked=False)


def _runs(points: Sequence[tuple[date, Number | None]]) -> list[list[tuple[date, Number]]]:
    runs: list[list[tuple[date, Number]]] = [[]]
    for day, value in points:
        if value is None:
            runs.append([])
        else:
            runs[-1].append((day, value))
    return [run for run in runs if run]


def layered_graph(nodes: Sequence[Node], edges: Sequence[tuple[str, str]], *, title: str, description: str = "") -> Svg:
    """Who depends on whom, left to right; an edge that closes a cycle is drawn dashed, running back."""
    identity = _identity(title, nodes, edges)
    wide, high, across, down = 150, 38, 210, 52
    places = place([node.id for node in nodes], edges)
    origin = {name: (10 + layer * across, 10 + rank * down) for name, (layer, rank) in places.items()}
    parts = [
        f'<defs><marker id="{identity}-tip" viewBox="0 0 8 8" refX="7" refY="4" '
        f'markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0L8 4L0 8z" fill="{_LINE}"/></marker></defs>'
    ]
    for source, target in dict.fromkeys(edges):
        if source == target or source not in origin or target not in origin:
            continue
        (x1, y1), (x2, y2) = origin[source], origin[target]
        back = places[source][0] >= places[target][0]
        start, end = (x1 + wide, x2) if not back else (x1, x2 + wide)
        bend = 40 if not back else -40
        y1, y2 = y1 + high // 2, y2 + high // 2
        curve = f"M{start} {y1}C{start + bend} {y1} {end - bend} {y2} {end} {y2}"
        dash = ' stroke-dasharray="4 3"' if back else ""
        parts.append(f'<path d="{curve}" fill="none" stroke="{_LINE}"{dash} marker-end="url(#{identity}-tip)"/>')
    for node in nodes:
        at_x, at_y = origin[node.id]
        border = f'stroke="{_ACCENT}" stroke-width="3"' if node.emphasis else f'stroke="{_LINE}"'
        drawn = f'<rect x="{at_x}" y="{at_y}" width="{wide}" height="{high}" rx="4" fill="{_PAPER}" {border}/>'
        drawn += _text(at_x + 8, at_y + (31 if node.kind else 23), _short(node.label, 20), full=node.label)
        drawn += _text(at_x + 8, at_y + 14, _short(node.kind, 26), size=9, more='fill-opacity="0.75"')
        parts.append(_linked(drawn, node.href))
    size = (
        max((x for x, _ in origin.values()), default=0) + wide + 10,
        max((y for _, y in origin.values()), default=0) + high + 10,
    )
    linked = any(node.href for node in nodes)
    return _figure(parts, size=size, title=title, description=description, identity=identity, linked=linked)


def _figure(
    parts: Sequence[str],
    *,
    size: tuple[float, float],
    title: str,
    description: str,
    identity: str,
    linked: bool,
) -> Svg:
    named = f'aria-labelledby="{identity}-t"' + (f' aria-describedby="{identity}-d"' if description else "")
    said = f'<title id="{identity}-t">{escape(title)}</title>'
    said += f'<desc id="{identity}-d">{escape(description)}</desc>' if description else ""
    wide, high, role = f"{size[0]:g}", f"{size[1]:g}", "group" if linked else "img"
    return Svg(
        f'<svg xmlns="http://www.w3.org/2000/svg" class="figure" role="{role}" {named} '
        f'viewBox="0 0 {wide} {high}" width="{wide}" height="{high}">{said}{"".join(parts)}</svg>'
    )


def _identity(*content: object) -> str:
    # Two drawings on one page must not share ids; the same drawing keeps its own.
    return "f" + hashlib.sha256(repr(content).encode(errors="replace")).hexdigest()[:10]


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 12, more: str = "", full: str = "") -> str:
    if not text:
        return ""
    # A caller's own fill comes first; without one the text follows the page.
    fill = "" if 'fill="' in more else 'fill="currentColor" '
    tip = f"<title>{escape(full)}</title>" if full and full != text else ""
    place = f'x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="{size}"'
    return f"<text {place} {fill}{more}>{tip}{escape(text)}</text>"


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def _link_of(links: Links | None, row: int, column: int) -> str | None:
    if links is None:
        return None
    return links(row, column) if callable(links) else links.get((row, column))


def _linked(drawn: str, href: str | None, *, name: str = "") -> str:
    if href is None:
        return drawn
    if not href.startswith(("/", "?", "#", "https://", "http://")):
        raise ValueError(f"A figure links to pages, not to {href!r}.")
    label = f' aria-label="{escape(name)}"' if name else ""
    return f'<a href="{escape(href)}"{label}>{drawn}</a>'
