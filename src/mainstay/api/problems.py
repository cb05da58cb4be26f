"""Errors as RFC 9457 problem documents: a stable code, a sentence, and every wrong field with its JSON pointer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mainstay.platform.records.errors import DomainError, Invalid

MEDIA_TYPE = "application/problem+json"
TYPES = "/api/v1/docs#problem-"
"""Where the documentation says what a code means; the `type` of a problem leads there."""
RETRY_AFTER_SECONDS = "5"


class Malformed(DomainError):
    """A body that is not one JSON value as this door takes it."""

    code, status, title = "malformed", 400, gettext_lazy("The request cannot be read")


class WrongMethod(DomainError):
    code, status, title = "wrong_method", 405, gettext_lazy("Not possible at this address")

    def __init__(self, allowed: Sequence[str]) -> None:
        self.allowed = ", ".join(sorted(allowed))
        super().__init__(_("This address takes %(allowed)s.") % {"allowed": self.allowed or "nothing"})


class WrongMediaType(DomainError):
    code, status, title = "wrong_media_type", 415, gettext_lazy("The body is of the wrong kind")


class KeyReused(DomainError):
    """An Idempotency-Key that stands for another request already."""

    code, status, title = "idempotency_key_reused", 422, gettext_lazy("This key was used for another request")


@dataclass(frozen=True, kw_only=True, slots=True)
class RowProblem:
    """What is wrong with one row of many."""

    row: int
    error: DomainError


class RowsRefused(DomainError):
    """Rows that were to be stored together or not at all, and some cannot be."""

    code, status, title = "rows_refused", 422, gettext_lazy("Nothing was stored")

    def __init__(self, problems: Sequence[RowProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(_("%(count)d rows cannot be stored, so none was.") % {"count": len(self.problems)})


class Unexpected(DomainError):
    """Ours, not the caller's: says nothing but where the operator finds it."""

    code, status, title = "unexpected", 500, gettext_lazy("Something went wrong on our side")


def problem(error: DomainError, *, request_id: str, in_body: bool) -> HttpResponse:
    """The error as a response. `in_body` tells whether the fields it names are in the body or in the address."""
    document: dict[str, Any] = {
        "type": f"{TYPES}{type(error).code}",
        "title": str(error.title),
        "status": error.status,
        "detail": str(error.message),
        "code": error.code,
        "request": request_id,
        "errors": errors_of(error, in_body=in_body),
    }
    response = HttpResponse(orjson.dumps(document), status=error.status, content_type=MEDIA_TYPE)
    match error:
        case WrongMethod():
            response["Allow"] = error.allowed
        case _ if error.status == 401:
            response["WWW-Authenticate"] = 'Bearer realm="Mainstay"'
        case _ if error.status == 503:
            response["Retry-After"] = RETRY_AFTER_SECONDS
    return response


def errors_of(error: DomainError, *, at: str = "", in_body: bool = True) -> list[dict[str, str]]:
    """Each wrong field of an error: where it stands (`at` is the pointer of the whole), its name, what is wrong."""
    if isinstance(error, RowsRefused):
        return [item for one in error.problems for item in row_errors(one)]
    if not isinstance(error, Invalid):
        return []
    return [
        {"pointer": f"{at}/{_escaped(name)}" if name and in_body else at, "field": name, "detail": sentence}
        for name, sentences in error.fields.items() for sentence in sentences
    ]


def row_errors(refused: RowProblem) -> list[dict[str, str]]:
    """What is wrong with a row of a bulk request, by pointers into its body."""
    found = errors_of(refused.error, at=f"/{refused.row}/values")
    whole = [{"pointer": f"/{refused.row}", "field": "", "detail": str(refused.error.message)}]
    return [{**item, "code": refused.error.code} for item in found or whole]


def _escaped(name: str) -> str:
    """A name as a step of a JSON pointer (RFC 6901, section 3)."""
    return name.replace("~", "~0").replace("/", "~1")


def known_problems() -> list[dict[str, object]]:
    """Every kind of refusal, by its status: what the reference lists. A rule's own code may stand for its kind's."""
    waiting, found = [DomainError], set()
    while waiting:
        kind = waiting.pop()
        found.add(kind)
        waiting += kind.__subclasses__()
    return [
        {"code": kind.code, "status": kind.status, "title": str(kind.title)}
        for kind in sorted(found, key=lambda kind: (kind.status, kind.code)) if kind.__module__.startswith("mainstay.")
    ]
