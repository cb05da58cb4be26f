"""The table: a row per figure, a column per size, the target beside; what misses it is marked."""

from collections.abc import Mapping, Sequence

from bench.measuring import Figure

GROWTH = 1.5
MISSED = " ✗"
HEAD = ("what", "unit", "target")


def table(figures: Mapping[str, Sequence[Figure]]) -> str:
    """Figures by size as a Markdown table, with the growth from the smallest to the largest size."""
    sizes = list(figures)
    by_name = {size: {figure.name: figure for figure in figures[size]} for size in sizes}
    # The order of the first size that has a figure; a size that broke off has fewer.
    names = list(dict.fromkeys(figure.name for size in sizes for figure in figures[size]))
    rows = [(*HEAD, *sizes, *(["growth"] if len(sizes) > 1 else []))]
    for name in names:
        known = [by_name[size].get(name) for size in sizes]
        first = next(figure for figure in known if figure is not None)
        rows.append((
            name, first.unit, _target(first), *(_cell(figure) for figure in known),
            *([_growth(known[0], known[-1])] if len(sizes) > 1 else []),
        ))
    return _aligned(rows)


def missed(figures: Mapping[str, Sequence[Figure]]) -> int:
    """How many figures miss their target."""
    return sum(figure.misses for found in figures.values() for figure in found)


def _target(figure: Figure) -> str:
    if figure.target is None:
        return ""
    return f"{'≥' if figure.is_least else '≤'} {_number(figure.target)}"


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return ""
    waited = ""
    if figure.p50 is not None:
        same = figure.p95 is None or figure.p95 == figure.p50
        waited = f" ({_number(figure.p50)})" if same else f" ({_number(figure.p50)}/{_number(figure.p95 or 0)})"
    return f"{_number(figure.value)}{waited}{MISSED if figure.misses else ''}"


def _growth(first: Figure | None, last: Figure | None) -> str:
    if first is None or last is None or not first.grows or not first.value:
        return ""
    ratio = last.value / first.value
    return f"{ratio:.2f}{MISSED if ratio > GROWTH else ''}"


def _number(value: float) -> str:
    shown = f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])
