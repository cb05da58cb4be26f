"""Two command lines: the real one in processes and homes of its own, and the same entry within the test's process."""

import io
import json
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from mainstay.cli.founding import found_with_person
from mainstay.cli.main import run as run_command
from mainstay.cli.options import operator
from mainstay.platform.access.roles import ensure_roles
from mainstay.platform.records.actor import acting

SERVER = os.environ.get("MAINSTAY_DATABASE", "")
"""With it the installations keep their databases on that PostgreSQL server, else in their homes."""
ADMIN = "anna@example.org"


@dataclass(frozen=True, kw_only=True)
class Shell:
    """A command line on one home."""

    home: Path
    database: str = ""

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAINSTAY_", "DJANGO_"))}
        return kept | {"MAINSTAY_HOME": str(self.home)} | ({"MAINSTAY_DATABASE": self.database} if self.database else {})

    def command(self, *arguments: object) -> list[str]:
        return [sys.executable, "-m", "mainstay.cli.main", *map(str, arguments)]

    def run(self, *arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run `mainstay` with the arguments; the test fails when it ends with another code."""
        done = self.finished([str(item) for item in arguments])
        assert done.returncode == code, f"{arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    def finished(self, arguments: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )

    def told(self, *arguments: object, code: int = 0) -> Any:
        """What `--json` says."""
        return json.loads(self.run(*arguments, "--json", code=code).stdout)

    def sql(self, statement: str) -> None:
        """Do something to the database behind the product's back."""
        if self.database:
            _postgresql(self.database, statement)
            return
        with closing(sqlite3.connect(self.home / "mainstay.sqlite3")) as connection, connection:
            connection.execute(statement)


class InProcess(Shell):
    """The same entry and answers without the second that a process takes to start, on the test's own database."""

    def finished(self, arguments: list[str]) -> subprocess.CompletedProcess[str]:
        written, remarked = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(written), redirect_stderr(remarked):
            patch.setattr(sys, "argv", ["mainstay", *arguments])
            with pytest.raises(SystemExit) as ended:
                run_command()
        code = ended.value.code
        out, err = (stream.buffer.getvalue().decode() for stream in (written, remarked))  # type: ignore[attr-defined] # a BytesIO
        return subprocess.CompletedProcess(arguments, code if isinstance(code, int) else 0, out, err)


def _postgresql(address: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement)


def _new_database(*, like: str = "") -> str:
    """The address of a new database on the server, a copy of another one if named; empty on SQLite."""
    if not SERVER:
        return ""
    name = f"cli_{secrets.token_hex(6)}"
    template = f" TEMPLATE {urlsplit(like).path.lstrip('/')}" if like else ""
    _postgresql(_address("postgres"), f"CREATE DATABASE {name}{template}")
    return _address(name)


def _address(database: str) -> str:
    return urlsplit(SERVER)._replace(path=f"/{database}").geturl()


def _drop(address: str) -> None:
    if address:
        _postgresql(_address("postgres"), f"DROP DATABASE {urlsplit(address).path.lstrip('/')} WITH (FORCE)")


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Shell]:
    """A command line on a home that nobody has set up."""
    shell = Shell(home=tmp_path / "empty", database=_new_database())
    yield shell
    _drop(shell.database)


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """An installation to copy from; nothing is to be changed in it."""
    shell = Shell(home=tmp_path_factory.mktemp("cli") / "founded", database=_new_database())
    shell.run("init", "--org", "Test Hospital", "--admin", ADMIN, "--name", "Anna Berg")
    yield shell
    _drop(shell.database)


@pytest.fixture
def process(founded: Shell, tmp_path: Path) -> Iterator[Shell]:
    """A command line on an installation of its own with one administrator, `anna@example.org`."""
    copy = Shell(home=tmp_path / "home", database=_new_database(like=founded.database))
    shutil.copytree(founded.home, copy.home)
    yield copy
    _drop(copy.database)


@pytest.fixture
def shell(db: None, tmp_path: Path) -> Shell:
    """The command line within this process, on an organisation as `init` founds it."""
    with acting(operator()):
        ensure_roles()
    found_with_person(organisation="Test Hospital", name="Anna Berg", email=ADMIN)
    return InProcess(home=tmp_path)


@pytest.fixture
def person(shell: Shell) -> Callable[[str], str]:
    """Give somebody a login with a role; the e-mail address they act under."""

    def make(role: str) -> str:
        email = f"{role.replace('_', '.')}@example.org"
        shell.run("user", "add", email, "--role", role)
        return email

    return make
