"""The OpenAPI 3.1 document of the API, put together from the registers' declarations and their verbs."""

from typing import Any

from django.utils.translation import gettext as _

from mainstay.api import schemas
from mainstay.api.bulk import MOST_ROWS
from mainstay.api.other_paths import OTHER_PATHS
from mainstay.api.resources import OF_PAGES, PARAMETERS
from mainstay.api.schemas import Schema
from mainstay.registers import lists, registry
from mainstay.registers.declaration import Register
from mainstay.registers.fields import fields_of
from mainstay.registers.verbs import Verb, verbs_of

ROOT = "/api/v1"
LIMIT: Schema = {"type": "integer", "minimum": 1, "maximum": lists.MOST, "default": lists.PAGE}
REFUSALS = {
    "400": "The request cannot be read.", "401": "No valid token.", "403": "The caller's roles do not include this.",
    "404": "There is no such record that the caller can see.", "405": "Not possible at this address.",
    "409": "A rule forbids this.", "412": "Somebody changed the record in the meantime.",
    "413": "The body is too large.", "415": "The body is not JSON.", "422": "Some values need mending.",
    "429": "Too many requests.", "503": "Not available now; Retry-After says when to ask again.",
}
HEADERS: dict[str, Schema] = {
    "IfMatch": {
        "name": "If-Match", "in": "header", "schema": {"type": "string"},
        "description": "The ETag that was read. If somebody saved since, the answer is 412 and nothing changes.",
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 255},
        "description": "Of your choosing. Sent again within 24 hours, the same request is answered again and not repeated.",
    },
    "Key": {
        "name": "key", "in": "path", "required": True, "schema": {"type": "string"},
        "description": "The record's id or its reference.",
    },
}
AS_KNOWN: Schema = {
    "name": "as_known", "in": "query", "schema": {"type": "string"},
    "description": "As known at the end of a day (2026-10-01), at a time, or at a size of the trail (size:42), by the rights of "
    "today. Header As-Known says which checkpoint that was.",
}


def document() -> dict[str, Any]:
    """The whole document, in the language of the moment."""
    registers = sorted(registry.all_registers(), key=lambda register: register.slug)
    paths: dict[str, Any] = {}
    components: dict[str, Schema] = dict(schemas.SHARED)
    for register in registers:
        paths |= _paths(register)
        components |= _schemas(register)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Mainstay", "version": "1.0.0", "description": _("The registers of the ISMS, and what can happen to them."),
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": [{"name": register.slug, "description": str(register.about)} for register in registers],
        "paths": {address: _readable_then(item) for address, item in (paths | OTHER_PATHS).items()},
        "components": {
            "securitySchemes": {"token": {
                "type": "http", "scheme": "bearer",
                "description": _("A token made on the page of your own account or at the command line."),
            }},
            "schemas": components,
            "parameters": HEADERS,
            "responses": {
                status: {"description": text, "content": {"application/problem+json": {"schema": _schema("Problem")}}}
                for status, text in REFUSALS.items()
            },
        },
    }


def _readable_then(item: dict[str, Any]) -> dict[str, Any]:
    """The address with what every GET takes: the moment it is asked about."""
    if "get" not in item:
        return item
    return item | {"get": item["get"] | {"parameters": [*item["get"].get("parameters", []), AS_KNOWN]}}


def _schemas(register: Register) -> dict[str, Schema]:
    name = register.model.__name__
    found = {name: schemas.record_schema(register), f"{name}Change": schemas.write_schema(register, is_new=False)}
    if register.may_add:
        found[f"{name}New"] = schemas.write_schema(register, is_new=True)
    for verb in verbs_of(register.model).values():
        found[_verb_schema_name(register, verb)] = schemas.verb_schema(verb)
    return found


def _verb_schema_name(register: Register, verb: Verb) -> str:
    return register.model.__name__ + "".join(word.capitalize() for word in verb.name.split("_"))


def _paths(register: Register) -> dict[str, Any]:
    name, at = register.model.__name__, f"{ROOT}/{register.slug}"
    record = _schema(name)
    key = _parameter("Key")
    paths: dict[str, Any] = {
        at: {"get": _list(register, record)},
        f"{at}/bulk": {"post": _operation(
            register, "bulk", _("Create and change many at once"), ok=("200", _schema("BulkResult")), body=_rows(register),
            parameters=[
                _parameter("IdempotencyKey"), _query("partial", {"type": "boolean"}, _("Store what can be stored.")),
            ],
        )},
        f"{at}/{{key}}": {
            "parameters": [key],
            "get": _operation(register, "read", _("Read one"), ok=("200", record)),
            "patch": _operation(
                register, "change", _("Change the fields sent"), ok=("200", record), parameters=[_parameter("IfMatch")],
                body=_schema(f"{name}Change"),
            ),
            "delete": _operation(register, "delete", _("Delete"), ok=("204", None), parameters=[_parameter("IfMatch")]),
        },
        f"{at}/{{key}}/history": {
            "parameters": [key],
            "get": _operation(
                register, "history", _("What happened to it"), ok=("200", _schema("History")),
                parameters=[_query("limit", LIMIT), _query("cursor", {"type": "string"})],
            ),
        },
    }
    if register.may_add:
        paths[at]["post"] = _operation(
            register, "create", _("Create one"), ok=("201", record), parameters=[_parameter("IdempotencyKey")],
            body=_schema(f"{name}New"),
        )
    for verb in verbs_of(register.model).values():
        paths[f"{at}/{{key}}/{verb.name}"] = {"parameters": [key], "post": _verb(register, verb, record)}
    return paths


def _verb(register: Register, verb: Verb, record: Schema) -> dict[str, Any]:
    result: Schema = {
        "type": "object", "required": ["record", "result"],
        "properties": {
            "record": {"oneOf": [record, {"type": "null"}]},
            "result": {"oneOf": [schemas.REFERENCE, {"type": "null"}], "description": _("Another record that came of it.")},
        },
    }
    return _operation(
        register, verb.name, str(verb.label), ok=("200", result), about=verb.about,
        parameters=[_parameter("IdempotencyKey"), _parameter("IfMatch")],
        body=_schema(_verb_schema_name(register, verb)),
        needs_body=any(parameter.required for parameter in verb.parameters),
    )


def _list(register: Register, record: Schema) -> dict[str, Any]:
    names = ", ".join(lists.sortable(register))
    links = ", ".join(link.name for link in register.links)
    parameters = [
        _query("q", {"type": "string"}, _("Words in the reference or the name.")),
        _query("sort", {"type": "string"}, _("One of %(names)s; with “-” in front from the end.") % {"names": names}),
        _query("limit", LIMIT),
        _query("cursor", {"type": "string"}, _("“next” or “previous” of the page before.")),
        _query("fields", {"type": "string"}, _("Only these fields, separated by commas.")),
    ]
    if links:
        parameters.append(_query("expand", {"type": "string"}, _("Links to add: %(links)s.") % {"links": links}))
    parameters += _filters(register)
    page: Schema = {
        "type": "object", "required": ["items", "total", "total_is_exact", "next", "previous"],
        "properties": {
            "items": {"type": "array", "items": record}, "total": {"type": "integer"}, "total_is_exact": {"type": "boolean"},
            "next": {"type": ["string", "null"]}, "previous": {"type": ["string", "null"]},
        },
    }
    return _operation(register, "list", _("List"), ok=("200", page), parameters=parameters)


def _filters(register: Register) -> list[Schema]:
    """A parameter per field and operator, as `registers.lists` reads them."""
    taken = {*PARAMETERS, *OF_PAGES}
    return [
        _query(f"{item.name}__{operator}" if operator else item.name, {"type": "string"}, item.label)
        for item in fields_of(register).values() for operator in lists.OPERATORS[item.kind]
        if operator or item.name not in taken
    ]


def _rows(register: Register) -> Schema:
    name = register.model.__name__
    kinds = ("New", "Change") if register.may_add else ("Change",)
    values = [_schema(f"{name}{kind}") for kind in kinds]
    row: Schema = {
        "type": "object", "required": ["values"], "additionalProperties": False,
        "properties": {"id": schemas.KEY, "version": {"type": "integer"}, "values": {"anyOf": values}},
    }
    return {"type": "array", "items": row, "maxItems": MOST_ROWS}


def _schema(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _parameter(name: str) -> Schema:
    return {"$ref": f"#/components/parameters/{name}"}


def _query(name: str, schema: Schema, about: str = "") -> Schema:
    return {"name": name, "in": "query", "schema": schema} | ({"description": about} if about else {})


def _operation(
    register: Register, name: str, summary: str, *, ok: tuple[str, Schema | None], about: str = "",
    parameters: list[Schema] | None = None, body: Schema | None = None, needs_body: bool = True,
) -> dict[str, Any]:
    status, told = ok
    success: dict[str, Any] = {"description": summary}
    if told is not None:
        success["content"] = {"application/json": {"schema": told}}
    refusals = {refusal: {"$ref": f"#/components/responses/{refusal}"} for refusal in REFUSALS}
    operation: dict[str, Any] = {
        "operationId": f"{register.slug.replace('-', '_')}_{name}", "tags": [register.slug], "summary": summary,
        "responses": {status: success} | refusals,
    }
    if about:
        operation["description"] = about
    if parameters:
        operation["parameters"] = parameters
    if body is not None:
        operation["requestBody"] = {"required": needs_body, "content": {"application/json": {"schema": body}}}
    return operation
