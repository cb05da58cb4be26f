"""PostgreSQL that tells each connection who acts, before the first write under a new deed."""

from typing import Any

from django.db.backends.postgresql import base

from mainstay.platform.trail.backends.told import OUTSIDE, told

WRITES = ("INSERT", "UPDATE", "DELETE", "WITH")


class DatabaseWrapper(base.DatabaseWrapper):
    _told: tuple[str, str, str, str] | None = None

    def init_connection_state(self) -> Any:
        self._told = None
        if self._tell_before_writes not in self.execute_wrappers:
            self.execute_wrappers.append(self._tell_before_writes)
        return super().init_connection_state()

    def _tell_before_writes(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if str(sql).lstrip()[:6].upper().startswith(WRITES):
            now = told()
            if now != (self._told or OUTSIDE):
                with self.wrap_database_errors, self.connection.cursor() as cursor:
                    cursor.execute(
                        "SELECT set_config('mainstay.actor', %s, false), set_config('mainstay.channel', %s, false), "
                        "set_config('mainstay.reason', %s, false), set_config('mainstay.request', %s, false)",
                        now,
                    )
                self._told = now
        return execute(sql, params, many, context)

    # A rollback also takes back what was told within it, so the next write tells again.

    def _rollback(self) -> None:
        self._told = ("", "", "", "")
        super()._rollback()  # type: ignore[misc] # the stubs leave it out

    def _savepoint_rollback(self, sid: str) -> None:
        self._told = ("", "", "", "")
        super()._savepoint_rollback(sid)  # type: ignore[misc] # the stubs leave it out
