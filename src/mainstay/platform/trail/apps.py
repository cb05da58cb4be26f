from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate

from mainstay.platform.records.actor import acting, system
from mainstay.platform.records.errors import Conflict
from mainstay.platform.records.events import Privileged, listen

EDITED = (
    "{count} rows are not what the trail says ({first}). Before the tables are reshaped, look with the version that was "
    "installed: `mainstay trail verify` names them all, `mainstay trail accept` lets them stand."
)


class TrailConfig(AppConfig):
    name = "mainstay.platform.trail"
    label = "trail"

    def ready(self) -> None:
        from mainstay.platform.trail import sealing  # noqa: PLC0415 # models are not loaded before

        listen(Privileged, sealing.before_reply)
        pre_migrate.connect(_open, sender=self, dispatch_uid="trail_open")
        post_migrate.connect(_close, sender=self, dispatch_uid="trail_close")


def _open(*, using: str, plan: list[Any], **_: Any) -> None:
    """Take the triggers off before tables are reshaped, unless somebody edited them: those edits would look like ours."""
    from mainstay.platform.trail import live_rows, triggers  # noqa: PLC0415 # models are not loaded when apps are

    connection = connections[using]
    if not plan:
        return
    if _has_changes(connection):
        found = list(live_rows.edited(triggers.installed_rows_queries(connection)))
        if found:
            first = "; ".join(f"{table} {key} {', '.join(columns)}".strip() for table, key, columns in found[:3])
            raise Conflict(EDITED.format(count=len(found), first=first))
    triggers.remove(connection)


def _close(*, using: str, plan: list[Any] | None = None, **_: Any) -> None:
    """Put the triggers of this version on, and what the migrations changed meanwhile on the trail."""
    from mainstay.platform.trail import live_rows, triggers  # noqa: PLC0415 # models are not loaded when apps are

    connection = connections[using]
    if "trail_change" not in connection.introspection.table_names():
        return
    if triggers.problems(connection):
        triggers.install(connection)
    if plan and _has_changes(connection):
        with acting(system("upgrade"), reason="Upgrade of the product"):
            live_rows.take_over(triggers.rows_queries(connection.vendor))


def _has_changes(connection: Any) -> bool:
    if "trail_change" not in connection.introspection.table_names():
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM trail_change LIMIT 1")
        return cursor.fetchone() is not None
