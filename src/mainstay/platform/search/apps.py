from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate


class SearchConfig(AppConfig):
    name = "mainstay.platform.search"
    label = "search"

    def ready(self) -> None:
        pre_migrate.connect(_open, sender=self, dispatch_uid="search_open")
        post_migrate.connect(_close, sender=self, dispatch_uid="search_close")


def _open(*, using: str, plan: list[Any], **_: Any) -> None:
    from mainstay.platform.search import index_sql  # noqa: PLC0415 # models are not loaded when apps are

    if plan:
        index_sql.remove(connections[using])


def _close(*, using: str, **_: Any) -> None:
    from mainstay.platform.search import index_sql  # noqa: PLC0415 # models are not loaded when apps are

    connection = connections[using]
    if index_sql.problems(connection):
        index_sql.install(connection)
