"""Reads OSCAL catalogues into the flat, ordered form in which the library keeps every framework.

NIST's OSCAL 1.x catalogue model in its JSON format. Nothing here knows a database: the same `Catalogue` also
carries the frameworks that come with the product.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

import msgspec

MAX_DEPTH = 16
"""Deepest nesting of groups and controls, of parts and of parameters that is read; SP 800-53 needs four."""

MAX_PARAMETER_TEXT = 4_000
"""Longest text, in characters, one parameter may expand to; SP 800-53 Rev. 5 stays below 500."""

_INSERT = re.compile(r"\{\{\s*insert:\s*param\s*,\s*([^\s{}]+)\s*\}\}")
_STRUCTURAL_PROPS = frozenset({"label", "sort-id", "status", "alt-identifier"})

Kind = Literal["group", "assessable"]


class CatalogueError(ValueError):
    """The document cannot be read as a catalogue; the message names the place and what is wrong there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RequirementEntry:
    """One node of a framework: a heading, or something an organisation can meet."""

    ref: str
    parent: str | None
    title: str
    text: str
    guidance: str
    kind: Kind
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    withdrawn: bool = False
    order: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Catalogue:
    """A framework with its requirements in tree order, parents before children."""

    id: str
    name: str
    version: str
    publisher: str
    licence_note: str
    locale: str
    entries: tuple[RequirementEntry, ...]

    def __post_init__(self) -> None:
        """Refuse a tree that could not be stored: repeated references, missing parents."""
        seen: set[str] = set()
        for entry in self.entries:
            if entry.ref in seen:
                raise CatalogueError(f"{self.name}: the reference {entry.ref!r} is used more than once")
            if entry.parent is not None and entry.parent not in seen:
                raise CatalogueError(f"{self.name}: {entry.ref!r} comes before its parent {entry.parent!r}")
            seen.add(entry.ref)


_Text = Annotated[str, msgspec.Meta(min_length=1)]


class _Prop(msgspec.Struct, frozen=True):
    name: str
    value: str
    class_: str | None = msgspec.field(default=None, name="class")


class _Selection(msgspec.Struct, frozen=True, rename="kebab"):
    choice: tuple[str, ...] = ()
    how_many: str = "one"


class _Param(msgspec.Struct, frozen=True):
    id: _Text
    label: str = ""
    values: tuple[str, ...] = ()
    select: _Selection | None = None


class _Part(msgspec.Struct, frozen=True):
    name: str
    title: str = ""
    prose: str = ""
    props: tuple[_Prop, ...] = ()
    parts: tuple[_Part, ...] = ()


class _Control(msgspec.Struct, frozen=True):
    id: _Text
    title: str
    params: tuple[_Param, ...] = ()
    props: tuple[_Prop, ...] = ()
    parts: tuple[_Part, ...] = ()
    controls: tuple[_Control, ...] = ()


class _Group(msgspec.Struct, frozen=True):
    title: str
    id: str = ""
    params: tuple[_Param, ...] = ()
    props: tuple[_Prop, ...] = ()
    parts: tuple[_Part, ...] = ()
    groups: tuple[_Group, ...] = ()
    controls: tuple[_Control, ...] = ()


class _Party(msgspec.Struct, frozen=True):
    uuid: str
    name: str = ""


class _ResponsibleParty(msgspec.Struct, frozen=True, rename="kebab"):
    role_id: str
    party_uuids: tuple[str, ...]


class _Metadata(msgspec.Struct, frozen=True, rename="kebab"):
    title: _Text
    version: str
    remarks: str = ""
    parties: tuple[_Party, ...] = ()
    responsible_parties: tuple[_ResponsibleParty, ...] = ()


class _CatalogDocument(msgspec.Struct, frozen=True):
    uuid: _Text
    metadata: _Metadata
    params: tuple[_Param, ...] = ()
    groups: tuple[_Group, ...] = ()
    controls: tuple[_Control, ...] = ()


class _File(msgspec.Struct, frozen=True):
    catalog: _CatalogDocument


@dataclass(frozen=True, kw_only=True, slots=True)
class _Node:
    """A group or control with its place in the document and the index of what it hangs under."""

    source: _Group | _Control
    path: str
    parent: int | None


def read_catalogue(data: bytes, *, locale: str = "en") -> Catalogue:
    """Read an OSCAL catalogue in JSON; `locale` is the caller's to know, since OSCAL does not say it.

    Raises `CatalogueError` for anything that is not a catalogue this product can keep.
    """
    document = _decode(data)
    nodes = _nodes(document)
    refs = _refs(nodes)
    parameters = _Parameters(document, nodes)
    metadata = document.metadata
    return Catalogue(
        id=document.uuid,
        name=metadata.title,
        version=metadata.version,
        publisher=_publisher(metadata),
        licence_note=metadata.remarks,
        locale=locale,
        entries=tuple(
            _entry(node, order=order, refs=refs, parameters=parameters) for order, node in enumerate(nodes)
        ),
    )


def _decode(data: bytes) -> _CatalogDocument:
    try:
        return msgspec.json.decode(data.removeprefix(codecs.BOM_UTF8), type=_File).catalog
    except msgspec.ValidationError as error:
        raise CatalogueError(f"Not an OSCAL catalogue: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(f"Not JSON: {error}") from error
    except RecursionError as error:
        raise CatalogueError("The document is nested too deeply to be read") from error


def _nodes(document: _CatalogDocument) -> tuple[_Node, ...]:
    """Every group and control in document order, those above before those below."""
    nodes: list[_Node] = []

    def add_below(
        source: _CatalogDocument | _Group | _Control, path: str, parent: int | None, depth: int
    ) -> None:
        below: dict[str, Sequence[_Group | _Control]] = {
            "groups": () if isinstance(source, _Control) else source.groups,
            "controls": source.controls,
        }
        for key, children in below.items():
            for at, child in enumerate(children):
                if depth == MAX_DEPTH:
                    raise CatalogueError(f"{path}: groups and controls are nested more than {MAX_DEPTH} deep")
                nodes.append(_Node(source=child, path=f"{path}.{key}[{at}]", parent=parent))
                add_below(child, nodes[-1].path, len(nodes) - 1, depth + 1)

    add_below(document, "$.catalog", None, 0)
    return tuple(nodes)


def _refs(nodes: tuple[_Node, ...]) -> tuple[str, ...]:
    """The reference people use for each node: its label where that is unique, else its id."""
    ids: dict[str, str] = {}
    for node in nodes:
        if not node.source.id:
            continue
        if node.source.id in ids:
            raise CatalogueError(
                f"{node.path}: the id {node.source.id!r} is already used at {ids[node.source.id]}"
            )
        ids[node.source.id] = node.path
    labels = [_label(node.source.props) for node in nodes]
    uses = Counter(labels)
    return tuple(
        label if label and uses[label] == 1 else _spoken_id(node.source)
        for node, label in zip(nodes, labels, strict=True)
    )


def _spoken_id(source: _Group | _Control) -> str:
    if isinstance(source, _Control):
        return source.id
    # A family is spoken of as "AC" although its OSCAL token is "ac"; a group may even have no id at all.
    return source.id.upper() or source.title


def _label(props: tuple[_Prop, ...]) -> str:
    """The plain label; catalogues add classed variants of it, such as zero-padded ones for sorting."""
    labels = [prop for prop in props if prop.name == "label"]
    plain = [prop for prop in labels if prop.class_ is None]
    return (plain or labels)[0].value.strip() if labels else ""


def _publisher(metadata: _Metadata) -> str:
    names = {party.uuid: party.name for party in metadata.parties}
    by_role = {responsible.role_id: responsible for responsible in metadata.responsible_parties}
    for role in ("publisher", "creator"):
        if role in by_role:
            return ", ".join(filter(None, (names.get(uuid, "") for uuid in by_role[role].party_uuids)))
    return metadata.parties[0].name if metadata.parties else ""


def _entry(node: _Node, *, order: int, refs: tuple[str, ...], parameters: _Parameters) -> RequirementEntry:
    source = node.source
    # An overview stands in where there is no statement, as in groups and in some ISO-like catalogues.
    statement = [part for part in source.parts if part.name == "statement"]
    overview = [part for part in source.parts if part.name == "overview"]
    guidance = [part for part in source.parts if part.name == "guidance"]
    attributes: dict[str, tuple[str, ...]] = {}
    for prop in source.props:
        if prop.name not in _STRUCTURAL_PROPS:
            attributes[prop.name] = (*attributes.get(prop.name, ()), prop.value)
    return RequirementEntry(
        ref=refs[order],
        parent=None if node.parent is None else refs[node.parent],
        title=source.title.strip(),
        text=_prose(statement or overview, parameters=parameters, path=node.path),
        guidance=_prose(guidance, parameters=parameters, path=node.path),
        kind="group" if isinstance(source, _Group) else "assessable",
        attributes=attributes,
        withdrawn=any(p.name == "status" and p.value.lower() == "withdrawn" for p in source.props),
        order=order,
    )


def _prose(parts: Iterable[_Part], *, parameters: _Parameters, path: str) -> str:
    """Parts as indented plain text, each item after its label: `a. Review:` and below it `  1. Policy`."""
    lines: list[str] = []

    def add(part: _Part, depth: int, indent: int) -> None:
        if depth > MAX_DEPTH:
            raise CatalogueError(f"{path}.parts: parts are nested more than {MAX_DEPTH} deep")
        words = parameters.filled(part.prose, path=path).strip() or part.title.strip()
        label = _label(part.props)
        if words or label:
            margin = "  " * indent
            first, *rest = f"{label} {words}".strip().splitlines()
            lines.extend([margin + first, *(margin + line if line else "" for line in rest)])
        for below in part.parts:
            add(below, depth + 1, indent + (1 if label else 0))

    for part in parts:
        add(part, 1, 0)
    return "\n".join(lines)


class _Parameters:
    """Turns `{{ insert: param, ac-1_prm_1 }}` into words: the values set, the selection, or the label."""

    def __init__(self, document: _CatalogDocument, nodes: Iterable[_Node]) -> None:
        self._params: dict[str, _Param] = {}
        self._rendered: dict[str, str] = {}
        self._open: set[str] = set()
        for path, params in (("$.catalog", document.params), *((n.path, n.source.params) for n in nodes)):
            for param in params:
                if param.id in self._params:
                    raise CatalogueError(f"{path}.params: the parameter id {param.id!r} is already used")
                self._params[param.id] = param

    def filled(self, prose: str, *, path: str) -> str:
        """The prose with every parameter replaced by words a reader can act on."""
        return _INSERT.sub(lambda match: self._words(match[1], path=path), prose)

    def _words(self, param_id: str, *, path: str) -> str:
        if param_id in self._rendered:
            return self._rendered[param_id]
        param = self._params.get(param_id)
        if param is None or param_id in self._open or len(self._open) >= MAX_DEPTH:
            # Unknown, or part of itself: its own name is all that can be said.
            return f"[{param_id}]"
        self._open.add(param_id)
        try:
            words = self._described(param, path=path)
        finally:
            self._open.remove(param_id)
        self._rendered[param_id] = words
        return words

    def _described(self, param: _Param, *, path: str) -> str:
        if param.values:
            words = ", ".join(param.values)
        elif param.select is not None:
            many = " (one or more)" if param.select.how_many == "one-or-more" else ""
            choices = "; ".join(self._bounded(choice, param, path=path) for choice in param.select.choice)
            words = f"[Selection{many}: {choices}]"
        else:
            words = f"[{param.label or param.id}]"
        return self._checked(words, param, path=path)

    def _bounded(self, choice: str, param: _Param, *, path: str) -> str:
        # Checked at every level: choices that insert one another would otherwise grow without end.
        return self._checked(self.filled(choice, path=path), param, path=path)

    def _checked(self, words: str, param: _Param, *, path: str) -> str:
        if len(words) > MAX_PARAMETER_TEXT:
            raise CatalogueError(
                f"{path}: the parameter {param.id!r} expands to more than {MAX_PARAMETER_TEXT:,} characters"
            )
        return words
