"""`python -m bench`: serve the sample at several sizes, measure, and print the figures beside their targets."""

import argparse
import json
import os
import platform
import signal
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from http.client import HTTPException
from pathlib import Path

from bench import work
from bench.client import Refused
from bench.cluster import NoPostgres
from bench.installation import loaded, served
from bench.measuring import Effort, Figure
from bench.table import missed, table

SIZES = ("small", "1k", "10k", "100k")
DATABASES = ("sqlite", "postgresql")
IDLE_SECONDS = 5.0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--sizes", default="1k,10k", help=f"any of {','.join(SIZES)}; 1k,10k unless said")
    parser.add_argument("--database", choices=(*DATABASES, "both"), default="sqlite")
    parser.add_argument("--quick", action="store_true", help="few repetitions: whether it works, not how fast")
    parser.add_argument("--only", default="", help="parts: pages,api,files,imports; all unless said")
    parser.add_argument("--workers", type=int, default=1, help="processes that answer requests")
    parser.add_argument("--keep", type=Path, help="keep loaded installations in this folder, so that reruns are quick")
    parser.add_argument("--oscal", type=Path, help="NIST's catalogue in OSCAL JSON, to measure its import")
    parser.add_argument("--json", type=Path, dest="file", help="write the figures to this file as well")
    given = parser.parse_args()
    if strangers := set(given.sizes.split(",")) - set(SIZES):
        parser.error(f"--sizes takes {', '.join(SIZES)}, not {', '.join(sorted(strangers))}")
    return given


def measured(size: str, *, database: str, given: argparse.Namespace) -> Iterator[Figure]:
    """All figures of one installation."""
    effort = Effort.quick() if given.quick else Effort()
    wanted = set(filter(None, given.only.split(","))) or {"pages", "api", "files", "imports"}
    with loaded(size, database=database, keep=given.keep) as home, served(home, workers=given.workers) as running:
        yield from work.installation(running)
        if "pages" in wanted:
            yield from work.pages(running, effort)
            yield from work.transfer(running)
        if "api" in wanted:
            yield from work.api(running, effort)
        if "files" in wanted:
            yield from work.files(running, effort)
        if "imports" in wanted:
            yield from work.imports(running, effort, oscal=given.oscal)
        yield from work.afterwards(running, seconds=0.5 if given.quick else IDLE_SECONDS)


def main() -> None:
    given = _arguments()
    # Asked to end, it ends what it started as well.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(1))
    databases = DATABASES if given.database == "both" else (given.database,)
    given.keep = given.keep.resolve() if given.keep else None
    found: dict[str, dict[str, list[Figure]]] = {}
    broken: list[str] = []
    print(f"{date.today():%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}", file=sys.stderr)
    for database in databases:
        found[database] = {}
        for size in given.sizes.split(","):
            print(f"{database}, {size}:", file=sys.stderr)
            figures = found[database][size] = []
            try:
                for figure in measured(size, database=database, given=given):
                    figures.append(figure)
                    print(f"  {figure.name}: {figure.value:.1f} {figure.unit}", file=sys.stderr)
            except NoPostgres as error:
                print(f"  left out: {error}", file=sys.stderr)
            except (Refused, HTTPException, OSError) as error:
                # What was measured until here still counts, and the exit code says that it is not all.
                broken.append(f"{database}, {size}: broke off: {error!r}")
                print(f"  {broken[-1]}", file=sys.stderr)
    for database, by_size in found.items():
        if any(by_size.values()):
            print(f"\n{database}: p50/p95 of what one waits in ms in parentheses, ✗ misses its target\n")
            print(table(by_size))
            print(f"\n{missed(by_size)} figures miss their target.")
    if given.file:
        told = {name: {size: [asdict(item) for item in items] for size, items in sizes.items()} for name, sizes in found.items()}
        given.file.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    if broken:
        sys.exit("\n".join(broken))


if __name__ == "__main__":
    main()
