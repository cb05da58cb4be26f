"""Clients of the API: people with a role, speaking through a token of theirs."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from mainstay.api import rates
from mainstay.domains.awareness.factories import make_lesson, make_question
from mainstay.domains.context.models import ManagementSystem
from mainstay.domains.context.registers import MANAGEMENT_SYSTEMS
from mainstay.domains.controls.models import Applicability, SoaVersion
from mainstay.domains.documents.factories import make_document_version
from mainstay.domains.library.services import import_bundled
from mainstay.domains.risk.criteria import adopt_criteria
from mainstay.domains.risk.models import RiskAcceptance
from mainstay.domains.risk.registers import RISKS
from mainstay.domains.suppliers.factories import make_supplier_assessment
from mainstay.platform.access.models import Grant, Role
from mainstay.platform.access.services import actor_for, create_token
from mainstay.platform.identity.models import User
from mainstay.platform.records.actor import Actor, acting, current_actor, system
from mainstay.platform.records.refs import note_refs
from mainstay.platform.units.models import Unit
from mainstay.platform.units.services import found_organisation
from mainstay.registers import crud, registry
from mainstay.registers.declaration import Register
from mainstay.registers.fields import Field, editable_fields
from mainstay.registers.verbs import perform, verbs_of


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


# One valid record per register, made from the declarations

SAMPLES: dict[str, Any] = {
    "text": "Sample", "long": "Sample", "bool": True, "date": "2027-01-31", "datetime": "2027-01-31T12:00:00Z", "integer": 1,
    "decimal": "1", "email": "sample@example.org", "url": "https://example.org", "tags": ["sample"], "json": [],
}


def minimal_values(register: Register) -> dict[str, Any]:
    """What a client must at least send to create a record, with the records it refers to created."""
    return {name: _sample(item) for name, item in editable_fields(register).items() if item.required}


def _sample(item: Field) -> Any:
    if item.target is not None:
        found = registry.of(item.target)
        assert found is not None
        key = str(make_record(found).pk)
        return [key] if item.kind == "references" else key
    if item.choices:
        value = item.choices[0][0]
        return int(value) if item.numeric else value
    if item.minimum is not None and item.minimum > 1:
        return int(item.minimum)
    if item.name == "end_on":
        return "2027-12-31"
    return SAMPLES[item.kind]


def make_record(register: Register) -> Any:
    """A record of the register: through plain editing, or through what brings such records about."""
    if register.may_add:
        return crud.create(register, minimal_values(register), strict=True)
    return ORIGINS[register.slug]()


def _unit() -> Unit:
    return Unit.objects.get(pk=current_actor().organisation_id)


def _framework() -> Any:
    return import_bundled("iso-27001-2022", unit=_unit())


def _do(record: Any, verb: str, **values: Any) -> Any:
    return perform(verbs_of(type(record))[verb], record, values)


def _applicability() -> Any:
    if not Applicability.objects.exists():
        isms = crud.create(MANAGEMENT_SYSTEMS, {"name": "ISMS"})
        for name in ("scope_statement", "boundaries", "interfaces", "exclusions"):
            isms = crud.change(MANAGEMENT_SYSTEMS, isms, {name: "All of it."})
        _do(isms, "approve")
        _do(isms, "start_soa", framework=_framework().ref)
    return Applicability.objects.first()


def _soa_version() -> Any:
    _applicability()
    for row in Applicability.objects.all():
        _do(row, "decide", decision="applicable", is_best_practice=True)
    isms = ManagementSystem.objects.get()
    _do(isms, "propose_soa", framework=_framework().ref)
    return SoaVersion.objects.first()


def _criteria() -> Any:
    return adopt_criteria("iso-27005-5x5", unit=_unit())


def _acceptance() -> Any:
    _do(_criteria(), "approve")
    risk = crud.create(RISKS, {"name": "Fire", "likelihood": 3, "impact_availability": 3})
    until = timezone.localdate() + timedelta(days=30)
    _do(risk, "accept", until=until.isoformat(), reason="We bear it.")
    return RiskAcceptance.objects.first()


ORIGINS: dict[str, Callable[[], Any]] = {
    "frameworks": _framework,
    "requirements": lambda: _framework().requirements.filter(kind="assessable").first(),
    "applicability": _applicability,
    "soa-versions": _soa_version,
    "risk-criteria": _criteria,
    "risk-acceptances": _acceptance,
    "document-versions": make_document_version,
    "lessons": make_lesson,
    "questions": make_question,
    "supplier-assessments": make_supplier_assessment,
}


@pytest.fixture
def make() -> Callable[[Register], Any]:
    return make_record


@pytest.fixture
def values_of() -> Callable[[Register], dict[str, Any]]:
    return minimal_values
