"""The commands of each register, made from its declaration: list, show, add, change, delete, and its verbs."""

from collections.abc import Callable, Mapping
from inspect import Parameter, Signature
from typing import Annotated, Any

import typer
from django.db import transaction

from mainstay.cli import criteria, details
from mainstay.cli.asking import Columns, Filters, Search, Sort, listing_of
from mainstay.cli.options import As, AsKnown, Json, Org, at_the_shell
from mainstay.cli.output import say, write_json, write_rows
from mainstay.platform.records.errors import NotFound
from mainstay.registers import crud, lists, registry
from mainstay.registers.declaration import Register
from mainstay.registers.fields import Field, editable_fields, fields_of
from mainstay.registers.verbs import Verb, perform, verbs_of

Key = Annotated[str, typer.Argument(metavar="REF", help="Reference, id or name.")]
Because = Annotated[str, typer.Option("--because", metavar="TEXT", help="Why; the trail keeps it.")]
MORE: Mapping[str, Callable[[typer.Typer], None]] = {"risk-criteria": criteria.add_commands}
"""Commands of a register that are neither plain editing nor verbs of a record."""


def command_for(slug: str) -> Any:
    """The command of a register; None when there is none of that name."""
    try:
        register = registry.get(slug)
    except NotFound:
        return None
    app = typer.Typer(
        rich_markup_mode=None, add_completion=False, no_args_is_help=True,
        help=f"{register.label_plural.capitalize()}. {register.about}",
    )
    app.command("list")(_list_command(register))
    app.command("show")(_show_command(register))
    if editable_fields(register):
        if register.may_add:
            _take(app, "add", _add_command(register), _field_options(register), f"Add: {register.label}.")
        _take(app, "change", _change_command(register), _field_options(register), "Change the fields that are given.")
        app.command("delete")(_delete_command(register))
    if slug in MORE:
        MORE[slug](app)
    for item in verbs_of(register.model).values():
        name = item.name.replace("_", "-")
        taken = {command.name for command in app.registered_commands}
        _take(app, f"do-{name}" if name in taken else name, _verb_command(register, item), _parameter_options(item), item.about)
    return typer.main.get_command(app)


# Reading


def _list_command(register: Register) -> Callable[..., None]:
    def list_(
        search: Search = "", filters: Filters = None, sort: Sort = "", columns: Columns = "",
        limit: Annotated[int, typer.Option(min=1, max=lists.MOST)] = lists.PAGE,
        cursor: Annotated[str, typer.Option(help="Continue at the `next` of an earlier page (--json).")] = "",
        as_known: AsKnown = "", as_: As = "", org: Org = "", as_json: Json = False,
    ) -> None:
        with at_the_shell(as_, org, known=as_known):
            listing = listing_of(
                register, filters=filters, search=search, sort=sort, columns=columns, limit=limit, cursor=cursor
            )
            page = lists.page(register, listing)
            shown = [item for item in lists.shown_columns(register, listing) if lists.column_paths(register, item)]
        paths = {item.name: lists.column_paths(register, item)[0] for item in shown}
        if as_json:
            rows = [{"id": row["id"]} | {name: row[path] for name, path in paths.items()} for row in page.rows]
            write_json({"total": page.total, "is_more": page.is_more, "next": page.next, "rows": rows})
            return
        fields = fields_of(register)
        write_rows(
            list(paths), [[lists.shown_text(fields.get(name), row[path]) for name, path in paths.items()] for row in page.rows]
        )
        if page.next or page.is_more:
            say(f"{len(page.rows)} of {page.total}{'+' if page.is_more else ''}; --limit and --cursor give more.", as_json=True)

    filterable = f" Filters: {', '.join(register.filters)}." if register.filters else ""
    list_.__doc__ = f"List {register.label_plural}.{filterable}"
    return list_


def _show_command(register: Register) -> Callable[..., None]:
    def show(key: Key, as_known: AsKnown = "", as_: As = "", org: Org = "", as_json: Json = False) -> None:
        with at_the_shell(as_, org, known=as_known):
            details.write(register, crud.find(register, key), as_json=as_json)

    show.__doc__ = f"Show one {register.label} with its fields and what can be done with it."
    return show


# Writing


def _add_command(register: Register) -> Callable[..., None]:
    def add(because: Because = "", as_: As = "", org: Org = "", as_json: Json = False, **given: Any) -> None:
        with at_the_shell(as_, org, reason=because):
            record = crud.create(register, _told(given))
            details.write_outcome(register, record, f"Added {record.label}.", as_json=as_json)

    return add


def _change_command(register: Register) -> Callable[..., None]:
    def change(
        key: Key,
        version: Annotated[int | None, typer.Option(help="Refuse when it is no longer at this version.")] = None,
        because: Because = "", as_: As = "", org: Org = "", as_json: Json = False, **given: Any,
    ) -> None:
        with at_the_shell(as_, org, reason=because):
            record = crud.change(register, crud.find(register, key), _told(given), version=version)
            details.write_outcome(register, record, f"Changed {record.label}.", as_json=as_json)

    return change


def _delete_command(register: Register) -> Callable[..., None]:
    def delete(key: Key, because: Because = "", as_: As = "", org: Org = "", as_json: Json = False) -> None:
        with at_the_shell(as_, org, reason=because):
            record = crud.find(register, key)
            label = record.label
            crud.delete(register, record)
        if as_json:
            write_json({"deleted": label})
        else:
            say(f"Deleted {label}.")

    delete.__doc__ = f"Delete a {register.label} that nothing relies on."
    return delete


def _verb_command(register: Register, item: Verb) -> Callable[..., None]:
    def act(
        keys: Annotated[list[str], typer.Argument(metavar="REF...", help="References or ids: all of them or none.")],
        as_: As = "", org: Org = "", as_json: Json = False, **given: Any,
    ) -> None:
        with at_the_shell(as_, org), transaction.atomic():
            results = []
            for key in keys:
                result = perform(item, crud.find(register, key), _told(given))
                results.append((crud.find(register, key), result))
        with at_the_shell(as_, org):
            details.write_results(register, item, results, as_json=as_json)

    return act


# Options made from fields

PREFIX = "value_"
"""Before a field's name in a made signature, so that none meets a word of Python or a fixed option."""
FIXED = frozenset({"as", "org", "json", "because", "version", "help"})


def _told(given: Mapping[str, Any]) -> dict[str, Any]:
    """What was said on the command line, by field; an option left out says nothing."""
    return {name.removeprefix(PREFIX): value for name, value in given.items() if value is not None}


def _field_options(register: Register) -> list[Parameter]:
    return [_option(item) for item in editable_fields(register).values()]


def _parameter_options(item: Verb) -> list[Parameter]:
    return [_option(parameter) for parameter in item.parameters]


def _option(item: Field) -> Parameter:
    flag = option_name(item)
    kind: Any = bool | None if item.kind == "bool" else str | None
    declared = f"{flag}/--no-{flag[2:]}" if item.kind == "bool" else flag
    told = typer.Option(declared, metavar=None if item.kind == "bool" else _metavar(item), help=_help(item))
    return Parameter(PREFIX + item.name, Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, told])


def option_name(item: Field) -> str:
    """`--impact-availability`; one that a fixed option has taken is called `--field-...`."""
    return f"--{'field-' if item.name in FIXED else ''}{item.name.replace('_', '-')}"


def _metavar(item: Field) -> str:
    match item.kind:
        case "date":
            return "2027-01-31"
        case "datetime":
            return "2027-01-31T12:00"
        case "integer" | "decimal":
            return "NUMBER"
        case "reference":
            return "REF"
        case "references":
            return "REF,REF"
        case "choice":
            return "CHOICE"
    return "TEXT"


def _help(item: Field) -> str:
    choices = f"One of: {', '.join(value for value, _label in item.choices if value)}." if item.choices else ""
    needed = "Needed." if item.required else ""
    said = item.help or f"{item.label[:1].upper()}{item.label[1:]}."
    return " ".join(part for part in (said, choices, needed) if part)


def _take(app: typer.Typer, name: str, function: Callable[..., None], options: list[Parameter], about: str) -> None:
    """Give a function the options made from fields, and make it a command."""
    fixed = [item for item in _signature(function).parameters.values() if item.kind is not Parameter.VAR_KEYWORD]
    parameters = [item.replace(kind=Parameter.KEYWORD_ONLY) for item in fixed]
    made: Any = function
    made.__signature__ = Signature([*parameters, *options])
    made.__annotations__ = {item.name: item.annotation for item in (*parameters, *options)}
    made.__doc__ = about
    app.command(name)(made)


def _signature(function: Callable[..., None]) -> Signature:
    return Signature.from_callable(function, eval_str=True)
