"""An installation to measure: founded with the sample grown to a size, kept for reruns, served, signed in to."""

import hashlib
import json
import os
import re
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench import machine
from bench.client import Client, Refused, Tokens
from bench.cluster import cluster, free_port

SOURCE = Path(__file__).resolve().parent.parent / "src" / "mainstay"
MAINSTAY = [sys.executable, "-m", "mainstay.cli.main"]
LOAD_SECONDS, COMMAND_SECONDS, START_SECONDS, END_SECONDS = 3_600, 120, 60, 40
TOKENS = 24
_SECRET = re.compile(r'<code id="secret">([^<]+)</code>')


@dataclass(frozen=True, kw_only=True)
class Home:
    """A loaded data directory, with what loading it took; on PostgreSQL also the server's address and first process."""

    path: Path
    environment: dict[str, str]
    user: str
    load_cpu_s: float
    load_wall_s: float
    size_mb: float
    database_process: int | None


@dataclass(frozen=True, kw_only=True)
class Served:
    """A running server, and ways in: a signed-in browser and API tokens."""

    home: Home
    port: int
    process: int
    start_s: float
    start_cpu_ms: float
    browser: Client
    tokens: Tokens

    def cpu_ms(self) -> float:
        """CPU time so far of the server's processes and the database's."""
        return machine.cpu_ms(self.process, *([self.home.database_process] if self.home.database_process else []))


def _stamp() -> str:
    """What a kept home was made with: other migrations would not serve it."""
    digest = hashlib.sha256()
    for path in sorted(SOURCE.rglob("migrations/*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


@contextmanager
def loaded(size: str, *, database: str, keep: Path | None) -> Iterator[Home]:
    """A home with the sample of a size in it, to do anything with: a copy where homes are kept."""
    with ExitStack() as stack:
        # In the open: PostgreSQL runs as another user and must reach its folder.
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mainstay-bench-")))
        work.chmod(0o755)
        folder = work / "installation"
        kept = keep / f"{database}-{size}-{_stamp()}" if keep else None
        is_kept = kept is not None and (kept / "load.json").is_file()
        if is_kept:
            subprocess.run(["cp", "-a", str(kept), str(folder)], check=True, timeout=COMMAND_SECONDS * 5)
        else:
            _load(folder, size, database=database)
            if kept:
                kept.parent.mkdir(parents=True, exist_ok=True)
                subprocess.run(["cp", "-a", str(folder), str(kept)], check=True, timeout=COMMAND_SECONDS * 5)
        told = json.loads((folder / "load.json").read_text("utf-8"))
        address, process = _database(stack, folder, database)
        environment = _environment(folder, address)
        if is_kept:
            # Triggers and roles may have changed since, which no migration tells.
            _command(["upgrade", "--json"], environment)
        yield Home(
            path=folder / "home", environment=environment, user=told["user"], database_process=process,
            load_cpu_s=told["cpu_s"], load_wall_s=told["wall_s"], size_mb=_size_mb(folder),
        )


def _database(stack: ExitStack, folder: Path, database: str) -> tuple[str, int | None]:
    if database == "sqlite":
        return "", None
    (folder / "postgresql").mkdir(exist_ok=True)
    return stack.enter_context(cluster(folder / "postgresql"))


def _environment(folder: Path, address: str) -> dict[str, str]:
    # Nobody's settings but the product's own, also where a test runs this.
    own = {name: value for name, value in os.environ.items() if not name.startswith(("MAINSTAY_", "DJANGO_"))}
    return own | {"MAINSTAY_HOME": str(folder / "home")} | ({"MAINSTAY_DATABASE": address} if address else {})


def _load(folder: Path, size: str, *, database: str) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    with ExitStack() as stack:
        address, process = _database(stack, folder, database)
        before, began = _children_s() + _process_s(process), time.monotonic()
        told = _command(["demo", "--size", size, "--json"], _environment(folder, address), seconds=LOAD_SECONDS)
        found = {
            "user": told["user"], "cpu_s": _children_s() + _process_s(process) - before, "wall_s": time.monotonic() - began,
        }
    # Written last: a folder without it is not complete.
    (folder / "load.json").write_text(json.dumps(found), "utf-8")


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _process_s(process: int | None) -> float:
    return machine.cpu_ms(process) / 1000 if process else 0.0


def _size_mb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def _command(arguments: list[str], environment: dict[str, str], *, seconds: int = COMMAND_SECONDS) -> Any:
    done = subprocess.run([*MAINSTAY, *arguments], env=environment, capture_output=True, timeout=seconds)
    if done.returncode:
        raise Refused(f"mainstay {' '.join(arguments)}: {done.stderr.decode('utf-8', 'replace').strip()[-500:]}")
    return json.loads(done.stdout)


@contextmanager
def served(home: Home, *, workers: int = 1) -> Iterator[Served]:
    """Serve the home on a free loopback port and sign in; ends with the block."""
    port = free_port()
    began = time.monotonic()
    command = [*MAINSTAY, "serve", "--port", str(port), "--workers", str(workers)]
    with (home.path.parent / "serve.log").open("wb") as log:
        server = subprocess.Popen(command, env=home.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            _await(server, port, home.path.parent / "serve.log")
            start_s, start_cpu = time.monotonic() - began, machine.cpu_ms(server.pid)
            browser = _signed_in(home, port)
            tokens = Tokens([_token(browser, number) for number in range(TOKENS)])
            yield Served(
                home=home, port=port, process=server.pid, start_s=start_s, start_cpu_ms=start_cpu, browser=browser, tokens=tokens
            )
            browser.close()
        finally:
            _end(server)


def _await(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise Refused(f"mainstay serve ended: {log.read_text('utf-8', 'replace').strip()[-500:]}")
        client = Client(port)
        try:
            client.get("/health")
        except OSError:
            time.sleep(0.02)
        else:
            return
        finally:
            client.close()
    raise Refused("mainstay serve did not answer in time")


def _end(server: "subprocess.Popen[bytes]") -> None:
    """Ask the server to end, by its id; make it, when it does not, and whatever it started."""
    started = list(machine.tree(server.pid))
    server.terminate()
    try:
        server.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        for pid in started:
            if pid in machine.tree(server.pid):
                os.kill(pid, 9)
        server.wait(END_SECONDS)


def _signed_in(home: Home, port: int) -> Client:
    """A browser that used a one-time link and chose a password, as a person would."""
    address = urlsplit(_command(["user", "link", home.user, "--json"], home.environment)["link"]).path
    password = secrets.token_urlsafe(24)
    browser = Client(port)
    browser.submit(address, {"password": password, "again": password})
    return browser


def _token(browser: Client, number: int) -> str:
    found = _SECRET.search(browser.submit("/me/tokens", {"name": f"bench {number}", "scopes": "*", "days": "2"}).body.decode())
    if found is None:
        raise Refused("no token was made")
    return found[1]
