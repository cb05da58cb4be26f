"""How results are written: a table for people, tab-separated lines for pipes, JSON for machines."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import typer

Step = Callable[[int, int, object], None]
"""Told how many of how many steps are done, and a sentence: the shape of a job's `progress.step`."""


def write_json(value: Any) -> None:
    """One JSON document; indented where people look at it. Dates, decimals and ids are texts."""
    typer.echo(json.dumps(value, default=str, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))


def write_rows(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Rows under their headings."""
    if not sys.stdout.isatty():
        for row in (columns, *rows):
            typer.echo("\t".join(" ".join(cell.split()) for cell in row))
        return
    from rich.console import Console  # noqa: PLC0415 # slow to load, and pipes do without it
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in rows:
        # Text, not markup: what people typed must not be read as a command to the terminal.
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def write_pairs(pairs: Mapping[str, str]) -> None:
    """Names and values below one another, empty values left out."""
    filled = {name: value for name, value in pairs.items() if value}
    width = max((len(name) for name in filled), default=0)
    for name, value in filled.items():
        first, *rest = value.split("\n")
        typer.echo(f"{name:<{width}}  {first}")
        for line in rest:
            typer.echo(f"{'':<{width}}  {line}")


def say(sentence: object, *, as_json: bool = False) -> None:
    """A remark beside the result: on standard error where the result is for machines."""
    typer.echo(str(sentence), err=as_json)


def _unseen(done: int, total: int, message: object = "") -> None:
    pass


@contextmanager
def progress(title: str) -> Iterator[Step]:
    """A bar on standard error while long work runs; nothing where nobody looks."""
    if not sys.stderr.isatty():
        yield _unseen
        return
    from rich.console import Console  # noqa: PLC0415 # slow to load, and pipes do without it
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)

        def step(done: int, total: int, message: object = "") -> None:
            bar.update(task, completed=done, total=total or None, description=str(message) or title)

        yield step
