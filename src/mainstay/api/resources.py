"""One resource per register: list, read, create, change, delete, and its verbs. All rules are the services'."""

from typing import Any
from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from mainstay.api import rows
from mainstay.api.door import answer
from mainstay.api.problems import WrongMethod
from mainstay.api.reading import read_object
from mainstay.platform.records.errors import Invalid, NotFound, StaleVersion
from mainstay.platform.records.models import Scoped
from mainstay.registers import crud, lists, registry
from mainstay.registers.declaration import Register
from mainstay.registers.verbs import perform, verbs_of

PARAMETERS = ("q", "sort", "cursor", "limit", "fields", "expand")
"""Parameters of a list besides its filters."""
OF_PAGES = lists.RESERVED - set(PARAMETERS)
"""What the address of a page may carry and an API list does not know."""


def list_records(request: HttpRequest, *, slug: str) -> HttpResponse:
    """One page of a register."""
    register = registry.get(slug)
    query = dict(request.GET.lists())
    if strangers := OF_PAGES & query.keys():
        raise Invalid({name: [_("There is no filter of this name.")] for name in strangers})
    shape = rows.shape_of(register, rows.wanted_fields(register, query))
    listing = lists.parse(register, query)
    try:
        page = lists.page(register, listing, paths=shape.paths)
    except (ValidationError, ValueError, TypeError, OverflowError) as error:
        if not listing.cursor:
            raise
        # A cursor that was made for another order: its value does not fit the column.
        raise Invalid({"cursor": [_("This cursor belongs to another list.")]}) from error
    return answer({
        "items": rows.said(shape, page.rows), "total": page.total, "total_is_exact": not page.is_more,
        "next": page.next, "previous": page.previous,
    })


def read_record(request: HttpRequest, *, slug: str, key: str) -> HttpResponse:
    """One record with all its fields and links."""
    register = registry.get(slug)
    return _told(register, crud.find(register, key))


def create_record(request: HttpRequest, *, slug: str) -> HttpResponse:
    register = registry.get(slug)
    if not register.may_add:
        raise WrongMethod(["GET", "HEAD"])
    record = crud.create(register, read_object(request), strict=True)
    response = _told(register, record, status=201)
    response["Location"] = address(register, record)
    return response


def change_record(request: HttpRequest, *, slug: str, key: str) -> HttpResponse:
    """Change the fields that were sent, and no others."""
    register = registry.get(slug)
    record = crud.find(register, key)
    values = read_object(request)
    changed = crud.change(register, record, values, version=wanted_version(request, record), strict=True)
    return _told(register, changed)


def delete_record(request: HttpRequest, *, slug: str, key: str) -> HttpResponse:
    register = registry.get(slug)
    record = crud.find(register, key)
    crud.delete(register, record, version=wanted_version(request, record))
    return HttpResponse(status=204)


def perform_verb(request: HttpRequest, *, slug: str, key: str, verb: str) -> HttpResponse:
    """Carry a verb out: the record after it, and what else it brought about."""
    register = registry.get(slug)
    found = verbs_of(register.model).get(verb)
    if found is None:
        raise NotFound(_("There is no verb “%(verb)s” here.") % {"verb": verb[:60]})
    record = crud.find(register, key)
    values = read_object(request, may_be_empty=True)
    result = perform(found, record, values, version=wanted_version(request, record), strict=True)
    after = rows.one(register, record.pk)
    response = answer({"record": after, "result": _result(result, record)})
    if after is not None:
        response["ETag"] = etag(after["version"])
    return response


def _result(result: Any, record: Scoped) -> rows.Row | None:
    """What a verb made, as a reference; nothing when it is the record itself."""
    if not isinstance(result, Scoped) or result.pk == record.pk:
        return None
    register = registry.of(type(result))
    return {"register": register.slug if register else None, **rows.brief(result)}


def _told(register: Register, record: Any, *, status: int = 200) -> HttpResponse:
    # One may add where one may not look; then the answer says what one has just made, and no more.
    told = rows.one(register, record.pk) or {**rows.brief(record), "version": record.version}
    return answer(told, status=status, ETag=etag(told["version"]))


def address(register: Register, record: Any) -> str:
    return f"/api/v1/{quote(register.slug)}/{record.pk}"


def etag(version: int) -> str:
    return f'"{version}"'


def wanted_version(request: HttpRequest, record: Any) -> int | None:
    """The version that If-Match asks for (RFC 9110, section 13.1.1); None when any will do. StaleVersion on mismatch.

    The service compares once more under its lock, in case somebody saves between here and there.
    """
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return None
    # Weak tags never match: the comparison is the strong one.
    if etag(record.version) not in {tag.strip() for tag in header.split(",")}:
        raise StaleVersion(_("This was changed in the meantime: read it again and compare."))
    version: int = record.version
    return version
