"""SQLite with the functions that the trail's triggers call. A client without them cannot write."""

import sqlite3
from typing import Any

from django.db.backends.sqlite3 import base

from mainstay.platform.trail.backends.told import is_erasing, told


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> sqlite3.Connection:
        connection: sqlite3.Connection = super().get_new_connection(conn_params)
        for index, name in enumerate(("actor", "channel", "reason", "request")):
            connection.create_function(f"mainstay_{name}", 0, lambda index=index: told()[index])
        connection.create_function("mainstay_erasing", 0, is_erasing)
        return connection
