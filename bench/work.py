"""What is measured, with the targets: pages, API, files, imports, and the installation itself."""

import csv
import io
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urljoin

from bench import machine
from bench.client import ApiClient, Client, Refused
from bench.installation import Served
from bench.measuring import Effort, Figure, once, repeated, rush

IMPORT_SECONDS, POLL_SECONDS = 600, 0.5
_LINKED = re.compile(r'(?:<link[^>]+href|<script[^>]+src|<img[^>]+src|<use href)="([^"#]+)')
_INSIDE = re.compile(r"""url\(["']?([^"')]+)|(?:from|import)\s*["']([^"']+\.js)["']""")


def pages(served: Served, effort: Effort) -> Iterator[Figure]:
    """The pages people look at, as a signed-in administrator sees them."""
    api = ApiClient(served.port, served.tokens)
    asset, risk = (_some(api, slug) for slug in ("assets", "risks"))
    word = max(re.findall(r"[A-Za-z]{4,}", asset["name"]), key=len)
    deep = api.get("assets?limit=500").json()["next"]
    found = (
        ("home", "/", 40),
        ("journey", "/journey", None),
        ("readiness", "/readiness", None),
        ("list of 50 assets", "/assets", 15),
        ("list of 50 assets, 500 further", f"/assets?cursor={deep}" if deep else "/assets", 15),
        ("list of 50 assets, filtered", f"/assets?kind={asset['kind']}&need__gte=3", 15),
        ("list of 50 assets, sorted by name", "/assets?sort=name", 15),
        ("list of 50 assets, sorted by need", "/assets?sort=-need", 15),
        ("list of 50 assets, sorted by owner", "/assets?sort=owner", 15),
        ("list of 50 assets, searched", f"/assets?q={word}", 15),
        ("list of 50 risks", "/risks", 15),
        ("list of 50 risks, above a level", "/risks?current_level__gte=3&sort=-current_level", 15),
        ("asset", f"/assets/{asset['ref']}", 12),
        ("asset, its form", f"/assets/{asset['ref']}/edit", None),
        ("asset, its history", f"/assets/{asset['ref']}/history", None),
        ("risk", f"/risks/{risk['ref']}", 12),
        ("risk map", "/risks/map", 10),
        ("statement of applicability", "/soa", 120),
        ("search everything", f"/search?q={word}", 15),
    )
    for name, path, target in found:
        yield repeated(served, name, _getting(served.browser, path), effort=effort, target=target)


def _getting(browser: Client, path: str) -> Callable[[], object]:
    return lambda: browser.get(path)


def _some(api: ApiClient, slug: str) -> Any:
    """A record that was there before the sample grew, so the same one at every size."""
    return api.get(f"{slug}?sort=ref&limit=40").json()["items"][-1]


def api(served: Served, effort: Effort) -> Iterator[Figure]:
    """The API with a bearer token."""
    client = ApiClient(served.port, served.tokens)
    for name, path, target in (
        ("API, 20 assets", "assets?limit=20", 6), ("API, 50 assets", "assets?limit=50", None),
        ("API, 100 assets", "assets?limit=100", None),
        ("API, 100 risks with relations", "risks?limit=100&expand=assets,controls,obligations", 20),
        ("API, search", "search?q=server", 15),
    ):
        yield repeated(served, name, lambda path=path: client.get(path), effort=effort, target=target)  # type: ignore[misc] # bound
    asset, risk = (_some(client, slug) for slug in ("assets", "risks"))
    turn = iter(range(1_000_000))

    def create() -> None:
        number = next(turn)
        client.send("POST", "risks", {
            "name": f"Measured risk {number}", "description": "Made to be measured.", "unit": risk["unit"]["id"],
            "owner": risk["owner"]["id"], "assets": [asset["id"]],
        })

    def change() -> None:
        client.send("PATCH", f"assets/{asset['id']}", {"remarks": f"Measured {next(turn)}"})

    yield repeated(served, "API, create a risk", create, effort=effort, target=12)
    yield repeated(served, "API, change an asset", change, effort=effort)
    yield rush(served, "API, 20 assets, 8 connections", "assets?limit=20", effort=effort, target=300)


def files(served: Served, effort: Effort) -> Iterator[Figure]:
    """What leaves the house."""
    client = ApiClient(served.port, served.tokens)
    total = _total(served.browser)
    few = Effort(times=5, seconds=effort.seconds)
    yield once(
        served, "XLSX of all assets, per 1,000", _getting(served.browser, "/assets?format=xlsx"), target=500, per=total / 1_000
    )
    for ending in ("pdf", "xlsx", "docx"):
        wanted = {"pdf": 2_000, "xlsx": 500}.get(ending)
        yield repeated(
            served, f"statement of applicability, {ending.upper()}",
            lambda ending=ending: client.get(f"reports/soa.{ending}"), effort=few, target=wanted,  # type: ignore[misc] # bound
        )


def _total(browser: Client) -> int:
    """How many assets there are: lists count no further than 10,000, a file of them does."""
    return max(1, browser.get("/assets?format=csv&columns=ref").body.count(b"\n") - 1)


def imports(served: Served, effort: Effort, *, oscal: Path | None) -> Iterator[Figure]:
    """What comes in. Last of all, as there is more than before afterwards."""
    client = ApiClient(served.port, served.tokens)
    if oscal is not None:
        data = oscal.read_bytes()
        answer: dict[str, Any] = {}

        def bring() -> None:
            answer.update(client.upload("POST", "frameworks/import", data, kind="application/json").json())

        yield once(served, "NIST SP 800-53, import", bring, target=2_000)
        tree = _getting(served.browser, f"/frameworks/{answer['ref']}")
        yield repeated(served, "NIST SP 800-53, whole tree", tree, effort=effort, target=120)
    refused: list[int] = []
    made = once(served, "", lambda: _import(client, effort.import_rows, refused))
    yield Figure(name="requests refused during the import", unit="requests", value=len(refused), target=0)
    yield Figure(
        name=f"import of {effort.import_rows:,} assets, trail and search included", unit="rows per CPU s",
        value=effort.import_rows * 1000 / made.value, target=2_000, is_least=True,
    )


def _import(client: ApiClient, count: int, refused: list[int]) -> None:
    """Bring a file in as a job, and wait for it. What is not answered meanwhile is noted."""
    job = client.upload("POST", "imports/assets?name=measured", _rows(count), kind="text/csv").json()["job"]
    deadline = time.monotonic() + IMPORT_SECONDS
    while time.monotonic() < deadline:
        answer = client.get(f"jobs/{job}", expected=(200, 500, 503))
        if answer.status != 200:
            refused.append(answer.status)
            continue
        found = answer.json()
        if found["finished_at"]:
            if not (found["result"] or {}).get("is_written"):
                raise Refused(f"import: {found['state']} {found['error']} {str(found['result'])[:500]}")
            return
        time.sleep(POLL_SECONDS)
    raise Refused("the import did not end in time")


def _rows(count: int) -> bytes:
    dice, out = Random(1), io.StringIO()  # noqa: S311 # variety, no secret
    writer = csv.writer(out)
    writer.writerow(("name", "kind", "description", "confidentiality", "integrity", "availability", "location"))
    kinds = ("information", "application", "hardware", "device", "service", "network")
    for number in range(count):
        needs = [dice.randint(1, 3) for _need in range(3)]
        description = f"Row {number} of a measured import."
        writer.writerow((f"Measured asset {number}", dice.choice(kinds), description, *needs, "Basement"))
    return out.getvalue().encode()


def transfer(served: Served) -> Iterator[Figure]:
    """What the asset list costs on the wire: the first time with everything it links to, later the page alone."""
    page = served.browser.get("/assets")
    seen: dict[str, int] = {}
    waiting = [urljoin("/assets", found) for found in _LINKED.findall(page.body.decode())]
    while waiting:
        path = waiting.pop()
        if path in seen or not path.startswith("/static/") or len(seen) > 60:
            continue
        answer = served.browser.get(path)
        seen[path] = answer.size
        if path.endswith((".css", ".js")) and not path.endswith(".min.js"):
            inside = (one or other for one, other in _INSIDE.findall(answer.body.decode()))
            waiting += [urljoin(path, found) for found in inside if not found.startswith(("data:", "#"))]
    yield Figure(name="list of 50 assets, transferred cold", unit="KB", value=(page.size + sum(seen.values())) / 1000, target=120)
    yield Figure(name="list of 50 assets, transferred warm", unit="KB", value=page.size / 1000, target=25)
    yield Figure(name="list of 50 assets, requests cold", unit="requests", value=1 + len(seen), target=15)


def installation(served: Served) -> Iterator[Figure]:
    """The installation itself, just started."""
    home = served.home
    yield Figure(name="loading the sample", unit="s CPU", value=home.load_cpu_s, p50=home.load_wall_s * 1000)
    yield Figure(name="data directory", unit="MB", value=home.size_mb)
    yield Figure(name="start to first answer", unit="s", value=served.start_s, target=3)
    yield Figure(name="start, CPU", unit="ms CPU", value=served.start_cpu_ms)
    yield Figure(name="memory when started", unit="MB", value=machine.memory_mb(served.process), target=250)


def afterwards(served: Served, *, seconds: float) -> Iterator[Figure]:
    """What all that left behind."""
    yield Figure(name="memory after the measurements", unit="MB", value=machine.memory_mb(served.process), target=250)
    before = served.cpu_ms()
    time.sleep(seconds)
    yield Figure(name="idle", unit="ms CPU a second", value=(served.cpu_ms() - before) / seconds)
