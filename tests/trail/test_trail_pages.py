"""The trail in the browser: proven on demand, handed out as a bundle, its checkpoint given away; refusals and reads are on it."""

import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from mainstay.domains.assets.models import Asset
from mainstay.domains.evidence.services import bring
from mainstay.platform.identity.models import AccessEvent
from mainstay.platform.jobs.services import run_one
from mainstay.platform.records.actor import Actor, acting, system
from mainstay.platform.trail import signer
from mainstay.platform.trail.models import Change
from mainstay.platform.units.services import found_organisation

from .sealed import add, as_administrator_of_the_database, sealed


def done(browser: Client, address: str) -> str:
    """Ask for work, have it done, and read the page of the job."""
    asked = browser.post(address)
    assert asked.status_code == 302, asked.content
    assert run_one("test")
    return browser.get(asked["Location"]).content.decode()


def test_a_proof_is_asked_for_and_shown(kept: Actor, signed_in: Callable[..., Client]) -> None:
    browser = signed_in()
    add(2)

    page = done(browser, "/administration/trail/verify")

    assert "Holds" in page
    shown = browser.get("/administration/trail").content.decode()
    assert "Holds" in shown and "Not proven yet" not in shown
    assert Change.objects.filter(table="trail.verification").exists()


def test_what_was_edited_behind_the_trail_is_named_on_the_page(kept: Actor, signed_in: Callable[..., Client]) -> None:
    browser = signed_in()
    add(1)
    as_administrator_of_the_database("UPDATE assets_asset SET confidentiality = 4")

    page = done(browser, "/administration/trail/verify")

    assert "Does not hold" in page
    assert re.search(rf"assets_asset {Asset.objects.get().pk.hex} was changed behind the trail: confidentiality", page)


def test_a_bundle_is_for_who_asked_and_verifies_without_the_product(
    kept: Actor, signed_in: Callable[..., Client], tmp_path: Path
) -> None:
    browser, other = signed_in(), signed_in()
    add(2)

    page = done(browser, "/administration/trail/bundle")

    address = re.search(r'href="(/administration/trail/bundle/[^"]+)"', page)
    assert address is not None
    assert other.get(address[1]).status_code == 404
    taken = browser.get(address[1])
    zipfile.ZipFile(io.BytesIO(b"".join(taken.streaming_content))).extractall(tmp_path)  # type: ignore[attr-defined] # streamed
    state = signer.read()
    assert state is not None
    key = re.search(r'<code id="key">([^<]+)</code>', page)
    assert key is not None and key[1].startswith(state.origin)
    verified = subprocess.run(
        [sys.executable, "-I", tmp_path / "mainstay_verify.py", "verify", tmp_path, "--key", key[1]],
        capture_output=True, text=True, check=False,
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert AccessEvent.objects.filter(kind="exported", detail__startswith="trail ").exists()


def test_the_checkpoint_is_a_file_to_give_away(kept: Actor, signed_in: Callable[..., Client]) -> None:
    browser = signed_in()
    assert browser.get("/administration/trail/checkpoint").status_code == 404
    note = sealed().note

    taken = browser.get("/administration/trail/checkpoint")

    assert taken.content.decode() == note
    assert "attachment" in taken["Content-Disposition"]


def test_the_trail_is_not_for_everybody(kept: Actor, signed_in: Callable[..., Client]) -> None:
    browser = signed_in("employee")

    answers = [
        browser.get("/administration/trail").status_code, browser.post("/administration/trail/verify").status_code,
        browser.post("/administration/trail/bundle").status_code, browser.get("/administration/trail/checkpoint").status_code,
    ]

    assert answers == [403, 403, 403, 403]


def test_a_refusal_is_on_the_trail_with_who_and_where(kept: Actor, signed_in: Callable[..., Client]) -> None:
    browser = signed_in("employee", name="Nosy Parker")

    browser.get("/administration/users")

    event = AccessEvent.objects.get(kind="denied")
    assert (event.name, event.detail) == ("Nosy Parker", "GET /administration/users")
    assert Change.objects.filter(table="identity_accessevent", pk_text=event.pk.hex).exists()


def test_taking_a_file_of_evidence_is_on_the_trail(kept: Actor, signed_in: Callable[..., Client]) -> None:
    browser = signed_in()
    (asset,) = add(1)
    evidence = bring(asset, {"name": "Report"}, file=SimpleUploadedFile("report.txt", b"A report"))
    assert evidence.file is not None

    taken = browser.get(f"/evidence/{evidence.pk}/file")

    assert b"".join(taken.streaming_content) == b"A report"  # type: ignore[attr-defined] # streamed
    (event,) = Change.objects.filter(table="evidence.read")
    assert event.pk_text == evidence.pk.hex and event.row is not None and evidence.file.sha256 in event.row
    assert event.actor.startswith("user:")


def test_with_several_organisations_one_sees_the_entries_of_ones_own(
    kept: Actor, signed_in: Callable[..., Client]
) -> None:
    browser = signed_in()
    add(1)
    with transaction.atomic(), acting(system("test")):
        foreign = found_organisation("Other Hospital")
    other = Change.objects.get(table="units_unit", pk_text=foreign.pk.hex)

    page = browser.get("/administration/trail").content.decode()

    assert "assets_asset" in page
    assert f">{other.seq}<" not in page
