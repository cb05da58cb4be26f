"""The statement of applicability on paper: as it stands, or a version as it was frozen (6.1.3 d)."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from mainstay.domains.context.models import ObligationRequirement
from mainstay.domains.controls import soa
from mainstay.domains.controls.evaluation import SoaRow, thaw
from mainstay.domains.controls.models import Satisfaction, SoaVersion
from mainstay.domains.controls.queries import soa_rows
from mainstay.domains.controls.registers import SOA_VERSIONS
from mainstay.domains.reporting.render.document import Column, Document, Facts, Figure, Note, Paragraph, Section, Table
from mainstay.domains.reporting.render.figures import Bar, bars
from mainstay.domains.reporting.render.values import Cell, Status
from mainstay.domains.reporting.reports.frame import Asked, Edition, Standing, assemble, document_words, life_label
from mainstay.domains.risk.models import Treatment
from mainstay.kit.canonical import digest
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import NotFound, RuleViolation
from mainstay.registers import crud

SOURCES = (Satisfaction, Treatment, ObligationRequirement)
"""The links that reasons and implementation of a live row derive from."""


def build(asked: Asked) -> Document:
    """The statement of a version, or the one that stands now."""
    if asked.get("version"):
        return _of_version(crud.find(SOA_VERSIONS, asked.get("version")), asked)
    return _live(asked)


def editions() -> list[Edition]:
    """The visible versions, newest first."""
    found = SoaVersion.objects.defer("frozen").order_by("-proposed_at")[:20]
    return [
        Edition(
            ref=item.ref, name=item.name, state=life_label(SoaVersion, item.state),
            decided_on=localdate(item.approved_at or item.proposed_at),
        )
        for item in found
    ]


def _live(asked: Asked) -> Document:
    chosen = soa.choose(asked.get("system"), asked.get("framework"))
    wanted = ((asked.get("system"), chosen.system), (asked.get("framework"), chosen.framework))
    if any(ref and (found is None or found.ref != ref) for ref, found in wanted):
        raise NotFound(_("There is no such statement of applicability."))
    if chosen.system is None or chosen.framework is None:
        raise RuleViolation(_("There is no statement of applicability yet; start it first."))
    rows = soa_rows(chosen.system, chosen.framework)
    facts = {
        "management_system": chosen.system.name, "framework": chosen.framework.name, "scope": chosen.system.scope_statement,
    }
    standing = Standing(
        reference=_("%(system)s, SoA") % {"system": chosen.system.ref}, version=_("as it stands"), status=_("Draft"),
        owner=chosen.system.owner.name if chosen.system.owner else "",
    )
    notes = [Note(text=_("This is a working state. Only an approved version is the statement of applicability."), tone="caution")]
    if not all(current_actor().may(f"{model.permission_noun()}.view") for model in SOURCES):
        hidden = _("Your roles do not include all links that rows derive from, so reasons may be missing here.")
        notes.append(Note(text=hidden, tone="bad"))
    return _document(rows, facts=facts, standing=standing, notes=tuple(notes), asked=asked)


def _of_version(version: SoaVersion, asked: Asked) -> Document:
    frozen: Mapping[str, Any] = version.frozen
    owner = version.owner or version.management_system.owner
    standing = Standing(
        reference=version.ref, version=str(version.number), status=life_label(SoaVersion, version.state).capitalize(),
        owner=owner.name if owner else "", approved_by=version.approved_by.name if version.approved_by else "",
        approved_on=localdate(version.approved_at) if version.approved_at else None, checksum=version.digest,
    )
    notes = []
    if digest(frozen) != version.digest:
        notes.append(Note(text=_("The stored rows do not match their hash. This document proves nothing."), tone="bad"))
    if version.state != "approved":
        said = _("This version is not in force: it is %(state)s.") % {"state": life_label(SoaVersion, version.state)}
        notes.append(Note(text=said, tone="caution"))
    return _document([thaw(row) for row in frozen["rows"]], facts=frozen, standing=standing, notes=tuple(notes), asked=asked)


def _document(
    rows: Sequence[SoaRow], *, facts: Mapping[str, Any], standing: Standing, notes: tuple[Note, ...], asked: Asked
) -> Document:
    sections = [_summary(rows, facts=facts, notes=notes)]
    for theme in dict.fromkeys(row.theme for row in rows):
        table = Table(columns=_columns(), rows=tuple(_cells(row) for row in rows if row.theme == theme))
        sections.append(Section(heading=theme or _("Other requirements"), blocks=(table,)))
    open_rows = [row for row in rows if row.gaps]
    if open_rows:
        sections.append(_gaps(open_rows))
    return assemble(
        _("Statement of applicability"), subtitle=f"{facts['management_system']} · {facts['framework']}", standing=standing,
        sections=sections, asked=asked,
    )


def _summary(rows: Sequence[SoaRow], *, facts: Mapping[str, Any], notes: tuple[Note, ...]) -> Section:
    counted = soa.tally(rows)
    pairs: tuple[tuple[str, Cell], ...] = (
        (_("Management system"), facts["management_system"]), (_("Framework"), facts["framework"]),
        (_("Requirements"), counted.total), (_("Applicable"), counted.applicable), (_("Excluded"), counted.excluded),
        (_("Not decided"), counted.undecided), (_("Rows with open points"), counted.gaps),
    )
    states = {"implemented": counted.implemented, "partly": counted.partly, "planned": counted.planned, "none": counted.none}
    named = [(str(soa.IMPLEMENTATIONS[name][1]), count) for name, count in states.items()]
    title = _("%(done)d of %(all)d applicable requirements are implemented") % {
        "done": counted.implemented, "all": counted.applicable,
    }
    drawing = bars([Bar(label=label, value=count) for label, count in named], title=title, words=document_words())
    table = Table(
        columns=(Column(key="state", label=_("Implementation")), Column(key="count", label=_("Requirements"), kind="integer")),
        rows=tuple({"state": label, "count": count} for label, count in named),
    )
    scope = (Paragraph(text=str(facts["scope"])),) if facts["scope"] else ()
    figure = Figure(svg=drawing, title=title, description=_("Applicable requirements by implementation."), table=table)
    return Section(heading=_("Scope and summary"), blocks=(*notes, *scope, Facts(pairs=pairs), figure))


def _columns() -> tuple[Column, ...]:
    return (
        Column(key="ref", label=_("Ref"), width=0.8), Column(key="title", label=_("Requirement"), width=2.2),
        Column(key="applies", label=_("Applies"), width=0.9), Column(key="reasons", label=_("Because of"), width=1.8),
        Column(key="justification", label=_("Justification"), width=2.6),
        Column(key="controls", label=_("Implemented by"), width=2.6),
        Column(key="implementation", label=_("Implementation"), kind="status", width=1.4),
    )


def _cells(row: SoaRow) -> dict[str, Cell]:
    applies = {"applicable": _("yes"), "excluded": _("no"), "undecided": _("not decided")}
    mark, word = soa.IMPLEMENTATIONS[row.implementation]
    return {
        "ref": row.ref, "title": row.title, "applies": applies[row.decision],
        "reasons": "; ".join(soa.reason_words(row.reasons, row.counts)), "justification": row.justification,
        "controls": "\n".join(soa.control_lines(row)),
        "implementation": Status(code=mark.replace("-", "_"), label=str(word)),
    }


def _gaps(rows: Sequence[SoaRow]) -> Section:
    table = Table(
        columns=(
            Column(key="ref", label=_("Ref"), width=0.8), Column(key="title", label=_("Requirement"), width=3),
            Column(key="gap", label=_("What is open"), width=4),
        ),
        rows=tuple(
            {"ref": row.ref, "title": row.title, "gap": "; ".join(str(soa.GAPS[name]) for name in row.gaps)} for row in rows
        ),
    )
    return Section(heading=_("Open points"), blocks=(table,))
