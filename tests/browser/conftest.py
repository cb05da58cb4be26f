"""A served sample organisation, and Chromium in front of it as the person who runs the ISMS there."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Request, sync_playwright

PATIENCE = 90.0
PASSWORD = "seven lanterns over quiet water"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="there is no Chromium on this machine"))


@dataclass(frozen=True, kw_only=True)
class House:
    """The served installation."""

    url: str
    user: str
    link: str
    environment: Mapping[str, str]

    def told(self, *command: str) -> Any:
        """What a command says about the installation, as JSON."""
        run = [sys.executable, "-m", "mainstay.cli.main", *command, "--json"]
        return json.loads(subprocess.run(run, env=dict(self.environment), capture_output=True, check=True).stdout)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    base = tmp_path_factory.mktemp("browser")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAINSTAY_", "DJANGO_"))}
    environment = kept | {"MAINSTAY_HOME": str(base / "home"), "MAINSTAY_URL": url}
    command = [sys.executable, "-m", "mainstay.cli.main"]
    told = json.loads(subprocess.run([*command, "demo", "--json"], env=environment, capture_output=True, check=True).stdout)
    log = base / "serve.log"
    with log.open("wb") as target:
        server = subprocess.Popen([*command, "serve", "--port", str(port)], env=environment, stdout=target, stderr=target)
    try:
        _wait_until_served(server, log)
        # Serving gives out the first way in anew, which ends the link that `demo` printed.
        yield House(url=url, user=told["user"], link=log.read_text().split()[-1], environment=environment)
    finally:
        server.terminate()
        server.wait(PATIENCE)


def _wait_until_served(server: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while "/sign-in/link/" not in log.read_text() or not log.read_text().endswith("\n"):
        assert server.poll() is None, log.read_text()
        assert time.monotonic() < end, "it does not serve"
        time.sleep(0.05)  # another process is waited for, so there is nothing to be woken by


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def entered(house: House, chromium: Browser) -> Any:
    """The cookies of the one who came in by the first one-time link."""
    return come_in(chromium, house, house.link)


def come_in(chromium: Browser, house: House, link: str) -> Any:
    """The cookies of somebody who came in by a one-time link and chose a password."""
    context = chromium.new_context()
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto(link)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Once more").fill(PASSWORD)
    page.get_by_role("button", name="Set password and sign in").click()
    page.wait_for_url(f"{house.url}/")
    state = context.storage_state()
    context.close()
    return state


@dataclass(kw_only=True)
class Watch:
    """What must not happen on any page: errors in the console, and requests to anybody else."""

    url: str
    wrong: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()
    """Parts of console messages that the test provokes."""

    def over(self, page: Page) -> None:
        page.on("console", self._heard)
        page.on("pageerror", self._failed)
        page.on("request", self._asked)

    def leave(self, page: Page) -> None:
        page.remove_listener("console", self._heard)
        page.remove_listener("pageerror", self._failed)
        page.remove_listener("request", self._asked)

    def _failed(self, error: Error) -> None:
        self.wrong.append(str(error))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(part in message.text for part in self.expected):
            self.wrong.append(f"{message.location.get('url', '')}: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self.url}/", "data:", "blob:")):
            self.wrong.append(f"asked {request.url}")


@pytest.fixture
def watch(house: House) -> Iterator[Watch]:
    watch = Watch(url=house.url)
    yield watch
    assert watch.wrong == []


def new_context(chromium: Browser, house: House, state: Any, **rest: Any) -> BrowserContext:
    context = chromium.new_context(
        storage_state=state, base_url=house.url, viewport={"width": 1280, "height": 900}, reduced_motion="reduce",
        color_scheme="light", **rest,
    )
    context.set_default_timeout(15_000)
    return context


@pytest.fixture
def page(chromium: Browser, house: House, entered: Any, watch: Watch) -> Iterator[Page]:
    """A page of a signed-in browser, watched."""
    context = new_context(chromium, house, entered)
    page = context.new_page()
    watch.over(page)
    yield page
    context.close()


@pytest.fixture
def plain_page(chromium: Browser, house: House, entered: Any) -> Iterator[Page]:
    """The same without JavaScript."""
    context = new_context(chromium, house, entered, java_script_enabled=False)
    yield context.new_page()
    context.close()
