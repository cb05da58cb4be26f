"""HTML and JSON, read back."""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser

from mainstay.domains.reporting.render import render
from mainstay.domains.reporting.render.document import Column, Document, Facts, Note, Paragraph, Table
from mainstay.domains.reporting.render.html import html_fragment
from mainstay.domains.reporting.render.values import shown

MakeDocument = Callable[..., Document]

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp;"


class _Page(HTMLParser):
    """Collects the elements, attributes and text of a page."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}


def _page(document: Document) -> _Page:
    return _Page(render(document, "html").content.decode())


def test_hostile_text_appears_as_text_wherever_it_stands(make_document: MakeDocument) -> None:
    table = Table(columns=(Column(key="a", label=HOSTILE),), rows=({"a": HOSTILE},), caption=HOSTILE)
    empty = Table(columns=table.columns, rows=(), caption=HOSTILE, empty=HOSTILE)
    blocks = (Paragraph(text=HOSTILE), Note(text=HOSTILE), Facts(pairs=((HOSTILE, HOSTILE),)), table, empty)

    page = _page(make_document(*blocks, title=HOSTILE))

    assert not page.tags & {"script", "img"}
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    # Title twice, paragraph, note, two of the facts, caption, heading, cell, and two of the empty table.
    assert page.text.count(HOSTILE) == 11


def test_the_page_fetches_nothing_and_its_policy_allows_only_its_own_style(statement: Document) -> None:
    markup = render(statement, "html").content.decode()
    page = _Page(markup)

    style = re.search(r"<style>(.*?)</style>", markup, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = next(a["content"] for _, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")
    assert not page.tags & {"script", "link", "img", "iframe", "object"}
    assert not [name for _, a in page.elements for name in a if name in {"src", "style", "srcset"}]
    assert "url(" not in style[1]
    assert "@import" not in style[1]


def test_a_fragment_is_the_same_article_without_page_or_style(statement: Document) -> None:
    fragment = html_fragment(statement)

    assert fragment.startswith("<article")
    assert not _Page(fragment).tags & {"html", "head", "style", "body"}
    assert fragment in render(statement, "html").content.decode()


def test_a_page_in_arabic_runs_from_right_to_left(make_document: MakeDocument) -> None:
    page = _page(make_document(Paragraph(text="سجل المخاطر"), language="ar"))

    assert page.elements[0] == ("html", {"lang": "ar", "dir": "rtl"})
    assert "سجل المخاطر" in page.text


def test_an_empty_table_says_so_and_has_no_empty_grid(make_document: MakeDocument) -> None:
    table = Table(columns=(Column(key="a", label="A"),), rows=(), empty="Nothing is excluded.")

    page = _page(make_document(table))

    assert "Nothing is excluded." in page.text
    assert "table" not in page.tags


def test_screen_and_json_state_every_number_of_every_row(statement: Document) -> None:
    table = statement.sections[0].blocks[-1]
    assert isinstance(table, Table)

    page = _page(statement)
    content = json.loads(render(statement, "json").content)

    rows = content["sections"][0]["blocks"][-1]["rows"]
    assert len(rows) == len(table.rows)
    for row, said in zip(table.rows, rows, strict=True):
        assert said["count"] == row["count"]
        assert said["loss"] == str(row["loss"])
        assert shown(row["loss"], words=statement.words, kind="money") in page.text
        assert shown(row["count"], words=statement.words) in page.text


def test_json_names_its_schema_and_keeps_exact_values(statement: Document) -> None:
    content = json.loads(render(statement, "json").content)

    assert content["schema"] == "mainstay.document/1"
    assert content["control"]["approved_on"] == "2026-03-31"
    assert content["control"]["prepared_at"] == "2026-03-30T14:05:00+00:00"
    blocks = {block["type"]: block for block in content["sections"][0]["blocks"]}
    assert set(blocks) == {"paragraph", "note", "facts", "figure", "table"}
    assert blocks["facts"]["pairs"] == [
        {"label": "Highest", "value": {"number": 4, "label": "High", "colour": "#e09a3c"}},
        {"label": "Overall", "value": {"code": "partly", "label": "Partly met"}},
        {"label": "Yearly loss", "value": "1234567.5"},
    ]
    assert blocks["figure"]["table"]["rows"] == [{"area": "Payroll", "open": 14}]
