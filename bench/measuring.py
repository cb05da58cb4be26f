"""Measuring: one thing over and over, one after the other, or many at once for a while."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil

from bench.client import ApiClient
from bench.installation import Served

WARM_UP, FEWEST, CONNECTIONS = 3, 3, 8


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured value. `target` is the most it may be or, with `is_least`, the least."""

    name: str
    unit: str
    value: float
    p50: float | None = None
    p95: float | None = None
    target: float | None = None
    is_least: bool = False
    grows: bool = False
    """Whether its growth with the number of records is judged."""

    @property
    def misses(self) -> bool:
        if self.target is None:
            return False
        return self.value < self.target if self.is_least else self.value > self.target


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How often and how long: bounded, so that a slow page cannot hold up the rest."""

    times: int = 30
    seconds: float = 3.0
    rush_seconds: float = 8.0
    import_rows: int = 20_000

    @classmethod
    def quick(cls) -> "Effort":
        return cls(times=8, seconds=2.0, rush_seconds=1.0, import_rows=300)


def repeated(
    served: Served, name: str, do: Callable[[], object], *, effort: Effort, target: float | None = None, grows: bool = True
) -> Figure:
    """CPU time of the server per request, and how long one waits."""
    for _turn in range(WARM_UP):
        do()
    waited: list[float] = []
    began, before = time.monotonic(), served.cpu_ms()
    while len(waited) < effort.times and (len(waited) < FEWEST or time.monotonic() - began < effort.seconds):
        start = time.perf_counter()
        do()
        waited.append((time.perf_counter() - start) * 1000)
    used = served.cpu_ms() - before
    waited.sort()
    return Figure(
        name=name, unit="ms CPU", value=used / len(waited), p50=_percentile(waited, 50), p95=_percentile(waited, 95),
        target=target, grows=grows,
    )


def once(
    served: Served, name: str, do: Callable[[], object], *, target: float | None = None, per: float = 1.0
) -> Figure:
    """CPU time of the server for something too long to repeat, divided by `per`."""
    before, start = served.cpu_ms(), time.perf_counter()
    do()
    wall = (time.perf_counter() - start) * 1000 / per
    return Figure(name=name, unit="ms CPU", value=(served.cpu_ms() - before) / per, p50=wall, p95=wall, target=target)


def _percentile(ordered: list[float], percent: int) -> float:
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)]


@dataclass(kw_only=True)
class _Count:
    lock: threading.Lock = field(default_factory=threading.Lock)
    done: int = 0
    errors: list[Exception] = field(default_factory=list)


def rush(served: Served, name: str, path: str, *, effort: Effort, target: float | None) -> Figure:
    """Requests answered a second with eight connections that ask without pause. The asking shares the machine."""
    count, until = _Count(), time.monotonic() + effort.rush_seconds

    def ask(client: ApiClient) -> None:
        done = 0
        try:
            while time.monotonic() < until:
                client.get(path)
                done += 1
        except Exception as error:  # noqa: BLE001 # told by the thread that waits
            count.errors.append(error)
        finally:
            client.close()
            with count.lock:
                count.done += done

    clients = [ApiClient(served.port, tokens) for tokens in served.tokens.split(CONNECTIONS)]
    threads = [threading.Thread(target=ask, args=(client,), daemon=True) for client in clients]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(effort.rush_seconds + 60)
    if count.errors:
        raise count.errors[0]
    return Figure(
        name=name, unit="a second", value=count.done / (time.monotonic() - began), target=target, is_least=True,
    )
