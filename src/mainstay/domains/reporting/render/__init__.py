"""Documents that leave the house: one frozen view-model, five formats that cannot disagree."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Literal

from mainstay.domains.reporting.render import html, json, pdf
from mainstay.domains.reporting.render.document import Document, legible, outline
from mainstay.domains.reporting.render.pdf import TooLargeForPdf

__all__ = ["RENDERERS", "Format", "Rendered", "Renderer", "TooLargeForPdf", "render"]

Format = Literal["pdf", "docx", "xlsx", "html", "json"]


@dataclass(frozen=True, kw_only=True)
class Renderer:
    """How a document becomes a file of one format."""

    write: Callable[[Document], bytes]
    media_type: str


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """A file ready to be handed over."""

    content: bytes
    media_type: str
    extension: str


def _office(name: str) -> Callable[[Document], bytes]:
    """The writer in the module of that name, whose library is costly to load and by most processes never used."""

    def write(document: Document) -> bytes:
        content: bytes = import_module(f"{__name__}.{name}").write(document)
        return content

    return write


_OFFICE = "application/vnd.openxmlformats-officedocument"
RENDERERS: MappingProxyType[Format, Renderer] = MappingProxyType(
    {
        "pdf": Renderer(write=pdf.write, media_type="application/pdf"),
        "docx": Renderer(write=_office("docx"), media_type=f"{_OFFICE}.wordprocessingml.document"),
        "xlsx": Renderer(write=_office("xlsx"), media_type=f"{_OFFICE}.spreadsheetml.sheet"),
        "html": Renderer(write=html.write, media_type="text/html; charset=utf-8"),
        "json": Renderer(write=json.write, media_type="application/json"),
    }
)


def render(document: Document, format: Format) -> Rendered:
    """The document as a file; raises TooLargeForPdf where paper is the wrong answer."""
    renderer = RENDERERS[format]
    content = renderer.write(outline(legible(document)))
    return Rendered(content=content, media_type=renderer.media_type, extension=format)
