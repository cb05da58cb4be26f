"""What is done and looked at every day: actions, evidence, documents, courses, suppliers, metrics, incidents."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from mainstay.demo.reading import Story, as_of, rows, tables
from mainstay.demo.spine import SUBJECTS, act, add, get
from mainstay.domains.awareness.models import Course, CourseAudience
from mainstay.domains.awareness.registers import COURSES
from mainstay.domains.awareness.services import questions_of
from mainstay.domains.documents.audience import audience_of
from mainstay.domains.documents.models import Document, DocumentAudience
from mainstay.domains.documents.registers import DOCUMENT_VERSIONS, DOCUMENTS
from mainstay.domains.evidence.models import Proof
from mainstay.domains.evidence.registers import EVIDENCE
from mainstay.domains.incidents.models import Incident
from mainstay.domains.incidents.registers import INCIDENTS
from mainstay.domains.monitoring.models import Metric
from mainstay.domains.monitoring.registers import METRICS
from mainstay.domains.suppliers.models import Supplier
from mainstay.domains.suppliers.registers import SUPPLIERS
from mainstay.domains.work.registers import ACTIONS
from mainstay.domains.work.services import add_action
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import acting
from mainstay.registers import crud

ANSWERS = {"y": "yes", "p": "partly", "n": "no", ".": ""}
TOPICS = ("management", "contract", "access", "protection", "incidents", "chain", "continuity", "leaving")


def subject(story: Story, told: str) -> Any:
    """The record that `control:seg` means."""
    kind, key = told.split(":")
    return get(story, SUBJECTS[kind], key)


# Actions and evidence


def actions(story: Story) -> None:
    """What has to be done because of risks, controls and duties; some of it done, some overdue."""
    for row in rows("actions", today=story.today):
        owner, due = get(story, Person, row["owner"]), date.fromisoformat(row["due_on"])
        begun = min((due - story.today).days - 40, -3)
        with as_of(begun), acting(story.actors["brandt"]):
            action = add_action(
                subject(story, row["about"]), name=row["name"], owner=owner, due_on=due, description=row["description"]
            )
            action = crud.change(ACTIONS, action, {"priority": row["priority"]})
        match row["state"]:
            case "doing":
                with as_of(begun + 2):
                    act(story, action, "begin", by=row["owner"])
            case "done":
                done = date.fromisoformat(row["done_on"])
                with as_of((done - story.today).days):
                    act(story, action, "finish", by=row["owner"], done_on=done, reason=row["description"])
            case "dropped":
                act(story, action, "drop", by=row["owner"], reason=row["description"])


def evidence(story: Story) -> None:
    """Proof of what controls do, attached to them."""
    listed = rows("evidence", today=story.today)
    with acting(story.actors["brandt"]) as actor:
        made = add(story, EVIDENCE, [{name: cell for name, cell in row.items() if name != "about"} for row in listed])
        Proof.unscoped_for_system.bulk_create(
            Proof(
                organisation_id=story.organisation.pk, evidence=item, subject_kind=proven.permission_noun(),
                subject_id=proven.pk, created_by_id=actor.person_id,
            )
            for row, item in zip(listed, made, strict=True) for proven in (subject(story, told) for told in row["about"].split())
        )


# Documents


def documents(story: Story) -> None:
    """Documents written, approved by someone else, published, and read by most."""
    told = tables("documents", today=story.today)
    own = ("key", "name", "kind", "owner", "implements", "description", "audience")
    with as_of(-420), acting(story.actors["brandt"]):
        add(story, DOCUMENTS, [
            {name: item[name] for name in own if name in item}
            | {"must_be_acknowledged": item["kind"] == "policy" or item["key"] == "inc"}
            for item in told["documents"]
        ])
    for item in told["documents"]:
        _write(story, item["key"], item, {"body": item["body"]}, step="major", note="First version.")
        if "until" not in item:
            _read_by_most(story, item["key"], since=item["day"], rest=9)
    for item in told["revisions"]:
        before = next(one for one in told["documents"] if one["key"] == item["document"])
        body = before["body"].replace(item["old"], item["new"])
        _write(story, item["document"], item, {"body": body}, step=item["step"], note=item["change_note"])
        _read_by_most(story, item["document"], since=item["day"], rest=2)


def _write(story: Story, key: str, item: dict[str, Any], text: dict[str, Any], *, step: str, note: str) -> None:
    document = get(story, Document, key)
    with as_of(item["day"] - 21):
        version = act(story, document, "revise", by=item["by"], step=step, change_note=note)
        with acting(story.actor(item["by"], "document_version.change")):
            version = crud.change(DOCUMENT_VERSIONS, version, text)
        version = act(story, version, "submit", by=item["by"])
    if "until" in item:
        return
    with as_of(item["day"] - 7):
        version = act(story, version, "approve", by=item["approver"], stand_in="winter", digest=version.digest)
    with as_of(item["day"]):
        act(story, version, "publish", by="brandt")


def _read_by_most(story: Story, key: str, *, since: int, rest: int) -> None:
    """Everyone in the audience but each `rest`-th confirms within six weeks."""
    document = get(story, Document, key)
    if not document.must_be_acknowledged:
        return
    version = document.versions.get(state="published")
    readers = audience_of(document, DocumentAudience, on=story.today).order_by("ref")
    for number, (person, day) in enumerate(_days(story, readers, since=since), start=len(key)):
        if number % rest and day < 0:
            with as_of(day):
                act(story, version, "acknowledge", by=_key(story, person), stand_in=None, digest=version.digest)


def _days(story: Story, people: Any, *, since: int) -> Iterator[tuple[Person, int]]:
    """Each person with a day on which they get round to it: not before they started here."""
    for number, person in enumerate(people):
        begun = (person.start_on - story.today).days + 3 if person.start_on else since
        yield person, max(since, begun) + number * 5 % 41 * (1 if since < -60 else 0) + number % 7


def _key(story: Story, person: Person) -> str:
    return next(key for key, actor in story.actors.items() if actor.person_id == person.pk)


# Awareness


def courses(story: Story) -> None:
    """Courses with a test; most took them, some long ago, a few not yet."""
    for item in tables("courses", today=story.today)["courses"]:
        own = ("key", "name", "owner", "validity_months", "pass_mark", "description", "audience")
        with as_of(item["day"]):
            with acting(story.actors["brandt"]):
                course = add(story, COURSES, [{name: item[name] for name in own if name in item}])[0]
            for lesson in item["lessons"]:
                act(story, course, "add_lesson", by=item["owner"], **lesson)
            for question in item["questions"]:
                act(story, course, "add_question", by=item["owner"], **question)
            act(story, course, "publish", by=item["owner"])
        _take(story, get(story, Course, item["key"]), since=item["day"])


def _take(story: Story, course: Course, *, since: int) -> None:
    questions = questions_of(course)
    right = {str(item.pk): item.correct for item in questions}
    wrong = right | {str(questions[0].pk): 4, str(questions[1].pk): 4}
    for number, person in enumerate(audience_of(course, CourseAudience, on=story.today).order_by("ref")):
        begun = (person.start_on - story.today).days + 5 if person.start_on else since
        day = max(begun, since + 10, -398 if number % 9 == 4 else -(number * 23 % 340) - 6)
        if number % 13 == 11 or day >= 0:
            continue
        for answers in (wrong, right) if number % 8 == 3 else (right,):
            with as_of(day):
                act(story, course, "take", by=_key(story, person), stand_in=None, answers=answers)


# Suppliers and metrics


def suppliers(story: Story) -> None:
    """Suppliers, and what was found when they were looked into."""
    listed = rows("suppliers", today=story.today)
    extra = ("assessed", "answers", "notes")
    with as_of(-620), acting(story.actors["brandt"]):
        add(story, SUPPLIERS, [
            {name: cell.split() if name == "provides" else cell for name, cell in row.items() if name not in extra}
            for row in listed
        ])
    for row in listed:
        if "assessed" in row:
            day = date.fromisoformat(row["assessed"])
            answers = {topic: ANSWERS[letter] for topic, letter in zip(TOPICS, row["answers"], strict=True)}
            with as_of((day - story.today).days):
                act(
                    story, get(story, Supplier, row["key"]), "assess", by=row["owner"], assessed_on=day,
                    notes=row.get("notes", ""), **answers,
                )


def metrics(story: Story) -> None:
    """Twelve months of measurements, each recorded shortly after its period."""
    listed = rows("metrics", today=story.today)
    with as_of(-400), acting(story.actors["brandt"]):
        add(story, METRICS, [{name: cell for name, cell in row.items() if name not in ("values", "note")} for row in listed])
    for row in listed:
        values, length = row["values"].split(), int(row["frequency_days"])
        for back, value in enumerate(reversed(values)):
            until = -5 - back * length
            with as_of(until + 3):
                act(
                    story, get(story, Metric, row["key"]), "measure", by=row["owner"], value=Decimal(value),
                    period_from=story.day(until - length + 1), period_to=story.day(until), note=row.get("note", ""),
                )


# Incidents

FLAGS = {
    "confidentiality": "affects_confidentiality", "integrity": "affects_integrity", "availability": "affects_availability",
    "personal": "personal_data_affected", "significant": "is_significant",
}


def incidents(story: Story) -> None:
    """Incidents with their timelines, from a report of yesterday to closed ones."""
    for item in tables("incidents", today=story.today)["incidents"]:
        raw = {name: item[name] for name in ("key", "name", "unit", "owner", "reported_by", "category", "assets", "description")}
        raw |= {flag: item[name] for name, flag in FLAGS.items() if name in item}
        raw |= {"occurred_at": _moment(item["occurred"]), "detected_at": _moment(item["detected"])}
        with as_of(hours=item["detected"]), acting(story.actor(item["reported_by"], "incident.add")):
            incident = add(story, INCIDENTS, [raw])[0]
        if "classification" in item:
            _handle(story, incident, item)


def _handle(story: Story, incident: Incident, item: dict[str, Any]) -> None:
    steps: list[tuple[int, str, dict[str, Any]]] = [(item["aware"] + 1, "triage", {
        "classification": item["classification"], "severity": item["severity"], "reason": item["reason"],
        "aware_at": _moment(item["aware"]),
    })]
    steps += [
        (note["at"], "note", {"text": note["text"], "kind": note["kind"], "at": _moment(note["at"])}) for note in item["notes"]
    ]
    steps += [(told["at"], "notify", {
        "duty": told["duty"], "text": told["text"], "sent_at": _moment(told["at"]), "outcome": told.get("outcome", "sent"),
    }) for told in item["notices"]]
    for name in ("contain", "resolve"):
        if name in item:
            steps.append((item[name]["at"], name, {"how": item[name]["how"], "at": _moment(item[name]["at"])}))
    for hours, verb, values in sorted(steps, key=lambda step: step[0]):
        with as_of(hours=hours):
            act(story, incident, verb, by=item["owner"], stand_in="okafor", **values)
    if "root_cause" in item:
        later = max(hours for hours, _verb, _values in steps) + 96
        with as_of(hours=min(later, -1)), acting(story.actor(item["owner"], "incident.change", stand_in="okafor")):
            incident = crud.change(INCIDENTS, incident, {
                "root_cause": item["root_cause"], "root_cause_method": item["method"], "lessons": item["lessons"],
            })
            if item.get("close"):
                act(story, incident, "close", by="okafor")


def _moment(hours: int) -> datetime:
    """So many hours before loading, on a full minute."""
    return (timezone.now() + timedelta(hours=hours)).replace(second=0, microsecond=0)

