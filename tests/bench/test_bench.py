"""The bench runs on a small installation and prints its table; the table marks what misses its target."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# The bench is no part of the product, so it is not installed with it.
sys.path.append(str(ROOT))

from bench.measuring import Figure  # noqa: E402
from bench.table import missed, table  # noqa: E402

from bench import machine  # noqa: E402


def figure(name: str, value: float, **rest: object) -> Figure:
    return Figure(name=name, unit="ms CPU", value=value, **rest)  # type: ignore[arg-type] # told by each test


def test_what_misses_its_target_is_marked() -> None:
    shown = table({"1k": [figure("slow", 20.0, target=15), figure("quick", 10.0, target=15)]})

    slow, quick = shown.splitlines()[2:]
    assert "✗" in slow
    assert "✗" not in quick


def test_a_least_is_missed_from_below() -> None:
    rates = {"1k": [figure("rate", 200.0, target=300, is_least=True)]}

    assert missed(rates) == 1
    assert "≥ 300" in table(rates)


def test_growth_beyond_half_as_much_again_is_marked() -> None:
    shown = table({"1k": [figure("page", 10.0, grows=True)], "100k": [figure("page", 16.0, grows=True)]})

    assert "1.60 ✗" in shown


def test_a_figure_that_one_size_lacks_leaves_its_cell_empty() -> None:
    shown = table({"1k": [figure("page", 10.0)], "10k": []})

    assert len(shown.splitlines()) == 3


def test_cpu_time_of_a_process_grows_with_its_work() -> None:
    before = machine.cpu_ms(os.getpid())

    # Until the clock ticks: the kernel counts in hundredths of a second.
    while machine.cpu_ms(os.getpid()) == before:
        sum(range(100_000))

    assert machine.memory_mb(os.getpid()) > 1


@pytest.mark.skipif(bool(os.environ.get("MAINSTAY_DATABASE")), reason="the bench starts its own databases; one run is enough")
def test_the_bench_serves_measures_and_prints(tmp_path: Path) -> None:
    told = tmp_path / "figures.json"
    command = [sys.executable, "-m", "bench", "--sizes", "small", "--quick", "--only", "pages,api", "--json", str(told)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)

    assert done.returncode == 0, done.stderr[-2000:]
    assert "| list of 50 assets" in done.stdout
    figures = {item["name"]: item for item in json.loads(told.read_text("utf-8"))["sqlite"]["small"]}
    assert figures["API, create a risk"]["value"] > 0
    assert figures["memory when started"]["value"] > 50
