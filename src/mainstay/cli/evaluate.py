"""`mainstay evaluate`: readiness by clause."""

from datetime import datetime
from typing import Annotated, Any

import typer

from mainstay.cli.options import As, AsKnown, Json, Org, at_the_shell
from mainstay.cli.output import write_json, write_rows
from mainstay.domains.assurance import readiness
from mainstay.domains.assurance.verdicts import Status
from mainstay.platform.records.moment import current_day

app = typer.Typer(rich_markup_mode=None, add_completion=False)

READY = (Status.MET, Status.NOT_APPLICABLE)


@app.command()
def evaluate(
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="2027-01-31", help="As of this day; today unless said.")
    ] = None,
    as_known: AsKnown = "", as_: As = "", org: Org = "", as_json: Json = False,
) -> None:
    """Say how far each clause is met from the records alone, and what is missing. Exit code 1 until all is met."""
    with at_the_shell(as_, org, known=as_known):
        day = on.date() if on else current_day()
        verdicts = readiness.evaluate(day)
    if as_json:
        write_json({"on": day, "clauses": [_as_data(item) for item in verdicts]})
    else:
        write_rows(
            ("clause", "name", "status", "missing"),
            [(item.clause, str(item.name), item.verdict.status.replace("_", " "), item.verdict.missing) for item in verdicts],
        )
    if any(item.verdict.status not in READY for item in verdicts):
        raise typer.Exit(1)


def _as_data(item: readiness.ClauseVerdict) -> dict[str, Any]:
    verdict = item.verdict
    because = [
        {"kind": proof.kind, "ref": proof.ref, "text": proof.text, "status": str(proof.status)} for proof in verdict.because
    ]
    return {
        "clause": item.clause, "name": str(item.name), "status": str(verdict.status), "missing": verdict.missing,
        "because": because,
    }
