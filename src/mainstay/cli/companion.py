"""The process beside the server: looks whether the installation is sound, then runs its jobs.

A process of its own keeps the server's parent small and lets a job use a whole core. It writes one line of JSON, what
it found, and with `--work` goes on as the job worker until its parent is gone or asks it to end.
"""

import json
import os
import signal
import sys
import threading
from types import FrameType

from mainstay.cli.homes import load, require_home
from mainstay.cli.refusals import explained


def main(arguments: list[str]) -> None:
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    # Ctrl-C reaches the whole group: the parent hears it too, and ends this process in its turn.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, end)
    parent = os.getppid()
    if "--report" in arguments and not _report():
        return
    if "--work" in arguments:
        threading.Thread(target=_end_with, args=(parent, stop), daemon=True).start()
        load()
        from mainstay.platform.jobs.worker import run_forever  # noqa: PLC0415 # needs the product loaded

        run_forever(stop)


def _report() -> bool:
    """Tell the parent on one line what is wrong, where the static files are, and the first way in; whether all is well."""
    try:
        require_home()
        load()
        from mainstay.cli.preflight import look  # noqa: PLC0415 # needs the product loaded

        told = look()
    except Exception as error:  # noqa: BLE001 # the edge of this process: the parent is told in a sentence
        told = {"problems": [explained(error)[1]]}
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
    return not told["problems"]


def _end_with(parent: int, stop: threading.Event) -> None:
    """Set `stop` once the parent has died, however it died."""
    while not stop.wait(1.0):
        if os.getppid() != parent:
            stop.set()


if __name__ == "__main__":
    main(sys.argv[1:])
