"""`serve` answers, runs jobs, and ends as one."""

import os
import re
import signal
import socket
import subprocess
import sys
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


def test_pages_and_static_files_are_served_and_everything_ends_together(serve: Callable[..., Served]) -> None:
    served = serve()

    page, body = served.get("/sign-in")
    sheets = re.findall(rb'href="(/static/[^"]+\.css)"', body)
    answers = [served.get(sheet.decode()) for sheet in sheets]
    children = served.children()
    code = served.end()

    assert page == 200
    assert sheets
    assert all(status == 200 and content for status, content in answers)
    assert len(children) == 2
    assert code == 0
    assert not any(map(_is_alive, children))


def test_the_first_way_in_is_printed_until_somebody_came_in(serve: Callable[..., Served]) -> None:
    served = serve("--no-worker")

    link = re.search(r"http://127\.0\.0\.1:(\d+)/sign-in/link/[\w-]+", served.log.read_text())

    assert link is not None
    assert int(link[1]) == served.port


def test_everything_ends_and_frees_the_port_when_the_first_process_is_killed(serve: Callable[..., Served]) -> None:
    served = serve("--workers", "2")
    served.seen |= set(served.children())

    served.end(signal.SIGKILL)

    assert len(served.seen) == 3
    _wait_for(lambda: not any(map(_is_alive, served.seen)))
    with socket.socket() as successor:
        successor.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        successor.bind(("127.0.0.1", served.port))


def test_a_worker_that_died_is_started_again(serve: Callable[..., Served]) -> None:
    served = serve()
    worker = min(served.children())

    os.kill(worker, signal.SIGKILL)

    _wait_for(lambda: "started again" in served.log.read_text() and len(served.children()) == 2)


def test_a_worker_that_ends_by_itself_is_followed_by_another_without_a_word(serve: Callable[..., Served]) -> None:
    served = serve()
    worker = min(served.children())

    os.kill(worker, signal.SIGTERM)

    _wait_for(lambda: not _is_alive(worker) and len(served.children()) == 2)
    assert "started again" not in served.log.read_text()


def test_no_library_of_files_is_loaded_before_one_is_asked_for(process: Shell) -> None:
    asked = (
        "import sys; from mainstay.cli.homes import load; load(); from mainstay.cli.children import application; application(); "
        "print(sorted({'openpyxl', 'xlsxwriter', 'docx', 'typst'} & sys.modules.keys()))"
    )

    told = subprocess.run([sys.executable, "-c", asked], env=process.environment, capture_output=True, text=True, check=True)

    assert told.stdout == "[]\n"


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
