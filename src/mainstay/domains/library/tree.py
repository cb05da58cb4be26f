"""A framework as a tree of headings and requirements. Written here in Python: 1,200 rows are too many for a template."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from mainstay.domains.library.models import Framework, Requirement

OPEN_BELOW = 60
"""With fewer rows than this all headings are open; a longer tree is folded until something is looked for."""


class Node(NamedTuple):
    """One requirement as the tree needs it."""

    pk: UUID
    ref: str
    name: str
    parent_id: UUID | None
    kind: str
    is_withdrawn: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Tree:
    """The page's tree: how many requirements there are and match, and the HTML."""

    total: int
    found: int
    html: SafeString


def tree_of(framework: Framework, *, text: str = "") -> Tree:
    """The framework's requirements, or those that contain the text with the headings above them. One or two queries."""
    rows = Requirement.objects.filter(framework=framework).order_by("position")
    nodes = [Node(*row) for row in rows.values_list("pk", "ref", "name", "parent_id", "kind", "is_withdrawn")]
    asked = {node.pk for node in nodes if node.kind == Requirement.Kind.ASSESSABLE}
    if not text:
        return Tree(total=len(asked), found=len(asked), html=_html(nodes, is_open=len(nodes) <= OPEN_BELOW))
    # Compared here: databases fold case each in their own way, and SQLite beyond ASCII not at all.
    wanted = text.casefold()
    matching = {
        key for key, *texts in rows.values_list("pk", "ref", "name", "description")
        if any(wanted in told.casefold() for told in texts)
    }
    shown = _with_headings(matching, {node.pk: node.parent_id for node in nodes})
    return Tree(
        total=len(asked), found=len(asked & matching), html=_html([node for node in nodes if node.pk in shown], is_open=True)
    )


def _with_headings(matching: set[UUID], parents: Mapping[UUID, UUID | None]) -> set[UUID]:
    shown: set[UUID] = set()
    for key in matching:
        at: UUID | None = key
        while at is not None and at not in shown:
            shown.add(at)
            at = parents.get(at)
    return shown


def _html(nodes: list[Node], *, is_open: bool) -> SafeString:
    children: defaultdict[UUID | None, list[Node]] = defaultdict(list)
    known = {node.pk for node in nodes}
    for node in nodes:
        children[node.parent_id if node.parent_id in known else None].append(node)
    parts: list[str] = []
    _write(parts, children[None], children, opened=" open" if is_open else "", withdrawn=escape(_("withdrawn")))
    return mark_safe("".join(parts))  # noqa: S308 # _write escapes references and names


def _write(
    parts: list[str], nodes: list[Node], children: Mapping[UUID | None, list[Node]], *, opened: str, withdrawn: str
) -> None:
    """The nodes as list items, each with what is below it; a catalogue is at most sixteen deep (oscal.MAX_DEPTH)."""
    for node in nodes:
        mark = f' <span class="muted">{withdrawn}</span>' if node.is_withdrawn else ""
        name = f'<span class="ref">{escape(node.ref)}</span> <span dir="auto">{escape(node.name)}</span>'
        link = f'<a href="/requirements/{node.pk}">{name}</a>{mark}'
        below = children.get(node.pk)
        if not below:
            parts.append(f"<li>{link}</li>")
        elif node.kind == Requirement.Kind.GROUP:
            # A link within a summary would be a control within a control (WCAG 4.1.2), so it comes below.
            heading = f'<summary>{name}{mark} <span class="count">{len(below)}</span></summary>'
            about = f'<a class="muted" href="/requirements/{node.pk}">{escape(_("About"))} {escape(node.ref)}</a>'
            parts.append(f"<li><details{opened}>{heading}<ul><li>{about}</li>")
            _write(parts, below, children, opened=opened, withdrawn=withdrawn)
            parts.append("</ul></details></li>")
        else:
            parts.append(f"<li>{link}<ul>")
            _write(parts, below, children, opened=opened, withdrawn=withdrawn)
            parts.append("</ul></li>")


def attributes_of(requirement: Requirement) -> Mapping[str, Any] | None:
    """What its framework says about a requirement besides the text, by attribute; None where it says nothing."""
    said = [
        (name.replace("_", " ").replace("-", " "), values if isinstance(values, list) else [values])
        for name, values in (requirement.attributes or {}).items() if values
    ]
    return {"attributes": said} if said else None
