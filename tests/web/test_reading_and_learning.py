"""The two pages people come to without being asked twice: reading a document, taking a course."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string
from django.test import Client

from mainstay.domains.awareness.factories import make_completion, make_published_course
from mainstay.domains.awareness.models import Completion
from mainstay.domains.awareness.registers import course_context
from mainstay.domains.awareness.registers import person_context as training_context
from mainstay.domains.awareness.services import questions_of
from mainstay.domains.documents.factories import (
    make_acknowledgement,
    make_document,
    make_document_version,
    make_published_version,
)
from mainstay.domains.documents.models import Acknowledgement
from mainstay.domains.documents.registers import (
    acknowledgement_context,
    person_context,
    reading_context,
)
from mainstay.domains.documents.services import submit_version
from mainstay.domains.monitoring.factories import make_measurement
from mainstay.domains.monitoring.registers import measurements_context
from mainstay.platform.identity.models import Person, User
from mainstay.platform.records.actor import Actor, acting
from mainstay.platform.units.models import Unit
from mainstay.web import sessions


@pytest.fixture
def writer(person_with: Callable[..., Actor], organisation: Unit) -> Iterator[Actor]:
    with acting(replace(person_with("administrator", name="Wanda Writer"), organisation_id=organisation.id)) as actor:
        yield actor


@pytest.fixture
def approver(person_with: Callable[..., Actor]) -> Actor:
    return person_with("ciso", name="Ada Approver")


@pytest.fixture
def reader(person_with: Callable[..., Actor]) -> Actor:
    return person_with("employee", name="Rosa Reader")


def browser_of(actor: Actor) -> Client:
    client = Client(enforce_csrf_checks=False)
    session = client.session
    sessions.begin(SimpleNamespace(session=session), User.objects.get(pk=actor.user_id))  # type: ignore[arg-type] # needs only the session
    session.save()
    client.cookies["mainstay"] = session.session_key or ""
    return client


def test_a_reader_reads_what_is_in_force_and_acknowledges_it(writer: Actor, approver: Actor, reader: Actor) -> None:
    version = make_published_version(approver=approver, body="## Rule\n\nLock **every** screen. <script>no()</script>")
    browser = browser_of(reader)

    led = browser.get(f"/documents/{version.document.ref}/read")
    page = browser.get(led["Location"]).content.decode()
    assert "<strong>every</strong>" in page
    assert "<script>no()" not in page
    assert "I have read this" in page

    answer = browser.post(led["Location"], {"digest": version.digest})

    assert answer.status_code == 302
    assert Acknowledgement.objects.get().person_id == reader.person_id
    again = browser.get(led["Location"]).content.decode()
    assert "You acknowledged this" in again
    assert "I have read this" not in again


def test_what_was_not_the_text_read_is_refused(writer: Actor, approver: Actor, reader: Actor) -> None:
    version = make_published_version(approver=approver)

    answer = browser_of(reader).post(f"/document-versions/{version.ref}/read", {"digest": "0" * 64})

    assert answer.status_code == 409
    assert not Acknowledgement.objects.exists()


def test_the_verb_leads_to_the_text_and_not_to_a_dialog_without_it(writer: Actor, approver: Actor, reader: Actor) -> None:
    version = make_published_version(approver=approver)

    answer = browser_of(reader).get(f"/document-versions/{version.ref}/do/acknowledge")

    assert answer["Location"] == f"/document-versions/{version.ref}/read"


def test_an_approver_approves_from_the_text_with_its_digest(writer: Actor, approver: Actor) -> None:
    version = submit_version(make_document_version())

    page = browser_of(approver).get(f"/document-versions/{version.ref}/read").content.decode()

    assert f"/do/approve?digest={version.digest}" in page


def test_a_document_without_a_version_in_force_has_nothing_to_read(writer: Actor, reader: Actor) -> None:
    document = make_document()

    assert browser_of(reader).get(f"/documents/{document.ref}/read").status_code == 404


def test_an_overtaken_version_says_which_one_holds(writer: Actor, approver: Actor, reader: Actor) -> None:
    old = make_published_version(approver=approver)
    new = make_published_version(approver=approver, document=old.document)

    page = browser_of(reader).get(f"/document-versions/{old.ref}/read").content.decode()

    assert f"/document-versions/{new.ref}/read" in page
    assert "I have read this" not in page


def test_a_course_is_taken_on_its_page_and_ends_in_a_certificate(writer: Actor, reader: Actor) -> None:
    course = make_published_course(questions=2)
    browser = browser_of(reader)
    address = browser.get(f"/courses/{course.ref}/do/take")["Location"]

    page = browser.get(address).content.decode()
    assert "Hang up and report it" in page
    assert "correct" not in page

    answers = {f"q-{item.pk}": str(item.correct) for item in questions_of(course)}
    answer = browser.post(address, {"digest": course.digest, **answers})
    made = Completion.objects.get()
    assert answer["Location"] == f"/completions/{made.pk}"
    assert (made.passed, made.person_id) == (True, reader.person_id)
    assert "Rosa Reader" in browser.get(answer["Location"]).content.decode()


def test_an_unfinished_test_fails_and_offers_another_try(writer: Actor, reader: Actor) -> None:
    course = make_published_course()
    browser = browser_of(reader)

    answer = browser.post(f"/courses/{course.ref}/take", {"digest": course.digest})

    page = browser.get(answer["Location"]).content.decode()
    assert "Try again" in page
    assert Completion.objects.get().passed is False


def test_somebody_elses_completion_is_not_found(writer: Actor, reader: Actor, person_with: Callable[..., Actor]) -> None:
    made = make_completion(course=make_published_course(), taker=reader)

    assert browser_of(person_with("employee")).get(f"/completions/{made.pk}").status_code == 404
    assert browser_of(person_with("isms_manager")).get(f"/completions/{made.pk}").status_code == 200


def test_the_panels_tell_who_has_and_who_has_not(writer: Actor, approver: Actor, reader: Actor) -> None:
    version = make_published_version(approver=approver)
    make_acknowledgement(version=version, reader=reader)
    course = make_published_course()
    make_completion(course=course, taker=reader)
    person = Person.objects.get(pk=reader.person_id)

    def shown(template: str, context: object) -> str:
        return render_to_string(template, {"data": context})

    assert "1 of 3 have confirmed it" in shown("documents/acknowledged.html", acknowledgement_context(version))
    assert "Read version 1.0" in shown("documents/where_to_read.html", reading_context(version.document))
    assert "Access policy" in shown("documents/acknowledged_by.html", person_context(person))
    assert "1 of 3 have done it" in shown("awareness/completions.html", course_context(course))
    assert "Done" in shown("awareness/training.html", training_context(person))
    measurements = shown("monitoring/measurements.html", measurements_context(make_measurement().metric))
    assert "97" in measurements


def test_who_may_not_see_acknowledgements_gets_no_panel(writer: Actor, approver: Actor, reader: Actor) -> None:
    version = make_published_version(approver=approver)
    course = make_published_course()

    with acting(reader):
        assert acknowledgement_context(version) is None
        assert course_context(course) is None
