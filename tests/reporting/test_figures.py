"""Drawings: well-formed, legible without colour, safe on a page with the strictest policy."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from mainstay.domains.reporting.render.document import Svg
from mainstay.domains.reporting.render.figures import (
    Bar,
    Node,
    Threshold,
    bars,
    heat_map,
    layered_graph,
    trend,
)
from mainstay.domains.reporting.render.layering import place
from mainstay.domains.reporting.render.typesetting import for_print, pictures
from mainstay.domains.reporting.render.values import Level

SVG = "{http://www.w3.org/2000/svg}"
AXIS = [(1, "Rare"), (2, "Likely")]
LOW = Level(number=1, label="Low", colour="#4d9a63")
HIGH = Level(number=4, label="High", colour="#c0392b")
LEVELS = {(1, 1): LOW, (1, 2): LOW, (2, 1): LOW, (2, 2): HIGH}
HOSTILE = "\"><script>alert('x')</script>&"
NAMES = st.sampled_from("abcdefgh")


def _parsed(svg: Svg) -> Element:
    root: Element = fromstring(svg)
    return root


def _texts(root: Element) -> list[str]:
    return ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]


def _every_drawing(text: str) -> list[Svg]:
    level = Level(number=1, label=text, colour="#4d9a63")
    limit = Threshold(value=2, label=text)
    node = Node(id=text, label=text, kind=text, href=f"/{text}")
    one = [(1, text)]
    return [
        heat_map(
            one,
            one,
            {(1, 1): 2},
            {(1, 1): level},
            title=text,
            description=text,
            row_title=text,
            column_title=text,
            links={(1, 1): f"/risks?q={text}"},
        ),
        bars([Bar(label=text, value=1, href=f"/{text}")], title=text, description=text, threshold=limit),
        trend([(date(2026, 1, 1), 3)], title=text, description=text, thresholds=[limit]),
        layered_graph([node, Node(id="b", label="b")], [(text, "b")], title=text),
    ]


def test_hostile_text_stays_text_in_every_drawing() -> None:
    for svg in _every_drawing(HOSTILE):
        root = _parsed(svg)

        assert not list(root.iter(f"{SVG}script"))
        assert root.findtext(f"{SVG}title") == HOSTILE


def test_no_drawing_needs_a_style_a_script_or_a_request() -> None:
    for svg in _every_drawing("Plain"):
        for element in _parsed(svg).iter():
            assert element.tag.removeprefix(SVG) not in {"style", "script", "image", "use", "foreignObject"}
            assert not [name for name in element.attrib if name == "style" or name.startswith("on")]


def test_a_heat_map_prints_its_counts_links_its_cells_and_explains_its_levels() -> None:
    svg = heat_map(
        AXIS,
        AXIS,
        {(2, 2): 7, (1, 1): 12},
        LEVELS,
        title="7 are high",
        links=lambda row, column: f"/r/{row}/{column}",
    )

    root = _parsed(svg)

    assert {"7", "12", "1 · Low", "4 · High"} <= set(_texts(root))
    links = {a.attrib["href"]: a.attrib["aria-label"] for a in root.iter(f"{SVG}a")}
    assert links["/r/2/2"] == "Likely, Likely: 7"
    assert len(links) == 4


def test_levels_of_a_heat_map_differ_in_black_and_white() -> None:
    root = _parsed(heat_map(AXIS, AXIS, {}, LEVELS, title="t"))

    hatched = [r.attrib["fill"] for r in root.iter(f"{SVG}rect") if r.attrib["fill"].startswith("url(")]
    # The high cell and its entry in the legend; the lowest level is left plain.
    assert len(hatched) == 2
    assert len(list(root.iter(f"{SVG}pattern"))) == 1


def test_the_highest_likelihood_is_drawn_at_the_top() -> None:
    root = _parsed(heat_map(AXIS, [(1, "Impact")], {}, {}, title="t"))

    heights = {"".join(t.itertext()): float(t.attrib["y"]) for t in root.iter(f"{SVG}text")}

    assert heights["Likely"] < heights["Rare"]


def test_a_drawing_is_an_image_unless_its_parts_are_links() -> None:
    plain = heat_map(AXIS, AXIS, {}, LEVELS, title="t", description="d")
    linked = heat_map(AXIS, AXIS, {}, LEVELS, title="t", links={(1, 1): "/x"})

    root = _parsed(plain)
    assert root.attrib["role"] == "img"
    assert root.findtext(f"{SVG}desc") == "d"
    assert root.attrib["aria-labelledby"] == root.find(f"{SVG}title").attrib["id"]  # type: ignore[union-attr]
    assert _parsed(linked).attrib["role"] == "group"


@pytest.mark.parametrize("href", ["javascript:alert(1)", " javascript:x", "data:text/html,x", ""])
def test_a_link_that_is_no_page_is_refused(href: str) -> None:
    with pytest.raises(ValueError, match="links to pages"):
        bars([Bar(label="a", value=1, href=href)], title="t")


def test_bars_begin_at_zero_and_keep_their_proportions() -> None:
    root = _parsed(bars([Bar(label="a", value=10), Bar(label="b", value=Decimal("2.5"))], title="t"))

    first, second = (float(rect.attrib["width"]) for rect in root.iter(f"{SVG}rect"))

    assert first == pytest.approx(4 * second)
    assert {"10", "2.5"} <= set(_texts(root))


def test_a_negative_bar_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        bars([Bar(label="a", value=-1)], title="t")


def test_a_missing_measurement_breaks_the_line_of_a_trend() -> None:
    days = [date(2026, month, 1) for month in range(1, 6)]
    values = [4, 3, None, 2, 1]

    root = _parsed(trend(list(zip(days, values, strict=True)), title="t"))

    lines = [path for path in root.iter(f"{SVG}path") if path.attrib.get("stroke-width") == "2"]
    assert len(lines) == 2
    assert _texts(root)[-3:] == ["1", "1 Jan 2026", "1 May 2026"]


def test_drawings_of_nothing_are_still_drawings() -> None:
    for svg in (heat_map([], [], {}, {}, title="t"), bars([], title="t"), trend([], title="t")):
        assert _parsed(svg).attrib["viewBox"]
    assert _parsed(layered_graph([], [], title="t")).attrib["viewBox"]


def test_a_graph_shortens_a_long_name_and_keeps_it_whole_in_its_tip() -> None:
    name = "سجل " * 50

    root = _parsed(layered_graph([Node(id="a", label=name)], [], title="t"))

    (label,) = root.iter(f"{SVG}text")
    assert label.findtext(f"{SVG}title") == name
    assert len("".join(label.itertext())) < len(name) + 30


def test_an_edge_that_closes_a_cycle_is_dashed() -> None:
    nodes = [Node(id=name, label=name) for name in "abc"]

    svg = layered_graph(nodes, [("a", "b"), ("b", "c"), ("c", "a")], title="t")

    assert svg.count("stroke-dasharray") == 1


@given(st.lists(NAMES, unique=True), st.lists(st.tuples(NAMES, NAMES)))
def test_every_node_has_a_place_of_its_own(nodes: list[str], edges: list[tuple[str, str]]) -> None:
    places = place(nodes, edges)

    assert set(places) == set(nodes)
    assert len(set(places.values())) == len(nodes)


@given(st.sets(st.tuples(st.integers(0, 30), st.integers(0, 30)).filter(lambda edge: edge[0] < edge[1])))
def test_without_cycles_every_edge_runs_to_the_right(edges: set[tuple[int, int]]) -> None:
    names = [str(number) for number in range(31)]
    wanted = [(str(a), str(b)) for a, b in sorted(edges)]

    places = place(names, wanted)

    assert all(places[a][0] < places[b][0] for a, b in wanted)


def test_five_hundred_nodes_in_one_chain_with_a_cycle_are_placed() -> None:
    names = [str(number) for number in range(500)]

    places = place(names, [*pairwise(names), ("499", "0")])

    assert places["499"] == (499, 0)


def test_two_drawings_share_no_id_and_one_drawing_keeps_its_own() -> None:
    first, second = (heat_map(AXIS, AXIS, {(1, 1): n}, LEVELS, title="t") for n in (1, 2))

    def ids(svg: Svg) -> set[str]:
        return {e.attrib["id"] for e in _parsed(svg).iter() if "id" in e.attrib}

    assert ids(first)
    assert not ids(first) & ids(second)
    assert first == heat_map(AXIS, AXIS, {(1, 1): 1}, LEVELS, title="t")


def test_on_paper_no_colour_is_left_to_a_theme() -> None:
    for svg in _every_drawing("Plain"):
        settled = for_print(svg)

        assert "var(" not in settled
        assert "currentColor" not in settled


def test_words_that_look_like_colours_stay_words_on_paper() -> None:
    text = 'currentColor fill="currentColor" var(--x, #ffffff)'

    settled = for_print(bars([Bar(label=text, value=1)], title=text))

    assert _parsed(Svg(settled)).findtext(f"{SVG}title") == text


def test_a_drawing_becomes_a_picture_for_word() -> None:
    drawings = [bars([Bar(label="a", value=value)], title="t") for value in (1, 2)]

    made = pictures(drawings)

    assert [png[:4] for png in made] == [b"\x89PNG", b"\x89PNG"]
    assert made[0] != made[1]
    assert pictures([]) == []
