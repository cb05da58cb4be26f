"""The API answers as of a moment with `as_known` on any GET, and changes nothing there."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.utils import timezone

from mainstay.api import earlier
from mainstay.domains.assets.models import Asset
from mainstay.domains.assets.registers import ASSETS
from mainstay.platform.access.services import create_token
from mainstay.platform.identity.models import User
from mainstay.platform.jobs import rebuilding
from mainstay.platform.jobs.models import Job
from mainstay.platform.jobs.services import run_one
from mainstay.platform.records.actor import Actor, acting
from mainstay.registers import crud

from .conftest import Seal


@pytest.fixture
def api(committed: None, person_with: Callable[..., Actor]) -> Callable[..., Any]:
    """Ask the API as an administrator."""
    with transaction.atomic():
        actor = person_with("administrator")
        with acting(actor):
            _token, secret = create_token(User.objects.get(pk=actor.user_id), name="Test")
    client = Client(headers={"Authorization": f"Bearer {secret}"})

    def ask(path: str, method: str = "GET", body: Any = None) -> Any:
        return client.generic(method, f"/api/v1/{path}", json.dumps(body) if body else "", content_type="application/json")

    return ask


def test_a_record_and_its_list_are_as_they_were_known(api: Callable[..., Any], as_system: Actor, seal: Seal) -> None:
    asset = crud.create(ASSETS, {"name": "Payroll"})
    moment = seal()
    crud.change(ASSETS, asset, {"name": "Wages"})
    crud.create(ASSETS, {"name": "Later"})

    one = api(f"assets/{asset.ref}?as_known=size:{moment.size}")
    listed = api(f"assets?as_known={moment.sealed_at.isoformat().replace('+', '%2B')}&limit=5")
    now = api(f"assets/{asset.ref}?as_known={timezone.localdate()}")

    assert one.json()["name"] == "Payroll"
    assert one["As-Known"] == f"size:1/{moment.size}; root={moment.root}"
    assert [item["name"] for item in listed.json()["items"]] == ["Payroll"]
    # Today ends with the last checkpoint, and nothing was sealed since.
    assert now.json()["name"] == "Payroll"


@pytest.mark.parametrize("path", ["me", "search?q=payroll", "readiness", "assets", "reports/readiness.json", "openapi.json"])
def test_every_other_address_takes_a_moment(api: Callable[..., Any], as_system: Actor, seal: Seal, path: str) -> None:
    moment = seal()

    response = api(f"{path}{'&' if '?' in path else '?'}as_known=size:{moment.size}")

    assert response.status_code == 200, response.content


def test_readiness_is_judged_at_the_day_of_the_moment_unless_another_is_said(
    api: Callable[..., Any], as_system: Actor, seal: Seal
) -> None:
    seal()
    known = timezone.localdate().isoformat()

    default, other = api(f"readiness?as_known={known}"), api(f"readiness?as_known={known}&on=2027-01-31")

    assert (default.json()["on"], other.json()["on"]) == (known, "2027-01-31")


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_changing_the_past_is_a_conflict(api: Callable[..., Any], as_system: Actor, seal: Seal, method: str) -> None:
    asset = crud.create(ASSETS, {"name": "Payroll"})
    moment = seal()

    path = "assets" if method == "POST" else f"assets/{asset.ref}"
    response = api(f"{path}?as_known=size:{moment.size}", method, {"name": "Too late"})

    assert (response.status_code, response.json()["code"]) == (409, "in_the_past")
    assert Asset.unscoped_for_system.get().name == "Payroll"


def test_a_moment_that_is_none_names_the_parameter(api: Callable[..., Any], as_system: Actor, seal: Seal) -> None:
    seal()

    response = api("assets?as_known=once")

    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == ["as_known"]


def test_a_long_rebuild_is_a_job_and_the_answer_says_when_to_ask_again(
    api: Callable[..., Any], as_system: Actor, seal: Seal, monkeypatch: pytest.MonkeyPatch
) -> None:
    crud.create(ASSETS, {"name": "Payroll"})
    moment = seal()
    monkeypatch.setattr(rebuilding, "BUILT_AT_ONCE", 0)
    monkeypatch.setattr(earlier, "WAITED_SECONDS", 0.0)
    path = f"assets?as_known=size:{moment.size}"

    first, second = api(path), api(path)
    assert Job.objects.count() == 1
    run_one("test")
    third = api(path)

    assert [first.status_code, second.status_code, third.status_code] == [503, 503, 200]
    assert int(first["Retry-After"]) > 0
    assert [item["name"] for item in third.json()["items"]] == ["Payroll"]
    assert list(Path(settings.CONFIGURATION.home, "moments").glob(f"*-{moment.root[:12]}.sqlite3"))
