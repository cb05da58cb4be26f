"""People before the pages of any register: who leads, who only reads, who belongs elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.db import transaction
from django.test import Client

from browsing import browser
from mainstay.platform.access.models import Grant, Role
from mainstay.platform.access.services import actor_for
from mainstay.platform.identity.models import User
from mainstay.platform.records.actor import Actor, acting, system
from mainstay.platform.records.refs import note_refs
from mainstay.platform.units.models import Unit
from mainstay.platform.units.services import add_unit, found_organisation

__all__ = ["browser"]


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Somebody with a browser."""

    client: Client
    actor: Actor


@pytest.fixture
def leader(organisation: Unit, browser: Callable[..., tuple[Client, Actor]]) -> Visitor:
    """Administers, and as top management accepts and approves what only that may."""
    client, actor = browser("administrator", name="Ines Manager")
    user, role = User.objects.get(pk=actor.user_id), Role.objects.get(slug="management")
    with acting(system("test", organisation=organisation.pk)), transaction.atomic():
        # People of the fixtures have references of their own; those made by tests come well after them.
        note_refs(organisation.pk, "P", ["P-100"])
        Grant(organisation=organisation, user=user, role=role, unit=organisation).save(force_insert=True)
        return Visitor(client=client, actor=actor_for(user, channel="web"))


@pytest.fixture
def reader(leader: Visitor, browser: Callable[..., tuple[Client, Actor]]) -> Client:
    """Sees everything in the organisation and changes nothing."""
    return browser("auditor_readonly")[0]


@pytest.fixture
def stranger(leader: Visitor, browser: Callable[..., tuple[Client, Actor]]) -> Client:
    """The administrator of another organisation."""
    with acting(system("test")):
        other = found_organisation("Other Clinic")
    return browser("administrator", at=other, organisation=other)[0]


@pytest.fixture
def neighbour(site: Unit, organisation: Unit, leader: Visitor, browser: Callable[..., tuple[Client, Actor]]) -> Client:
    """Reads everything at a unit beside `site`."""
    with acting(system("test", organisation=organisation.pk)):
        beside = add_unit(organisation, name="South Site", kind="site")
    return browser("auditor_readonly", at=beside)[0]
