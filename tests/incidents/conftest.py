"""The one who handles incidents, and people with less to say."""

from collections.abc import Callable, Iterator

import pytest

from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import Actor, Holding, acting
from mainstay.platform.units.models import Unit


@pytest.fixture
def handling(person_with: Callable[..., Actor]) -> Iterator[Actor]:
    """Everything in the test is done by the incident handler."""
    with acting(person_with("administrator", name="Ines Duarte")) as actor:
        yield actor


@pytest.fixture
def handler(handling: Actor) -> Person:
    return Person.objects.get(pk=handling.person_id)  # type: ignore[no-any-return]


@pytest.fixture
def reporting(person_with: Callable[..., Actor], organisation: Unit) -> Iterator[Actor]:
    """Everything in the test is done by someone who may report and no more."""
    employee = person_with("employee", name="Ben Okafor")
    holding = Holding(
        role="reporter", patterns=("incident.add",), unit=organisation.id, organisation=organisation.id,
        covers=frozenset({organisation.id}),
    )
    actor = Actor(
        label=employee.label, channel="test", person_id=employee.person_id, organisation_id=organisation.id, holdings=(holding,)
    )
    with acting(actor):
        yield actor
