"""What is no register: search, the statement of applicability, readiness, jobs, bringing things in, the documentation."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from openpyxl import Workbook

from mainstay.domains.risk.models import RiskCriteria
from mainstay.platform.jobs.services import run_one
from mainstay.platform.records.actor import Actor
from mainstay.registers import lists, registry
from mainstay.registers.verbs import verbs_of

CSV = b"Name,Type\nMail server,hardware\nWeb server,software\n"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def test_search_finds_records_of_all_kinds(api: Any, stranger: Any) -> None:
    api.post("assets", {"name": "Patient records"})

    hits = api.get("search?q=patient").json()["items"]

    assert [(hit["register"], hit["ref"], hit["name"]) for hit in hits] == [("assets", "A-1", "Patient records")]
    assert stranger.get("search?q=patient").json()["items"] == []
    assert api.get("search?q=patient&register=risks").json()["items"] == []


@pytest.mark.parametrize("query", ["", "q=", "q=a&limit=0", "q=a&limit=101", "q=a&limit=²", "q=a&colour=red"])
def test_a_search_for_nothing_is_refused(api: Any, query: str) -> None:
    assert api.get(f"search?{query}").status_code == 422


def test_a_bundled_framework_is_brought_in(api: Any) -> None:
    response = api.post("frameworks/import?bundled=iso-27001-2022")

    assert response.status_code == 201 and response["Location"].startswith("/api/v1/frameworks/")
    assert api.get("requirements?limit=500&sort=position").json()["total"] > 93
    assert api.post("frameworks/import?bundled=spaceship").status_code == 422


def test_a_catalogue_is_brought_in(api: Any) -> None:
    catalogue = {"catalog": {
        "uuid": "5d6a6f2e-1111-4222-8333-444455556666",
        "metadata": {
            "title": "House rules", "version": "1", "oscal-version": "1.1.2", "last-modified": "2026-01-01T00:00:00Z",
        },
        "groups": [{"id": "g", "title": "Doors", "controls": [{"id": "d-1", "title": "Close the door"}]}],
    }}

    response = api.post("frameworks/import", catalogue)

    assert response.status_code == 201, response.content
    assert response.json()["name"] == "House rules"


@pytest.mark.parametrize("raw", [b"{", b"[]", b'{"catalog": ' + b"[" * 200_000, b'{"catalog": {"uuid": 5}}', b"\xff"])
def test_what_is_no_catalogue_is_refused(api: Any, raw: bytes) -> None:
    assert api.call("POST", "frameworks/import", raw=raw, Content_Type="application/json").status_code == 422


def test_a_method_is_adopted(api: Any) -> None:
    assert api.post("risk-criteria/adopt", {"template": "iso-27005-5x5"}).json()["state"] == "draft"
    assert api.post("risk-criteria/adopt", {"template": ["x"], "more": 1}).status_code == 422
    assert RiskCriteria.unscoped_for_system.count() == 1


def test_the_statement_of_applicability_is_told(api: Any) -> None:
    isms = api.post("management-systems", {
        "name": "ISMS", "scope_statement": "All", "boundaries": "All", "interfaces": "None", "exclusions": "None",
    }).json()
    framework = api.post("frameworks/import?bundled=iso-27001-2022").json()
    started = api.post(f"management-systems/{isms['ref']}/start_soa", {"framework": framework["ref"]})
    assert started.status_code == 200, started.content

    items = api.get(f"soa?management_system={isms['ref']}&framework={framework['ref']}").json()["items"]

    assert len(items) == 93 and items[0]["ref"] == "A.5.1" and items[0]["decision"] == "undecided"
    assert api.get("soa").status_code == 422


def test_readiness_is_told_by_clause(api: Any) -> None:
    told = api.get("readiness?on=2026-06-30").json()

    assert told["on"] == "2026-06-30" and [item["clause"] for item in told["items"]][:2] == ["4.1", "4.2"]
    assert {item["status"] for item in told["items"]}.isdisjoint({"met"})
    assert api.get("readiness?on=yesterday").status_code == 422


def test_a_file_is_looked_at_and_then_imported_by_a_job(api: Any, stranger: Any) -> None:
    dry = api.call("POST", "imports/assets?dry_run=true", raw=CSV, Content_Type="text/csv")
    assert dry.status_code == 200, dry.content
    assert dry.json()["counts"]["new"] == 2 and api.get("assets").json()["total"] == 0

    started = api.call("POST", "imports/assets", raw=CSV, Content_Type="text/csv")
    assert started.status_code == 202 and api.get(f"jobs/{started.json()['job']}").json()["state"] == "queued"
    run_one("test")

    job = api.get(f"jobs/{started.json()['job']}").json()
    assert (job["state"], job["result"]["counts"]["new"]) == ("done", 2)
    assert {item["kind"] for item in api.get("assets").json()["items"]} == {"hardware", "software"}
    assert stranger.get(f"jobs/{started.json()['job']}").status_code == 404


def test_a_workbook_is_imported_by_a_profile(api: Any) -> None:
    book = Workbook()
    book.active.append(["Thing", "Where"])
    book.active.append(["Mail server", "Cellar"])
    content = io.BytesIO()
    book.save(content)
    profile = json.dumps({"version": 1, "register": "assets", "columns": [["Thing", "name"], ["Where", "location"]]})

    response = api.call("POST", f"imports/assets?dry_run=true&profile={profile}", raw=content.getvalue(), Content_Type=XLSX)

    assert response.status_code == 200 and response.json()["rows"]["new"][0]["label"] == "Mail server"


@pytest.mark.parametrize(("query", "raw", "kind", "status"), [
    ("", CSV, "application/json", 415), ("", b"\n", "text/csv", 422), ("", b"\x00\x01", XLSX, 422),
    ("colour=red", CSV, "text/csv", 422), ("dry_run=perhaps", CSV, "text/csv", 422), ("profile=[", CSV, "text/csv", 422),
    ('profile={"version":1}', CSV, "text/csv", 422),
    ('profile={"version":1,"register":"risks","columns":[]}', CSV, "text/csv", 422),
])
def test_a_file_that_cannot_be_imported_is_refused(api: Any, query: str, raw: bytes, kind: str, status: int) -> None:
    assert api.call("POST", f"imports/assets?{query}", raw=raw, Content_Type=kind).status_code == status


def test_who_may_not_add_may_not_import(person_with: Callable[..., Actor], api_of: Callable[..., Any]) -> None:
    reader = api_of(person_with("isms_manager"))
    narrow = api_of(person_with("isms_manager"), scopes=("*.view", "token.*"))

    assert reader.call("POST", "imports/assets?dry_run=true", raw=CSV, Content_Type="text/csv").status_code == 200
    assert narrow.call("POST", "imports/assets?dry_run=true", raw=CSV, Content_Type="text/csv").status_code == 403


# The documentation


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if "$ref" in value else set()
        return own.union(*(references(item) for item in value.values()))
    return set().union(*(references(item) for item in value)) if isinstance(value, list) else set()


def test_the_document_describes_every_register_and_every_verb(db: None) -> None:
    document = Client().get("/api/v1/openapi.json").json()

    assert document["openapi"].startswith("3.1")
    for register in registry.all_registers():
        at = f"/api/v1/{register.slug}"
        assert set(document["paths"][at]) == ({"get", "post"} if register.may_add else {"get"})
        assert {"get", "patch", "delete"} < set(document["paths"][f"{at}/{{key}}"])
        for verb in verbs_of(register.model).values():
            body = document["paths"][f"{at}/{{key}}/{verb.name}"]["post"]["requestBody"]["content"]["application/json"]["schema"]
            schema = document["components"]["schemas"][body["$ref"].rpartition("/")[2]]
            assert set(schema["properties"]) == {parameter.name for parameter in verb.parameters}


def test_the_document_is_whole(db: None) -> None:
    document = Client().get("/api/v1/openapi.json").json()

    operations = [
        operation for path in document["paths"].values() for method, operation in path.items() if method != "parameters"
    ]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert all({"summary", "responses", "tags"} <= set(operation) for operation in operations)
    for reference in references(document):
        found = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
    for path, item in document["paths"].items():
        shared = item.get("parameters", [])
        for method, operation in item.items():
            if method != "parameters" and "{" in path:
                assert [*shared, *operation.get("parameters", [])], path


def test_every_filter_in_the_document_is_one(db: None, as_system: Actor) -> None:
    document = Client().get("/api/v1/openapi.json").json()

    register = registry.get("assets")
    told = {parameter["name"] for parameter in document["paths"]["/api/v1/assets"]["get"]["parameters"]}
    assert {"kind", "kind__in", "review_on__gte", "owner", "depends_on", "name__contains"} <= told
    assert lists.parse(register, {"review_on__gte": ["2026-01-01"], "kind__in": ["hardware,software"]}).filters


def test_the_reference_reads_without_scripts_or_anything_from_elsewhere(db: None) -> None:
    response = Client().get("/api/v1/docs")

    page = response.content.decode()
    assert response.status_code == 200 and "<script" not in page and "style=" not in page
    assert "http://" not in page and "https://" not in page
    assert "/api/v1/risks/{key}/accept" in page and 'id="problem-stale_version"' in page
