"""Search: everything written is found at once, by those who may see it and by nobody else."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import FieldDoesNotExist
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import Actor, Holding, acting, system
from mainstay.platform.search import index_sql, registry
from mainstay.platform.search.queries import Hit, search
from mainstay.platform.search.registry import searchable
from mainstay.platform.search.words import marks_in, snippet_of, words_of
from mainstay.platform.units.models import Unit, UnitPath
from mainstay.platform.units.services import add_unit, found_organisation

pytestmark = pytest.mark.django_db

SYSTEM = system("test")


@pytest.fixture(autouse=True)
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(registry, "_kinds", {})
    searchable(Person, kind="person", body=("description", "job_title"))
    searchable(Unit, kind="unit", body=("description",), unit="id")
    index_sql.install(connection)
    with acting(SYSTEM):
        yield


@pytest.fixture
def organisation() -> Unit:
    return found_organisation("Alpha")


def person(unit: Unit, name: str, ref: str = "", **more: Any) -> Person:
    ref = ref or f"P-{Person.objects.count() + 1}"
    return Person.objects.create(organisation_id=unit.organisation_id, unit=unit, ref=ref, name=name, **more)


def names(text: str, actor: Actor = SYSTEM, **more: Any) -> list[str]:
    return [hit.title for hit in search(text, actor=actor, **more)]


def viewer(*places: Unit, pattern: str = "person.view") -> Actor:
    holdings = tuple(
        Holding(
            role="r",
            patterns=(pattern,),
            unit=place.id,
            organisation=place.organisation_id,
            covers=frozenset({place.id}),
        )
        for place in places
    )
    return Actor(label="Viewer", channel="test", holdings=holdings)


def test_a_new_record_is_found_by_any_of_its_words(organisation: Unit) -> None:
    person(
        organisation, "Ada Lovelace", job_title="Analyst of engines", description="Wrote the first program."
    )

    assert names("lovelace") == names("ENGINES") == names("first program") == names("p-1") == ["Ada Lovelace"]
    assert names("babbage") == []


def test_all_words_are_required_and_the_last_may_be_unfinished(organisation: Unit) -> None:
    person(organisation, "Ada Lovelace")
    person(organisation, "Ada Yonath")

    assert names("ada lov") == ["Ada Lovelace"]
    assert names("lov ada") == []
    assert sorted(names("ada")) == ["Ada Lovelace", "Ada Yonath"]


def test_case_and_diacritics_do_not_matter(organisation: Unit) -> None:
    person(organisation, "Zoë Müller-Lüdenscheidt")

    for text in ("zoe", "ZOË", "muller", "müll", "zoe\u0308", "ludenscheidt"):
        assert names(text) == ["Zoë Müller-Lüdenscheidt"]


def test_scripts_other_than_latin_are_found(organisation: Unit) -> None:
    person(organisation, "Дмитрий Менделеев")
    person(organisation, "김민준")

    assert names("менд") == ["Дмитрий Менделеев"]
    assert names("김민") == ["김민준"]


def test_changes_deletions_bulk_writes_and_plain_sql_are_followed(organisation: Unit) -> None:
    ada = person(organisation, "Ada")
    Person.objects.bulk_create(
        Person(organisation=organisation, unit=organisation, ref=f"B-{number}", name=f"Bulk {number}")
        for number in range(30)
    )

    ada.name = "Grace"
    ada.save()
    Person.objects.filter(ref="B-7").update(name="Seventh")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE identity_person SET job_title = 'raw sql' WHERE ref = 'B-8'")
    Person.objects.filter(ref="B-9").delete()

    assert names("ada") == []
    assert names("grace") == ["Grace"]
    assert names("seventh") == ["Seventh"]
    assert names("raw") == ["Bulk 8"]
    assert names("b-9") == []
    assert len(names("bulk", limit=50)) == 28


def test_a_change_of_other_columns_leaves_the_index_alone(organisation: Unit) -> None:
    ada = person(organisation, "Ada")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE search_document SET title = 'untouched'")

    ada.version += 1
    ada.save()

    assert names("untouched", kinds=["person"]) == ["untouched"]


def test_the_reference_that_was_typed_comes_first(organisation: Unit) -> None:
    for number in range(1, 60):
        person(organisation, f"Risk {number}", ref=f"R-{number}", description="see R-4 and R-4 and R-4")

    hits = search("r-4", actor=SYSTEM)

    assert hits[0].ref == "R-4"
    assert len(hits) == 20


def test_a_title_weighs_more_than_a_body(organisation: Unit) -> None:
    person(organisation, "Somebody", description="mentions ransomware once")
    person(organisation, "Ransomware")
    person(organisation, "Nobody", description="mentions ransomware once")

    assert names("ransomware")[0] == "Ransomware"


def test_kinds_and_limit_narrow_the_answer(organisation: Unit) -> None:
    person(organisation, "Alpha Person")

    assert names("alpha", kinds=["person"]) == ["Alpha Person"]
    assert names("alpha", kinds=["unit"]) == ["Alpha"]
    assert names("alpha", kinds=[]) == []
    assert len(names("alpha", limit=1)) == 1


def test_nobody_finds_what_they_may_not_see(organisation: Unit) -> None:
    inside, outside = add_unit(organisation, name="Inside"), add_unit(organisation, name="Outside")
    team = add_unit(inside, name="Team")
    foreign = found_organisation("Foreign")
    for unit in (organisation, inside, outside, team, foreign):
        person(unit, f"Canary {unit.name}", ref=f"C-{unit.name}")

    assert set(names("canary", viewer(inside))) == {"Canary Inside", "Canary Team"}
    assert set(names("canary", viewer(team, outside))) == {"Canary Team", "Canary Outside"}
    assert set(names("canary", viewer(organisation))) == {
        f"Canary {n}" for n in ("Alpha", "Inside", "Outside", "Team")
    }
    assert names("c-foreign", viewer(organisation)) == []
    assert names("canary", viewer(organisation, pattern="unit.view")) == []
    assert names("canary", viewer()) == []


def test_search_sees_what_the_register_shows(organisation: Unit) -> None:
    inside = add_unit(organisation, name="Inside")
    team = add_unit(inside, name="Team")
    foreign = found_organisation("Foreign")
    for unit in (organisation, inside, team, foreign):
        person(unit, f"Canary {unit.name}")

    for actor in (
        viewer(inside),
        viewer(organisation),
        viewer(team, foreign),
        viewer(),
        viewer(inside, pattern="*.view"),
        SYSTEM,
    ):
        shown = set(Person.unscoped_for_system.all().visible_to(actor).values_list("name", flat=True))
        assert set(names("canary", actor, kinds=["person"])) == shown


def test_a_unit_that_moves_takes_its_records_along(organisation: Unit) -> None:
    inside, outside = add_unit(organisation, name="Inside"), add_unit(organisation, name="Outside")
    team = add_unit(inside, name="Team")
    person(team, "Canary")

    UnitPath.objects.filter(ancestor=inside, descendant=team).update(ancestor=outside)

    assert names("canary", viewer(inside)) == []
    assert names("canary", viewer(outside)) == ["Canary"]


def test_one_query_answers_however_many_kinds_and_places(organisation: Unit) -> None:
    person(organisation, "Ada")
    inside = add_unit(organisation, name="Inside")

    with CaptureQueriesContext(connection) as queries:
        search("ada", actor=viewer(organisation, inside, pattern="*.view"))

    assert len(queries) == 1


HOSTILE = [
    "",
    " ",
    '"',
    '""',
    "'",
    "ada'--",
    'ada" OR "1',
    "ada OR",
    "AND",
    "NOT ada",
    "NEAR(ada, 2)",
    "ada*",
    "*",
    "^ada",
    "title:ada",
    "{title}: ada",
    "ada + b",
    "-ada",
    "(((",
    ")))",
    "ada:*",
    "!ada",
    "a & b",
    "a <-> b",
    "\\",
    "\x00",
    "ada\x00b",
    "%",
    "_",
    "%s",
    "{0}",
    "\ud800",
    "ada\udfff",
    "'; DROP TABLE search_document; --",
    "x" * 100_000,
    "a " * 5_000,
    "\u202e",
    "\ufeff",
    "🙂",
    "½",
    "²",
    "ﬁ",
    "İ",
    "ß",
    "\u0301",
    "1e400",
    "-1",
    "0x10",
    "http://a.b/c?d=e",
    "a@b.c",
    "/etc/passwd",
    "2024-01-01",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_query_syntax_has_no_meaning(text: str, organisation: Unit) -> None:
    person(organisation, "Ada")

    hits = search(text, actor=viewer(organisation))

    assert all(hit.title == "Ada" for hit in hits)


@given(text=st.text(max_size=60))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_answered(text: str, index: None) -> None:
    assert isinstance(search(text, actor=SYSTEM), list)


@given(words=st.lists(st.from_regex(r"[a-z]{1,8}[0-9]{0,3}", fullmatch=True), min_size=1, max_size=6))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_record_is_found_by_the_words_it_is_made_of(words: list[str], organisation: Unit) -> None:
    made = person(organisation, "-".join(words), ref=f"W-{Person.objects.count()}")

    found = search("/".join(words), actor=SYSTEM, limit=1000, kinds=["person"])

    assert made.pk in {hit.object_id for hit in found}
    made.delete()


def test_a_hit_says_where_it_matched(organisation: Unit) -> None:
    made = person(
        organisation, "Zoë Ada", description="x " * 500 + "the café of adamant people " + "y " * 500
    )

    hit = search("cafe ada", actor=SYSTEM)[0]

    assert isinstance(hit, Hit) and hit.object_id == made.pk and isinstance(hit.object_id, UUID)
    assert [hit.title[start:end] for start, end in hit.title_marks] == ["Ada"]
    assert [hit.snippet[start:end] for start, end in hit.snippet_marks] == ["café", "adamant"]
    assert len(hit.snippet) <= 160


def test_a_snippet_without_a_match_is_the_beginning() -> None:
    assert snippet_of("one two", ("three",)) == ("one two", ())
    assert snippet_of("", ("a",)) == ("", ())


@given(st.text(max_size=300), st.text(max_size=20))
def test_marks_lie_within_the_text_and_do_not_overlap(text: str, query: str) -> None:
    marks = marks_in(text, words_of(query))

    ends = [0, *(position for mark in marks for position in mark)]
    assert ends == sorted(ends) and ends[-1] <= len(text)
    assert all(start < end for start, end in marks)


def test_an_installed_index_has_no_problems() -> None:
    assert index_sql.problems(connection) == []


def test_a_missing_or_changed_trigger_is_named_and_mended(organisation: Unit) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute('DROP TRIGGER "search_person_insert"')
        else:
            cursor.execute('DROP TRIGGER "search_person_row" ON identity_person')
    person(organisation, "Unseen")

    named = index_sql.problems(connection)
    missed = names("unseen")
    index_sql.rebuild()

    assert named in (["search_person_insert"], ["search_person_row"])
    assert missed == []
    assert names("unseen") == ["Unseen"]
    assert index_sql.problems(connection) == []


def test_a_field_added_to_a_declaration_makes_the_index_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_kinds", {})
    searchable(Person, kind="person", body=("description", "job_title", "email"))

    assert any("person" in name for name in index_sql.problems(connection))
    assert any("unit" in name for name in index_sql.problems(connection))


def test_triggers_are_off_while_tables_change_shape(organisation: Unit) -> None:
    index_sql.remove(connection)

    person(organisation, "Unseen")

    assert names("unseen") == []
    assert index_sql.problems(connection) != []


def test_a_declaration_that_does_not_fit_is_refused() -> None:
    with pytest.raises(FieldDoesNotExist):
        searchable(Person, kind="odd", body=("no_such_field",))
    with pytest.raises(ValueError, match="twice"):
        searchable(Unit, kind="person")
    with pytest.raises(ValueError, match="kind of document"):
        searchable(Person, kind="x'; --")
