"""Browsers for tests of pages."""

from collections.abc import Callable

import pytest
from django.test import Client

from mainstay.platform.identity.models import User
from mainstay.platform.records.actor import Actor
from mainstay.web import sessions


@pytest.fixture
def browser(person_with: Callable[..., Actor]) -> Callable[..., tuple[Client, Actor]]:
    """A browser signed in as a new person with a role, and the actor that person is."""

    def make(role: str = "administrator", **rest: object) -> tuple[Client, Actor]:
        actor = person_with(role, **rest)
        client = Client()
        session = client.session
        sessions.begin(type("Request", (), {"session": session})(), User.objects.get(pk=actor.user_id))  # type: ignore[arg-type] # all it reads
        session.save()
        client.cookies["mainstay"] = session.session_key
        return client, actor

    return make
