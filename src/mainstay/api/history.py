"""What happened to a record, from the trail: who, when, through which door, why, and which fields changed."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from mainstay.api import rows
from mainstay.api.door import answer
from mainstay.api.questions import only
from mainstay.platform.access.models import ApiToken
from mainstay.platform.identity.models import User
from mainstay.platform.records.errors import Invalid
from mainstay.platform.records.models import Scoped
from mainstay.platform.trail.models import Change
from mainstay.registers import crud, lists, registry
from mainstay.registers.declaration import Register
from mainstay.registers.fields import Field, fields_of

NEWEST = 2**62
"""Beyond every number the trail gives a change."""
UNTOLD = frozenset({"changed_at", "created_at"})
"""Fields that change with every change and say nothing that its time does not."""


def read_history(request: HttpRequest, *, slug: str, key: str) -> HttpResponse:
    """The changes of a record's own fields, newest first."""
    register = registry.get(slug)
    record = crud.find(register, key)
    only(request, "limit", "cursor")
    limit, before = _number(request, "limit", lists.PAGE, lists.MOST), _number(request, "cursor", NEWEST, NEWEST)
    found = Change.objects.filter(table=register.model._meta.db_table, pk_text=record.pk.hex, seq__lt=before)
    changes = list(found.order_by("-seq")[: limit + 1])
    has_more, changes = len(changes) > limit, changes[:limit]
    return answer({"items": _told(register, changes), "next": str(changes[-1].seq) if has_more else None})


def _number(request: HttpRequest, name: str, default: int, most: int) -> int:
    text = request.GET.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdecimal() or len(text) > 19 or not 1 <= int(text) <= most:
        raise Invalid({name: [_("A number from 1 to %(most)d.") % {"most": most}]})
    return int(text)


def _told(register: Register, changes: list[Change]) -> list[dict[str, Any]]:
    columns = {item.column: item for name, item in fields_of(register).items() if item.link is None and name not in UNTOLD}
    parsed = [(change, _row(change.before), _row(change.row)) for change in changes]
    references = _references(columns.values(), [row for _change, *both in parsed for row in both])
    names = _names({change.actor for change in changes})
    return [
        {
            "at": change.at, "operation": str(change.get_op_display()),
            "actor": {"identity": change.actor, "name": names.get(change.actor)}, "channel": change.channel,
            "reason": change.reason, "request": change.request, "version": after.get("version"),
            "changes": [
                {"field": item.name, "before": _value(item, before.get(column), references),
                 "after": _value(item, after.get(column), references)}
                for column, item in columns.items() if before.get(column) != after.get(column)
            ],
        }
        for change, before, after in parsed
    ]


def _row(text: str | None) -> dict[str, Any]:
    return json.loads(text) if text else {}


def _references(items: Iterable[Field], found: list[dict[str, Any]]) -> Mapping[UUID, rows.Row]:
    """Every record that the rows name, as far as it may be seen, in one query per kind."""
    wanted: defaultdict[type[Scoped], set[UUID]] = defaultdict(set)
    for item in items:
        if item.target is not None:
            wanted[item.target] |= {UUID(row[item.column]) for row in found if row.get(item.column)}
    return rows.references_to({target: keys for target, keys in wanted.items() if keys})


def _value(item: Field, value: Any, references: Mapping[UUID, rows.Row]) -> Any:
    """A value of the trail as the resource says it."""
    if value is None:
        return None
    match item.kind:
        case "reference":
            key = UUID(value)
            return references.get(key) or {"id": key, "ref": None, "name": None}
        case "datetime":
            return f"{str(value).replace(' ', 'T')}Z"
        case "tags":
            return value.split(", ") if value else []
        case "decimal":
            return str(value)
    return value


def _names(identities: set[str]) -> dict[str, str]:
    """The people behind users and tokens; the product itself has no name here."""
    keys: defaultdict[str, dict[UUID, str]] = defaultdict(dict)
    for identity in identities:
        kind, _colon, key = identity.partition(":")
        if kind in ("user", "token"):
            keys[kind][UUID(key)] = identity
    users = User.objects.filter(pk__in=keys["user"]).values_list("pk", "person__name")
    tokens = ApiToken.objects.filter(pk__in=keys["token"]).values_list("pk", "user__person__name")
    return {keys["user"][key]: name for key, name in users} | {keys["token"][key]: name for key, name in tokens}
