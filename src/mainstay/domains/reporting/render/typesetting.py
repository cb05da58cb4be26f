"""Typst, held to what a document needs: no packages, no network, no files but its own template."""

import base64
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from mainstay.domains.reporting.render.document import Svg

Attempt = dict[str, bool | str | None]

_HERE = Path(__file__).parent
_LIMIT = 120  # seconds; the largest document allowed takes four
_INK, _FONT = "#1f2a30", "Libertinus Serif"
# Only whole paint attributes: a label may say "currentColor" too, and its quotes would be escaped.
_VARIABLE = re.compile(r'(fill|stroke)="var\(--[\w-]+, (#[0-9a-fA-F]{6})\)"')
_INHERITED = re.compile(r'(fill|stroke)="currentColor"')

# Fonts shipped with Typst make the same bytes everywhere. Only a script they lack sends us to the machine's
# fonts, and only a character no font has costs the claim to PDF/UA-1 (ISO 14289-1); tags always stay.
_PDF_ATTEMPTS: tuple[Attempt, ...] = (
    {"system_fonts": False, "standard": "ua-1"},
    {"system_fonts": True, "standard": "ua-1"},
    {"system_fonts": True, "standard": None},
)
_PICTURE_ATTEMPTS: tuple[Attempt, ...] = ({"system_fonts": True, "standard": None},)


class TypesettingFailed(RuntimeError):
    """Typst gave no document: a fault of the template or the machine, never of a user's text."""


def typeset_pdf(data: str, *, created_at: datetime) -> bytes:
    """The document template filled with JSON data, as tagged PDF."""
    moment = int(created_at.timestamp())
    (file,) = _typeset("document.typ", {"document": data}, attempts=_PDF_ATTEMPTS, format="pdf", timestamp=moment)
    return file


def pictures(drawings: Sequence[Svg], *, dots_per_inch: float = 220) -> list[bytes]:
    """Each drawing as PNG, for formats that cannot hold SVG."""
    if not drawings:
        return []
    inputs = {"drawings": json.dumps([for_print(svg) for svg in drawings])}
    return _typeset("picture.typ", inputs, attempts=_PICTURE_ATTEMPTS, format="png", dots_per_inch=dots_per_inch)


def for_print(svg: Svg) -> str:
    """The drawing with its theme colours settled, for readers that know no CSS variables."""
    settled = _INHERITED.sub(rf'\1="{_INK}"', _VARIABLE.sub(r'\1="\2"', svg))
    return settled.replace("<svg ", f'<svg font-family="{_FONT}" ', 1)


def _typeset(
    template: str,
    inputs: dict[str, str],
    *,
    attempts: Sequence[Attempt],
    format: str,
    timestamp: int | None = None,
    dots_per_inch: float | None = None,
) -> list[bytes]:
    request = {
        "template": str(_HERE / template),
        "inputs": inputs,
        "attempts": attempts,
        "format": format,
        "timestamp": timestamp,
        "dots_per_inch": dots_per_inch,
    }
    # -P keeps this folder, whose modules are named after formats, out of the child's import path.
    command = [sys.executable, "-P", str(_HERE / "typesetter.py")]
    try:
        child = subprocess.run(command, input=json.dumps(request).encode(), capture_output=True, timeout=_LIMIT)  # noqa: S603 # our own script
    except subprocess.TimeoutExpired as slow:
        raise TypesettingFailed(f"Typesetting took longer than {_LIMIT} s.") from slow
    if child.returncode != 0:
        raise TypesettingFailed(child.stderr.decode(errors="replace").strip()[-2_000:])
    return [base64.b64decode(file) for file in json.loads(child.stdout)]
