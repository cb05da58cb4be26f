"""What tests of the sealed trail share."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from mainstay.domains.assets.registers import ASSETS
from mainstay.platform.records.actor import Actor
from mainstay.platform.trail import triggers
from mainstay.platform.trail.models import Checkpoint
from mainstay.platform.trail.sequencer import Sequencer
from mainstay.registers import crud


def add(count: int, *, name: str = "Server") -> list[Any]:
    """So many assets, each a transaction of its own."""
    return [crud.create(ASSETS, {"name": f"{name} {number}"}) for number in range(count)]


def sealed() -> Checkpoint:
    """Seal as a process does that has just started."""
    checkpoint = Sequencer().seal()
    assert checkpoint is not None
    return checkpoint


def as_administrator_of_the_database(statement: str, *params: Any) -> int:
    """Run a statement with all triggers off, and put them on again; the number of rows it touched."""
    triggers.remove(connection)
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        touched: int = cursor.rowcount
    triggers.install(connection)
    return touched


@pytest.fixture
def kept(committed: None, as_system: Actor) -> Iterator[Actor]:
    """An organisation whose changes are committed, so that they can be sealed."""
    yield as_system
