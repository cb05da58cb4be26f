"""The spine of the sample: context, assets, controls, risks and the statement of applicability."""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from mainstay.demo.reading import Story, as_of, levels, rows, tables
from mainstay.domains.assets.models import Asset, Process
from mainstay.domains.assets.registers import ASSETS, PROCESSES
from mainstay.domains.context.models import ManagementSystem, Obligation
from mainstay.domains.context.registers import (
    CONTEXT_ISSUES,
    INTERESTED_PARTIES,
    MANAGEMENT_SYSTEMS,
    OBJECTIVES,
    OBLIGATIONS,
    PARTY_REQUIREMENTS,
)
from mainstay.domains.context.services import adopt
from mainstay.domains.controls.models import Applicability, Control, SoaVersion
from mainstay.domains.controls.queries import soa_rows
from mainstay.domains.controls.registers import CONTROLS
from mainstay.domains.library.models import Framework, Requirement
from mainstay.domains.library.services import import_bundled
from mainstay.domains.risk.criteria import adopt_criteria
from mainstay.domains.risk.models import Risk, RiskAssessment
from mainstay.domains.risk.registers import ASSESSMENTS, CRITERIA, RISKS
from mainstay.domains.risk.services import IMPACTS
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import acting, system
from mainstay.registers import crud
from mainstay.registers.declaration import Register
from mainstay.registers.verbs import verbs_of

ISO, CSF = "iso-27001-2022", "nist-csf-2.0"
KINDS = {
    "inf": "information", "app": "application", "sw": "software", "hw": "hardware", "dev": "device", "svc": "service",
    "net": "network", "ppl": "people", "site": "site", "sup": "supplier_service", "pap": "paper",
}
CLASSES = {"P": "public", "I": "internal", "C": "confidential", "S": "strictly_confidential"}
PERSONAL = {"n": "none", "p": "personal", "s": "special", "u": "unknown"}
ENCRYPTED = {"y": "yes", "p": "partly", "n": "no"}
NEEDS = ("confidentiality", "integrity", "availability")


def add(story: Story, register: Register, told: Iterable[dict[str, Any]]) -> list[Any]:
    """Create records from rows by the register's own path, and remember their keys."""
    listed = list(told)
    values = [
        crud.clean(register, {name: cell for name, cell in row.items() if name != "key"}, resolver=story.keys) for row in listed
    ]
    made = crud.create_many(register, values)
    for row, record in zip(listed, made, strict=True):
        if "key" in row:
            story.keys.keep(register.model, row["key"], record.pk)
    return made


def get(story: Story, model: Any, key: str) -> Any:
    """The record that the files call `key`, as it is stored now."""
    return model.unscoped_for_system.get(pk=story.keys.find(model, key))


def act(story: Story, record: Any, verb: str, *, by: str, stand_in: str | None = "brandt", **values: Any) -> Any:
    """Use a verb as the person who would; the reason goes to the trail. Without a stand-in nobody else does it for them."""
    item = verbs_of(type(record))[verb]
    by_whom = story.actor(by, item.permission, unit=record.place, stand_in=stand_in) if stand_in else story.actors[by]
    with acting(by_whom):
        return item.run(record, **values)


# Context


def context(story: Story) -> None:
    """Frameworks, the management system with its approved scope, context, parties, obligations and objectives."""
    with acting(story.actors["brandt"]), as_of(-760):
        frameworks = [import_bundled(name, unit=story.organisation) for name in (ISO, CSF)]
        for name, framework in zip((ISO, CSF), frameworks, strict=True):
            story.keys.keep(Framework, name, framework.pk)
    told = tables("system", today=story.today)
    told.pop("criteria")
    with acting(story.actors["winter"]), as_of(-760):
        isms = add(story, MANAGEMENT_SYSTEMS, [{"key": "isms", "owner": "winter", **told}])[0]
        adopt(isms, frameworks[1])
    with as_of(-405):
        act(story, isms, "approve", by="adler", reason="Scope as agreed with the supervisory board.")
        act(story, get(story, ManagementSystem, "isms"), "start_soa", by="winter", framework=frameworks[0])
    with acting(story.actors["brandt"]):
        add(story, CONTEXT_ISSUES, rows("issues", today=story.today))
        add(story, INTERESTED_PARTIES, rows("parties", today=story.today))
        add(story, OBLIGATIONS, [_listed(row, "requirements") for row in rows("obligations", today=story.today)])
        add(story, PARTY_REQUIREMENTS, rows("party_requirements", today=story.today))
        add(story, OBJECTIVES, rows("objectives", today=story.today))


def _listed(row: dict[str, str], *names: str) -> dict[str, Any]:
    """The row with cells of several keys as lists."""
    return {name: cell.split() if name in names else cell for name, cell in row.items()}


# Assets


def assets(story: Story) -> None:
    """Assets from the ground up, then the processes that use them, and what happened to some of them."""
    listed = [asset_fields(row, number, story) for number, row in enumerate(rows("assets", today=story.today), start=1)]
    with acting(story.actors["sommer"]), as_of(-740):
        for layer in levels(listed, "depends_on"):
            add(story, ASSETS, [_listed(row, "depends_on") for row in layer])
        numbered = [
            row | {"ref": f"{Process.ref_prefix}-{number}"}
            for number, row in enumerate(rows("processes", today=story.today), start=1)
        ]
        for layer in levels(numbered, "parent"):
            add(story, PROCESSES, [_listed(row, "assets") for row in layer])
    for step in tables("story", today=story.today)["assets"]:
        with as_of(step["day"]):
            asset = get(story, Asset, step["asset"])
            act(story, asset, step["verb"], by="sommer", reason=step["reason"])


def asset_fields(row: dict[str, str], number: int, story: Story) -> dict[str, str]:
    """A line of the file as fields. References follow the file, reviews are spread over the year, a few overdue."""
    own = {name: digit for name, digit in zip(NEEDS, row.get("cia", ""), strict=False) if digit.isdigit()}
    same = ("key", "name", "form", "unit", "owner", "location", "backup", "description")
    return {name: row[name] for name in same if name in row} | own | {
        "ref": f"{Asset.ref_prefix}-{number}", "kind": KINDS[row["kind"]], "classification": CLASSES[row["class"]],
        "personal_data": PERSONAL[row["pd"]], "encrypted": ENCRYPTED.get(row.get("enc", ""), "unknown"),
        "depends_on": row.get("needs", ""), "review_on": (story.today + timedelta(days=number * 37 % 340 - 12)).isoformat(),
    }


# Controls


def controls(story: Story) -> None:
    """Controls in the states they reached, with what they satisfy and protect."""
    listed = rows("controls", today=story.today)
    with acting(story.actors["brandt"]), as_of(-750):
        add(story, CONTROLS, [control_fields(row) for row in listed])
    for row in listed:
        for ref in row["requirements"].split():
            if ref.endswith("~"):
                _satisfy(story, row["key"], ref.rstrip("~"), "partial", by="brandt")


def control_fields(row: dict[str, str]) -> dict[str, Any]:
    """A line of the control file as fields, with what it satisfies in full."""
    own = ("key", "name", "type", "nature", "unit", "owner", "operator", "due_on", "review_on", "assets", "capital_cost",
           "yearly_cost", "description")
    full = [ref for ref in row["requirements"].split() if not ref.endswith("~")]
    return _listed({name: row[name] for name in own if name in row}, "assets") | {"requirements": full}


def _satisfy(story: Story, control: str, ref: str, coverage: str, *, by: str, reason: str = "") -> None:
    requirement = get(story, Requirement, ref)
    act(story, get(story, Control, control), "satisfy", by=by, requirement=requirement, coverage=coverage, reason=reason)


def operate_controls(story: Story, *, after: int, until: int) -> None:
    """Let controls reach the state of the file on the day of the file, those of the days in between."""
    steps = {"operating": "operate", "implementing": "start", "retired": "retire"}
    low, high = story.day(after).isoformat(), story.day(until).isoformat()
    due = [row for row in rows("controls", today=story.today) if row["state"] in steps and low < row["since"] <= high]
    for row in sorted(due, key=lambda row: row["since"]):
        reason = {"reason": row["description"]} if row["state"] == "retired" else {}
        control = get(story, Control, row["key"])
        with as_of((date.fromisoformat(row["since"]) - story.today).days):
            act(story, control, steps[row["state"]], by=row["owner"], **reason)


# Risks


def criteria(story: Story) -> None:
    """The method, adjusted and approved by the management."""
    with as_of(-402), acting(story.actors["winter"]):
        draft = adopt_criteria("iso-27005-5x5", unit=story.organisation)
        told = tables("system", today=story.today)["criteria"]
        draft = crud.change(CRITERIA, draft, told | {"owner": str(story.keys.find(Person, "winter"))})
    with as_of(-400):
        act(story, draft, "approve", by="adler", reason="As discussed in the management meeting.")


def assess(story: Story, number: str) -> None:
    """One round of risk assessment: scenarios, ratings, treatments."""
    told = next(item for item in tables("story", today=story.today)["assessments"] if item["key"] == number)
    day = told.pop("day")
    told_risks = enumerate(rows("risks", today=story.today), start=1)
    listed = [row | {"ref": f"{Risk.ref_prefix}-{place}"} for place, row in told_risks if row["round"] == number]
    with as_of(day), acting(story.actors["brandt"]):
        add(story, ASSESSMENTS, [told | {"owner": "brandt"}])
    found_by = sorted(listed, key=lambda row: (row["owner"], row["unit"]))
    for (owner, unit), group in groupby(found_by, key=lambda row: (row["owner"], row["unit"])):
        with as_of(day), acting(story.actor(owner, "risk.add", unit=story.units[unit].pk)):
            add(story, RISKS, [risk_fields(row) | {"assessment": number} for row in group])
    for row in listed:
        if "option" in row:
            with as_of(day + 7):
                _treat(story, row)


def risk_fields(row: dict[str, str]) -> dict[str, Any]:
    """A line of the risk file as fields."""
    own = ("key", "ref", "name", "unit", "owner", "assets", "obligations", "threat", "vulnerability", "consequence", "review_on")
    found = _listed({name: row[name] for name in own if name in row}, "assets", "obligations")
    if "rating" in row:
        likelihood, impacts = row["rating"].split(":")
        found |= {"likelihood": likelihood}
        found |= {name: digit for name, digit in zip(IMPACTS, impacts, strict=True) if digit.isdigit()}
    return found


def _treat(story: Story, row: dict[str, str]) -> None:
    """Decide the option; controls of the same effect go in one decision."""
    pairs = [tuple(part.split("/")) for part in row.get("controls", "").split()] or [("", "00")]
    for effect, group in groupby(sorted(pairs, key=lambda pair: pair[1]), key=lambda pair: pair[1]):
        chosen = [get(story, Control, key) for key, _effect in group if key]
        act(
            story, get(story, Risk, row["key"]), "treat", by=row["owner"], option=row["option"], reason=row["reason"],
            controls=chosen, likelihood_effect=int(effect[0]), impact_effect=int(effect[1]),
        )


def approve_first_round(story: Story) -> None:
    """The first round is submitted and approved; later its risks are looked at again in the second."""
    first = get(story, RiskAssessment, "1")
    with as_of(-372):
        first = act(story, first, "submit", by="brandt")
    with as_of(-370):
        act(story, first, "approve", by="winter", reason="Complete for all sites; very high risks go to the management.")


def take_over_risks(story: Story) -> None:
    """The risks of the first round belong to the second as well."""
    second = story.keys.find(RiskAssessment, "2")
    with acting(story.actors["brandt"], reason="Looked at again in the second round."), as_of(-60):
        before = Risk.objects.select_for_update(of=("self",)).filter(assessment=story.keys.find(RiskAssessment, "1"))
        crud.change_many(RISKS, [(risk, {"assessment": second}) for risk in before.exclude(state="closed")])


def bear_risks(story: Story) -> None:
    """Acceptances, one of which has run out since, and a risk that is gone."""
    told = tables("story", today=story.today)
    for item in told["acceptances"]:
        with as_of(item["day"]):
            risk = get(story, Risk, item["risk"])
            act(story, risk, "accept", by=item["by"], until=date.fromisoformat(item["until"]), reason=item["reason"])
    for item in told["closed"]:
        with as_of(item["day"]):
            act(story, get(story, Risk, item["risk"]), "close", by=item["by"], reason=item["reason"])


# Statement of applicability


def applicability(story: Story) -> None:
    """Every row decided; version 1 proposed and approved."""
    told = tables("applicability", today=story.today)
    isms, framework = get(story, ManagementSystem, "isms"), get(story, Framework, ISO)
    excluded = told["excluded"] | told["excluded_then"]
    with acting(system("demo", organisation=story.organisation.pk)):
        found = soa_rows(isms, framework)
    stored = {str(row.pk): row for row in Applicability.unscoped_for_system.filter(management_system=isms)}
    with as_of(-62):
        for row in found:
            owner = told["owners"][max((start for start in told["owners"] if _begins(row.ref, start)), key=len)]
            out = row.ref in excluded
            act(
                story, stored[row.applicability_id], "decide", by="brandt", owner=get(story, Person, owner),
                decision="excluded" if out else "applicable", is_best_practice=not out and not row.reasons,
                justification=excluded.get(row.ref) or told["justified"].get(row.ref, ""),
            )
    with as_of(-60):
        note = "First version, after the second round of risk assessment began."
        act(story, isms, "propose_soa", by="brandt", framework=framework, note=note)
    with as_of(-58):
        version = SoaVersion.unscoped_for_system.get(management_system=isms)
        act(story, version, "approve", by="adler", digest_seen=version.digest, reason="For stage 1 of the certification.")


def _begins(ref: str, start: str) -> bool:
    return ref == start or ref.startswith(f"{start}.")


def drift(story: Story) -> None:
    """What changed since version 1, so that a second one is due."""
    told = tables("story", today=story.today)
    for item in told["moves"]:
        with as_of(item["day"]):
            control = get(story, Control, item["control"])
            given = {"reason": item["reason"]}
            act(story, control, item["verb"], by=item["by"], **given)
    for item in told["satisfied"]:
        with as_of(item["day"]):
            _satisfy(story, item["control"], item["requirement"], item["coverage"], by=item["by"], reason=item["reason"])
    for ref, justification in tables("applicability", today=story.today)["now"].items():
        row = Applicability.unscoped_for_system.get(requirement=story.keys.find(Requirement, ref))
        with as_of(-20):
            act(story, row, "decide", by="brandt", decision="applicable", justification=justification, is_best_practice=True)


SUBJECTS: dict[str, Any] = {
    "risk": Risk, "control": Control, "obligation": Obligation, "system": ManagementSystem,
}
"""What actions and evidence of the files can be about."""
