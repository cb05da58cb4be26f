"""Connections to the SQLite files that earlier states are rebuilt in."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import connections

from mainstay.platform.trail.backends.sqlite3.base import DatabaseWrapper

# A half-built file is thrown away, so nothing of it has to survive a crash.
FAST = "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-16384"
READING = "PRAGMA query_only=ON; PRAGMA cache_size=-16384; PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY"


def in_memory() -> DatabaseWrapper:
    """Only to ask how SQLite spells things; nothing is stored."""
    return _wrapper(":memory:", "")


def for_building(path: Path) -> DatabaseWrapper:
    """A new file, written without any care for crashes."""
    return _wrapper(str(path), FAST)


def for_reading(path: Path) -> DatabaseWrapper:
    """A finished file, which nobody changes any more: read without locks."""
    return _wrapper(f"file:{quote(str(path))}?mode=ro&immutable=1", READING)


def _wrapper(name: str, pragmas: str) -> DatabaseWrapper:
    told: dict[str, Any] = {"NAME": name, "OPTIONS": {"init_command": pragmas}}
    return DatabaseWrapper(connections.configure_settings({"default": told})["default"], alias="default")
