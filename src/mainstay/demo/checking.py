"""Looking whether it works: audits, findings, nonconformities, improvements, management reviews."""

from datetime import date
from typing import Any

from mainstay.demo.reading import Story, as_of, tables
from mainstay.demo.spine import ISO, act, add, get
from mainstay.domains.assurance import reviewing as _reviewing  # registers the verbs of reviews  # noqa: F401
from mainstay.domains.assurance.models import Audit, Finding, Improvement, ManagementReview, Nonconformity
from mainstay.domains.assurance.registers import (
    AUDIT_PROGRAMMES,
    AUDITS,
    FINDINGS,
    IMPROVEMENTS,
    MANAGEMENT_REVIEWS,
    NONCONFORMITIES,
)
from mainstay.domains.incidents.models import Incident
from mainstay.domains.library.models import Framework, Requirement
from mainstay.domains.work.models import Action
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import acting
from mainstay.registers import crud

AUDITOR = "fabri"


def audits(story: Story) -> None:
    """The programme, a closed audit and a running one, with what they found."""
    told = tables("assurance", today=story.today)
    framework = str(story.keys.find(Framework, ISO))
    with acting(story.actors["brandt"]), as_of(-400):
        add(story, AUDIT_PROGRAMMES, [told["programme"] | {"framework": framework}])
    for item in told["audits"]:
        own = ("key", "name", "unit", "kind", "start_on", "end_on", "scope", "criteria")
        with as_of(item["began"] - 30), acting(story.actors[AUDITOR]):
            people = {"lead": AUDITOR, "team": [AUDITOR], "owner": "adler"}
            add(story, AUDITS, [{name: item[name] for name in own} | {"framework": framework} | people])
        _conduct(story, item, [one for one in told["findings"] if one["audit"] == item["key"]])


def _conduct(story: Story, item: dict[str, Any], found: list[dict[str, Any]]) -> None:
    part = get(story, Requirement, item["below"])
    with as_of(item["began"]):
        act(story, get(story, Audit, item["key"]), "checklist", by=AUDITOR, below=part)
        audit = act(story, get(story, Audit, item["key"]), "start", by=AUDITOR)
        for result in item["results"]:
            requirement = get(story, Requirement, result["requirement"])
            act(story, audit, "record", by=AUDITOR, requirement=requirement, result=result["result"], note=result["note"])
        with acting(story.actors[AUDITOR]):
            add(story, FINDINGS, [one | {"owner": AUDITOR, "unit": item["unit"]} for one in found])
    if "reported" not in item:
        return
    with as_of(item["reported"]):
        for line in audit.items.filter(result="not_tested").select_related("requirement"):
            act(
                story, audit, "record", by=AUDITOR, requirement=line.requirement, result="conformity",
                note=f"Walk through and talk with staff; nothing against {line.requirement.name.lower()}.",
            )
        with acting(story.actors[AUDITOR]):
            audit = crud.change(AUDITS, get(story, Audit, item["key"]), {"conclusion": item["conclusion"]})
        act(story, audit, "report", by=AUDITOR, reported_on=story.day(item["reported"]))


def nonconformities(story: Story) -> None:
    """Nonconformities at every stage, from a new one to causes that are gone; then the finished audit closes."""
    told = tables("assurance", today=story.today)
    for item in told["nonconformities"]:
        with as_of(item["day"]):
            nonconformity = _raise(story, item)
            if "root_cause" not in item:
                continue
            act(
                story, nonconformity, "analyse", by=item["owner"], root_cause=item["root_cause"], method=item["method"],
                correction=item["correction"],
            )
            planned = [
                act(
                    story, nonconformity, "plan", by=item["owner"], name=step["name"], owner=get(story, Person, step["owner"]),
                    due_on=date.fromisoformat(step["due_on"]),
                )
                for step in item["actions"]
            ]
        _complete(story, nonconformity, item, planned)
    for audit in told["audits"]:
        if "closed" in audit:
            with as_of(audit["closed"]):
                act(story, get(story, Audit, audit["key"]), "close", by=AUDITOR)


def _raise(story: Story, item: dict[str, Any]) -> Nonconformity:
    given = {"owner": get(story, Person, item["owner"]), "due_on": date.fromisoformat(item["due_on"])}
    if "finding" in item:
        made: Nonconformity = act(story, get(story, Finding, item["finding"]), "raise", by=AUDITOR, **given)
        return made
    if "incident" in item:
        incident = get(story, Incident, item["incident"])
        raised: Nonconformity = act(story, incident, "raise", by="brandt", grade=item["grade"], **given)
        return raised
    own = ("name", "description", "source", "grade", "owner", "due_on")
    with acting(story.actors["brandt"]):
        return add(story, NONCONFORMITIES, [{name: item[name] for name in own}])[0]  # type: ignore[no-any-return] # of that register


def _complete(story: Story, nonconformity: Nonconformity, item: dict[str, Any], planned: list[Action]) -> None:
    for step, action in zip(item["actions"], planned, strict=True):
        if "done" in step:
            done = date.fromisoformat(step["done"])
            with as_of((done - story.today).days):
                act(story, action, "finish", by=step["owner"], done_on=done)
    if "verified" in item:
        seen = item["verified"]
        with as_of(seen["day"]):
            act(story, nonconformity, "verify", by=seen["by"], effective="yes", how=seen["how"])


def improvements(story: Story) -> None:
    """What could be better."""
    for item in tables("assurance", today=story.today)["improvements"]:
        with acting(story.actors["brandt"]), as_of(-100):
            own = ("key", "name", "finding", "benefit")
            add(story, IMPROVEMENTS, [{name: item[name] for name in own}])
            act(
                story, get(story, Improvement, item["key"]), "plan", by="brandt", owner=get(story, Person, item["owner"]),
                due_on=date.fromisoformat(item["due_on"]),
            )


def reviews(story: Story) -> None:
    """A signed management review, and the next one planned."""
    own = ("key", "name", "owner", "planned_on", "attendance", "feedback", "decisions")
    for item in tables("assurance", today=story.today)["reviews"]:
        day = item.get("day", -30)
        with acting(story.actors["winter"]), as_of(day - 20):
            add(story, MANAGEMENT_REVIEWS, [{name: item[name] for name in own if name in item}])
        if "signed_by" not in item:
            continue
        with as_of(day):
            review = act(story, get(story, ManagementReview, item["key"]), "collect", by="winter")
            review = act(story, review, "hold", by="winter")
            for step in item["actions"]:
                act(
                    story, review, "plan", by="winter", name=step["name"], owner=get(story, Person, step["owner"]),
                    due_on=date.fromisoformat(step["due_on"]),
                )
        with as_of(day + 5):
            act(story, review, "sign", by=item["signed_by"], reason="Decisions as agreed in the meeting.")
