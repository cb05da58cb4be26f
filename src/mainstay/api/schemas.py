"""JSON Schemas (2020-12) of what registers and verbs take and tell, from the same fields that every door reads."""

from collections.abc import Iterable
from typing import Any

from mainstay.registers.declaration import Register
from mainstay.registers.fields import Field, editable_fields, fields_of
from mainstay.registers.verbs import Verb

Schema = dict[str, Any]

REFERENCE: Schema = {"$ref": "#/components/schemas/Reference"}
KEY: Schema = {"type": "string", "maxLength": 250, "description": "An id, a reference (R-42), an e-mail address or a whole name."}

SHARED: dict[str, Schema] = {
    "Reference": {
        "type": "object",
        "description": "Another record, by its id, its reference and its name.",
        "required": ["id", "ref", "name"],
        "properties": {
            "id": {"type": "string", "format": "uuid"}, "ref": {"type": ["string", "null"]}, "name": {"type": ["string", "null"]},
        },
    },
    "Problem": {
        "type": "object",
        "description": "What went wrong (RFC 9457). `code` is stable; `errors` names every wrong field at once.",
        "required": ["type", "title", "status", "detail", "code", "request", "errors"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference"}, "title": {"type": "string"},
            "status": {"type": "integer"}, "detail": {"type": "string"}, "code": {"type": "string"},
            "request": {"type": "string", "description": "The number under which the log has this request."},
            "errors": {"type": "array", "items": {
                "type": "object",
                "required": ["pointer", "field", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "Where it stands in the body (RFC 6901)."},
                    "field": {"type": "string"}, "detail": {"type": "string"}, "code": {"type": "string"},
                },
            }},
        },
    },
    "BulkResult": {
        "type": "object",
        "required": ["results", "stored", "refused"],
        "properties": {
            "stored": {"type": "integer"}, "refused": {"type": "integer"},
            "results": {"type": "array", "items": {
                "type": "object",
                "required": ["row", "status"],
                "properties": {
                    "row": {"type": "integer"}, "status": {"type": "integer"},
                    "id": {"type": "string", "format": "uuid"}, "ref": {"type": "string"}, "version": {"type": "integer"},
                    "code": {"type": "string"}, "errors": {"type": "array", "items": {"type": "object"}},
                },
            }},
        },
    },
    "History": {
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "next": {"type": ["string", "null"], "description": "The cursor of older changes."},
            "items": {"type": "array", "items": {
                "type": "object",
                "properties": {
                    "at": {"type": "string", "format": "date-time"}, "operation": {"type": "string"},
                    "actor": {"type": "object", "properties": {
                        "identity": {"type": "string"}, "name": {"type": ["string", "null"]},
                    }},
                    "channel": {"type": "string"}, "reason": {"type": "string"}, "request": {"type": "string"},
                    "version": {"type": ["integer", "null"]},
                    "changes": {"type": "array", "items": {
                        "type": "object", "properties": {"field": {"type": "string"}, "before": {}, "after": {}},
                    }},
                },
            }},
        },
    },
}


def record_schema(register: Register) -> Schema:
    """A record as it is told."""
    properties: dict[str, Schema] = {"id": {"type": "string", "format": "uuid"}, "version": {"type": "integer"}}
    properties |= {name: _described(item, told(item)) for name, item in fields_of(register).items()}
    return {
        "type": "object", "description": str(register.about), "required": ["id", "ref", "name", "version"],
        "properties": properties,
    }


def write_schema(register: Register, *, is_new: bool) -> Schema:
    """What may be sent to create a record or, with nothing needed, to change one."""
    return _taken(editable_fields(register).values(), is_new=is_new)


def verb_schema(verb: Verb) -> Schema:
    return _taken(verb.parameters, is_new=True)


def _taken(fields: Iterable[Field], *, is_new: bool) -> Schema:
    items = list(fields)
    schema: Schema = {
        "type": "object", "additionalProperties": False,
        "properties": {item.name: _described(item, taken(item)) for item in items},
    }
    if is_new and (needed := [item.name for item in items if item.required]):
        schema["required"] = needed
    return schema


def _described(item: Field, schema: Schema) -> Schema:
    text = f"{item.label}. {item.help}".strip() if item.help else f"{item.label}."
    if item.choices:
        text += " " + "; ".join(f"{value}: {label}" for value, label in item.choices)
    # Beside a `$ref` a description is allowed since 3.1.
    return {**schema, "title": item.label, "description": text}


def told(item: Field) -> Schema:
    """The schema of a value in an answer."""
    match item.kind:
        case "reference":
            return {"oneOf": [REFERENCE, {"type": "null"}]}
        case "references":
            return {"type": "array", "items": REFERENCE}
        case "tags":
            return {"type": "array", "items": {"type": "string"}}
        case "choice" if not item.nullable:
            # Values of earlier versions stay what they are, so that no answer is refused by its own schema.
            return {"type": "integer" if item.numeric else "string"}
    return _or_null(item, _scalar(item))


def taken(item: Field) -> Schema:
    """The schema of a value that is sent."""
    match item.kind:
        case "reference":
            return KEY if item.required else {**KEY, "type": ["string", "null"]}
        case "references":
            return {"type": "array", "items": KEY}
        case "tags":
            return {"type": "array", "items": {"type": "string"}}
    return _scalar(item) if item.required else _or_null(item, _scalar(item))


def _scalar(item: Field) -> Schema:
    match item.kind:
        case "choice":
            values: list[Any] = [int(value) if item.numeric else value for value, _label in item.choices]
            return {"type": "integer" if item.numeric else "string", "enum": values}
        case "bool":
            return {"type": "boolean"}
        case "integer":
            return {"type": "integer"} | _bounds(item)
        case "decimal":
            return {"type": "string", "format": "decimal", "pattern": rf"^-?\d+(\.\d{{1,{max(1, item.places)}}})?$"}
        case "date":
            return {"type": "string", "format": "date"}
        case "datetime":
            return {"type": "string", "format": "date-time"}
        case "json":
            return {}
    schema: Schema = {"type": "string"}
    if item.kind == "email":
        schema["format"] = "email"
    if item.kind == "url":
        schema["format"] = "uri"
    if item.max_length:
        schema["maxLength"] = item.max_length
    return schema


def _bounds(item: Field) -> Schema:
    bounds = {"minimum": item.minimum, "maximum": item.maximum}
    return {name: int(value) for name, value in bounds.items() if value is not None}


def _or_null(item: Field, schema: Schema) -> Schema:
    if not item.nullable or "type" not in schema:
        return schema
    widened = {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        widened["enum"] = [*schema["enum"], None]
    return widened
