"""Records over the API: what is told, what is taken, and what is refused in which words."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from mainstay.domains.assets.models import Asset
from mainstay.domains.risk.models import RiskCriteria
from mainstay.platform.records.actor import Actor
from mainstay.platform.units.models import Unit

Person = Callable[..., Actor]


def add(api: Any, slug: str = "assets", **values: Any) -> dict[str, Any]:
    response = api.post(slug, {"name": "Server", **values})
    assert response.status_code == 201, response.content
    return response.json()  # type: ignore[no-any-return]


def fields_of(response: Any) -> dict[str, str]:
    return {error["field"]: error["pointer"] for error in response.json()["errors"]}


def test_a_record_is_created_read_changed_and_deleted(api: Any) -> None:
    created = api.post("assets", {"name": "Server", "kind": "hardware", "confidentiality": 3, "tags": ["core", "dmz"]})

    assert created.status_code == 201
    record = created.json()
    assert created["Location"] == f"/api/v1/assets/{record['id']}" and created["ETag"] == '"1"'
    assert (record["ref"], record["kind"], record["confidentiality"], record["tags"]) == ("A-1", "hardware", 3, ["core", "dmz"])

    changed = api.patch("assets/A-1", {"location": "Cellar"})

    assert changed.json()["location"] == "Cellar" and changed.json()["kind"] == "hardware" and changed["ETag"] == '"2"'
    assert api.get(f"assets/{record['id']}").json() == changed.json()
    assert api.delete("assets/A-1").status_code == 204
    assert api.get("assets/A-1").status_code == 404


def test_references_carry_id_reference_and_name(api: Any, administrator: Actor, organisation: Unit) -> None:
    server = add(api)

    records = add(api, name="Records", owner=str(administrator.person_id), depends_on=[server["ref"]])

    assert records["owner"]["name"] == "Ines Manager" and records["owner"]["id"] == str(administrator.person_id)
    assert records["unit"] == {"id": str(organisation.pk), "ref": "ORG", "name": "Test Hospital"}
    assert records["depends_on"] == [{"id": server["id"], "ref": "A-1", "name": "Server"}]


def test_what_is_told_can_be_sent_back(api: Any) -> None:
    record = add(api, confidentiality=2, tags=["core"])

    response = api.patch(f"assets/{record['id']}", {name: record[name] for name in ("name", "tags", "confidentiality", "kind")})

    assert response.status_code == 200 and response["ETag"] == '"1"'


def test_a_list_shows_links_only_when_asked(api: Any) -> None:
    server = add(api)
    add(api, name="Records", depends_on=[server["id"]])

    plain = api.get("assets?sort=ref").json()["items"]
    expanded = api.get("assets?sort=ref&expand=depends_on&fields=name").json()["items"]

    assert "depends_on" not in plain[0]
    assert [[end["ref"] for end in item["depends_on"]] for item in expanded] == [[], ["A-1"]]
    assert set(expanded[0]) == {"id", "ref", "name", "version", "depends_on"}


def test_every_wrong_field_is_named_at_once(api: Any) -> None:
    wrong = {"name": "", "kind": "spaceship", "confidentiality": "9", "owner": "Nobody", "colour": "red", "location": 5}

    response = api.post("assets", wrong)

    assert response.status_code == 422 and response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "invalid" and response.json()["request"]
    assert fields_of(response) == {name: f"/{name}" for name in wrong}
    assert not Asset.unscoped_for_system.exists()


def test_a_foreign_unit_does_not_exist(api: Any, stranger: Any) -> None:
    theirs = add(stranger)["unit"]["id"]

    response = api.post("assets", {"name": "Server", "unit": theirs})

    assert response.status_code == 422 and fields_of(response) == {"unit": "/unit"}


def test_a_stale_change_is_refused_and_changes_nothing(api: Any) -> None:
    add(api)
    api.patch("assets/A-1", {"location": "Cellar"})

    refused = [api.patch("assets/A-1", {"location": "Roof"}, If_Match=tag) for tag in ('"1"', 'W/"2"', "2", '"99"')]
    refused.append(api.delete("assets/A-1", If_Match='"1"'))

    assert [response.status_code for response in refused] == [412] * 5
    assert refused[0].json()["code"] == "stale_version"
    assert api.get("assets/A-1").json()["location"] == "Cellar"
    assert api.patch("assets/A-1", {"location": "Roof"}, If_Match='"1", "2"').status_code == 200
    assert api.patch("assets/A-1", {"location": "Yard"}, If_Match="*").status_code == 200


def test_a_register_that_is_not_filled_by_hand_takes_no_new_records(api: Any) -> None:
    response = api.post("risk-acceptances", {"name": "x"})

    assert response.status_code == 405 and response["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("query", [
    "colour=red", "sort=colour", "limit=0", "limit=501", "limit=x", "fields=colour", "expand=colour", "cursor=%21",
    "columns=name", "as_known=2026-01-01", "kind=spaceship", "q=%00", "name__contains=%00",
])
def test_what_a_list_does_not_know_is_refused(api: Any, query: str) -> None:
    response = api.get(f"assets?{query}")

    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [query.split("=")[0]]


def test_a_cursor_of_another_list_is_refused(api: Any) -> None:
    for number in range(3):
        add(api, name=f"Server {number}")
    cursor = api.get("assets?limit=1&sort=name").json()["next"]

    response = api.get(f"assets?limit=1&sort=review_on&cursor={cursor}")

    assert response.status_code == 422


def test_filters_and_words_narrow_a_list(api: Any) -> None:
    add(api, name="Mail server", kind="hardware")
    add(api, name="Web server", kind="software")

    assert [item["name"] for item in api.get("assets?kind=hardware").json()["items"]] == ["Mail server"]
    assert [item["name"] for item in api.get("assets?q=web").json()["items"]] == ["Web server"]
    assert api.get("assets?kind__in=hardware,software").json()["total"] == 2


def test_history_tells_who_changed_what(api: Any, administrator: Actor) -> None:
    record = add(api, tags=["core"])
    api.patch("assets/A-1", {"owner": str(administrator.person_id), "review_on": "2027-01-31"})
    changed_in = api.patch("assets/A-1", {"location": "Cellar"})["X-Request-Id"]

    history = api.get("assets/A-1/history").json()

    latest, middle, first = history["items"]
    assert latest["changes"] == [{"field": "location", "before": "", "after": "Cellar"}]
    assert latest["actor"] == {"identity": api.identity, "name": "Ines Manager"}
    assert (latest["channel"], latest["request"], latest["version"]) == ("api", changed_in, 3)
    assert {change["field"]: change["after"] for change in middle["changes"]} == {
        "owner": {"id": str(administrator.person_id), "ref": "P-1", "name": "Ines Manager"}, "review_on": "2027-01-31",
    }
    assert {"field": "tags", "before": None, "after": ["core"]} in first["changes"] and first["version"] == record["version"]
    assert history["next"] is None


def test_history_is_read_in_pages(api: Any) -> None:
    add(api)
    for place in ("Cellar", "Roof", "Yard"):
        api.patch("assets/A-1", {"location": place})

    page = api.get("assets/A-1/history?limit=3").json()
    rest = api.get(f"assets/A-1/history?limit=3&cursor={page['next']}").json()

    assert [item["version"] for item in page["items"] + rest["items"]] == [4, 3, 2, 1]
    assert rest["next"] is None


def test_a_verb_changes_the_record_and_tells_what_came_of_it(
    api: Any, person_with: Person, api_of: Callable[..., Any]
) -> None:
    api.post("risk-criteria/adopt", {"template": "iso-27005-5x5"})
    criteria = api.get("risk-criteria").json()["items"][0]
    own = api.post(f"risk-criteria/{criteria['id']}/approve")
    assert (own.status_code, own.json()["code"]) == (409, "own_work")
    chief = api_of(person_with("ciso"))
    approved = chief.post(f"risk-criteria/{criteria['id']}/approve", If_Match=f'"{criteria["version"]}"')
    assert approved.status_code == 200, approved.content
    assert approved.json()["record"]["state"] == "approved" and approved.json()["result"] is None

    risk = api.post("risks", {"name": "Fire", "likelihood": 5, "impact_availability": 5}).json()
    accepted = api.post(f"risks/{risk['id']}/accept", {"until": "2020-01-01"})

    assert accepted.status_code == 422 and set(fields_of(accepted)) == {"reason"}
    assert api.post(f"risks/{risk['id']}/dance").status_code == 404
    revised = api.post(f"risk-criteria/{criteria['id']}/revise").json()
    assert revised["result"]["register"] == "risk-criteria" and revised["result"]["id"] != criteria["id"]


def test_a_scale_gets_shorter_once_what_is_lost_was_confirmed(api: Any) -> None:
    criteria = api.post("risk-criteria/adopt", {"template": "iso-27005-3x3"}).json()
    at = f"risk-criteria/{criteria['id']}"

    longer = api.post(f"{at}/add_step", {"scale": "likelihood", "label": "Constantly"})
    warned = api.post(f"{at}/remove_step", {"scale": "impact", "step": 1})
    shorter = api.post(f"{at}/remove_step", {"scale": "impact", "step": 1, "is_confirmed": True})

    assert longer.status_code == shorter.status_code == 200, shorter.content
    assert warned.status_code == 422 and set(fields_of(warned)) == {"is_confirmed"}
    stored = RiskCriteria.unscoped_for_system.get()
    assert (len(stored.matrix), len(stored.matrix[0])) == (len(stored.likelihoods), len(stored.impacts)) == (4, 2)


def test_a_verb_without_permission_is_refused(api: Any, person_with: Person, api_of: Callable[..., Any]) -> None:
    criteria = api.post("risk-criteria/adopt", {"template": "iso-27005-5x5"}).json()
    reader = api_of(person_with("isms_manager"))

    response = reader.post(f"risk-criteria/{criteria['id']}/approve")

    assert response.status_code == 403 and response.json()["code"] == "not_allowed"


def test_a_token_may_only_what_its_scopes_include(administrator: Actor, api: Any, api_of: Callable[..., Any]) -> None:
    add(api)
    narrow = api_of(administrator, scopes=("asset.view",))

    assert narrow.get("assets/A-1").status_code == 200
    assert narrow.patch("assets/A-1", {"location": "Roof"}).status_code == 403
    assert narrow.get("risks").json()["items"] == []


def test_many_rows_are_stored_together(api: Any) -> None:
    add(api)

    response = api.post("assets/bulk", [
        {"values": {"name": "Records", "ref": "A-REC"}},
        {"id": "A-1", "version": 1, "values": {"location": "Cellar", "depends_on": []}},
        {"values": {"name": "Backup", "depends_on": ["A-REC"]}},
    ])

    assert response.status_code == 200, response.content
    assert [(row["row"], row["status"]) for row in response.json()["results"]] == [(0, 201), (1, 200), (2, 201)]
    assert response.json()["stored"] == 3 and api.get("assets").json()["total"] == 3


def test_one_wrong_row_stores_none_and_every_fault_is_named(api: Any) -> None:
    response = api.post("assets/bulk", [
        {"values": {"name": "Records"}}, {"values": {"name": "", "kind": "spaceship"}},
        {"id": "A-99", "values": {"name": "x"}}, "row",
    ])

    assert response.status_code == 422 and response.json()["code"] == "rows_refused"
    assert {error["pointer"] for error in response.json()["errors"]} == {"/1/values/name", "/1/values/kind", "/2", "/3"}
    assert api.get("assets").json()["total"] == 0


def test_partial_stores_what_can_be_stored(api: Any) -> None:
    response = api.post("assets/bulk?partial=true", [{"values": {"name": "Records"}}, {"values": {"name": ""}}])

    assert response.status_code == 200
    assert [row["status"] for row in response.json()["results"]] == [201, 422]
    assert response.json()["results"][1]["errors"][0]["pointer"] == "/1/values/name"
    assert [item["name"] for item in api.get("assets").json()["items"]] == ["Records"]


def test_unknown_addresses_are_problems_too(api: Any) -> None:
    for path in ("spaceships", "assets/", "assets/A-1/b/c", "nowhere/at/all/x"):
        response = api.get(path)

        assert response.status_code == 404 and response["Content-Type"] == "application/problem+json"
    assert api.call("PUT", "assets").status_code == 405


def test_nothing_is_told_without_a_token(db: None) -> None:
    response = Client().get("/api/v1/assets")

    assert response.status_code == 401 and response["WWW-Authenticate"].startswith("Bearer")
    assert response.json()["code"] == "not_signed_in"
