"""The fields of a register, read from its model: what each is called, takes and refuses. Every door reads them here."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Literal, cast

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, URLValidator
from django.db import models
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.timezone import get_current_timezone, is_naive, make_aware
from django.utils.translation import gettext as _

from mainstay.platform.records.models import Scoped
from mainstay.registers.declaration import LinkField, Register

Kind = Literal[
    "text", "long", "choice", "bool", "date", "datetime", "integer", "decimal", "email", "url", "tags",
    "reference", "references", "json",
]


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field as people meet it. `editable` is False for what moves, services or functions set."""

    name: str
    label: str
    help: str
    kind: Kind
    required: bool
    editable: bool
    choices: tuple[tuple[str, str], ...] = ()
    max_length: int | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    places: int = 0
    target: type[Scoped] | None = None
    link: LinkField | None = None
    nullable: bool = False
    has_default: bool = False
    numeric: bool = False
    """Whether the stored choice is a number (a scale), not a word."""

    @property
    def column(self) -> str:
        """The attribute that stores it: `owner_id` for the reference `owner`."""
        return f"{self.name}_id" if self.kind == "reference" else self.name

    def choice_label(self, value: object) -> str:
        return dict(self.choices).get(str(value), str(value) if value is not None else "")


SHARED_ORDER = ("ref", "name", "description", "unit", "owner", "tags")
NEVER_SHOWN = frozenset({"id", "organisation", "version", "ref_order"})


@cache
def fields_of(register: Register) -> Mapping[str, Field]:
    """All fields of a register by name: shared ones first, then the model's own, then its links."""
    model = register.model
    own = {item.name: item for item in model._meta.concrete_fields if item.name not in NEVER_SHOWN}
    names = [name for name in SHARED_ORDER if name in own] + [name for name in own if name not in SHARED_ORDER]
    found = {name: _from_model(register, own[name]) for name in names}
    found |= {link.name: _from_link(link) for link in register.links}
    return found


def editable_fields(register: Register) -> dict[str, Field]:
    return {name: item for name, item in fields_of(register).items() if item.editable}


def _from_link(link: LinkField) -> Field:
    return Field(
        name=link.name, label=str(link.label), help=str(link.help), kind="references", required=link.required,
        editable=True, target=link.target, link=link,
    )


def _from_model(register: Register, item: "models.Field[Any, Any]") -> Field:
    kind = _kind(item)
    low, high = _bounds(item)
    has_default = item.has_default() or item.name in register.defaults
    optional = item.blank or has_default or item.null or item.name in ("ref", "unit")
    return Field(
        name=item.name,
        label=str(item.verbose_name),
        help=str(item.help_text),
        kind=kind,
        required=not optional,
        editable=item.editable and item.name not in register.derived and not getattr(item, "auto_now", False)
        and not getattr(item, "auto_now_add", False),
        choices=tuple((str(value), str(label)) for value, label in (item.flatchoices or ())),
        max_length=item.max_length,
        minimum=low,
        maximum=high,
        places=getattr(item, "decimal_places", 0) or 0,
        target=cast("type[Scoped]", item.remote_field.model) if isinstance(item, models.ForeignKey) else None,
        nullable=item.null,
        has_default=has_default and not item.blank,
        numeric=isinstance(item, models.IntegerField),
    )


def _kind(item: "models.Field[Any, Any]") -> Kind:
    if item.name == "tags":
        return "tags"
    if item.flatchoices:
        return "choice"
    kinds: tuple[tuple[type[Any], Kind], ...] = (
        (models.ForeignKey, "reference"), (models.BooleanField, "bool"), (models.DateTimeField, "datetime"),
        (models.DateField, "date"), (models.DecimalField, "decimal"), (models.IntegerField, "integer"),
        (models.EmailField, "email"), (models.URLField, "url"), (models.TextField, "long"), (models.JSONField, "json"),
    )
    return next((kind for type_, kind in kinds if isinstance(item, type_)), "text")


def _bounds(item: "models.Field[Any, Any]") -> tuple[Decimal | None, Decimal | None]:
    low = high = None
    if isinstance(item, models.IntegerField):
        small = isinstance(item, models.SmallIntegerField)
        limit = 32_767 if small else 2_147_483_647
        low, high = Decimal(-limit), Decimal(limit)
    if isinstance(item, models.DecimalField):
        high = Decimal(10) ** (item.max_digits - item.decimal_places) - Decimal(10) ** -item.decimal_places
        low = -high
    for validator in item.validators:
        limit_value = getattr(validator, "limit_value", None)
        if not isinstance(limit_value, int | Decimal):
            continue
        if getattr(validator, "code", "") == "min_value":
            low = Decimal(limit_value) if low is None else max(low, Decimal(limit_value))
        elif getattr(validator, "code", "") == "max_value":
            high = Decimal(limit_value) if high is None else min(high, Decimal(limit_value))
    return low, high


# Reading values. Texts come from forms, files and the command line; JSON types from the API (`strict`).

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|[\ud800-\udfff]")


def read_scalar(item: Field, value: object, *, strict: bool = False) -> Any:
    """The value as Python keeps it, or ValueError with a sentence. Blank is None, or '' where texts are kept."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None if item.nullable or item.kind not in ("text", "long", "email", "url", "tags", "choice") else ""
    if (strict and not isinstance(value, _STRICT[item.kind])) or (isinstance(value, bool) and item.kind != "bool"):
        raise ValueError(_("This takes %(kind)s.") % {"kind": _STRICT_NAMES[item.kind]})
    return _READERS[item.kind](item, value)


_STRICT: dict[str, type[Any] | tuple[type[Any], ...]] = {
    "text": str, "long": str, "choice": (str, int), "bool": bool, "date": str, "datetime": str, "integer": int,
    "decimal": (str, int), "email": str, "url": str, "tags": (str, list), "reference": str, "references": list,
    "json": (dict, list),
}
_STRICT_NAMES = {
    "text": "a text", "long": "a text", "choice": "one of the choices", "bool": "true or false",
    "date": "a date as text, 2026-01-31", "datetime": "a time as text, 2026-01-31T12:00:00Z",
    "integer": "a whole number", "decimal": "a decimal as text, “12.50”", "email": "a text", "url": "a text",
    "tags": "a text or a list of texts", "reference": "an id or a reference as text",
    "references": "a list of ids or references", "json": "an object or a list",
}


def _text(item: Field, value: object) -> str:
    text = str(value).replace("\r\n", "\n").strip()
    if CONTROL.search(text):
        raise ValueError(_("This holds characters that are not text."))
    if item.kind == "text" and "\n" in text:
        text = " ".join(text.split("\n"))
    if item.max_length and len(text) > item.max_length:
        raise ValueError(
            _("At most %(most)d characters; this has %(has)d.") % {"most": item.max_length, "has": len(text)}
        )
    return text


def _choice(item: Field, value: object) -> Any:
    text = str(value).strip()
    folded = text.casefold()
    for stored, label in item.choices:
        if folded in (stored.casefold(), label.casefold()):
            return int(stored) if item.numeric else stored
    offered = ", ".join(label for _value, label in item.choices[:12])
    raise ValueError(_("“%(value)s” is not one of: %(offered)s.") % {"value": text[:60], "offered": offered})


def _bool(item: Field, value: object) -> bool:
    if isinstance(value, bool):
        return value
    match str(value).strip().casefold():
        case "true" | "yes" | "1" | "on" | "y":
            return True
        case "false" | "no" | "0" | "off" | "n":
            return False
    raise ValueError(_("“%(value)s” is neither yes nor no.") % {"value": str(value)[:60]})


def _date(item: Field, value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        parsed = parse_date(str(value).strip())
    except ValueError:
        parsed = None
    if parsed is None:
        raise ValueError(_("“%(value)s” is not a date; write 2026-01-31.") % {"value": str(value)[:60]})
    return parsed


def _datetime(item: Field, value: object) -> datetime:
    try:
        parsed = value if isinstance(value, datetime) else parse_datetime(str(value).strip())
    except ValueError:
        parsed = None
    if parsed is None:
        raise ValueError(_("“%(value)s” is not a time; write 2026-01-31T12:00.") % {"value": str(value)[:60]})
    try:
        aware = make_aware(parsed, get_current_timezone()) if is_naive(parsed) else parsed
        aware.timestamp()
    except (OverflowError, ValueError) as error:
        raise ValueError(_("This time is out of range.")) from error
    return aware


def _integer(item: Field, value: object) -> int:
    try:
        number = int(value) if isinstance(value, int) else int(str(value).strip())
    except ValueError as error:
        raise ValueError(_("“%(value)s” is not a whole number.") % {"value": str(value)[:60]}) from error
    _within(item, Decimal(number))
    return number


def _decimal(item: Field, value: object) -> Decimal:
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation as error:
        raise ValueError(_("“%(value)s” is not a number.") % {"value": str(value)[:60]}) from error
    if not number.is_finite() or (number and abs(number.adjusted()) > 30):
        raise ValueError(_("This number is out of range."))
    _within(item, number)
    rounded = round(number, item.places)
    if rounded != number:
        raise ValueError(_("At most %(places)d decimal places.") % {"places": item.places})
    return rounded


def _within(item: Field, number: Decimal) -> None:
    if not math.isfinite(number):
        raise ValueError(_("This number is out of range."))
    if item.minimum is not None and number < item.minimum:
        raise ValueError(_("At least %(low)s.") % {"low": item.minimum.normalize().to_eng_string()})
    if item.maximum is not None and number > item.maximum:
        raise ValueError(_("At most %(high)s.") % {"high": item.maximum.normalize().to_eng_string()})


def _email(item: Field, value: object) -> str:
    text = _text(item, value).lower()
    try:
        EmailValidator()(text)
    except ValidationError as error:
        raise ValueError(_("“%(value)s” is not an e-mail address.") % {"value": text[:60]}) from error
    return text


def _url(item: Field, value: object) -> str:
    text = _text(item, value)
    try:
        URLValidator(schemes=["http", "https"])(text)
    except ValidationError as error:
        raise ValueError(_("This is not a web address that starts with https:// or http://.")) from error
    return text


def _tags(item: Field, value: object) -> str:
    parts = value if isinstance(value, list) else str(value).split(",")
    if not all(isinstance(part, str) for part in parts):
        raise ValueError(_("This takes a text or a list of texts."))
    words = sorted({" ".join(str(part).split()).casefold() for part in parts} - {""})
    return _text(item, ", ".join(words))


def _json(item: Field, value: object) -> Any:
    return value


_READERS: dict[str, Any] = {
    "text": _text, "long": _text, "choice": _choice, "bool": _bool, "date": _date, "datetime": _datetime,
    "integer": _integer, "decimal": _decimal, "email": _email, "url": _url, "tags": _tags, "json": _json,
}
