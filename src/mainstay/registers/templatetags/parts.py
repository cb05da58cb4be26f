"""The few template tags there are: icons, values, and addresses that keep the rest of the query."""

from typing import Any

from django import template
from django.http import QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString

from mainstay.registers.showing import icon_html, show_value

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """One icon of the sprite; decoration only, so words stand beside it."""
    return icon_html(name)


@register.simple_tag
def value(field: Any, content: Any) -> SafeString:
    """A field's value as people read it."""
    return show_value(field, content)


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: Any) -> SafeString:
    """The present query string with some parameters set, or removed when None; pages begin anew."""
    parameters: QueryDict = context["request"].GET.copy()
    parameters.pop("cursor", None)
    for name, content in changes.items():
        if content is None:
            parameters.pop(name, None)
        else:
            parameters[name] = str(content)
    return format_html("?{}", parameters.urlencode())


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """`mapping[key]`, or empty."""
    return mapping.get(key, "") if mapping else ""
