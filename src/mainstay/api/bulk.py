"""Many records in one request: each row created or changed, all together or, if wished, as many as can be."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from mainstay.api.door import answer
from mainstay.api.problems import Malformed, RowProblem, RowsRefused, row_errors
from mainstay.api.reading import read_list
from mainstay.platform.records.errors import DomainError, Invalid, RuleViolation
from mainstay.registers import crud, registry
from mainstay.registers.declaration import Register

MOST_ROWS = 500


def store_records(request: HttpRequest, *, slug: str) -> HttpResponse:
    """Create rows without id and change rows with one, in their order, so that later rows may name earlier ones."""
    register = registry.get(slug)
    is_partial = _is_partial(request)
    given = read_list(request)
    if len(given) > MOST_ROWS:
        raise Invalid({"": [_("At most %(most)d rows at once.") % {"most": MOST_ROWS}]})
    results: list[dict[str, Any]] = []
    problems: list[RowProblem] = []
    with transaction.atomic():
        for number, row in enumerate(given):
            try:
                with transaction.atomic():
                    results.append({"row": number, **_store(register, row)})
            except DomainError as error:
                refused = RowProblem(row=number, error=error)
                problems.append(refused)
                results.append({"row": number, "status": error.status, "code": error.code, "errors": row_errors(refused)})
        if problems and not is_partial:
            raise RowsRefused(problems)
    return answer({"results": results, "stored": len(given) - len(problems), "refused": len(problems)})


def _is_partial(request: HttpRequest) -> bool:
    match request.GET.get("partial", "false"):
        case "true":
            return True
        case "false":
            return False
    raise Invalid({"partial": [_("true or false.")]})


def _store(register: Register, row: object) -> dict[str, Any]:
    if not isinstance(row, Mapping) or not isinstance(row.get("values"), Mapping) or row.keys() - {"id", "version", "values"}:
        raise Malformed(_("A row is {“values”: {…}}, with “id” and perhaps “version” to change a record."))
    key, version, values = row.get("id"), row.get("version"), row["values"]
    if key is None:
        if not register.may_add:
            raise RuleViolation(_("These records are not added by hand."), code="not_added_by_hand")
        record, status = crud.create(register, values, strict=True), 201
    elif not isinstance(key, str) or not (version is None or type(version) is int):
        raise Malformed(_("“id” is a text, “version” a whole number."))
    else:
        record = crud.find(register, key)
        record, status = crud.change(register, record, values, version=version, strict=True), 200
    return {"status": status, "id": record.pk, "ref": record.ref, "version": record.version}
