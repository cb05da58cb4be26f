"""`python -m bench.replaying`: what it costs to rebuild an earlier state: CPU seconds, memory, and the size of the file.

The trail is written without the work it stands for: rows of the sample's shape, added once and changed nine times, with
leaves that nobody signed. The replay reads no signatures, so its cost is the same.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from bench.measuring import Figure
from bench.table import missed, table

CPU_SECONDS, MEGABYTES = 5.0, 200.0
TABLES = ("assets_asset", "controls_control", "risk_risk")


def figures(records: int, changes: int) -> list[Figure]:
    """Replay the last moment of a filled home, and say what that took. Needs the product set up for the home."""
    from mainstay.platform.records.moment import Moment
    from mainstay.platform.trail.moments.replay import replay

    now = datetime.now(UTC)
    moment = Moment(epoch=1, size=changes, root="00" * 32, sealed_at=now, known_at=now)
    target = Path(os.environ["MAINSTAY_HOME"]) / "then.sqlite3"
    before, wall = time.process_time(), time.perf_counter()
    written = replay(moment, target)
    used, waited = time.process_time() - before, (time.perf_counter() - wall) * 1000
    assert written >= records, (written, records)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        Figure(name="replay", unit="s CPU", value=used, p50=waited, target=CPU_SECONDS),
        Figure(name="replay, peak memory of the process", unit="MB", value=peak, target=MEGABYTES),
        Figure(name="replay, the file", unit="MB", value=target.stat().st_size / 2**20),
    ]


def _fill(records: int, changes: int) -> None:
    """Changes of a whole organisation, as many of each record as there are to go round."""
    from django.apps import apps
    from django.db import connection

    from mainstay.platform.trail import triggers

    models = {model._meta.db_table: model for model in apps.get_models()}
    triggers.remove(connection)
    rows = {name: _sample(models[name]) for name in TABLES}
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        for start in range(0, changes, 5_000):
            cursor.executemany(
                "INSERT INTO trail_change (at, tbl, pk, op, row, salt, actor, channel, reason, request) "
                "VALUES ('2026-11-22 08:00:00', %s, %s, %s, %s, zeroblob(16), 'system', 'cli', '', '')",
                [
                    (name, f"{record:032x}", "I" if number < records else "U", rows[name].replace("@key@", f"{record:032x}"))
                    for number in range(start, min(start + 5_000, changes))
                    for record in (number % records,) for name in (TABLES[record % len(TABLES)],)
                ],
            )
        cursor.execute(
            'INSERT INTO trail_leaf (seq, epoch, "index", commitment) SELECT seq, 1, '
            "row_number() OVER (ORDER BY seq) - 1, zeroblob(32) FROM trail_change"
        )
        cursor.execute("COMMIT")


def _sample(model: object) -> str:
    """A row of the table as its trigger would write it, of the usual length."""
    import json

    said = {
        "UUIDField": "@key@", "BooleanField": True, "DateField": "2027-01-31", "DateTimeField": "2026-11-22 08:00:00.123456",
        "DecimalField": "12.50", "JSONField": {}, "TextField": "A sentence about it, as people write them in a register.",
        "CharField": "Something",
    }
    from mainstay.platform.trail.triggers import storage

    return json.dumps({field.column: said.get(storage(field), 1) for field in model._meta.concrete_fields})  # type: ignore[attr-defined] # a model


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.replaying", description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--changes", type=int, default=1_000_000)
    given = parser.parse_args()
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="mainstay-bench-"))
        os.environ |= {"MAINSTAY_HOME": home, "MAINSTAY_DATABASE": "", "DJANGO_SETTINGS_MODULE": "mainstay.settings"}
        import django
        from django.core.management import call_command
        from django.db import connection

        django.setup()
        call_command("migrate", verbosity=0)
        connection.close()
        # Filling has a process of its own, so that the memory is the replay's.
        if (child := os.fork()) == 0:
            _fill(given.records, given.changes)
            os._exit(0)
        os.waitpid(child, 0)
        found = {f"{given.records:,} of {given.changes:,}": figures(given.records, given.changes)}
    print(table(found))
    sys.exit(bool(missed(found)))


if __name__ == "__main__":
    main()
