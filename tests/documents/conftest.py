"""Someone who writes documents, someone who approves them, someone who has to read them."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from mainstay.platform.records.actor import Actor, acting
from mainstay.platform.units.models import Unit


@pytest.fixture
def writer(person_with: Callable[..., Actor], organisation: Unit, site: Unit) -> Iterator[Actor]:
    """Who acts in the test unless it says otherwise, at every site."""
    with acting(replace(person_with("administrator", name="Wanda Writer"), organisation_id=organisation.id)) as actor:
        yield actor


@pytest.fixture
def approver(person_with: Callable[..., Actor]) -> Actor:
    return person_with("ciso", name="Ada Approver")


@pytest.fixture
def reader(person_with: Callable[..., Actor]) -> Actor:
    return person_with("employee", name="Rosa Reader")
