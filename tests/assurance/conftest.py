"""The people an assured ISMS takes: one who runs it, one who audits it, one who manages."""

from collections.abc import Callable, Iterator

import pytest

from mainstay.domains.library.models import Framework
from mainstay.domains.library.services import import_bundled
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import Actor, acting
from mainstay.platform.units.models import Unit


@pytest.fixture
def manager(person_with: Callable[..., Actor]) -> Actor:
    return person_with("administrator", name="Ines Duarte")


@pytest.fixture
def auditor(person_with: Callable[..., Actor]) -> Actor:
    return person_with("administrator", name="Marek Novak")


@pytest.fixture
def managing(manager: Actor) -> Iterator[Actor]:
    """Everything in the test is done by the one who runs the ISMS, unless said otherwise."""
    with acting(manager) as actor:
        yield actor


@pytest.fixture
def framework(organisation: Unit, as_system: Actor) -> Framework:
    return import_bundled("iso-27001-2022", unit=organisation)


@pytest.fixture
def person_of() -> Callable[[Actor], Person]:
    return lambda actor: Person.unscoped_for_system.get(pk=actor.person_id)  # type: ignore[no-any-return]
