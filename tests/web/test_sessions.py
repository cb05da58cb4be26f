"""Sessions while a long import holds SQLite's only write lock: reading goes on at once."""

import sqlite3
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import os, sys, time
os.environ["DJANGO_SETTINGS_MODULE"] = "mainstay.settings"
import django
django.setup()
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from mainstay.web.sessions import _note_seen
if sys.argv[1] == "prepare":
    with connection.schema_editor() as editor:
        editor.create_model(Session)
    session = SessionStore()
    session["seen"] = 1
    session.create()
    print(session.session_key)
else:
    session = SessionStore(sys.argv[2])
    connection.ensure_connection()
    began = time.monotonic()
    _note_seen(session, 2)
    assert time.monotonic() - began < 10
    print("went on", SessionStore(sys.argv[2])["seen"])
"""


def _run(home: Path, *arguments: str) -> str:
    import os

    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAINSTAY_", "DJANGO_"))}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        env=environment | {"MAINSTAY_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()


def test_a_note_of_being_seen_waits_for_nobody(tmp_path: Path) -> None:
    key = _run(tmp_path, "prepare")
    writer = sqlite3.connect(tmp_path / "mainstay.sqlite3", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")

    held = _run(tmp_path, "save", key)
    writer.execute("ROLLBACK")
    free = _run(tmp_path, "save", key)

    assert (held, free) == ("went on 1", "went on 2")
