"""Static files: named after their content, compressed once, answered from memory.

They come straight from the package, so no folder can be older than the pages that refer to it, and a changed file has
a new address: browsers keep each for a year without asking (RFC 8246).
"""

import gzip
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed

SECONDS_KEPT = 365 * 24 * 3600
HASH_DIGITS = 12
GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))")
"""Taken, and not with the weight 0 (RFC 9110, section 12.5.3)."""
KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True, kw_only=True, slots=True)
class StaticFile:
    """A file of the package as it is served."""

    address: str
    kind: str
    content: bytes


@cache
def static_files() -> Mapping[str, StaticFile]:
    """Every static file by its name; of equal names, the first finder's wins. Read once: a process serves what it refers to."""
    found: dict[str, StaticFile] = {}
    for finder in get_finders():
        for name, storage in finder.list(["*.map"]):
            if (path := Path(name)).suffix in KINDS and name not in found:
                content = Path(storage.path(name)).read_bytes()
                digest = hashlib.sha256(content).hexdigest()[:HASH_DIGITS]
                address = f"{settings.STATIC_URL}{path.with_suffix('').as_posix()}.{digest}{path.suffix}"
                found[name] = StaticFile(address=address, kind=KINDS[path.suffix], content=content)
    return found


@cache
def _by_address() -> Mapping[str, StaticFile]:
    return {item.address: item for item in static_files().values()}


@cache
def _packed(item: StaticFile) -> bytes:
    return gzip.compress(item.content, mtime=0)


class HashedNames(StaticFilesStorage):
    """What `{% static %}` asks for the address of a file."""

    def url(self, name: str | None) -> str:
        try:
            return static_files()[name or ""].address
        except KeyError:
            raise ValueError(f"There is no static file “{name}”.") from None


class StaticFiles:
    """Answer the addresses below STATIC_URL, before there is a session or an actor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(settings.STATIC_URL):
            return self._get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        item = _by_address().get(request.path_info)
        if item is None:
            return HttpResponse("There is no such file.\n", status=404, content_type="text/plain; charset=utf-8")
        headers = {"Cache-Control": f"public, max-age={SECONDS_KEPT}, immutable", "Vary": "Accept-Encoding"}
        content = item.content
        if GZIP.search(request.headers.get("Accept-Encoding", "")):
            content = _packed(item)
            headers["Content-Encoding"] = "gzip"
        return HttpResponse(content, content_type=item.kind, headers={**headers, "Content-Length": str(len(content))})
