"""What holds for every register and every verb, whoever declared it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mainstay.platform.records.actor import Actor, acting
from mainstay.registers import registry
from mainstay.registers.declaration import Register
from mainstay.registers.fields import editable_fields
from mainstay.registers.verbs import Verb, verbs_of

Make = Callable[[Register], Any]
Values = Callable[[Register], dict[str, Any]]

REGISTERS = list(registry.all_registers())
VERBS = [(register, verb) for register in REGISTERS for verb in verbs_of(register.model).values()]
each_register = pytest.mark.parametrize("register", REGISTERS, ids=lambda register: register.slug)
each_added_register = pytest.mark.parametrize(
    "register", [register for register in REGISTERS if register.may_add], ids=lambda register: register.slug
)
each_verb = pytest.mark.parametrize(("register", "verb"), VERBS, ids=[f"{one.slug}-{verb.name}" for one, verb in VERBS])

WRONG: tuple[Any, ...] = (
    None, "", True, 5, -(2**62), 1.5, {"a": 1}, [], [{"a": 1}], ["nobody"], "x" * 30_001, "spaceship", "2027-13-45", "\u0001",
)


@pytest.fixture
def as_administrator(administrator: Actor) -> Iterator[Actor]:
    with acting(administrator):
        yield administrator


def named(response: Any) -> set[str]:
    return {error["field"] for error in response.json()["errors"]}


@each_added_register
def test_a_record_is_created_read_and_listed(register: Register, api: Any, values_of: Values, as_administrator: Actor) -> None:
    values = values_of(register)

    created = api.post(register.slug, values)

    assert created.status_code == 201, created.content
    record = created.json()
    assert api.get(f"{register.slug}/{record['ref']}").json() == record
    items = api.get(f"{register.slug}?limit=500").json()["items"]
    assert record["id"] in [item["id"] for item in items]
    assert all(record[name] == value for name, value in next(item for item in items if item["id"] == record["id"]).items())


@each_added_register
def test_an_unknown_field_is_named(register: Register, api: Any, values_of: Values, as_administrator: Actor) -> None:
    response = api.post(register.slug, {**values_of(register), "no_such_field": 1})

    assert response.status_code == 422 and named(response) == {"no_such_field"}


@each_register
def test_a_stranger_finds_nothing(register: Register, stranger: Any, make: Make, as_administrator: Actor) -> None:
    record = make(register)

    paths = [f"{register.slug}/{key}" for key in (record.pk, record.ref)]
    answers = [call(path) for path in paths for call in (stranger.get, stranger.delete)]
    answers += [stranger.patch(path, {}) for path in paths]
    answers += [stranger.get(f"{path}/history") for path in paths]
    answers += [stranger.post(f"{paths[0]}/{verb}") for verb in verbs_of(register.model)]
    changed = stranger.post(f"{register.slug}/bulk", [{"id": str(record.pk), "values": {}}])

    assert {answer.status_code for answer in answers} == {404}
    assert changed.status_code == 422 and changed.json()["errors"][0]["code"] == "not_found"
    assert str(record.pk) not in [item["id"] for item in stranger.get(f"{register.slug}?limit=500").json()["items"]]


@each_register
def test_wrong_values_are_refused_by_field_and_never_break(
    register: Register, api: Any, make: Make, as_administrator: Actor
) -> None:
    path = f"{register.slug}/{make(register).pk}"
    for name, item in editable_fields(register).items():
        for value in WRONG:
            response = api.patch(path, {name: value})

            assert response.status_code in (200, 409, 422), (name, value, response.content)
            if value == {"a": 1} and item.kind != "json":
                assert response.status_code == 422 and named(response) == {name}, (name, response.content)


@each_verb
def test_a_verb_names_every_wrong_parameter_and_never_breaks(
    register: Register, verb: Verb, api: Any, make: Make, as_administrator: Actor
) -> None:
    path = f"{register.slug}/{make(register).pk}/{verb.name}"
    for value in WRONG[2:]:
        response = api.post(path, {parameter.name: value for parameter in verb.parameters} | {"no_such_parameter": value})

        assert response.status_code == 422 and "no_such_parameter" in named(response), (value, response.content)
        if value == {"a": 1}:
            assert named(response) >= {item.name for item in verb.parameters if item.kind != "json"}
    assert api.post(path).status_code in (200, 409, 422)


@each_added_register
def test_a_list_costs_the_same_for_one_and_for_twenty(
    register: Register, api: Any, make: Make, as_administrator: Actor
) -> None:
    path = f"{register.slug}?expand={','.join(link.name for link in register.links)}"
    make(register)
    api.get(path)
    with CaptureQueriesContext(connection) as one:
        assert len(api.get(path).json()["items"]) >= 1
    for _number in range(19):
        make(register)

    with CaptureQueriesContext(connection) as twenty:
        assert len(api.get(path).json()["items"]) >= 20

    assert len(twenty) == len(one)


@each_register
def test_every_change_is_told_by_its_history(register: Register, api: Any, make: Make, as_administrator: Actor) -> None:
    record = make(register)

    items = api.get(f"{register.slug}/{record.pk}/history").json()["items"]

    assert items and items[-1]["changes"] and items[-1]["actor"]["name"] == as_administrator.label
