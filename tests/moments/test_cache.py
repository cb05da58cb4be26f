"""Rebuilt states are built once, kept within their space, and thrown away when nobody can ask for them any more."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, connections

from mainstay.domains.assets.registers import ASSETS
from mainstay.platform.records.actor import Actor
from mainstay.platform.records.moment import Moment
from mainstay.platform.trail.erased import ERASURE
from mainstay.platform.trail.models import Change
from mainstay.platform.trail.moments import cache, replay
from mainstay.registers import crud

from .conftest import Seal


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    cache.forget()
    yield
    cache.forget()


@pytest.fixture
def three(as_system: Actor, seal: Seal) -> list[Moment]:
    """Three moments, one asset more at each."""
    found = []
    for number in range(3):
        crud.create(ASSETS, {"name": f"Asset {number}"})
        found.append(seal())
    return found


def used(file: Path, *, seconds_ago: int) -> None:
    then = file.stat().st_mtime - seconds_ago
    os.utime(file, (then, then))


def test_a_state_is_built_once_and_then_found(three: list[Moment]) -> None:
    assert cache.found(three[0]) is None

    first = cache.built(three[0])
    written = first.stat().st_ino
    second = cache.built(three[0])

    assert first == second == cache.found(three[0])
    assert second.stat().st_ino == written
    assert first.stat().st_mode & 0o777 == 0o600


def test_of_two_who_build_at_once_one_waits(three: list[Moment], monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("the database of tests is in memory and has one connection")
    calls: list[Moment] = []
    both_are_here = threading.Barrier(2, timeout=30)

    def counted(moment: Moment, *rest: object) -> int:
        calls.append(moment)
        return replay.replay(moment, *rest)  # type: ignore[arg-type] # as it came

    def build() -> None:
        both_are_here.wait()
        cache.built(three[2])
        connections.close_all()

    monkeypatch.setattr(cache, "replay", counted)
    threads = [threading.Thread(target=build) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert calls == [three[2]]
    assert cache.found(three[2]) is not None


def test_what_was_not_used_for_longest_makes_room(three: list[Moment], monkeypatch: pytest.MonkeyPatch) -> None:
    files = [cache.built(moment) for moment in three[:2]]
    used(files[0], seconds_ago=100)
    used(files[1], seconds_ago=200)
    space = sum(file.stat().st_size for file in files) / 2**20
    monkeypatch.setattr(cache, "settings", type("S", (), {"CONFIGURATION": room(space * 1.2)}))

    last = cache.built(three[2])

    assert [file.exists() for file in (*files, last)] == [True, False, True]


def test_looking_at_a_state_counts_as_using_it(three: list[Moment]) -> None:
    files = [cache.built(moment) for moment in three[:2]]
    for file in files:
        used(file, seconds_ago=100)

    cache.found(three[0])

    assert files[0].stat().st_mtime > files[1].stat().st_mtime


def test_the_state_just_built_stays_even_where_there_is_no_room(three: list[Moment], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "settings", type("S", (), {"CONFIGURATION": room(0)}))

    file = cache.built(three[0])

    assert file.exists()


def room(megabytes: float) -> object:
    return type("C", (), {"home": settings.CONFIGURATION.home, "moments_megabytes": megabytes})


def test_a_build_that_breaks_off_leaves_nothing(three: list[Moment]) -> None:
    def breaks(done: int, total: int) -> None:
        raise ZeroDivisionError

    replay_every = replay.PROGRESS_EVERY
    replay.PROGRESS_EVERY = 1
    try:
        with pytest.raises(ZeroDivisionError):
            cache.built(three[0], breaks)
    finally:
        replay.PROGRESS_EVERY = replay_every

    assert not list(cache.folder().glob("*.sqlite3*"))
    assert cache.built(three[0]).exists()


def test_files_of_another_version_are_thrown_away_at_start(three: list[Moment]) -> None:
    file = cache.built(three[0])
    strangers = [file.with_name(f"000000000000-{file.name.split('-', 1)[1]}"), file.with_name(f".{file.name}.ab12cd34")]
    for stranger in strangers:
        stranger.write_bytes(b"x")

    cache.clear_strangers()

    assert file.exists() and not any(stranger.exists() for stranger in strangers)


def test_an_erasure_makes_every_state_be_built_anew(three: list[Moment]) -> None:
    file = cache.built(three[0])

    Change.objects.create(
        at=three[0].sealed_at, table=ERASURE, pk_text="1", op="E", row="{}", salt=b"0" * 16, actor="system", channel="cli",
        reason="", request="",
    )

    assert cache.found(three[0]) is None
    cache.clear_strangers()
    assert not file.exists()
