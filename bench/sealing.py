"""`python -m bench.sealing`: what the trail costs: capturing a row, sealing, waiting for the seal, proving it all, and space.

On SQLite, or with `--database postgresql` on a cluster of its own with its usual durability. The assets are rows of one statement
each, so the cost of the product's own services is not in the figures.
"""

import argparse
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.cluster import cluster
from bench.measuring import Figure
from bench.table import missed, table

PACE, WRITERS, PACED_SECONDS = 300, 4, 20.0
CAPTURE_US, CAPTURE_SHARE = 25.0, 35.0
MEGABYTE = 2**20


def figures(*, rows: int, quick: bool) -> Iterator[Figure]:
    """All figures on an empty, migrated home. Needs the product set up for it."""
    from django.db import connection

    sqlite = connection.vendor == "sqlite"
    yield from _capturing(rows, sqlite=sqlite)
    yield from _sealing()
    yield from _paced(PACED_SECONDS / 10 if quick else PACED_SECONDS)
    if not sqlite:
        yield from _sustained(1.0 if quick else 10.0)
    yield from _proving()


def _organisation() -> Any:
    from mainstay.platform.records.actor import acting, system
    from mainstay.platform.units.models import Unit
    from mainstay.platform.units.services import found_organisation

    with acting(system("bench")):
        return Unit.unscoped_for_system.filter(parent=None).first() or found_organisation("Bench")


def _asset(number: object) -> Any:
    from mainstay.domains.assets.models import Asset

    organisation = _organisation()
    return Asset(
        organisation=organisation, unit=organisation, ref=f"A-{number}", name=f"Server {number}",
        description="A sentence about it, as people write them in a register, and one more of the same length after it.",
    )


def _capturing(rows: int, *, sqlite: bool) -> Iterator[Figure]:
    from django.db import connection

    from mainstay.platform.records.actor import acting, system
    from mainstay.platform.trail import triggers

    assets = [_asset(number) for number in range(rows)]
    took: dict[bool, list[float]] = {True: [], False: []}
    triggers.install(connection)
    with acting(system("bench")):
        for turn in range(6):
            is_captured = bool(turn % 2)
            (triggers.install if is_captured else triggers.remove)(connection)
            took[is_captured].append(_inserted(assets, keep=turn == 5, cpu=sqlite))
    with_it, without = min(took[True]), min(took[False])
    if sqlite:
        yield Figure(name="capturing a row", unit="us CPU", value=(with_it - without) / rows * 1e6, target=CAPTURE_US)
    else:
        share = (1 - without / with_it) * 100
        yield Figure(name="write throughput given up for capturing", unit="%", value=share, target=CAPTURE_SHARE)


def _inserted(assets: list[Any], *, keep: bool, cpu: bool) -> float:
    """Seconds to insert the rows, in one statement each: CPU of this process, or of the wall where the work is elsewhere."""
    from django.db import connection, transaction

    from mainstay.domains.assets.models import Asset

    columns = Asset._meta.concrete_fields
    values = [
        [field.get_db_prep_save(field.pre_save(asset, True), connection) for field in columns] for asset in assets
    ]
    marks, names = ", ".join(["%s"] * len(columns)), ", ".join(f'"{field.column}"' for field in columns)
    statement = f'INSERT INTO "assets_asset" ({names}) VALUES ({marks})'  # noqa: S608 # our own names
    clock = time.process_time if cpu else time.perf_counter
    with transaction.atomic():
        began = clock()
        with connection.cursor() as cursor:
            for row in values:
                cursor.execute(statement, row)
        took = clock() - began
        transaction.set_rollback(not keep)
    return took


def _sealing() -> Iterator[Figure]:
    from mainstay.platform.trail import sealing
    from mainstay.platform.trail.sequencer import seal

    waiting = sealing.lag().waiting
    began = time.process_time()
    seal()
    yield Figure(name="sealing", unit="changes per CPU s", value=waiting / (time.process_time() - began))


def _paced(seconds: float) -> Iterator[Figure]:
    """Changes at a steady pace while a sequencer runs: from commit to the stored checkpoint that covers each."""
    from mainstay.platform.trail import sealing

    stop = threading.Event()
    sequencer = threading.Thread(target=sealing.run_forever, args=(stop,))
    sequencer.start()
    committed = _written(seconds, pace=PACE)
    time.sleep(2 * sealing.EVERY + 0.5)
    stop.set()
    sequencer.join()
    waits = sorted(_waits(committed))
    yield Figure(
        name=f"change to checkpoint at {PACE} changes a second, p99", unit="ms", value=waits[int(len(waits) * 0.99)] * 1000,
        p50=waits[len(waits) // 2] * 1000, target=1_000,
    )
    yield Figure(name="changes a second kept up", unit="a second", value=len(committed) / seconds)


def _sustained(seconds: float) -> Iterator[Figure]:
    from mainstay.platform.trail import sealing

    stop = threading.Event()
    sequencer = threading.Thread(target=sealing.run_forever, args=(stop,))
    sequencer.start()
    written = len(_written(seconds, pace=None))
    stop.set()
    sequencer.join()
    behind = sealing.lag().waiting
    yield Figure(
        name="changes a second as fast as it goes, sealed beside", unit="a second", value=(written - behind) / seconds,
        target=1_000, is_least=True,
    )


def _written(seconds: float, *, pace: int | None) -> list[tuple[int, float]]:
    """Number and time of commit of changes by some writers, together at the pace if there is one."""
    found: list[tuple[int, float]] = []
    threads = [threading.Thread(target=_write, args=(number, seconds, pace, found.append)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def _write(number: int, seconds: float, pace: int | None, note: Callable[[tuple[int, float]], None]) -> None:
    from django.db import connection

    from mainstay.domains.assets.models import Asset
    from mainstay.platform.records.actor import acting, system

    mine = list(Asset.unscoped_for_system.values_list("pk", flat=True)[number:400:WRITERS])
    began = time.monotonic()
    try:
        with acting(system("bench")):
            for count in range(10**9):
                if pace is not None:
                    time.sleep(max(0.0, began + count * WRITERS / pace - time.monotonic()))
                if time.monotonic() - began > seconds:
                    return
                Asset.unscoped_for_system.filter(pk=mine[count % len(mine)]).update(name=f"Server {number}-{count}")
                note((number, time.time()))
    finally:
        connection.close()


def _waits(committed: list[tuple[int, float]]) -> Iterator[float]:
    """Seconds from each commit to the first checkpoint after it. Commits and checkpoints are matched in their order."""
    from mainstay.platform.trail.models import Checkpoint

    points = [(size, at.timestamp()) for size, at in Checkpoint.objects.order_by("size").values_list("size", "at")]
    total = points[-1][0]
    first = total - len(committed)
    at = 0
    for place, (_number, when) in enumerate(sorted(committed, key=lambda item: item[1]), first + 1):
        while points[at][0] < place:
            at += 1
        yield max(0.0, points[at][1] - when)


def _proving() -> Iterator[Figure]:
    from django.db import connection

    from mainstay.platform.trail.models import Leaf
    from mainstay.platform.trail.sequencer import seal
    from mainstay.platform.trail.verification import verify

    seal()
    began = time.perf_counter()
    result = verify()
    took = time.perf_counter() - began
    assert result.findings == [], result.findings[:3]
    yield Figure(name="proving all of it", unit="entries a second", value=result.entries / took, target=150_000, is_least=True)
    tables = ("trail_change", "trail_leaf", "trail_tile", "trail_checkpoint")
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'trail_%' OR name LIKE 'sqlite_autoindex_trail_%'")
        else:
            cursor.execute("SELECT " + " + ".join(f"pg_total_relation_size('{name}')" for name in tables))
        size = cursor.fetchone()[0]
    yield Figure(name="space per change, indexes included", unit="bytes", value=size / Leaf.objects.count())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.sealing", description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--quick", action="store_true", help="whether it works, not how fast")
    given = parser.parse_args()
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ |= {"MAINSTAY_HOME": str(home), "DJANGO_SETTINGS_MODULE": "mainstay.settings"}
        if given.database == "postgresql":
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            folder.chmod(0o755)
            address, _process = stack.enter_context(cluster(folder))
            os.environ["MAINSTAY_DATABASE"] = address
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        found = list(figures(rows=500 if given.quick else given.rows, quick=given.quick))
        connection.close()
    print(table({given.database: found}))
    print(f"\n{missed({given.database: found})} figures miss their target.", file=sys.stderr)


if __name__ == "__main__":
    main()
