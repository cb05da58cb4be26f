"""How far clauses 4 to 10 are met, from the records alone, with what each verdict rests on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from mainstay.domains.assurance.readiness import ClauseVerdict, evaluate
from mainstay.domains.assurance.verdicts import Proof
from mainstay.domains.reporting.render.document import Column, Document, Figure, Section, Table
from mainstay.domains.reporting.render.figures import Bar, bars
from mainstay.domains.reporting.render.values import Cell, Status, shown
from mainstay.domains.reporting.reports.frame import Asked, Standing, assemble, document_words, system_owner

STATUSES: Mapping[str, object] = {
    "met": lazy("Met"), "partly": lazy("Partly met"), "not_met": lazy("Not met"), "unknown": lazy("Unknown"),
    "excepted": lazy("Excepted"), "not_applicable": lazy("Not applicable"),
}
CHAPTERS: Mapping[str, object] = {
    "4": lazy("Context of the organisation"), "5": lazy("Leadership"), "6": lazy("Planning"), "7": lazy("Support"),
    "8": lazy("Operation"), "9": lazy("Performance evaluation"), "10": lazy("Improvement"),
}


def build(asked: Asked) -> Document:
    """The verdict on every clause as of the day."""
    verdicts = evaluate(asked.on)
    chapters = groupby(verdicts, key=lambda item: item.clause.partition(".")[0])
    sections = [_summary(verdicts)]
    sections += [_chapter(number, list(group)) for number, group in chapters]
    day = shown(asked.on, words=document_words())
    standing = Standing(
        reference=_("Readiness"), version=day, status=_("Working state"), owner=system_owner(),
    )
    return assemble(
        _("Readiness by clause"), subtitle=_("ISO/IEC 27001:2022, clauses 4 to 10, as of %(day)s") % {"day": day},
        standing=standing, sections=sections, asked=asked,
    )


def _summary(verdicts: Sequence[ClauseVerdict]) -> Section:
    counts = Counter(item.verdict.status.value for item in verdicts)
    title = _("%(met)d of %(all)d clauses are met") % {"met": counts["met"], "all": len(verdicts)}
    present = [name for name in STATUSES if counts[name]]
    drawing = bars([Bar(label=str(STATUSES[name]), value=counts[name]) for name in present], title=title, words=document_words())
    table = Table(
        columns=(
            Column(key="status", label=_("Status"), kind="status", width=2),
            Column(key="count", label=_("Clauses"), kind="integer"),
        ),
        rows=tuple({"status": _status(name), "count": counts[name]} for name in present),
    )
    figure = Figure(svg=drawing, title=title, description=_("Clauses by status."), table=table)
    return Section(heading=_("Summary"), blocks=(figure,))


def _chapter(number: str, verdicts: Sequence[ClauseVerdict]) -> Section:
    columns = (
        Column(key="clause", label=_("Clause"), width=0.9), Column(key="name", label=_("Name"), width=1.8),
        Column(key="status", label=_("Status"), kind="status", width=1.4), Column(key="because", label=_("Rests on"), width=2.8),
        Column(key="missing", label=_("What is missing"), width=3.2),
    )
    rows: tuple[dict[str, Cell], ...] = tuple(
        {
            "clause": item.clause, "name": str(item.name), "status": _status(item.verdict.status.value),
            "because": "\n".join(_proof(proof) for proof in item.verdict.because), "missing": item.verdict.missing,
        }
        for item in verdicts
    )
    return Section(heading=f"{number} {CHAPTERS[number]}", blocks=(Table(columns=columns, rows=rows),))


def _status(name: str) -> Status:
    return Status(code=name, label=str(STATUSES[name]))


def _proof(proof: Proof) -> str:
    said = f"{proof.ref} {proof.text}".strip()
    return said if proof.status.value == "met" else f"{said} ({str(STATUSES[proof.status.value]).lower()})"
