"""`mainstay serve`: pages, API and static files by Granian, jobs by a child process, all ending together."""

import gc
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from functools import partial
from typing import Annotated, Any

import typer

from mainstay.cli import children
from mainstay.cli.addresses import listening_url
from mainstay.cli.homes import load, require_home
from mainstay.configuration import read_configuration

app = typer.Typer(rich_markup_mode=None, add_completion=False)

BLOCKING_THREADS = 4
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
    link = _prepare()
    jobs = Jobs() if worker else None
    try:
        threading.Thread(target=_announce, args=(host, port, url, link), daemon=True).start()
        if stop_after:
            timer = threading.Timer(stop_after, os.kill, (os.getpid(), signal.SIGTERM))
            timer.daemon = True
            timer.start()
        _server(host, port, workers).serve(target_loader=partial(children.pages, os.getpid()), wrap_loader=False)
    finally:
        if jobs:
            jobs.stop()


def _prepare() -> str:
    """Load the product and look at the installation; the first sign-in link, if one is still needed."""
    require_home()
    # What is loaded here stays: no collection need look at it, and none copies its memory into each process.
    gc.disable()
    load()
    from mainstay.cli.preflight import look  # noqa: PLC0415 # needs the product loaded

    seen = look()
    for problem in seen.problems:
        typer.echo(problem, err=True)
    if seen.problems:
        raise typer.Exit(1)
    if sys.platform == "linux":
        # Newer Pythons would start each process from nothing; elsewhere forking is not safe.
        multiprocessing.set_start_method("fork", force=True)
    children.application()
    gc.freeze()
    gc.enable()
    return seen.link


def _server(host: str, port: int, workers: int) -> Any:
    from granian import Granian  # noqa: PLC0415 # keeps `mainstay --help` quick
    from granian.constants import Interfaces  # noqa: PLC0415
    from granian.log import LogLevels  # noqa: PLC0415

    return Granian(
        "mainstay.web.wsgi:application", address=host, port=port, interface=Interfaces.WSGI, workers=workers,
        blocking_threads=BLOCKING_THREADS, websockets=False, respawn_failed_workers=True,
        workers_kill_timeout=children.GRACE_SECONDS, log_level=LogLevels.warning,
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


class Jobs:
    """The process that runs jobs; started again when it ends, by itself or not."""

    def __init__(self) -> None:
        self._is_ending = threading.Event()
        self._process = self._begin()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def stop(self) -> None:
        """Ask it to end; a job that takes too long is left to its lease, and will be run again."""
        self._is_ending.set()
        self._process.terminate()
        self._keeper.join(children.GRACE_SECONDS)
        if self._keeper.is_alive():
            self._process.kill()
            self._keeper.join()

    def _begin(self) -> multiprocessing.Process:
        process = multiprocessing.Process(target=children.run_jobs, args=(os.getpid(),), name="jobs")
        process.start()
        return process

    def _keep(self) -> None:
        while True:
            self._process.join()
            if self._is_ending.wait(1.0):
                return
            if self._process.exitcode:
                typer.echo("The job worker ended unexpectedly and is started again.", err=True)
            self._process = self._begin()
            if self._is_ending.is_set():
                # Asked to end while this one was being started.
                self._process.terminate()
