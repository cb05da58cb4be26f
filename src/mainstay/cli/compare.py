"""`mainstay compare`: what became of the registers between two moments."""

from typing import Annotated, Any

import typer
from django.utils import timezone

from mainstay.cli.options import As, Json, Org, at_the_shell
from mainstay.cli.output import say, write_json, write_rows
from mainstay.platform.records.actor import acting, reading_only
from mainstay.platform.trail.moments.cache import built
from mainstay.platform.trail.moments.resolve import resolve
from mainstay.registers import registry
from mainstay.registers.comparing import Comparison, Different, State
from mainstay.registers.comparing import compare as compared

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def compare(
    earlier: Annotated[str, typer.Argument(metavar="FROM", help="A day (its end), a time, or size:42.")],
    later: Annotated[str, typer.Argument(metavar="[TO]", help="The same; the latest checkpoint unless said.")] = "",
    register: Annotated[str, typer.Option("--register", metavar="NAME", help="Only this one.")] = "",
    as_: As = "", org: Org = "", as_json: Json = False,
) -> None:
    """List what was added, removed and changed, field by field."""
    with at_the_shell(as_, org) as actor, acting(reading_only(actor)):
        moments = sorted(
            (resolve(earlier), resolve(later or timezone.localdate().isoformat())), key=lambda item: (item.epoch, item.size)
        )
        states = [State(moment=moment, file=built(moment)) for moment in moments]
        for moment in moments:
            say(moment, as_json=True)
        only = [registry.get(register)] if register else []
        rows = [row for item in compared(*states, only=only) for row in _rows(item)]
    if as_json:
        write_json(rows)
        return
    write_rows(
        ("register", "what", "record", "field", "from", "to"),
        [(row["register"], row["what"], f"{row['ref']} {row['name']}", *_texts(change)) for row in rows for change in _each(row)],
    )


def _rows(item: Comparison) -> list[dict[str, Any]]:
    return [
        _row(item, what, record)
        for what, records in (("added", item.added), ("removed", item.removed), ("changed", item.changed)) for record in records
    ]


def _row(item: Comparison, what: str, record: Different) -> dict[str, Any]:
    return {
        "register": item.register.slug, "what": what, "id": record.key, "ref": record.ref, "name": record.name,
        "changes": [
            {"field": change.name, "label": change.label, "from": change.before, "to": change.after} for change in record.changes
        ],
    }


def _each(row: dict[str, Any]) -> list[dict[str, str]]:
    return row["changes"] or [{"label": "", "from": "", "to": ""}]


def _texts(change: dict[str, str]) -> tuple[str, str, str]:
    return change["label"], change["from"], change["to"]
