"""Clients of the API: people with a role, speaking through a token of theirs."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from mainstay.api import rates
from mainstay.platform.access.models import Grant, Role
from mainstay.platform.access.services import actor_for, create_token
from mainstay.platform.identity.models import User
from mainstay.platform.records.actor import Actor, acting, system
from mainstay.platform.records.refs import note_refs
from mainstay.platform.units.models import Unit
from mainstay.platform.units.services import found_organisation
from mainstay.registers.declaration import Register
from making import make_record, minimal_values


class Api:
    """Speaks JSON with a token, as a script would."""

    def __init__(self, secret: str, *, identity: str = "") -> None:
        self._client = Client()
        self.secret, self.identity = secret, identity

    def call(self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str) -> HttpResponse:
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        kind = named.pop("Content-Type", "application/json" if content else "")
        return self._client.generic(  # type: ignore[return-value]
            method, f"/api/v1/{path}", content, content_type=kind, headers={"Authorization": f"Bearer {self.secret}"} | named,
        )

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> HttpResponse:
        return self.call("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> HttpResponse:
        return self.call("DELETE", path, **headers)


@pytest.fixture(autouse=True)
def patient_door(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests ask more often than scripts may; those of the limit itself set it again."""
    monkeypatch.setattr(rates, "PER_MINUTE", 100_000)


@pytest.fixture
def api_of() -> Callable[..., Api]:
    """A client with a new token of an actor's user."""

    def make(actor: Actor, *, scopes: tuple[str, ...] = ("*",)) -> Api:
        with acting(actor):
            token, secret = create_token(User.objects.get(pk=actor.user_id), name="test", scopes=scopes)
        return Api(secret, identity=f"token:{token.pk.hex}")

    return make


@pytest.fixture
def administrator(person_with: Callable[..., Actor], organisation: Unit) -> Actor:
    """Administers, and as top management accepts what only that may."""
    actor = person_with("administrator", name="Ines Manager")
    user, role = User.objects.get(pk=actor.user_id), Role.objects.get(slug="management")
    with acting(system("test", organisation=organisation.pk)), transaction.atomic():
        # People of the fixtures have references of their own; those made here come well after them.
        note_refs(organisation.pk, "P", ["P-100"])
        Grant(organisation=organisation, user=user, role=role, unit=organisation).save(force_insert=True)
        return actor_for(user, channel="web")


@pytest.fixture
def api(administrator: Actor, api_of: Callable[..., Api]) -> Api:
    return api_of(administrator)


@pytest.fixture
def stranger(person_with: Callable[..., Actor], api_of: Callable[..., Api]) -> Api:
    """The administrator of another organisation."""
    with acting(system("test")):
        other: Unit = found_organisation("Other Clinic")
    return api_of(person_with("administrator", at=other, organisation=other))


@pytest.fixture
def make() -> Callable[[Register], Any]:
    return make_record


@pytest.fixture
def values_of() -> Callable[[Register], dict[str, Any]]:
    return minimal_values
