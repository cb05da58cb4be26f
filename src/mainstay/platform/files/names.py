"""File names as labels, and the headers under which a stored file may leave (RFC 6266, RFC 8187)."""

import re
import unicodedata
from urllib.parse import quote

from mainstay.platform.files.models import StoredFile
from mainstay.platform.files.types import type_of_media

LONGEST = 255
REMOVED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode categories without a place in a label: controls, bidi and format marks, surrogates, unassigned."""


def clean_name(name: str) -> str:
    """The last part of a name without what could hide its ending; at most 255 characters, never empty."""
    text = "".join(
        letter for letter in unicodedata.normalize("NFC", name) if unicodedata.category(letter) not in REMOVED
    )
    text = " ".join(re.split(r"[/\\]", text)[-1].split()).strip(". ")
    stem, dot, extension = text.rpartition(".")
    if dot and len(extension) <= 10:
        text = stem[: LONGEST - len(extension) - 1].rstrip(". ") + dot + extension
    return text[:LONGEST].lstrip(".") or "file"


def extension_of(name: str) -> str:
    """The part after the last full stop, in lower case."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def safe_headers(stored: StoredFile) -> dict[str, str]:
    """Headers that let a browser show or save the file but never run it in the product's origin."""
    kind = type_of_media(stored.media_type)
    disposition = "inline" if kind is not None and kind.inline else "attachment"
    name = clean_name(stored.name)
    plain = re.sub(
        r"[^A-Za-z0-9._ -]", "_", unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    )
    encoded = quote(name, safe="")
    charset = "; charset=utf-8" if stored.media_type.startswith("text/") else ""
    return {
        "Content-Type": stored.media_type + charset,
        "Content-Length": str(stored.size),
        "Content-Disposition": f"{disposition}; filename=\"{plain}\"; filename*=UTF-8''{encoded}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, no-store",
    }
