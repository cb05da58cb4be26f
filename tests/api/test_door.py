"""Who comes in, how often, and what a body may look like."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from mainstay.api import rates
from mainstay.api.door import door
from mainstay.api.models import IdempotencyKey
from mainstay.api.reading import parse
from mainstay.domains.assets.registers import ASSETS
from mainstay.platform.access.models import ApiToken, Grant, Role
from mainstay.platform.access.services import revoke_token
from mainstay.platform.identity.models import User
from mainstay.platform.records.actor import Actor, acting
from mainstay.platform.trail.models import Change
from mainstay.platform.units.models import Unit
from mainstay.platform.units.services import add_unit, move_unit
from mainstay.registers import crud


@pytest.mark.parametrize("secret", ["", "x", "mst_" + "a" * 26 + "_aaaaaaa", "mst_ü", "mst_" + "a" * 9_000])
def test_what_is_no_token_is_refused(db: None, secret: str) -> None:
    response = Client().get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"})

    assert response.status_code == 401 and response.json()["code"] == "not_signed_in"


def test_other_schemes_are_refused(db: None) -> None:
    assert Client().get("/api/v1/me", headers={"Authorization": "Basic YTpi"}).status_code == 401


def test_a_revoked_token_is_refused(api: Any, administrator: Actor) -> None:
    with acting(administrator):
        revoke_token(ApiToken.objects.get())

    assert api.get("me").status_code == 401


def test_the_very_next_request_feels_that_a_role_was_taken_back(api: Any, administrator: Actor) -> None:
    assert api.post("assets", {"name": "Server"}).status_code == 201

    Grant.unscoped_for_system.filter(user_id=administrator.user_id).delete()

    assert api.post("assets", {"name": "Server"}).status_code == 403
    assert api.get("assets").json()["items"] == []


def test_the_very_next_request_feels_that_a_role_has_ended(api: Any, administrator: Actor) -> None:
    assert api.post("assets", {"name": "Server"}).status_code == 201

    Grant.unscoped_for_system.filter(user_id=administrator.user_id).update(until=timezone.localdate() - timedelta(days=1))

    assert api.post("assets", {"name": "Server"}).status_code == 403
    assert api.get("assets").json()["items"] == []


def test_the_very_next_request_feels_what_a_role_no_longer_includes(api: Any) -> None:
    assert api.post("assets", {"name": "Server"}).status_code == 201

    Role.objects.update(patterns=["asset.view"])

    assert api.post("assets", {"name": "Server"}).status_code == 403
    assert len(api.get("assets").json()["items"]) == 1


def test_the_very_next_request_feels_that_a_unit_has_moved(
    organisation: Unit, site: Unit, administrator: Actor, person_with: Callable[..., Actor], api_of: Callable[..., Any]
) -> None:
    with acting(administrator):
        ward = add_unit(site, name="Ward")
        asset = crud.create(ASSETS, {"name": "Monitor", "unit": ward.ref})
    scripted = api_of(person_with("administrator", at=site))
    assert scripted.get(f"assets/{asset.pk}").status_code == 200

    with acting(administrator):
        move_unit(ward, parent=organisation)

    assert scripted.get(f"assets/{asset.pk}").status_code == 404
    assert scripted.patch(f"assets/{asset.pk}", {"remarks": "Still mine"}).status_code == 404


def test_the_very_next_request_feels_that_a_login_was_closed(api: Any, administrator: Actor) -> None:
    assert api.get("assets").status_code == 200

    User.objects.filter(pk=administrator.user_id).update(is_active=False)

    assert api.get("assets").status_code == 401


def test_a_wrong_token_is_not_saved_by_a_session(browser: Client) -> None:
    assert browser.get("/api/v1/me", headers={"Authorization": "Bearer x"}).status_code == 401


@pytest.fixture
def browser(administrator: Actor) -> Client:
    """A browser in which the administrator is signed in, and which is checked for CSRF."""
    client = Client(enforce_csrf_checks=True)
    session = client.session
    user = User.objects.get(pk=administrator.user_id)
    session.update({"user": user.pk.hex, "stamp": user.get_session_auth_hash(), "began": 2**40, "seen": 2**40})
    session.save()
    return client


def test_a_session_reads(browser: Client) -> None:
    response = browser.get("/api/v1/me")

    assert response.status_code == 200 and response.json()["identity"].startswith("user:")


def test_a_session_changes_nothing_without_its_csrf_token(browser: Client) -> None:
    response = browser.post("/api/v1/assets", {"name": "Server"}, content_type="application/json")

    assert response.status_code == 403 and response.json()["code"] == "csrf"


def test_a_session_changes_things_with_its_csrf_token(browser: Client, settings: Any) -> None:
    token = "a" * 32
    browser.cookies[settings.CSRF_COOKIE_NAME] = token

    response = browser.post("/api/v1/assets", {"name": "Server"}, content_type="application/json", headers={"X-CSRFToken": token})

    assert response.status_code == 201


def test_a_token_needs_no_csrf_token(api: Any) -> None:
    client = Client(enforce_csrf_checks=True)

    response = client.post(
        "/api/v1/assets", {"name": "Server"}, content_type="application/json", headers={"Authorization": f"Bearer {api.secret}"}
    )

    assert response.status_code == 201


def test_a_change_is_on_the_trail_with_token_channel_and_request(api: Any) -> None:
    response = api.post("assets", {"name": "Server"})

    change = Change.objects.get(table="assets_asset")
    assert (change.actor, change.channel, change.request) == (api.identity, "api", response["X-Request-Id"])


def test_me_tells_roles_and_places(api: Any) -> None:
    me = api.get("me").json()

    assert me["name"] == "Ines Manager" and me["organisation"]["name"] == "Test Hospital"
    assert {role["role"] for role in me["roles"]} == {"administrator", "management"}


def test_what_goes_wrong_here_is_logged_and_not_told(rf: RequestFactory, caplog: pytest.LogCaptureFixture) -> None:
    def broken(request: HttpRequest) -> HttpResponse:
        raise RuntimeError("the secret inside")

    response = door(is_public=True, GET=broken)(rf.get("/api/v1/broken"))

    assert response.status_code == 500 and json.loads(response.content)["code"] == "unexpected"
    assert b"secret" not in response.content and "the secret inside" in caplog.text


def test_head_is_answered_like_get(api: Any) -> None:
    assert api.call("HEAD", "assets").status_code == 200


# How often


def test_the_answer_tells_how_many_requests_are_left(api: Any) -> None:
    first, second = api.get("me"), api.get("spaceships")

    assert first["RateLimit-Limit"] == str(rates.PER_MINUTE)
    assert int(second["RateLimit-Remaining"]) < rates.PER_MINUTE
    assert 1 <= int(second["RateLimit-Reset"]) <= 60


def test_who_asks_too_often_waits(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "PER_MINUTE", 0)

    response = api.get("me")

    assert response.status_code == 429 and response.json()["code"] == "too_many"
    assert int(response["Retry-After"]) >= 1 and response["RateLimit-Remaining"] == "0"


def test_requests_are_counted_by_minute_and_by_token() -> None:
    counter = rates.Counter()

    spent = [counter.take("a", now=120.0 + second, limit=2).is_spent for second in range(3)]

    assert spent == [False, False, True]
    assert not counter.take("b", now=125, limit=2).is_spent
    assert not counter.take("a", now=180, limit=2).is_spent
    assert counter.take("a", now=239.9, limit=2).reset == 1


# What a body may be


@pytest.mark.parametrize(("raw", "status"), [
    (b"", 415), (b"{", 400), (b'{"name": "a",}', 400), (b'{"name": NaN}', 400), (b'{"name": Infinity}', 400),
    (b'{"name": 1e999}', 400), (b'{"name": "a", "name": "b"}', 400), (b'{"x": {"y": 1, "y": 2}, "name": "a"}', 400),
    (b'{"name": 1' + b"0" * 30 + b"}", 400), (b'{"name": 1' + b"0" * 5_000 + b"}", 400), (b"[]", 400), (b'"a"', 400),
    (b"\xff\xfe", 400), (b'\xef\xbb\xbf{"name": "a"}', 400), (b'{"name": ' + b"[" * 65 + b"]" * 65 + b"}", 400),
    (b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400), (b"[" * 1_000_000, 400),
    (b'{"name": "a\\u0000b"}', 422), (b'{"name": "\\ud800"}', 422), (b'{"na\\udfffme": "a"}', 422),
    (b'{"name": "' + b"a" * 2_200_000 + b'"}', 413),
])
def test_a_body_that_cannot_be_read_is_refused(api: Any, raw: bytes, status: int) -> None:
    response = api.call("POST", "assets", raw=raw)

    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    assert api.get("assets").json()["total"] == 0


def test_sixty_four_levels_are_read() -> None:
    assert parse(b"[" * 64 + b"]" * 64)


def test_astral_characters_may_be_escaped() -> None:
    assert parse(rb'"\ud83d\ude00"') == "😀"


def test_the_place_of_what_is_no_text_is_told(api: Any) -> None:
    response = api.call("POST", "assets", raw=b'{"name": "a", "tags": ["b", "\\u0000"]}')

    assert [error["field"] for error in response.json()["errors"]] == ["tags/1"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_body_of_another_kind_is_refused(api: Any, kind: str) -> None:
    response = api.call("POST", "assets", {"name": "Server"}, Content_Type=kind)

    assert response.status_code == 415 and response.json()["code"] == "wrong_media_type"


# Once


def test_the_same_request_under_a_key_is_done_once(api: Any) -> None:
    first = api.post("assets", {"name": "Server"}, Idempotency_Key="k-1")
    again = api.post("assets", {"name": "Server"}, Idempotency_Key="k-1")

    assert (again.status_code, again.content, again["ETag"], again["Location"]) == (
        201, first.content, first["ETag"], first["Location"],
    )
    assert "Idempotent-Replayed" not in first and again["Idempotent-Replayed"] == "true"
    assert api.get("assets").json()["total"] == 1


@pytest.mark.parametrize(("path", "body"), [("assets", {"name": "Other"}), ("risks", {"name": "Server"})])
def test_another_request_under_the_same_key_is_refused(api: Any, path: str, body: Any) -> None:
    api.post("assets", {"name": "Server"}, Idempotency_Key="k-1")

    response = api.post(path, body, Idempotency_Key="k-1")

    assert response.status_code == 422 and response.json()["code"] == "idempotency_key_reused"


def test_keys_of_different_people_do_not_meet(api: Any, person_with: Any, api_of: Callable[..., Any]) -> None:
    other = api_of(person_with("administrator"))
    api.post("assets", {"name": "Server"}, Idempotency_Key="k-1")

    assert other.post("assets", {"name": "Other"}, Idempotency_Key="k-1").status_code == 201


def test_a_refused_request_leaves_its_key_free(api: Any) -> None:
    refused = api.post("assets", {"name": ""}, Idempotency_Key="k-1")

    stored = api.post("assets", {"name": "Server"}, Idempotency_Key="k-1")

    assert (refused.status_code, stored.status_code) == (422, 201)


@pytest.mark.parametrize("key", ["", "a b", "ä", "x" * 256])
def test_a_key_that_is_none_is_refused(api: Any, key: str) -> None:
    assert api.post("assets", {"name": "Server"}, Idempotency_Key=key).status_code == 400


def test_keys_are_forgotten_after_a_day(api: Any) -> None:
    api.post("assets", {"name": "Server"}, Idempotency_Key="k-1")
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))

    assert api.post("assets", {"name": "Other"}, Idempotency_Key="k-1").status_code == 201
    assert IdempotencyKey.objects.count() == 1


def test_verbs_are_done_once_too(api: Any, person_with: Callable[..., Actor], api_of: Callable[..., Any]) -> None:
    criteria = api.post("risk-criteria/adopt", {"template": "iso-27005-5x5"}, Idempotency_Key="a").json()
    chief = api_of(person_with("ciso"))

    answers = [chief.post(f"risk-criteria/{criteria['id']}/approve", Idempotency_Key="b") for _time in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert json.loads(answers[0].content) == json.loads(answers[1].content)
