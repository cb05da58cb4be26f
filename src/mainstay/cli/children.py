"""The processes that `serve` starts: one runs jobs, others answer requests. None outlives the process that started it.

On Linux they are forked from a parent that has loaded the product, so it is loaded once and its memory is theirs in common.
"""

import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from importlib import import_module
from types import FrameType
from typing import Any

from mainstay.cli.homes import load

GRACE_SECONDS = 20
"""How long requests and a job under way may take to end."""
JOB_MEMORY = 64 * 1024 * 1024
"""How many bytes more than at its start the process that runs jobs may have had when it goes on to the next."""


def run_jobs(parent: int) -> None:
    """Run jobs until asked to end or `parent` is gone; also after one that took much memory, which Python would keep.

    Whoever started this process starts another one then.
    """
    load()
    from mainstay.platform.jobs.worker import run_forever  # noqa: PLC0415 # needs the product loaded

    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    # Ctrl-C reaches the whole group: the parent hears it too, and ends this process in its turn.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, end)
    limit = _most_memory() + JOB_MEMORY
    _end_with(lambda: os.getppid() != parent or _most_memory() > limit, stop.set)
    run_forever(stop)


def pages(parent: int) -> Any:
    """The WSGI application, in the process that is to answer with it until `parent` is gone."""
    _end_with(lambda: os.getppid() != parent, _end_this)
    return application()


def application() -> Any:
    """The WSGI application with all its addresses, ready to answer."""
    from django.urls import get_resolver  # noqa: PLC0415 # needs the product loaded

    found = import_module("mainstay.web.wsgi").application
    _ = get_resolver().url_patterns
    return found


def _end_with(is_over: Callable[[], bool], end: Callable[[], None]) -> None:
    """Call `end` once something is over, looked at every second from a thread of its own; a parent may die in any way."""

    def watch() -> None:
        while not is_over():
            time.sleep(1.0)
        end()

    threading.Thread(target=watch, name="watch", daemon=True).start()


def _most_memory() -> int:
    """The most bytes of memory that this process has had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _end_this() -> None:
    """End as if asked to: what is under way is finished, within the usual patience."""
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)
