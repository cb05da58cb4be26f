"""`mainstay import`: a spreadsheet into a register."""

from pathlib import Path
from typing import Annotated, Any

import typer

from mainstay.cli.options import As, Json, Org, at_the_shell
from mainstay.cli.output import progress, say, write_json
from mainstay.platform.records.errors import Invalid
from mainstay.registers import registry
from mainstay.registers.declaration import Register
from mainstay.registers.imports.mapping import MappingProfile
from mainstay.registers.imports.plan import Plan, plan
from mainstay.registers.imports.profile import propose_profile
from mainstay.registers.imports.run import ImportRefused, carry_out
from mainstay.registers.imports.sheet import Sheet, SheetError, open_sheet
from mainstay.registers.imports.survey import Options

app = typer.Typer(rich_markup_mode=None, add_completion=False)

SHOWN = 20


@app.command("import")
def import_(
    name: Annotated[str, typer.Argument(metavar="REGISTER", help="As `mainstay registers` lists it.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="CSV or XLSX.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen; write nothing.")] = False,
    profile: Annotated[
        Path | None, typer.Option("--profile", exists=True, dir_okay=False, help="Where columns go, as --save-profile wrote it.")
    ] = None,
    save_profile: Annotated[
        Path | None, typer.Option("--save-profile", help="Write where the columns go, to be corrected and used with --profile.")
    ] = None,
    sheet: Annotated[str, typer.Option("--sheet", help="Of a workbook; the first with a table unless said.")] = "",
    partial: Annotated[bool, typer.Option("--partial", help="Take the good rows though others are refused.")] = False,
    create_people: Annotated[bool, typer.Option("--create-people", help="Add people that only the file names.")] = False,
    create_units: Annotated[bool, typer.Option("--create-units", help="Add units that only the file names.")] = False,
    drop_unresolved: Annotated[bool, typer.Option("--drop-unresolved", help="Leave references empty that lead nowhere.")] = False,
    rejects: Annotated[Path | None, typer.Option("--rejects", help="Write the refused rows here, to be mended.")] = None,
    as_: As = "", org: Org = "", as_json: Json = False,
) -> None:
    """Bring a file into a register: all rows, or with --partial the good ones.

    Without a profile the columns are proposed from their headings; what goes nowhere is said. Exit code 1 when rows are refused.
    """
    options = Options(create_people=create_people, create_units=create_units, drop_unresolved=drop_unresolved)
    with at_the_shell(as_, org), progress(file.name) as step:
        register = registry.get(name)
        opened = _opened(file, sheet)
        used = _profile(register, opened, profile)
        if save_profile is not None:
            save_profile.write_text(used.to_json() + "\n", "utf-8")
        try:
            if dry_run:
                made = plan(register, opened, used, options=options, step=step)
            else:
                made = carry_out(register, opened, used, options=options, accept_partial=partial, step=step).plan
        except ImportRefused as error:
            _write_rejects(error.plan, rejects)
            _tell(used, error.plan, done="nothing written", as_json=as_json)
            raise typer.Exit(1) from error
        _write_rejects(made, rejects)
    _tell(used, made, done="dry run, nothing written" if dry_run else "written", as_json=as_json)
    if made.counts["refused"]:
        raise typer.Exit(1)


def _opened(file: Path, name: str) -> Sheet:
    try:
        return open_sheet(file, name=file.name, sheet=name or None)
    except SheetError as error:
        raise Invalid({"file": [str(error)]}) from error


def _profile(register: Register, sheet: Sheet, file: Path | None) -> MappingProfile:
    if file is None:
        return propose_profile(register, sheet)
    try:
        used = MappingProfile.from_json(file.read_text("utf-8"))
    except ValueError as error:
        raise Invalid({"profile": [str(error)]}) from error
    if used.register != register.slug:
        raise Invalid({"profile": [f"This profile is for {used.register}."]})
    return used


def _write_rejects(made: Plan, target: Path | None) -> None:
    if target is not None and made.counts["refused"]:
        with target.open("wb") as stream:
            for piece in made.rejects():
                stream.write(piece)


def _tell(used: MappingProfile, made: Plan, *, done: str, as_json: bool) -> None:
    if as_json:
        write_json(_as_data(used, made) | {"outcome": done})
        return
    for heading, field in used.columns:
        if field:
            say(f"{heading} → {field}")
    if made.left_out:
        say(f"Left out: {', '.join(made.left_out)}")
    if made.missing:
        say(f"Not in the file: {', '.join(made.missing)}")
    for kind, names in (("People", made.people), ("Units", made.units)):
        if names:
            say(f"{kind} to add: {', '.join(names[:SHOWN])}{' …' if len(names) > SHOWN else ''}")
    shown = [*list(made.findings())[:SHOWN], *made.warnings[:SHOWN]]
    for finding in shown:
        say(str(finding))
    counts = ", ".join(f"{count} {outcome}" for outcome, count in made.counts.items() if count)
    say(f"{made.total} rows: {counts or 'none'} ({done}).")


def _as_data(used: MappingProfile, made: Plan) -> dict[str, Any]:
    return {
        "columns": dict(used.columns), "key": used.key, "left_out": made.left_out,
        "missing": made.missing, "counts": dict(made.counts), "people": made.people, "units": made.units,
        "refused": [
            {"row": item.row, "column": item.column, "value": item.value, "reason": item.reason} for item in made.findings()
        ],
        "warnings": [
            {"row": item.row, "column": item.column, "value": item.value, "reason": item.reason} for item in made.warnings
        ],
    }
