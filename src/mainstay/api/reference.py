"""The OpenAPI document, and the same as a page to read. Neither needs a token: they say what there is, not what it holds."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language

from mainstay.api.openapi import document
from mainstay.api.problems import known_problems


def read_document(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_document(get_language()), content_type="application/json")


def read_reference(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_page(get_language()))


@lru_cache(maxsize=8)
def _document(language: str) -> bytes:
    return orjson.dumps(document(), default=str)


@lru_cache(maxsize=8)
def _page(language: str) -> str:
    """The page, without scripts and with nothing from elsewhere: it must read well on a machine without a network."""
    whole = orjson.loads(_document(language))
    return render_to_string("api/reference.html", {
        "sections": list(_sections(whole)), "problems": known_problems(),
        "parameters": whole["components"]["parameters"].values(),
    })


def _sections(whole: dict[str, Any]) -> Iterator[dict[str, Any]]:
    schemas = whole["components"]["schemas"]
    by_tag: dict[str, list[dict[str, Any]]] = {}
    for path, item in whole["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                by_tag.setdefault(operation["tags"][0], []).append(_operation(path, method, operation, schemas))
    about = {tag["name"]: tag["description"] for tag in whole["tags"]}
    for name, operations in by_tag.items():
        yield {"name": name, "about": about.get(name, ""), "operations": operations}


def _operation(path: str, method: str, operation: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    schema = schemas.get(body.get("$ref", "").rpartition("/")[2], body)
    needed = schema.get("required", ())
    return {
        "id": operation["operationId"], "path": path, "method": method.upper(), "summary": operation["summary"],
        "about": operation.get("description", ""), "can_be_opened": method == "get" and "{" not in path and not any(
            parameter.get("required") for parameter in operation.get("parameters", ())
        ),
        "parameters": [parameter for parameter in operation.get("parameters", ()) if "name" in parameter],
        "fields": [
            {"name": name, "type": _type(field), "about": field.get("description", ""), "is_needed": name in needed}
            for name, field in schema.get("properties", {}).items()
        ],
    }


def _type(schema: dict[str, Any]) -> str:
    """A schema's type in a word or two."""
    kind = schema.get("type", "any value")
    words = " or ".join(kind) if isinstance(kind, list) else str(kind)
    return f"{words}, {schema['format']}" if "format" in schema else words
