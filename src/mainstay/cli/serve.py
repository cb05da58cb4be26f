"""`mainstay serve`: pages, API and static files by Granian, jobs by a child process, all ending together."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from mainstay.cli.addresses import listening_url
from mainstay.configuration import ConfigurationError, read_configuration

app = typer.Typer(rich_markup_mode=None, add_completion=False)

BLOCKING_THREADS = 4
GRACE_SECONDS = 20
STATIC_SECONDS = 3600
LOOPBACK = ("127.0.0.1", "::1", "localhost")
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 # told by the operator; here only how to reach oneself


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on; loopback unless said.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535)] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer requests.")] = 1,
    worker: Annotated[bool, typer.Option("--worker/--no-worker", help="Run jobs as well.")] = True,
    stop_after: Annotated[float, typer.Option(metavar="SECONDS", help="End after so long; 0 for never.", hidden=True)] = 0,
) -> None:
    """Serve the installation until Ctrl-C or SIGTERM; requests and the job under way are finished first.

    Refuses to start when the installation is not sound (`mainstay check`). Until somebody has signed in for the
    first time it prints a one-time sign-in link.
    """
    os.environ["MAINSTAY_URL"] = url = listening_url(host, port)
    if host not in LOOPBACK and not url.startswith("https://"):
        typer.echo("Others can reach this address, and nothing is encrypted: put TLS in front and set MAINSTAY_URL.", err=True)
    companion = Companion(work=worker)
    report = companion.start()
    if report["problems"]:
        for problem in report["problems"]:
            typer.echo(problem, err=True)
        raise typer.Exit(1)
    try:
        server = _server(host, port, workers, static=Path(report["static"]))
        threading.Thread(target=_announce, args=(host, port, url, report["link"]), daemon=True).start()
        if stop_after:
            timer = threading.Timer(stop_after, os.kill, (os.getpid(), signal.SIGTERM))
            timer.daemon = True
            timer.start()
        server.serve()
    finally:
        companion.stop()


def _server(host: str, port: int, workers: int, *, static: Path) -> Any:
    from granian import Granian  # noqa: PLC0415 # loaded while the companion looks at the installation
    from granian.constants import Interfaces  # noqa: PLC0415
    from granian.log import LogLevels  # noqa: PLC0415

    return Granian(
        "mainstay.web.wsgi:application", address=host, port=port, interface=Interfaces.WSGI, workers=workers,
        blocking_threads=BLOCKING_THREADS, websockets=False, respawn_failed_workers=True,
        workers_kill_timeout=GRACE_SECONDS, log_level=LogLevels.warning,
        static_path_route=["/static"], static_path_mount=[static], static_path_expires=STATIC_SECONDS,
    )


def _announce(host: str, port: int, url: str, link: str) -> None:
    """Say where it serves, once it does."""
    while not _answers(host, port):
        time.sleep(0.05)
    typer.echo(f"Mainstay serves {url} from {read_configuration().home}. Ctrl-C ends it.")
    if link:
        typer.echo(f"Nobody has signed in yet. This link lets you in once, within an hour:\n{link}")
    sys.stdout.flush()


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((ANYWHERE.get(host, host), port), timeout=1):
            return True
    except OSError:
        return False


@dataclass(kw_only=True)
class Companion:
    """The process that looks at the installation before it is served, and runs its jobs; started again if it dies."""

    work: bool
    _process: "subprocess.Popen[str] | None" = None
    _is_ending: threading.Event = field(default_factory=threading.Event)

    def start(self) -> dict[str, Any]:
        """Start it and wait for its report."""
        self._process = self._begin("--report")
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise ConfigurationError("The installation could not be looked at; `mainstay check` says more.")
        report: dict[str, Any] = json.loads(line)
        if self.work and not report["problems"]:
            threading.Thread(target=self._keep, daemon=True).start()
        return report

    def stop(self) -> None:
        """Ask it to end; a job that takes too long is left to its lease, and will be run again."""
        self._is_ending.set()
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _begin(self, *arguments: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "mainstay.cli.companion", *arguments, *(["--work"] if self.work else [])]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)  # noqa: S603 # our own module

    def _keep(self) -> None:
        while self._process is not None:
            self._process.wait()
            if self._is_ending.wait(1.0):
                return
            typer.echo("The job worker ended unexpectedly and is started again.", err=True)
            self._process = self._begin()
