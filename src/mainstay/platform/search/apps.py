from typing import Any

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models.signals import post_migrate, pre_migrate

from mainstay.platform.records.events import Erased, listen
from mainstay.platform.trail.moments.events import Replayed


class SearchConfig(AppConfig):
    name = "mainstay.platform.search"
    label = "search"

    def ready(self) -> None:
        pre_migrate.connect(_open, sender=self, dispatch_uid="search_open")
        post_migrate.connect(_close, sender=self, dispatch_uid="search_close")
        listen(Replayed, _index)
        listen(Erased, _overwrite)


def _open(*, using: str, plan: list[Any], **_: Any) -> None:
    from mainstay.platform.search import index_sql  # noqa: PLC0415 # models are not loaded when apps are

    if plan:
        index_sql.remove(connections[using])


def _close(*, using: str, **_: Any) -> None:
    from mainstay.platform.search import index_sql  # noqa: PLC0415 # models are not loaded when apps are

    connection = connections[using]
    if index_sql.problems(connection):
        index_sql.install(connection)


def _overwrite(_event: Erased) -> None:
    from mainstay.platform.search import index_sql  # noqa: PLC0415 # models are not loaded when apps are

    index_sql.overwrite(connections[DEFAULT_DB_ALIAS])


def _index(event: Replayed) -> None:
    from mainstay.platform.search import index_sql  # noqa: PLC0415 # models are not loaded when apps are

    index_sql.install(connections[event.alias])
    # Nothing is written there any more, and every statement of the schema is read whenever somebody looks.
    index_sql.remove(connections[event.alias])
