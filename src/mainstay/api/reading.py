"""Reading a JSON body: the one way in. What two readers could understand differently is refused (RFC 7493, I-JSON)."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, UnreadablePostError
from django.utils.translation import gettext as _

from mainstay.api.problems import Malformed, WrongMediaType
from mainstay.platform.records.errors import Invalid, TooLarge

MOST_BYTES = 2 * 1024 * 1024
DEEPEST = 64
MOST_INTEGER = 2**63 - 1
NO_TEXT = re.compile("[\x00\ud800-\udfff]")
"""What no database takes as text."""
_SUSPECT = re.compile(r"\\u(?:0000|d[89a-f])", re.IGNORECASE)


def read_object(request: HttpRequest, *, may_be_empty: bool = False) -> dict[str, Any]:
    """The body as an object; with `may_be_empty` no body at all is an empty one."""
    raw = body_of(request)
    if not raw and may_be_empty:
        return {}
    _require_json(request)
    value = parse(raw)
    if not isinstance(value, dict):
        raise Malformed(_("The body is a JSON object: {…}."))
    return value


def read_list(request: HttpRequest) -> list[Any]:
    """The body as a list."""
    raw = body_of(request)
    _require_json(request)
    value = parse(raw)
    if not isinstance(value, list):
        raise Malformed(_("The body is a JSON list: […]."))
    return value


def body_of(request: HttpRequest) -> bytes:
    """The bytes of the body, at most `MOST_BYTES`."""
    try:
        raw = request.body
    except RequestDataTooBig as error:
        raise TooLarge(_("A body has at most %(most)d bytes.") % {"most": MOST_BYTES}) from error
    except UnreadablePostError as error:
        raise Malformed(_("The body ended early.")) from error
    if len(raw) > MOST_BYTES:
        raise TooLarge(_("A body has at most %(most)d bytes.") % {"most": MOST_BYTES})
    return raw


def _require_json(request: HttpRequest) -> None:
    if request.content_type != "application/json":
        raise WrongMediaType(_("Send the body as application/json."))


def parse(raw: bytes) -> Any:
    """The value of a JSON text. Raises Malformed, or Invalid where a text holds what is no character."""
    try:
        text = raw.decode()
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_constant, parse_int=_integer, parse_float=_number
        )
    except RecursionError as error:
        raise Malformed(_too_deep()) from error
    except ValueError as error:
        raise Malformed(_("This is not JSON: %(why)s.") % {"why": str(error)[:200]}) from error
    if _is_deeper_than(value, DEEPEST):
        raise Malformed(_too_deep())
    # Such characters can only come as escapes, so that most bodies need no second look.
    if _SUSPECT.search(text) and (wrong := {path: [_("This holds characters that are not text.")] for path in _no_texts(value)}):
        raise Invalid(wrong)
    return value


def _too_deep() -> str:
    return _("At most %(most)d levels of nesting.") % {"most": DEEPEST}


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"“{twice[:60]}” stands there twice".encode("utf-8", "replace").decode())
    return found


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _integer(digits: str) -> int:
    if len(digits) > 20 or abs(int(digits)) > MOST_INTEGER:
        raise ValueError("a whole number beyond 64 bits; send it as text")
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number out of range")
    return number


def _is_deeper_than(value: Any, levels: int) -> bool:
    layer = [value] if isinstance(value, dict | list) else []
    for _level in range(levels):
        layer = [
            child for parent in layer for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
        if not layer:
            return False
    return True


def _no_texts(value: Any, path: str = "") -> Iterator[str]:
    """Paths of texts and names that hold no text."""
    match value:
        case str() if NO_TEXT.search(value):
            yield path
        case dict():
            for name, item in value.items():
                if NO_TEXT.search(name):
                    yield path
                else:
                    yield from _no_texts(item, f"{path}/{name}" if path else name)
        case list():
            for position, item in enumerate(value):
                yield from _no_texts(item, f"{path}/{position}" if path else str(position))
