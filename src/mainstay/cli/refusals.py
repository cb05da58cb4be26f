"""What went wrong, in one line: the command line's mapping of the error tree."""

import json
import os
import traceback
from collections.abc import Iterable

import typer
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, ProgrammingError

from mainstay.configuration import ConfigurationError
from mainstay.platform.records.errors import DomainError, Invalid

NO_TABLE = ("no such table", "does not exist", "no such column")


def tell(error: Exception, *, as_json: bool = False) -> None:
    """Write the error to standard error: a sentence, or with `as_json` an object with its code and fields."""
    code, sentence, fields = explained(error)
    if as_json:
        told: dict[str, object] = {"error": code, "message": sentence}
        typer.echo(json.dumps(told | ({"fields": fields} if fields else {}), ensure_ascii=False), err=True)
        return
    if code == "unexpected" and os.environ.get("MAINSTAY_DEBUG"):
        typer.echo("".join(traceback.format_exception(error)), err=True)
    typer.echo(sentence, err=True)


def explained(error: Exception) -> tuple[str, str, dict[str, list[str]]]:
    """Code, sentence and fields of an error."""
    match error:
        case Invalid():
            return error.code, " · ".join(_sentences(error.fields)) or str(error), error.fields
        case DomainError():
            return error.code, str(error.message), {}
        case ConfigurationError() | ImproperlyConfigured():
            return "configuration", str(error), {}
        case OperationalError() | ProgrammingError() if any(part in str(error) for part in NO_TABLE):
            return "database", "The database is not that of this version: see `mainstay check`; `mainstay upgrade` mends it.", {}
        case OperationalError():
            return "database", f"The database does not answer: {_line(error)}", {}
        case OSError() if error.strerror:
            return "file", f"{error.strerror}: {error.filename}" if error.filename else error.strerror, {}
    hint = "" if os.environ.get("MAINSTAY_DEBUG") else " MAINSTAY_DEBUG=1 shows where."
    return "unexpected", f"Something went wrong on our side ({type(error).__name__}: {_line(error)}).{hint}", {}


def _sentences(fields: dict[str, list[str]]) -> Iterable[str]:
    for name, texts in fields.items():
        yield f"{name}: {' '.join(texts)}" if name else " ".join(texts)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
