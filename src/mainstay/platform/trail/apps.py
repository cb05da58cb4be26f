from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate


class TrailConfig(AppConfig):
    name = "mainstay.platform.trail"
    label = "trail"

    def ready(self) -> None:
        pre_migrate.connect(_open, sender=self, dispatch_uid="trail_open")
        post_migrate.connect(_close, sender=self, dispatch_uid="trail_close")


def _open(*, using: str, plan: list[Any], **_: Any) -> None:
    from mainstay.platform.trail import triggers  # noqa: PLC0415 # models are not loaded when apps are

    if plan:
        triggers.remove(connections[using])


def _close(*, using: str, **_: Any) -> None:
    from mainstay.platform.trail import triggers  # noqa: PLC0415 # models are not loaded when apps are

    connection = connections[using]
    if "trail_change" in connection.introspection.table_names() and triggers.problems(connection):
        triggers.install(connection)
