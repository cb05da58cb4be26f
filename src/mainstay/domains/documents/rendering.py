"""Markdown as people write it, turned into HTML that can do nothing but be read.

Two walls: the parser passes no HTML on, and the cleaner lets only a short list of elements through. Text is stored as
written and rendered on every reading, so a wall made higher later protects old texts too.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

TAGS = frozenset({
    "a", "blockquote", "br", "code", "del", "em", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
})
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = frozenset({"http", "https", "mailto"})
REL = "noopener noreferrer"


def to_html(text: str) -> SafeString:
    """The text as safe HTML. Headings begin at the second level, below the title of the page; pictures become words."""
    rendered = _parser().render(text)
    cleaned = nh3.clean(
        rendered, tags=set(TAGS), attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        url_schemes=set(SCHEMES), link_rel=REL,
    )
    return mark_safe(cleaned)  # noqa: S308 # cleaned in the line above; this is the one place that says so


@cache
def _parser() -> MarkdownIt:
    # Typographic niceties stay off: what is hashed and what is read should be the same characters.
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.core.ruler.push("headings_below_title", _lower_headings)
    parser.add_render_rule("image", _image_as_words)
    return parser


def _lower_headings(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 1)}"


def _image_as_words(renderer: object, tokens: Sequence[Token], index: int, options: object, env: Any) -> str:
    # A picture would be fetched by every reader, and tell its server who read when.
    return escape(tokens[index].content)
