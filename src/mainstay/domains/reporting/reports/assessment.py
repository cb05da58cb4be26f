"""The risk assessment on paper: risks as they stand, or the results of a round as they were approved (6.1.2, 8.2)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from mainstay.domains.reporting.render.document import Block, Column, Document, Facts, Figure, Note, Paragraph, Section, Table
from mainstay.domains.reporting.render.figures import heat_map
from mainstay.domains.reporting.render.values import Cell, Level, Status, shown
from mainstay.domains.reporting.reports.frame import (
    Asked,
    Edition,
    Standing,
    assemble,
    document_words,
    level_cell,
    life_label,
    system_owner,
)
from mainstay.domains.reporting.reports.risks import (
    acceptance_cell,
    acceptances_of,
    assets_of,
    criteria_now,
    read_risks,
    ref_order,
)
from mainstay.domains.risk import queries
from mainstay.domains.risk.models import Risk, RiskAssessment, RiskCriteria
from mainstay.domains.risk.registers import ASSESSMENTS
from mainstay.domains.risk.services import is_above_acceptance
from mainstay.domains.work.services import approvals_of
from mainstay.kit.canonical import digest
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import NotAllowed, RuleViolation
from mainstay.registers import crud

WHICH = ("inherent", "current", "target")


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """One risk as a row of the report; `acceptance` is None where none is needed or told."""

    ref: str
    name: str
    assets: str
    threat: str
    vulnerability: str
    consequence: str
    likelihood: int | None
    impact: int | None
    inherent: Level | None
    current: Level | None
    target: Level | None
    owner: str
    is_above: bool
    acceptance: Status | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbers:
    """What the risks add up to."""

    total: int
    unrated: int
    above: int
    by_level: Mapping[str, Mapping[int, int]]
    points: Mapping[tuple[int, int], int]
    """How many risks stand at each current likelihood and impact."""
    unaccepted: int | None = None


def build(asked: Asked) -> Document:
    """The approved results of a round, or the open risks as they stand now."""
    if asked.get("assessment"):
        return _of_round(crud.find(ASSESSMENTS, asked.get("assessment")), asked)
    return _live(asked)


def editions() -> list[Edition]:
    """The visible approved rounds, newest first."""
    found = RiskAssessment.objects.filter(state="approved").defer("frozen").order_by("-approved_at")[:20]
    return [
        Edition(
            ref=item.ref, name=item.name, state=life_label(RiskAssessment, item.state),
            decided_on=localdate(item.approved_at) if item.approved_at else None,
        )
        for item in found
    ]


# As it stands


def _live(asked: Asked) -> Document:
    found = queries.open_risks()
    assets, acceptances, words = assets_of(found), acceptances_of(found), document_words()
    results = [
        Result(
            ref=risk.ref, name=risk.name, assets=assets.get(risk.pk, ""), threat=risk.threat,
            vulnerability=risk.vulnerability, consequence=risk.consequence, likelihood=risk.likelihood, impact=risk.impact,
            inherent=level_cell(risk.criteria, risk.inherent_level), current=level_cell(risk.criteria, risk.current_level),
            target=level_cell(risk.criteria, risk.target_level), owner=risk.owner.name if risk.owner else "",
            is_above=is_above_acceptance(risk),
            acceptance=acceptance_cell(risk, acceptances.get(risk.pk, ()), on=asked.on, words=words),
        )
        for risk in read_risks(found)
    ]
    standings = {which: queries.standings(which) for which in WHICH}
    numbers = Numbers(
        total=len(results), unrated=sum(result.current is None for result in results),
        above=queries.above_acceptance(found).count(),
        unaccepted=queries.without_acceptance(found, on=asked.on).count(),
        by_level={which: item.levels for which, item in standings.items()}, points=standings["current"].points,
    )
    standing = Standing(
        reference=_("Risk register"), version=_("as it stands"), status=_("Working state"), owner=system_owner(),
    )
    return _document(results, numbers=numbers, criteria=criteria_now(), standing=standing, subtitle="", notes=(), asked=asked)


# As approved


def _of_round(assessment: RiskAssessment, asked: Asked) -> Document:
    frozen: Any = assessment.frozen
    if assessment.state != "approved" or not frozen:
        raise RuleViolation(_("%(ref)s is not approved yet, so its results are not frozen.") % {"ref": assessment.ref})
    _require_all_visible(assessment, [risk["ref"] for risk in frozen["risks"]])
    criteria = assessment.criteria
    results = [_thaw(risk, criteria) for risk in sorted(frozen["risks"], key=lambda risk: ref_order(risk["ref"]))]
    approval = next((item for item in approvals_of(assessment) if item.digest == assessment.digest), None)
    standing = Standing(
        reference=assessment.ref, version=_("as approved"), status=life_label(RiskAssessment, assessment.state).capitalize(),
        owner=assessment.owner.name if assessment.owner else system_owner(),
        approved_by=approval.person.name if approval is not None and approval.person is not None else "",
        approved_on=localdate(assessment.approved_at) if assessment.approved_at else None, checksum=assessment.digest,
    )
    words = document_words()
    period = " – ".join(shown(date.fromisoformat(day), words=words) for day in (frozen["start_on"], frozen["end_on"]) if day)
    notes = () if digest(frozen) == assessment.digest else (
        Note(text=_("The stored results do not match their hash. This document proves nothing."), tone="bad"),
    )
    return _document(
        results, numbers=_count(frozen["risks"], results), criteria=criteria, standing=standing, notes=notes, asked=asked,
        subtitle=" · ".join(part for part in (frozen["name"], period) if part), participants=frozen["participants"],
    )


def _require_all_visible(assessment: RiskAssessment, refs: Sequence[str]) -> None:
    """Results stand or fall together under their hash, so whoever may not see one of the risks gets none."""
    if current_actor().may("risk.view", unit=assessment.organisation_id):
        return
    if Risk.objects.filter(ref__in=refs, organisation_id=assessment.organisation_id).count() < len(refs):
        raise NotAllowed(_("%(ref)s holds risks that you may not see.") % {"ref": assessment.ref})


def _thaw(risk: Mapping[str, Any], criteria: RiskCriteria | None) -> Result:
    level = risk["current_level"]
    return Result(
        ref=risk["ref"], name=risk["name"], assets="\n".join(risk["assets"]), threat=risk["threat"],
        vulnerability=risk["vulnerability"], consequence=risk["consequence"], likelihood=risk["likelihood"],
        impact=risk["impact"], inherent=level_cell(criteria, risk["inherent_level"]), current=level_cell(criteria, level),
        target=level_cell(criteria, risk["target_level"]), owner=risk["owner"],
        is_above=criteria is not None and level is not None and level > criteria.acceptance_level,
    )


def _count(risks: Sequence[Mapping[str, Any]], results: Sequence[Result]) -> Numbers:
    return Numbers(
        total=len(results), unrated=sum(result.current is None for result in results),
        above=sum(result.is_above for result in results),
        by_level={
            which: Counter(risk[f"{which}_level"] for risk in risks if risk[f"{which}_level"] is not None) for which in WHICH
        },
        points=Counter(
            (risk["current_likelihood"], risk["current_impact"]) for risk in risks if risk["current_level"] is not None
        ),
    )


# On paper


def _document(
    results: Sequence[Result], *, numbers: Numbers, criteria: RiskCriteria | None, standing: Standing, subtitle: str,
    notes: tuple[Note, ...], asked: Asked, participants: str = "",
) -> Document:
    sections = [_summary(numbers, criteria=criteria, notes=notes, participants=participants)]
    sections.append(_above([result for result in results if result.is_above], tells_acceptance=numbers.unaccepted is not None))
    sections.append(_risks(results))
    if criteria is not None:
        sections.append(_method(criteria))
    return assemble(_("Risk assessment"), subtitle=subtitle, standing=standing, sections=sections, asked=asked)


def _summary(numbers: Numbers, *, criteria: RiskCriteria | None, notes: tuple[Note, ...], participants: str) -> Section:
    pairs: list[tuple[str, Cell]] = [
        (_("Risks"), numbers.total), (_("Not rated yet"), numbers.unrated), (_("Above what is acceptable"), numbers.above),
    ]
    if numbers.unaccepted is not None:
        pairs.append((_("Above it and accepted by nobody"), numbers.unaccepted))
    if participants:
        pairs.append((_("Participants"), participants))
    if criteria is None:
        missing = Note(text=_("No risk criteria are approved, so no risk can be rated (6.1.2 a)."), tone="bad")
        return Section(heading=_("Summary"), blocks=(*notes, missing, Facts(pairs=tuple(pairs))))
    blocks: tuple[Block, ...] = (
        *notes, Facts(pairs=tuple(pairs)), _levels_table(numbers, criteria), _map(numbers, criteria),
    )
    return Section(heading=_("Summary"), blocks=blocks)


def _levels_table(numbers: Numbers, criteria: RiskCriteria) -> Table:
    columns = (
        Column(key="level", label=_("Level"), kind="level", width=2),
        Column(key="inherent", label=_("Without controls"), kind="integer"),
        Column(key="current", label=_("Today"), kind="integer"),
        Column(key="target", label=_("With all that is planned"), kind="integer"),
    )
    described = sorted((level["number"] for level in criteria.levels), reverse=True)
    rows = tuple(
        {"level": level_cell(criteria, number), **{which: numbers.by_level[which].get(number, 0) for which in WHICH}}
        for number in described
    )
    return Table(columns=columns, rows=rows, caption=_("Risks by level"))


def _map(numbers: Numbers, criteria: RiskCriteria) -> Figure:
    scales = (criteria.likelihoods, criteria.impacts)
    likelihoods, impacts = ([(step["value"], step["label"]) for step in scale] for scale in scales)
    levels = {
        (row, column): cell for row, _label in likelihoods for column, _name in impacts
        if (cell := level_cell(criteria, criteria.matrix[row - 1][column - 1])) is not None
    }
    title = _("%(above)d of %(total)d risks are above what is acceptable") % {"above": numbers.above, "total": numbers.total}
    description = _("Risks by likelihood and impact as they are today.")
    drawing = heat_map(
        likelihoods, impacts, numbers.points, levels, title=title, description=description, row_title=_("Likelihood"),
        column_title=_("Impact"),
    )
    columns = (
        Column(key="likelihood", label=_("Likelihood"), width=2), Column(key="impact", label=_("Impact"), width=2),
        Column(key="level", label=_("Level"), kind="level"), Column(key="count", label=_("Risks"), kind="integer"),
    )
    rows = tuple(
        {"likelihood": f"{row} {label}", "impact": f"{column} {name}", "level": levels.get((row, column)),
         "count": numbers.points.get((row, column), 0)}
        for row, label in reversed(likelihoods) for column, name in impacts
    )
    return Figure(svg=drawing, title=title, description=description, table=Table(columns=columns, rows=rows))


def _above(results: Sequence[Result], *, tells_acceptance: bool) -> Section:
    columns = [
        Column(key="ref", label=_("Ref"), width=0.7), Column(key="name", label=_("Risk"), width=2.5),
        Column(key="current", label=_("Today"), kind="level", width=1.4),
        Column(key="target", label=_("Target"), kind="level", width=1.4), Column(key="owner", label=_("Owner"), width=1.3),
    ]
    if tells_acceptance:
        columns.append(Column(key="acceptance", label=_("Acceptance"), kind="status", width=2))
    rows = tuple(
        {"ref": item.ref, "name": item.name, "current": item.current, "target": item.target, "owner": item.owner,
         "acceptance": item.acceptance}
        for item in sorted(results, key=lambda item: -item.current.number if item.current else 0)
    )
    table = Table(columns=tuple(columns), rows=rows, empty=_("No risk is above what is acceptable."))
    return Section(heading=_("Risks above what is acceptable"), blocks=(table,))


def _risks(results: Sequence[Result]) -> Section:
    columns = (
        Column(key="ref", label=_("Ref"), width=0.7), Column(key="name", label=_("Risk"), width=1.8),
        Column(key="assets", label=_("Assets"), width=1.4), Column(key="threat", label=_("Threat"), width=1.4),
        Column(key="vulnerability", label=_("Vulnerability"), width=1.4),
        Column(key="consequence", label=_("Consequence"), width=1.8),
        Column(key="likelihood", label=_("L"), kind="integer", width=0.4),
        Column(key="impact", label=_("I"), kind="integer", width=0.4),
        Column(key="inherent", label=_("Without controls"), kind="level", width=1.4),
        Column(key="current", label=_("Today"), kind="level", width=1.4),
        Column(key="target", label=_("Target"), kind="level", width=1.4), Column(key="owner", label=_("Owner"), width=1.1),
    )
    rows = tuple({column.key: getattr(item, column.key) for column in columns} for item in results)
    letters = Paragraph(text=_("L and I are likelihood and impact as they would be without controls."))
    return Section(heading=_("Risks"), blocks=(letters, Table(columns=columns, rows=rows, empty=_("No risk is open."))))


def _method(criteria: RiskCriteria) -> Section:
    pairs: tuple[tuple[str, Cell], ...] = (
        (_("Criteria"), f"{criteria.ref} {criteria.name}"), (_("Edition"), criteria.edition),
        (_("Approved on"), localdate(criteria.approved_at) if criteria.approved_at else None),
        (_("Acceptable up to"), level_cell(criteria, criteria.acceptance_level)),
        (_("Months between assessments"), criteria.review_months),
    )
    levels = Table(
        columns=(
            Column(key="level", label=_("Level"), kind="level", width=1.2),
            Column(key="meaning", label=_("Meaning"), width=3),
            Column(key="expectation", label=_("What is expected"), width=3),
            Column(key="authority", label=_("Accepted by"), width=1.3),
        ),
        rows=tuple(
            {"level": level_cell(criteria, item["number"]), "meaning": item.get("meaning", ""),
             "expectation": item.get("expectation", ""), "authority": item.get("authority", "")}
            for item in criteria.levels
        ),
        caption=_("Levels"),
    )
    scales = (_scale(criteria.likelihoods, caption=_("Likelihood")), _scale(criteria.impacts, caption=_("Impact")))
    return Section(heading=_("Criteria used"), blocks=(Facts(pairs=pairs), levels, *scales))


def _scale(steps: Sequence[Mapping[str, Any]], *, caption: str) -> Table:
    columns = (
        Column(key="value", label=_("Value"), kind="integer", width=0.5), Column(key="label", label=_("Step"), width=1.2),
        Column(key="meaning", label=_("Meaning"), width=6),
    )
    rows = tuple({"value": step["value"], "label": step["label"], "meaning": _meaning(step.get("meaning", ""))} for step in steps)
    return Table(columns=columns, rows=rows, caption=caption)


def _meaning(meaning: Any) -> str:
    """One sentence, or one per dimension of impact."""
    if not isinstance(meaning, Mapping):
        return str(meaning)
    columns = {column.name: str(column.verbose_name).capitalize() for column in Risk._meta.fields}
    return "\n".join(f"{columns.get(f'impact_{name}', name)}: {text}" for name, text in meaning.items())
