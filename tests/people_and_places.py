"""An organisation to test in, and people with roles in it."""

from collections.abc import Callable, Iterator
from shutil import rmtree

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client

from mainstay.platform.access.models import Grant, Role
from mainstay.platform.access.roles import ensure_roles
from mainstay.platform.access.services import actor_for
from mainstay.platform.identity.models import Person, User
from mainstay.platform.records.actor import Actor, acting, system
from mainstay.platform.records.refs import next_refs
from mainstay.platform.trail import signer, triggers
from mainstay.platform.units.models import Unit
from mainstay.platform.units.services import add_unit, found_organisation
from mainstay.web import sessions


@pytest.fixture(autouse=True)
def quick_hasher() -> None:
    """Hashing is slow by design; tests of the hasher itself name it."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS[-1:]]


@pytest.fixture
def committed(transactional_db: None) -> Iterator[None]:
    """The test commits, on a trail that no signer knows yet.

    The trail refuses to be emptied afterwards, so its triggers are off then; migrating puts them back.
    """
    rmtree(signer.folder(), ignore_errors=True)
    yield
    triggers.remove(connection)


@pytest.fixture
def organisation(db: None) -> Unit:
    with acting(system("test")):
        return found_organisation("Test Hospital")


@pytest.fixture
def site(organisation: Unit) -> Unit:
    with acting(system("test")):
        return add_unit(organisation, name="North Site", kind="site")


@pytest.fixture
def as_system(organisation: Unit) -> Iterator[Actor]:
    """The test acts for the product itself."""
    with acting(system("test", organisation=organisation.pk)) as actor:
        yield actor


@pytest.fixture
def person_with(organisation: Unit) -> Callable[..., Actor]:
    """Make a person with a login and a role at a unit (the root if not said); the actor they are on the web."""
    with acting(system("test", organisation=organisation.pk)):
        ensure_roles()

    def make(role: str, *, name: str = "", at: Unit | None = None, organisation: Unit = organisation) -> Actor:
        with acting(system("test", organisation=organisation.pk)), transaction.atomic():
            ref = next_refs(organisation.pk, "P")[0]
            number = ref.removeprefix("P-")
            person = Person(
                organisation=organisation, unit=at or organisation, ref=ref, name=name or f"{role} {number}",
                email=f"person{number}.{organisation.pk.hex[-6:]}@example.org",
            )
            person.save(force_insert=True)
            user = User(person=person, email=person.email)
            user.set_unusable_password()
            user.save(force_insert=True)
            Grant(
                organisation=organisation, user=user, role=Role.objects.get(slug=role), unit=at or organisation
            ).save(force_insert=True)
            return actor_for(user, channel="web")

    return make


@pytest.fixture
def signed_in(person_with: Callable[..., Actor]) -> Callable[..., Client]:
    """A browser signed in as a new person with a role."""

    def make(role: str = "administrator", **rest: object) -> Client:
        actor = person_with(role, **rest)
        user = User.objects.get(pk=actor.user_id)
        client = Client()
        session = client.session
        request = type("Request", (), {"session": session})()
        sessions.begin(request, user)
        session.save()
        client.cookies["mainstay"] = session.session_key
        client.actor = actor  # type: ignore[attr-defined] # for tests that act as the same person
        return client

    return make
