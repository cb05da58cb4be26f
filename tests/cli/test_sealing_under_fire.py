"""Whoever is killed whenever: every committed change is sealed exactly once, and all checkpoints agree."""

import json
import subprocess
import sys
from pathlib import Path

from .conftest import Shell

FIRE = Path(__file__).with_name("fire.py")


def test_sixteen_writers_and_a_sequencer_killed_fifty_times(process: Shell) -> None:
    done = subprocess.run(
        [sys.executable, str(FIRE), "12", "50"], env=process.environment, capture_output=True, text=True, check=False, timeout=300
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["codes"] == [0] * 16
    assert found["findings"] == []
    assert found["contiguous"]
    assert found["leaves"] == found["changes"] == found["size"]
    assert found["changes"] > 16 * 12
    assert found["checkpoints"] > 1
