"""`serve` answers, runs jobs, and ends as one."""

import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from .conftest import Shell

PATIENCE = 60.0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)  # another process is waited for, so there is nothing to be woken by


class Served:
    """A running `mainstay serve`."""

    def __init__(self, process: Shell, log: Path, *options: str) -> None:
        self.port, self.log, self.seen = _free_port(), log, set[int]()
        with log.open("wb") as target:
            self.process = subprocess.Popen(
                process.command("serve", "--port", self.port, *options), env=process.environment, stdout=target, stderr=target
            )
        _wait_for(lambda: "Ctrl-C" in log.read_text() or self.process.poll() is not None)

    def get(self, path: str) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE) as answer:  # our own server
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def children(self) -> list[int]:
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(pid) for thread in threads for pid in thread.read_text().split()]

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@pytest.fixture
def serve(process: Shell, tmp_path: Path) -> Iterator[Callable[..., Served]]:
    running: list[Served] = []

    def start(*options: str) -> Served:
        running.append(Served(process, tmp_path / f"serve{len(running)}.log", *options))
        return running[-1]

    yield start
    for served in running:
        for pid in {*served.seen, *served.children()}:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        served.process.kill()
        served.process.wait()


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_pages_and_static_files_are_served_and_everything_ends_together(serve: Callable[..., Served], process: Shell) -> None:
    served = serve()
    name = next(path for path in (process.home / "static").rglob("*.css"))

    page, _body = served.get("/")
    status, content = served.get(f"/static/{name.relative_to(process.home / 'static')}")
    children = served.children()
    code = served.end()

    assert page < 500
    assert (status, content) == (200, name.read_bytes())
    assert len(children) == 2
    assert code == 0
    assert not any(map(_is_alive, children))


def test_the_first_way_in_is_printed_until_somebody_came_in(serve: Callable[..., Served]) -> None:
    served = serve("--no-worker")

    link = re.search(r"http://127\.0\.0\.1:(\d+)/sign-in/link/[\w-]+", served.log.read_text())

    assert link is not None
    assert int(link[1]) == served.port


def test_the_worker_ends_when_its_parent_is_killed(serve: Callable[..., Served]) -> None:
    served = serve()
    served.seen |= set(served.children())
    worker = min(served.seen)

    served.end(signal.SIGKILL)

    _wait_for(lambda: not _is_alive(worker))


def test_a_worker_that_died_is_started_again(serve: Callable[..., Served]) -> None:
    served = serve()
    worker = min(served.children())

    os.kill(worker, signal.SIGKILL)

    _wait_for(lambda: "started again" in served.log.read_text() and len(served.children()) == 2)


def test_it_stops_by_itself_when_told_to(serve: Callable[..., Served]) -> None:
    served = serve("--no-worker", "--stop-after", "0.5")

    assert served.process.wait(PATIENCE) == 0


def test_nothing_is_served_without_the_trail(process: Shell) -> None:
    name = "trail_assets_asset" if process.database else "trail_assets_asset_U"
    process.sql(f'DROP TRIGGER "{name}"' + (" ON assets_asset" if process.database else ""))

    assert name in process.run("serve", "--port", _free_port(), code=1).stderr


def test_a_port_that_is_taken_is_refused_in_one_line(process: Shell) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        done = process.run("serve", "--no-worker", "--port", taken.getsockname()[1], code=1)

    assert str(taken) not in done.stdout
    assert done.stderr.count("\n") == 1
