"""What holds for the pages of every register, whatever it keeps."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from mainstay.domains.controls.models import Applicability
from mainstay.platform.identity.models import AccessEvent
from mainstay.platform.records.actor import acting, system
from mainstay.platform.records.scoping import ScopedQuerySet
from mainstay.platform.trail.models import Change
from mainstay.platform.units.models import Unit
from mainstay.registers import registry
from mainstay.registers.declaration import Register, RelatedPanel
from mainstay.registers.fields import editable_fields
from mainstay.registers.pages.doing import bulk_fields
from mainstay.registers.verbs import verbs_of
from making import make_record, minimal_values

from .conftest import Visitor
from .copies import copies, tie
from .hostile import HOSTILE, SCRIPT, TRACES

ALL = sorted(registry.all_registers(), key=lambda register: register.slug)
EDITED = [register for register in ALL if register.may_add]
every = pytest.mark.parametrize("register", ALL, ids=lambda register: register.slug)
every_edited = pytest.mark.parametrize("register", EDITED, ids=lambda register: register.slug)
FREE_TEXT = ("text", "long", "tags")
NOT_THERE, REFUSED = (404, 405), (403, 405)
"""405: some verbs have a page of their own and take nothing at the address of the dialog, whoever asks."""
CANARY, SEARCHED = "Quokka heliotrope", "quokka"


def made(register: Register, leader: Visitor) -> Any:
    with acting(leader.actor):
        return make_record(register)


def kept(register: Register, record: Any) -> "ScopedQuerySet[Any]":
    return register.model.unscoped_for_system.filter(pk=record.pk)


def set_behind(register: Register, record: Any, **values: object) -> None:
    """Store values whatever the rules of the register are."""
    with acting(system("test")):
        kept(register, record).update(**values)


def answers(register: Register, record: Any, client: Client) -> Iterator[tuple[str, HttpResponse]]:
    """What every address of one record says, to reading and to writing."""
    where = f"/{register.slug}/{record.pk}"
    for path in ("", "/edit", "/history", "/delete", "/cell/name", *(f"/do/{name}" for name in verbs_of(register.model))):
        yield f"GET {path}", client.get(where + path)
    for path in ("/edit", "/delete", "/cell/name", *(f"/do/{name}" for name in verbs_of(register.model))):
        yield f"POST {path}", client.post(where + path, {"name": "Taken over", "reason": "So"})


def lists(register: Register, client: Client) -> Iterator[tuple[str, bytes]]:
    """What every address that shows many records says."""
    for query in ("", f"?q={SEARCHED}", "?format=csv", "?format=json", "?format=xlsx"):
        yield query, unpacked(client.get(f"/{register.slug}{query}").content)
    yield "options", client.get(f"/{register.slug}/options?owner={SEARCHED}").content
    yield "search", client.get(f"/search?q={SEARCHED}").content
    yield "palette", client.get(f"/search?q={SEARCHED}&format=fragment").content


def unpacked(content: bytes) -> bytes:
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


# Who may not see


@every
def test_a_record_of_another_organisation_is_not_there(register: Register, leader: Visitor, stranger: Client) -> None:
    record = made(register, leader)
    set_behind(register, record, name=CANARY)

    statuses = {what: answer.status_code for what, answer in answers(register, record, stranger)}
    seen = [what for what, content in lists(register, stranger) if b"heliotrope" in content]

    assert {what: status for what, status in statuses.items() if status not in NOT_THERE} == {}
    assert seen == []
    assert kept(register, record).get().name == CANARY
    assert b"heliotrope" in leader.client.get(f"/search?q={SEARCHED}").content


@every
def test_a_record_of_a_neighbouring_unit_is_not_there(register: Register, leader: Visitor, neighbour: Client, site: Unit) -> None:
    record = made(register, leader)
    set_behind(register, record, name=CANARY, unit=site)

    statuses = {what: answer.status_code for what, answer in answers(register, record, neighbour)}
    seen = [what for what, content in lists(register, neighbour) if b"heliotrope" in content]

    assert {what: status for what, status in statuses.items() if status not in NOT_THERE} == {}
    assert seen == []
    assert b"heliotrope" in leader.client.get(f"/search?q={SEARCHED}").content


@every
def test_who_only_reads_is_refused_every_change_and_leaves_refusals_only(
    register: Register, leader: Visitor, reader: Client
) -> None:
    record = made(register, leader)
    before = last_seq()

    statuses = {what: answer.status_code for what, answer in answers(register, record, reader) if what.startswith("POST")}
    statuses["new"] = reader.post(f"/{register.slug}/new", {"name": "Mine"}).status_code
    chosen = {"verb": "change", "confirmed": "yes", "id": [str(record.pk)]}
    many = [reader.post(f"/{register.slug}/bulk", chosen | {"field": name}).status_code for name in bulk_fields(register)]
    read = reader.get(f"/{register.slug}/{record.pk}").status_code

    assert read == 200
    assert {*many} <= {403, 422}
    assert {what: status for what, status in statuses.items() if status not in REFUSED} == {}
    left = Change.objects.filter(seq__gt=before)
    assert {(change.table, change.op) for change in left} <= {("identity_accessevent", "I")}
    assert AccessEvent.objects.filter(kind="denied").count() == len(left) > 0


# The trail


def posted(values: dict[str, Any], register: Register) -> dict[str, Any]:
    """The values as the form of the register sends them."""
    fields = editable_fields(register)
    sent: dict[str, Any] = {"boxes": [name for name, field in fields.items() if field.kind == "bool"]}
    for name, value in values.items():
        sent[name] = ", ".join(value) if isinstance(value, list) else "on" if value is True else str(value)
    return sent


def changes_since(seq: int) -> list[Change]:
    return [change for change in Change.objects.filter(seq__gt=seq).order_by("seq") if change.table != "records_refcounter"]


def last_seq() -> int:
    return Change.objects.order_by("-seq").values_list("seq", flat=True).first() or 0


@every_edited
def test_every_change_by_a_page_stands_on_the_trail_once(register: Register, leader: Visitor) -> None:
    table = register.model._meta.db_table
    with acting(leader.actor):
        values = minimal_values(register)
    steps = []
    known = set(register.model.unscoped_for_system.values_list("pk", flat=True))

    start = last_seq()
    assert leader.client.post(f"/{register.slug}/new", posted(values, register)).status_code == 302
    record = register.model.unscoped_for_system.exclude(pk__in=known).get()
    where = f"/{register.slug}/{record.pk}"
    steps.append(("I", changes_since(start)))
    start = last_seq()
    assert leader.client.post(f"{where}/edit", {"description": "Otherwise", "reason": "Because"}).status_code == 302
    steps.append(("U", changes_since(start)))
    start = last_seq()
    assert leader.client.post(f"{where}/delete", {"reason": "Over"}).status_code == 302
    steps.append(("D", changes_since(start)))

    for operation, changes in steps:
        own = [change for change in changes if (change.table, change.pk_text) == (table, record.pk.hex)]
        assert [change.op for change in own] == [operation]
        assert (own[0].row is None, own[0].before is None) == (operation == "D", operation == "I")
        assert {(change.actor, change.channel) for change in changes} == {(leader.actor.identity, "web")}
        assert len({change.request for change in changes}) == 1 and len(changes[0].request) == 16
        rows = [(change.table, change.pk_text, change.op) for change in changes]
        assert len(rows) == len(set(rows))
    assert [changes[0].reason for _operation, changes in steps] == ["", "Because", "Over"]


# What pages cost


@contextmanager
def counted(counts: list[int]) -> Iterator[None]:
    with CaptureQueriesContext(connection) as queries:
        yield
    counts.append(len(queries))


@every
def test_a_list_asks_the_database_as_often_for_one_row_as_for_twenty(register: Register, leader: Visitor) -> None:
    record = made(register, leader)
    client, address, counts = leader.client, f"/{register.slug}", list[int]()
    client.get(address)

    with counted(counts):
        client.get(f"{address}?limit=1")
    if register.model.unscoped_for_system.count() < 20:
        with acting(leader.actor):
            copies(record, 19)
    with counted(counts):
        assert client.get(f"{address}?limit=20").status_code == 200

    assert counts[0] == counts[1]


RELATED = [
    (register, panel)
    for register in ALL
    for panel in registry.related_panels(register.model)
    if (register.slug, panel.via) != ("requirements", "requirement") or panel.of is not Applicability  # one per system
]


@pytest.mark.parametrize(
    ("register", "panel"), RELATED, ids=[f"{register.slug}-{panel.of.__name__}-{panel.via}" for register, panel in RELATED]
)
def test_a_record_asks_the_database_as_often_for_one_related_row_as_for_all_shown(
    register: Register, panel: RelatedPanel, leader: Visitor
) -> None:
    record = made(register, leader)
    other = registry.of(panel.of)
    assert other is not None
    with acting(leader.actor):
        first = make_record(other)
        if first.pk == record.pk:
            first = copies(record, 1)[0]
        tie(panel, [first], record)
    first.refresh_from_db()
    client, address, counts = leader.client, f"/{register.slug}/{record.pk}", list[int]()
    page = client.get(address)

    with counted(counts):
        client.get(address)
    with acting(leader.actor):
        tie(panel, copies(first, 14), record)
    with counted(counts):
        client.get(address)

    shown = {table["register"].slug for table in page.context["related"] if table["count"]}
    assert other.slug in shown
    assert counts[0] == counts[1]


# What people send


def body(values: dict[str, str]) -> bytes:
    """As a browser sends a form, also what no browser would send: halves of surrogate pairs."""
    return "&".join(f"{name}={quote(value.encode('utf-8', 'surrogatepass'))}" for name, value in values.items()).encode()


def sent(client: Client, address: str, values: dict[str, str]) -> HttpResponse:
    return client.generic("POST", address, body(values), content_type="application/x-www-form-urlencoded")  # type: ignore[return-value]


@every_edited
def test_no_text_breaks_a_form_and_what_is_wrong_is_named(register: Register, leader: Visitor) -> None:
    record = made(register, leader)
    fields = editable_fields(register)
    never = [name for name, field in fields.items() if field.kind not in FREE_TEXT and field.kind != "json"]
    never += [name for name, field in fields.items() if field.choices and name not in never]

    # Every register takes a quarter of the texts, and every text meets a quarter of the registers: all read by one function.
    start = sorted(item.slug for item in registry.all_registers()).index(register.slug) % 4
    for text in HOSTILE[start::4]:
        values = {name: text for name in fields if name != "ref"}
        for address in (f"/{register.slug}/new", f"/{register.slug}/{record.pk}/edit"):
            answer = sent(leader.client, address, values)
            page = answer.content.decode()

            wrong = [name for name in never if text.strip() and f'id="id_{name}_error"' not in page]
            assert answer.status_code == (422 if never and text.strip() else answer.status_code), (text[:40], answer.status_code)
            assert answer.status_code in (302, 422)
            assert wrong == [], text[:40]


@every_edited
def test_text_that_is_too_long_or_no_text_is_named(register: Register, leader: Visitor) -> None:
    fields = {name: field for name, field in editable_fields(register).items() if field.kind in FREE_TEXT and field.max_length}
    with acting(leader.actor):
        values = posted(minimal_values(register), register)

    for bad in ("y" * 20_001, "a\x00b"):
        answer = leader.client.post(f"/{register.slug}/new", values | dict.fromkeys(fields, bad))
        page = answer.content.decode()

        assert answer.status_code == 422
        assert [name for name in fields if f'id="id_{name}_error"' not in page] == []


@pytest.mark.parametrize(
    "address", ["/assets/%00", "/assets?q=%00", "/assets?owner=%00", "/search?q=%00", "/assets/options?q=%00"]
)
def test_no_text_in_an_address_breaks_a_page(leader: Visitor, address: str) -> None:
    assert leader.client.get(address).status_code in (200, 404, 422)


def test_a_form_of_megabytes_is_refused(leader: Visitor) -> None:
    answer = leader.client.post("/assets/new", {"name": "x" * 10_000_000})

    assert answer.status_code in (400, 413)


@every
def test_markup_in_a_record_is_shown_and_not_obeyed(register: Register, leader: Visitor) -> None:
    record = made(register, leader)
    texts = {
        name: SCRIPT[: field.max_length]
        for name, field in editable_fields(register).items()
        if field.kind in FREE_TEXT and name not in ("ref", "unit") and not field.choices
    }
    set_behind(register, record, **texts | {"name": SCRIPT})
    address = f"/{register.slug}/{record.pk}"

    paths = [f"{address}{rest}" for rest in ("", "/history", "/delete", "/edit")]
    paths += [f"/{register.slug}", f"/{register.slug}/options?owner=script"]
    paths += ["/search?q=script", "/search?q=script&format=fragment"]

    pages = {path: leader.client.get(path).content.decode() for path in paths}

    assert [(path, trace) for path, page in pages.items() for trace in TRACES if trace in page] == []
    assert escape("<script>alert(1)</script>") in pages[address]


@every
def test_an_empty_list_says_what_the_register_is_for(register: Register, organisation: Unit, leader: Visitor) -> None:
    answer = leader.client.get(f"/{register.slug}")

    page = answer.content.decode()
    assert str(register.about)
    if register.model.unscoped_for_system.exists():
        assert register.slug == "people"
    elif answer.templates[0].name == "registers/list.html":
        assert escape(str(register.about)) in page
    else:
        assert f'"/{register.slug}/new' in page  # a page of its own, which leads on as well
