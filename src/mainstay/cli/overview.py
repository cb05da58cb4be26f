"""`mainstay registers`: what exists."""

from typing import Annotated, Any

import typer

from mainstay.cli.options import Json
from mainstay.cli.output import write_json, write_pairs
from mainstay.registers import registry
from mainstay.registers.declaration import Register
from mainstay.registers.fields import fields_of
from mainstay.registers.verbs import verbs_of

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def registers(
    name: Annotated[str, typer.Argument(metavar="[REGISTER]", help="Only this one.")] = "", as_json: Json = False,
) -> None:
    """Print each register: fields, filters, verbs with their parameters, permissions."""
    shown = [registry.get(name)] if name else list(registry.all_registers())
    described = [_described(item) for item in shown]
    if as_json:
        write_json(described)
        return
    for number, (register, one) in enumerate(zip(shown, described, strict=True)):
        if number:
            typer.echo()
        typer.echo(f"{register.slug}: {register.label_plural}")
        write_pairs({
            "  about": one["about"],
            "  fields": ", ".join(f"{item['name']}{_star(item)}" for item in one["fields"] if item["editable"]),
            "  derived": ", ".join(item["name"] for item in one["fields"] if not item["editable"]),
            "  filters": ", ".join(one["filters"]),
            "  states": ", ".join(one["states"]),
            "  verbs": ", ".join(_verb_line(item) for item in one["verbs"]),
            "  permissions": ", ".join(one["permissions"]),
        })


def _verb_line(item: dict[str, Any]) -> str:
    taken = " ".join(f"{one['name']}{_star(one)}" for one in item["parameters"])
    return f"{item['name']}({taken})"


def _star(item: dict[str, Any]) -> str:
    return "*" if item["required"] else ""


def _described(register: Register) -> dict[str, Any]:
    cycle = register.model.life_cycle
    verbs = verbs_of(register.model)
    plain = ["view", *(["add"] if register.may_add else []), "change", "delete", "import", "export"]
    return {
        "name": register.slug, "label": register.label, "about": str(register.about), "group": register.group,
        "ref_prefix": register.model.ref_prefix, "key": register.key,
        "fields": [
            {"name": item.name, "label": item.label, "kind": item.kind, "required": item.required, "editable": item.editable,
             "choices": [value for value, _label in item.choices]}
            for item in fields_of(register).values()
        ],
        "filters": list(register.filters), "states": [state.value for state in cycle.states] if cycle else [],
        "verbs": [
            {"name": item.name, "label": str(item.label), "about": item.about,
             "parameters": [{"name": one.name, "kind": one.kind, "required": one.required} for one in item.parameters]}
            for item in verbs.values()
        ],
        "permissions": [register.permission(name) for name in dict.fromkeys([*plain, *verbs])],
    }
