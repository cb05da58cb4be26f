"""What the page of readiness shows: the verdicts grouped by chapter, counted, narrowed, and led back to their records."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.utils.translation import gettext_lazy as _

from mainstay.domains.assurance.readiness import CLAUSES, ClauseVerdict, evaluate
from mainstay.domains.assurance.verdicts import Proof, Status
from mainstay.platform.records.actor import current_actor
from mainstay.registers import registry
from mainstay.registers.declaration import Register

LABELS: Mapping[Status, object] = {
    Status.MET: _("Met"), Status.PARTLY: _("Partly met"), Status.NOT_MET: _("Not met"), Status.UNKNOWN: _("Unknown"),
    Status.EXCEPTED: _("Excepted"), Status.NOT_APPLICABLE: _("Not applicable"),
}
CHAPTERS: Mapping[str, object] = {
    "4": _("Context of the organisation"), "5": _("Leadership"), "6": _("Planning"), "7": _("Support"), "8": _("Operation"),
    "9": _("Performance evaluation"), "10": _("Improvement"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """A status as its icon's name and its word."""

    name: str
    label: object


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaf:
    """One thing a verdict rests on, with where it is; empty where the reader has no page of it."""

    mark: Mark
    text: str
    ref: str
    href: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownClause:
    """One clause as the page shows it; `ways` lead to the registers in which what is missing can be done."""

    number: str
    name: object
    mark: Mark
    missing: str
    leaves: tuple[Leaf, ...]
    ways: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """How many clauses have a status, and whether the page shows only these."""

    mark: Mark
    value: str
    count: int
    is_chosen: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadinessPage:
    """All of it."""

    on: date
    met: int
    total: int
    counts: tuple[Counted, ...]
    chapters: tuple[tuple[str, object, tuple[ShownClause, ...]], ...]


def readiness_page(on: date, *, status: str = "") -> ReadinessPage:
    """The verdicts as of a day, only those of one status if it is one. Some ninety queries, whatever there is."""
    verdicts = evaluate(on)
    counts = Counter(item.verdict.status for item in verdicts)
    chosen = status if status in set(Status) else ""
    shown = [_clause(item) for item in verdicts if not chosen or item.verdict.status == chosen]
    return ReadinessPage(
        on=on, met=counts[Status.MET], total=len(verdicts),
        counts=tuple(
            Counted(mark=mark_of(item), value=item.value, count=counts[item], is_chosen=item == chosen)
            for item in Status if counts[item]
        ),
        chapters=tuple(
            (number, CHAPTERS[number], tuple(group))
            for number, group in groupby(shown, key=lambda item: item.number.partition(".")[0])
        ),
    )


def mark_of(status: Status) -> Mark:
    return Mark(name=status.value.replace("_", "-"), label=LABELS[status])


def _clause(item: ClauseVerdict) -> ShownClause:
    return ShownClause(
        number=item.clause, name=item.name, mark=mark_of(item.verdict.status), missing=item.verdict.missing,
        leaves=tuple(_leaf(proof) for proof in item.verdict.because),
        ways=_ways(item.clause) if item.verdict.missing else (),
    )


def _leaf(proof: Proof) -> Leaf:
    if proof.id is not None:
        href = f"/open/{proof.kind}/{proof.id}"
    else:
        register = next((item for item in registry.all_registers() if item.noun == proof.kind), None)
        href = _address(register) if register is not None else ""
    return Leaf(mark=mark_of(proof.status), text=proof.text, ref=proof.ref, href=href)


def _ways(clause: str) -> tuple[tuple[str, str], ...]:
    """Label and address of the registers the clause's rule reads, as far as the actor may see them."""
    actor = current_actor()
    read = next(item.reads for item in CLAUSES if item.number == clause)
    found = [registry.of(model) for model in read]
    return tuple(
        (item.label_plural[:1].upper() + item.label_plural[1:], _address(item))
        for item in found if item is not None and actor.may(item.permission("view"))
    )


def _address(register: Register) -> str:
    return register.home or f"/{register.slug}"
