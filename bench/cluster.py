"""A PostgreSQL of the bench's own, on a loopback port, with the durability that PostgreSQL has by default."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECONDS = 120


class NoPostgres(RuntimeError):
    """There is no PostgreSQL server here, or it may not be started."""


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _programs() -> Path:
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not places:
        raise NoPostgres("there is no initdb here")
    return places[-1].parent


def _as_postgres(folder: Path) -> list[str]:
    # PostgreSQL refuses to run as root, so root runs it as the user that Debian made for it.
    if os.getuid() != 0:
        return []
    try:
        shutil.chown(folder, "postgres")
    except LookupError as error:
        raise NoPostgres("there is no user postgres") from error
    return ["runuser", "-u", "postgres", "--"]


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, int]]:
    """Run the cluster in the folder, making it first if it is not there: its address, and the id of its first process."""
    programs, prefix, port, data = _programs(), _as_postgres(folder), free_port(), folder / "data"

    def run(program: str, *arguments: str) -> None:
        # Its output goes to a file: the server inherits it, and a pipe would stay open as long as it runs.
        with (folder / f"{program}.log").open("wb") as log:
            command = [*prefix, str(programs / program), *arguments]
            done = subprocess.run(command, cwd=folder, stdout=log, stderr=log, timeout=SECONDS)
        if done.returncode:
            raise NoPostgres((folder / f"{program}.log").read_text("utf-8", "replace").strip()[-500:])

    if not data.is_dir():
        run("initdb", "-D", str(data), "-U", "mainstay", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
        fresh = True
    else:
        fresh = False
    options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder}"
    run("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "server.log"), "-o", options, "start")
    try:
        if fresh:
            run("createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "mainstay", "mainstay")
        first = int((data / "postmaster.pid").read_text("utf-8").splitlines()[0])
        yield f"postgresql://mainstay@127.0.0.1:{port}/mainstay", first
    finally:
        run("pg_ctl", "-D", str(data), "-w", "-m", "fast", "stop")
