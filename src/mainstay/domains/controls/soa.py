"""The statement of applicability as a page shows it: what to see, what it adds up to, and why each row is what it is."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from mainstay.domains.context.models import ManagementSystem
from mainstay.domains.controls.cells import controls_cell, reasons_cell
from mainstay.domains.controls.evaluation import (
    GAP_CONTRADICTION,
    GAP_NO_CONTROL,
    GAP_NO_JUSTIFICATION,
    GAP_NO_REASON,
    GAP_UNDECIDED,
    NAMED,
    Counts,
    Reason,
    SoaRow,
)
from mainstay.domains.controls.models import Applicability, SoaVersion
from mainstay.domains.controls.words import COVERAGES, REASONS, state_label
from mainstay.domains.library.bundled import bundled_ids, read_bundled
from mainstay.domains.library.models import Framework

FAMILIES: Mapping[str, object] = {
    "control_type": lazy("Control type"),
    "security_property": lazy("Property"),
    "cybersecurity_concept": lazy("Concept"),
    "operational_capability": lazy("Capability"),
    "security_domain": lazy("Domain"),
}
"""The five families of attributes by which ISO/IEC 27002:2022 (4.2) lets one view its controls."""

IMPLEMENTATIONS: Mapping[str, tuple[str, object]] = {
    "implemented": ("met", lazy("Implemented")),
    "partly": ("partly", lazy("Partly")),
    "planned": ("not-met", lazy("Planned")),
    "none": ("not-met", lazy("No control")),
    "not_applicable": ("not-applicable", lazy("Not applicable")),
}
"""Mark and word of each implementation state. A plan meets nothing yet, so it is marked as not met."""

GAPS: Mapping[str, object] = {
    GAP_UNDECIDED: lazy("Not decided"),
    GAP_NO_REASON: lazy("Applies, but nothing says why"),
    GAP_NO_CONTROL: lazy("Applies, but no control satisfies it"),
    GAP_NO_JUSTIFICATION: lazy("Excluded without justification"),
    GAP_CONTRADICTION: lazy("Excluded although a risk or a duty asks for it"),
}
ANY_GAP = "any"


@dataclass(frozen=True, kw_only=True, slots=True)
class SoaFilter:
    """Which rows a person asked for; everything empty lets every row through."""

    text: str = ""
    theme: str = ""
    decision: str = ""
    implementation: str = ""
    gap: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)

    def lets_through(self, row: SoaRow) -> bool:
        words = self.text.casefold().split()
        return (
            (not self.theme or row.theme == self.theme)
            and (not self.decision or row.decision == self.decision)
            and (not self.implementation or row.implementation == self.implementation)
            and (not self.gap or self.gap in row.gaps or (self.gap == ANY_GAP and bool(row.gaps)))
            and all(value in row.attributes.get(name, ()) for name, value in self.attributes.items())
            and all(word in f"{row.ref} {row.title} {row.justification}".casefold() for word in words)
        )

    @property
    def is_set(self) -> bool:
        return bool(self.text or self.theme or self.decision or self.implementation or self.gap or self.attributes)


def read_filter(query: Mapping[str, str]) -> SoaFilter:
    """The filter of a query string; what it does not know it leaves alone."""
    return SoaFilter(
        text=query.get("q", "").strip()[:200], theme=query.get("theme", ""), decision=query.get("decision", ""),
        implementation=query.get("implementation", ""), gap=query.get("gap", ""),
        attributes={name: query[name] for name in FAMILIES if query.get(name)},
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class SoaTally:
    """What the rows add up to; the implementation states count the applicable ones only."""

    total: int
    applicable: int
    excluded: int
    undecided: int
    implemented: int
    partly: int
    planned: int
    none: int
    gaps: int


def tally(rows: Iterable[SoaRow]) -> SoaTally:
    """Count the rows of a statement of applicability."""
    listed = list(rows)
    decisions = Counter(row.decision for row in listed)
    states = Counter(row.implementation for row in listed if row.decision == "applicable")
    return SoaTally(
        total=len(listed), applicable=decisions["applicable"], excluded=decisions["excluded"],
        undecided=decisions["undecided"], implemented=states["implemented"], partly=states["partly"],
        planned=states["planned"], none=states["none"], gaps=sum(1 for row in listed if row.gaps),
    )


def why(row: SoaRow) -> list[str]:
    """Sentences that explain the row: what the decision rests on and what its implementation follows from."""
    return [*_why_decided(row), *_why_implemented(row)]


def _why_decided(row: SoaRow) -> list[str]:
    if row.decision == "undecided":
        return [_("Nobody has decided yet whether it applies here.")]
    if row.decision == "excluded":
        return [_("It was excluded, for the reason given.") if row.justification else _("It was excluded; no reason is given.")]
    if row.reasons:
        because = _("It applies because of: %(reasons)s.") % {"reasons": "; ".join(reason_words(row.reasons, row.counts))}
        return [because, *_levels(row.counts)]
    return [_("It applies, but no risk, duty or practice says why.")]


def reason_words(reasons: Sequence[Reason], counts: Counts) -> list[str]:
    """Reasons by kind with the references they come from, and how many risks there are beside those named."""
    kinds: dict[str, list[str]] = {}
    for item in reasons:
        kinds.setdefault(item.kind, []).extend([item.ref] if item.ref else [])
    return [_some(str(REASONS[kind]), refs, counts.risks if kind == "risk" else len(refs)) for kind, refs in kinds.items()]


def _some(kind: str, refs: Sequence[str], count: int) -> str:
    """A kind, the references that are named, and how many more there are."""
    named = f"{kind} {', '.join(refs)}".strip()
    return named if count <= len(refs) else _("%(named)s and %(n)d more") % {"named": named, "n": count - len(refs)}


def control_lines(row: SoaRow) -> list[str]:
    """The controls that are named, and how many more there are."""
    lines = cell_words("controls", row.frozen()["controls"])
    more = sum(row.counts.controls.values()) - len(row.controls)
    return [*lines, _("and %(n)d more") % {"n": more}] if more > 0 else lines


def _levels(counts: Counts) -> list[str]:
    """How the risks weigh without controls; nothing where all of them are named."""
    if counts.risks <= NAMED:
        return []
    told = ", ".join(f"{count} {level or _('not rated')}" for level, count in counts.levels.items())
    return [_("%(n)d risks, without controls: %(levels)s.") % {"n": counts.risks, "levels": told}]


def _why_implemented(row: SoaRow) -> list[str]:
    if row.decision == "excluded":
        return []
    if not row.controls:
        return [_("No control is linked to it.")]
    operating = [item for item in row.controls if item.state == "operating"]
    found = [
        _("%(control)s operates and covers it %(coverage)s.")
        % {"control": item.ref, "coverage": COVERAGES.get(item.coverage, item.coverage)}
        for item in operating
    ]
    counts = row.counts.controls
    if (more := counts.get("operating", 0) - len(operating)) > 0:
        found.append(_("%(n)d more operate.") % {"n": more})
    if waiting := counts.get("planned", 0) + counts.get("implementing", 0):
        refs = [item.ref for item in row.controls if item.state in ("planned", "implementing")]
        found.append(_("Not in operation yet: %(controls)s.") % {"controls": _some("", refs, waiting) if refs else waiting})
    if not operating and not waiting:
        found.append(_("Every control that satisfied it is retired."))
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownRow:
    """A row with its words and links, ready for the page; `wrong` is what was wrong with the decision just sent."""

    row: SoaRow
    decision: str
    mark: str
    implementation: str
    reasons: SafeString
    controls: SafeString
    gaps: tuple[str, ...]
    why: tuple[str, ...]
    wrong: str = ""

    @property
    def is_practice(self) -> bool:
        """Whether good practice is among the reasons."""
        return any(reason.kind == "practice" for reason in self.row.reasons)


def shown(row: SoaRow, *, wrong: str = "") -> ShownRow:
    """The row as its page shows it."""
    mark, implementation = IMPLEMENTATIONS[row.implementation]
    return ShownRow(
        row=row, decision=str(Applicability.Decision(row.decision).label), mark=mark, implementation=str(implementation),
        reasons=reasons_cell(row), controls=controls_cell(row),
        # That no control satisfies it is what the implementation says already.
        gaps=tuple(str(GAPS[name]) for name in row.gaps if name != GAP_NO_CONTROL), why=tuple(why(row)), wrong=wrong,
    )


# Which statement


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """The management system and the framework whose statement is looked at, and what else there is to look at."""

    systems: Sequence[ManagementSystem]
    frameworks: Sequence[Framework]
    """Those the chosen system has rows for."""
    system: ManagementSystem | None
    framework: Framework | None


def choose(system: str, framework: str) -> Chosen:
    """The statement that two references mean; the first there is where they mean nothing."""
    systems = list(ManagementSystem.objects.order_by("ref")[:50])
    chosen = next((item for item in systems if item.ref == system), systems[0] if systems else None)
    if chosen is None:
        return Chosen(systems=systems, frameworks=(), system=None, framework=None)
    covered = Applicability.objects.filter(management_system=chosen).order_by().values("requirement__framework")
    frameworks = list(Framework.objects.filter(pk__in=covered).order_by("ref"))
    found = next((item for item in frameworks if item.ref == framework), frameworks[0] if frameworks else None)
    return Chosen(systems=systems, frameworks=frameworks, system=chosen, framework=found)


BUNDLED = "bundled:"


def frameworks_to_start() -> list[tuple[str, str]]:
    """What a statement can be started for: frameworks in the library, and those that come with the product."""
    present = list(Framework.objects.order_by("ref"))
    known = {item.catalogue_id for item in present}
    offered = [(item.ref, item.name) for item in present]
    return offered + [(f"{BUNDLED}{name}", read_bundled(name).name) for name in bundled_ids() if name not in known]


def versions_of(system: ManagementSystem, framework: Framework) -> list[SoaVersion]:
    """The versions of a statement, newest first, without their frozen rows."""
    found = SoaVersion.objects.filter(management_system=system, framework=framework).select_related("approved_by", "proposed_by")
    return list(found.defer("frozen").order_by("-number"))


# Comparison

CELLS: Mapping[str, object] = {
    "row": lazy("whole row"), "title": lazy("title"), "theme": lazy("theme"), "decision": lazy("decision"),
    "justification": lazy("justification"), "implementation": lazy("implementation"), "owner": lazy("owner"),
    "review_on": lazy("review by"), "reasons": lazy("reasons"), "controls": lazy("controls"), "counts": lazy("in numbers"),
}


def cell_words(cell: str, value: Any) -> list[str]:
    """One frozen cell as lines people read."""
    if value in (None, "", []):
        return []
    if cell == "decision":
        return [str(dict(Applicability.Decision.choices).get(value, value))]
    if cell == "implementation":
        return [str(IMPLEMENTATIONS.get(value, ("", value))[1])]
    if cell == "reasons":
        return [f"{REASONS.get(item['kind'], item['kind'])} {item['ref']} {item['name']}".strip() for item in value]
    if cell == "controls":
        return [
            f"{item['ref']} {item['name']} ({state_label(item['state'])}, {COVERAGES.get(item['coverage'], item['coverage'])})"
            for item in value
        ]
    if cell == "counts":
        return _count_words(Counts(**value))
    if cell == "row":
        return [f"{value['ref']} {value['title']}", *cell_words("decision", value["decision"])]
    return [str(value)]


def _count_words(counts: Counts) -> list[str]:
    """What stands behind a row in numbers, one line for its risks and one for its controls."""
    levels = ", ".join(f"{count} {level or _('not rated')}" for level, count in counts.levels.items())
    states = ", ".join(f"{count} {state_label(state)}" for state, count in counts.controls.items())
    risks = ngettext("%(n)d risk", "%(n)d risks", counts.risks) % {"n": counts.risks}
    total = sum(counts.controls.values())
    controls = ngettext("%(n)d control", "%(n)d controls", total) % {"n": total}
    return [f"{words} ({parts})" if parts else words for words, parts in ((risks, levels), (controls, states))]
