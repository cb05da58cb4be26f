"""Every page answers in an earlier state, with what was known then, today's rights, and nothing that changes anything."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from mainstay.domains.assets.models import Asset
from mainstay.domains.assets.registers import ASSETS
from mainstay.platform.access.models import Grant, Role
from mainstay.platform.identity.models import AccessEvent, User
from mainstay.platform.jobs import rebuilding
from mainstay.platform.jobs.models import Job
from mainstay.platform.jobs.services import run_one
from mainstay.platform.records.actor import Actor, acting, system
from mainstay.platform.units.models import Unit
from mainstay.registers import crud, registry
from making import make_record

from .conftest import Seal


@pytest.fixture
def leader(committed: None, signed_in: Callable[..., Client], organisation: Unit) -> Client:
    """Administers and leads: whatever there is to see, they see."""
    with transaction.atomic():
        client = signed_in("administrator")
    with acting(system("test", organisation=organisation.pk)):
        user = User.objects.get(pk=client.actor.user_id)  # type: ignore[attr-defined] # the fixture sets it
        Grant(
            organisation=organisation, user=user, role=Role.objects.get(slug="management"), unit=organisation
        ).save(force_insert=True)
    return client


def enter(client: Client, moment: Any) -> None:
    response = client.get("/", {"as_known": f"size:{moment.size}"})
    assert (response.status_code, response["Location"]) == (302, "/")


def test_a_page_shows_what_was_known_then_and_leaving_is_one_click(leader: Client, as_system: Actor, seal: Seal) -> None:
    asset = crud.create(ASSETS, {"name": "Payroll"})
    moment = seal()
    crud.change(ASSETS, asset, {"name": "Wages"})

    enter(leader, moment)
    then = leader.get(f"/assets/{asset.ref}").content.decode()
    back = leader.get(f"/assets/{asset.ref}?as_known=now&tab=x")
    now = leader.get(f"/assets/{asset.ref}").content.decode()

    assert "Payroll" in then and "Wages" not in then
    assert f"{moment.size} entries of the trail, root {moment.root[:12]}" in then
    assert 'data-as-known="' in then and f'href="/assets/{asset.ref}/edit"' not in then
    assert back["Location"] == f"/assets/{asset.ref}?tab=x"
    assert "Wages" in now and "data-as-known" not in now and f'href="/assets/{asset.ref}/edit"' in now


def addresses() -> list[str]:
    """Each pattern of a page, as it stands in the address list."""

    def walk(node: URLResolver, before: str = "") -> Iterator[str]:
        for item in node.url_patterns:
            if isinstance(item, URLResolver):
                yield from walk(item, before + str(item.pattern))
            elif isinstance(item, URLPattern):
                yield before + str(item.pattern)

    return sorted({path for path in walk(get_resolver()) if not path.startswith(("api/", "^", "static"))})


def test_every_page_answers_in_an_earlier_state(leader: Client, as_system: Actor, seal: Seal) -> None:
    records = {register.slug: make_record(register) for register in registry.all_registers()}
    moment = seal()
    Asset.unscoped_for_system.update(name="Changed since")
    enter(leader, moment)

    answers = {}
    for pattern in addresses():
        for address in filled(pattern, records):
            answers[address] = leader.get(address)

    broken = {address: answer.status_code for address, answer in answers.items() if answer.status_code >= 500}
    shown = [address for address, answer in answers.items() if answer.status_code == 200]
    assert broken == {}
    assert {f"/{slug}" for slug in records} <= set(shown) | {"/risk-criteria", "/applicability"}
    assert all(f"/{slug}/{record.pk}/history" in shown for slug, record in records.items())
    assert not [address for address in shown if b"Changed since" in answers[address].content]


def filled(pattern: str, records: dict[str, Any]) -> list[str]:
    """The addresses a pattern stands for, with the records there are."""
    if pattern.startswith("<slug:slug>"):
        rest = pattern.removeprefix("<slug:slug>").replace("<slug:name>", "name").replace("<uuid:key>", str(records["assets"].pk))
        return [f"/{slug}{rest.replace('<str:key>', str(record.pk))}" for slug, record in records.items()]
    head = pattern.split("/")[0]
    record = records.get(head) or records["assets"]
    for part in ("<str:key>", "<uuid:key>", "<uuid:item>", "<str:token>"):
        pattern = pattern.replace(part, str(record.pk))
    return ["/" + pattern.replace("<slug:noun>", "asset").replace("<slug:name>", "soa").replace("<slug:verb>", "link")]


@pytest.mark.parametrize("format", ["csv", "xlsx", "json"])
def test_an_export_is_of_then_and_is_noted_now(leader: Client, as_system: Actor, seal: Seal, format: str) -> None:
    asset = crud.create(ASSETS, {"name": "Payroll"})
    moment = seal()
    crud.change(ASSETS, asset, {"name": "Wages"})
    enter(leader, moment)

    response = leader.get("/assets", {"format": format})

    assert response.status_code == 200
    assert f"as-known-{moment.day}" in response["Content-Disposition"]
    if format != "xlsx":
        assert b"Payroll" in response.content and b"Wages" not in response.content
    assert AccessEvent.objects.filter(kind="exported", detail__startswith="assets").count() == 1


@pytest.mark.parametrize("address", ["/assets/new", "/assets/bulk", "/theme-of-others", "/administration/units/new"])
def test_posting_is_refused_with_the_reason(leader: Client, as_system: Actor, seal: Seal, address: str) -> None:
    enter(leader, seal())
    before = Asset.unscoped_for_system.count()

    response = leader.post(address, {"name": "Too late"})

    assert response.status_code == 409
    assert "You are looking at an earlier state" in response.content.decode()
    assert Asset.unscoped_for_system.count() == before


def test_one_may_still_sign_out_and_change_ones_password(leader: Client, as_system: Actor, seal: Seal) -> None:
    enter(leader, seal())

    me, out = leader.get("/me"), leader.post("/sign-out")

    assert (me.status_code, out.status_code, out["Location"]) == (200, 302, "/sign-in")


@pytest.mark.parametrize(
    "text", ["2000-01-01", "2999-01-01", "yesterday", "size:99999999", "2026-13-01", "size:-1", "9999-12-31"]
)
def test_a_moment_that_is_none_is_refused_with_a_sentence(leader: Client, as_system: Actor, seal: Seal, text: str) -> None:
    seal()

    response = leader.get(f"/?as_known={quote(text)}")

    assert response.status_code == 422
    assert "data-as-known" not in leader.get("/assets").content.decode()


def test_what_search_finds_is_what_was_known_then(leader: Client, as_system: Actor, seal: Seal) -> None:
    asset = crud.create(ASSETS, {"name": "Payroll"})
    moment = seal()
    crud.change(ASSETS, asset, {"name": "Wages"})
    enter(leader, moment)

    assert "Payroll" in leader.get("/search?q=payroll").content.decode()
    assert asset.ref not in leader.get("/search?q=wages").content.decode()


def test_the_history_of_a_record_ends_at_the_moment(leader: Client, as_system: Actor, seal: Seal) -> None:
    asset = crud.create(ASSETS, {"name": "Payroll"})
    moment = seal()
    crud.change(ASSETS, asset, {"name": "Wages"})
    seal()
    enter(leader, moment)

    history = leader.get(f"/assets/{asset.ref}/history").content.decode()

    assert "Payroll" in history and "Wages" not in history


def test_the_page_of_moments_offers_months_and_checkpoints(leader: Client, as_system: Actor, seal: Seal) -> None:
    moment = seal()

    page = leader.get("/moments?next=/assets").content.decode()

    assert f"/assets?as_known=size%3A1%2F{moment.size}" in page
    assert 'action="/assets"' in page


@pytest.mark.parametrize("next_address", ["//evil.example", "https://evil.example/", "javascript:alert(1)"])
def test_the_page_of_moments_leads_nowhere_else(leader: Client, as_system: Actor, seal: Seal, next_address: str) -> None:
    seal()

    page = leader.get("/moments", {"next": next_address}).content.decode()

    assert 'action="/"' in page and "evil" not in page.split("<main")[1]


def test_a_long_rebuild_is_waited_for_on_a_page_that_asks_again(
    leader: Client, as_system: Actor, seal: Seal, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = crud.create(ASSETS, {"name": "Payroll"})
    enter(leader, seal())
    monkeypatch.setattr(rebuilding, "BUILT_AT_ONCE", 0)
    page = f"/assets/{asset.ref}"

    waiting, again = leader.get(page), leader.get(page)
    run_one("test")
    arrived = leader.get(page)

    assert (waiting.status_code, waiting["Refresh"]) == (202, "1")
    assert "<progress" in waiting.content.decode() and "data-as-known" in waiting.content.decode()
    assert again.status_code == 202 and Job.objects.filter(kind=rebuilding.KIND).count() == 1
    assert arrived.status_code == 200 and "Payroll" in arrived.content.decode()


def test_a_rebuild_that_failed_says_so_instead_of_beginning_over_and_over(
    leader: Client, as_system: Actor, seal: Seal, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(leader, seal())
    monkeypatch.setattr(rebuilding, "BUILT_AT_ONCE", 0)
    leader.get("/")
    Job.objects.update(state="failed", error="No space is left.", finished_at=timezone.now())

    response = leader.get("/")

    assert response.status_code == 503 and "No space is left." in response.content.decode()
    assert Job.objects.filter(kind=rebuilding.KIND).count() == 1


def test_a_report_carries_the_moment_and_both_days_may_be_said(leader: Client, as_system: Actor, seal: Seal) -> None:
    make_record(registry.get("applicability"))
    moment = seal()
    enter(leader, moment)

    report = leader.get("/reports/readiness.html?on=2027-01-31")

    content = report.content.decode()
    assert report.status_code == 200
    assert f"{moment.size} entries of the trail, root {moment.root[:12]}" in content
    assert f"readiness-as-known-{moment.day}.html" in report["Content-Disposition"]
    assert AccessEvent.objects.get(kind="exported").detail.endswith(f"as_known=size:1/{moment.size}")
