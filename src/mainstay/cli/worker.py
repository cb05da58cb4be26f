"""`mainstay worker`: jobs without pages."""

import signal
import threading
from types import FrameType

import typer

from mainstay.cli.health import basic_problems
from mainstay.cli.output import say
from mainstay.platform.jobs.worker import run_forever

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def worker() -> None:
    """Run jobs until stopped; the one under way is finished first. As many workers as you like may run."""
    problems = basic_problems()
    if problems:
        for problem in problems:
            say(problem, as_json=True)
        raise typer.Exit(1)
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    run_forever(stop)
