"""Evidence on the pages of what it proves."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mainstay.domains.assets.registers import ASSETS
from mainstay.domains.evidence.models import Evidence, Proof
from mainstay.domains.evidence.registers import EVIDENCE
from mainstay.domains.evidence.services import attach
from mainstay.platform.records.actor import Actor, acting
from mainstay.platform.records.errors import Invalid
from mainstay.platform.units.models import Unit
from mainstay.registers import crud

Browser = Callable[..., tuple[Client, Actor]]


@pytest.fixture
def asset_page(browser: Browser) -> tuple[Client, Actor, object, str]:
    client, actor = browser()
    with acting(actor):
        asset = crud.create(ASSETS, {"name": "Server"})
    return client, actor, asset, f"asset:{asset.pk}"


def test_a_file_is_stored_attached_and_given_out_again(asset_page: tuple[Client, Actor, object, str]) -> None:
    client, _actor, asset, about = asset_page
    file = SimpleUploadedFile("restore.txt", b"Restored on 3 March.", content_type="text/plain")

    answer = client.post("/evidence/attach", {"subject": about, "file": file, "valid_until": "2027-01-31"})

    evidence = Evidence.unscoped_for_system.get()
    page = client.get(f"/assets/{asset.ref}").content.decode()  # type: ignore[attr-defined] # an asset
    given = client.get(f"/evidence/{evidence.ref}/file")
    assert answer.status_code == 302 and (evidence.kind, evidence.name) == ("file", "restore.txt")
    assert evidence.file is not None and f">{evidence.file.sha256[:8]}</code>" in page
    assert b"".join(given.streaming_content) == b"Restored on 3 March."  # type: ignore[arg-type] # a synchronous response
    assert given["X-Content-Type-Options"] == "nosniff"


def test_a_fact_and_a_link_are_evidence_too(asset_page: tuple[Client, Actor, object, str]) -> None:
    client, _actor, _asset, about = asset_page

    client.post("/evidence/attach", {"subject": about, "name": "Seen in operation", "description": "On the tour."})
    client.post("/evidence/attach", {"subject": about, "name": "Ticket", "link": "https://example.org/1"})

    assert sorted(Evidence.unscoped_for_system.values_list("kind", flat=True)) == ["fact", "link"]
    assert Proof.unscoped_for_system.count() == 2


def test_evidence_without_anything_is_refused_and_nothing_is_kept(asset_page: tuple[Client, Actor, object, str]) -> None:
    client, _actor, _asset, about = asset_page

    answer = client.post("/evidence/attach", {"subject": about})

    assert answer.status_code == 422
    assert not Evidence.unscoped_for_system.exists() and not Proof.unscoped_for_system.exists()


def test_a_file_whose_content_is_not_what_its_name_says_leaves_no_evidence(asset_page: tuple[Client, Actor, object, str]) -> None:
    client, _actor, _asset, about = asset_page
    file = SimpleUploadedFile("minutes.pdf", b"MZ not a document", content_type="application/pdf")

    answer = client.post("/evidence/attach", {"subject": about, "file": file})

    assert answer.status_code == 422 and not Evidence.unscoped_for_system.exists()


def test_the_same_evidence_proves_several_things_once_each(asset_page: tuple[Client, Actor, object, str]) -> None:
    client, actor, asset, about = asset_page
    with acting(actor):
        evidence = crud.create(EVIDENCE, {"name": "Minutes"})
        other = crud.create(ASSETS, {"name": "Other"})

    for subject in (about, about, f"asset:{other.ref}"):
        client.post("/evidence/attach", {"subject": subject, "evidence": evidence.ref})

    page = client.get(f"/evidence/{evidence.ref}").content.decode()
    assert Proof.unscoped_for_system.count() == 2
    assert f"/assets/{asset.ref}" in page and f"/assets/{other.ref}" in page  # type: ignore[attr-defined] # an asset


def test_taken_off_it_stays_evidence(asset_page: tuple[Client, Actor, object, str]) -> None:
    client, actor, asset, about = asset_page
    with acting(actor):
        evidence = crud.create(EVIDENCE, {"name": "Minutes"})
        attach(asset, evidence)  # type: ignore[arg-type] # an asset

    client.post(f"/evidence/{evidence.ref}/detach", {"subject": about})

    assert Evidence.unscoped_for_system.count() == 1 and not Proof.unscoped_for_system.exists()


def test_evidence_does_not_prove_evidence(as_system: Actor) -> None:
    first, second = (crud.create(EVIDENCE, {"name": name}) for name in ("One", "Two"))

    with pytest.raises(Invalid):
        attach(first, second)


def test_who_sees_neither_may_not_attach(asset_page: tuple[Client, Actor, object, str], browser: Browser, site: Unit) -> None:
    client, _actor = browser("contributor", at=site)
    _client, _boss, _asset, about = asset_page

    answer = client.post("/evidence/attach", {"subject": about, "name": "Forged"})

    assert answer.status_code == 404 and not Evidence.unscoped_for_system.exists()


def test_the_panel_costs_the_same_with_twenty_pieces_as_with_one(asset_page: tuple[Client, Actor, object, str]) -> None:
    client, _actor, asset, about = asset_page

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/assets/{asset.ref}")  # type: ignore[attr-defined] # an asset
        return len(queries)

    client.post("/evidence/attach", {"subject": about, "name": "One"})
    client.get(f"/assets/{asset.ref}")  # type: ignore[attr-defined] # says that it was attached, once
    one = cost()
    for number in range(19):
        client.post("/evidence/attach", {"subject": about, "name": f"Number {number}"})

    client.get(f"/assets/{asset.ref}")  # type: ignore[attr-defined] # as above
    assert cost() == one
