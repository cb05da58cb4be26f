"""Importing through the pages: from the file to the list."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from mainstay.domains.assets.models import Asset
from mainstay.platform.jobs.models import Job
from mainstay.platform.jobs.services import run_one

SAMPLE = Path("../shared/data/registers/assets-real.csv")
FILE = "Asset register\n\nNr;Bezeichnung;Vertraulichkeit;Eigentümer\nA-7;Lohn;hoch;\nA-8;Labor;sehr hoch;\nA-8;Doppelt;hoch;\n"


def _bring(client: Client, content: bytes, name: str = "assets.csv") -> str:
    response = client.post("/assets/import", {"file": SimpleUploadedFile(name, content)})
    assert response.status_code == 302, response.content.decode()[-2000:]
    return str(response["Location"])


def _form(client: Client, where: str) -> dict[str, str]:
    page = client.get(where)
    columns = {f"column-{item['index']}": item["field"] for item in page.context["columns"]}
    return {
        **columns,
        "key": page.context["key_field"] or "",
        "create_people": "on",
        "create_units": "on",
        "drop_unresolved": "on",
    }


def test_a_file_is_read_planned_and_imported_with_its_good_rows(signed_in: Callable[..., Client]) -> None:
    client = signed_in()
    where = _bring(client, FILE.encode())
    form = _form(client, where)
    assert {"ref", "name", "confidentiality", "owner"} <= set(form.values())

    planned = client.post(where, {**form, "plan": "yes"})
    counts = planned.context["plan"].counts
    assert (counts["new"], counts["refused"]) == (1, 2)
    assert not Asset.unscoped_for_system.exists()
    started = client.post(where, {**form, "run": "yes", "accept_partial": "yes", "profile_name": "As we have it"})
    assert run_one("test")

    done = client.get(started["Location"]).content.decode()
    assert "Imported" in done and "A-8" in done
    assert Asset.unscoped_for_system.get().name == "Lohn"
    rejects = client.get(f"/assets/import/files/{Job.objects.get().result['rejects']}")
    assert "Doppelt" in b"".join(rejects.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined] # streamed
    assert "As we have it" in client.get(where).content.decode()


def test_a_file_that_is_no_table_is_refused_in_words(signed_in: Callable[..., Client]) -> None:
    response = signed_in().post("/assets/import", {"file": SimpleUploadedFile("assets.xlsx", b"PK\x03\x04 no zip")})

    assert response.status_code == 422 and "cannot be read" in response.content.decode()


@pytest.mark.skipif(not SAMPLE.exists(), reason="the register as found in practice is not here")
def test_the_register_as_found_in_practice_comes_in(signed_in: Callable[..., Client]) -> None:
    client = signed_in()
    where = _bring(client, SAMPLE.read_bytes(), SAMPLE.name)
    form = _form(client, where)

    planned = client.post(where, {**form, "plan": "yes"}).context["plan"]
    started = client.post(where, {**form, "run": "yes", "accept_partial": "yes"})
    assert run_one("test")

    assert planned.counts["new"] > 150 and planned.counts["refused"] < 30
    assert Asset.unscoped_for_system.count() == planned.counts["new"]
    assert "Imported" in client.get(started["Location"]).content.decode()
