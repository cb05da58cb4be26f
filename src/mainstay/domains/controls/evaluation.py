"""What the statement of applicability says of each requirement, derived: reasons from links, implementation from controls."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Implementation = Literal["implemented", "partly", "planned", "none", "not_applicable"]
ReasonKind = Literal["risk", "legal", "regulatory", "contractual", "internal", "business", "practice"]

NAMED = 8
"""Records of each kind that a row names; how many there are beside them is counted (decision 10)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Why a requirement applies: a kind and the record it comes from ('' when it was stated by hand)."""

    kind: ReasonKind
    ref: str = ""
    name: str = ""
    noun: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Implementer:
    """A control that satisfies the requirement, as far as the SoA needs it."""

    ref: str
    name: str
    state: str
    coverage: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """How many records stand behind a requirement, of which the row names only the weightiest."""

    risks: int = 0
    levels: Mapping[str, int] = field(default_factory=dict)
    """Risks by their level without controls, highest first; '' for those that are not rated."""
    controls: Mapping[str, int] = field(default_factory=dict)
    """Controls by state, whatever they cover."""


def implementation(decision: str, present: Collection[tuple[str, str]]) -> Implementation:
    """The implementation state of one requirement (6.1.3 d), from the pairs of state and coverage among its controls.

    Implemented: a control in operation covers it fully. Partly: something operates, but covers it in part only.
    Planned: nothing operates yet, something is planned or being built. None: no control at all, or only retired ones.
    """
    if decision == "excluded":
        return "not_applicable"
    if ("operating", "full") in present:
        return "implemented"
    states = {state for state, _coverage in present}
    if "operating" in states:
        return "partly"
    return "planned" if states - {"retired"} else "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class SoaRow:
    """One requirement in the statement of applicability."""

    requirement_id: str
    ref: str
    title: str
    theme: str
    attributes: dict[str, list[str]]
    decision: str
    justification: str
    reasons: tuple[Reason, ...]
    controls: tuple[Implementer, ...]
    implementation: Implementation
    owner: str
    review_on: str
    applicability_id: str
    version: int
    counts: Counts = field(default_factory=Counts)

    @property
    def gaps(self) -> tuple[str, ...]:
        """What an auditor would ask about this row; empty when nothing."""
        return soa_gaps(self)

    def frozen(self) -> dict[str, object]:
        """The row as an approved version keeps it."""
        return {
            "ref": self.ref, "title": self.title, "theme": self.theme, "decision": self.decision,
            "justification": self.justification, "implementation": self.implementation, "owner": self.owner,
            "review_on": self.review_on,
            "reasons": [{"kind": item.kind, "ref": item.ref, "name": item.name} for item in self.reasons],
            "controls": [
                {"ref": item.ref, "name": item.name, "state": item.state, "coverage": item.coverage} for item in self.controls
            ],
            "counts": {
                "risks": self.counts.risks, "levels": dict(self.counts.levels), "controls": dict(self.counts.controls),
            },
        }


def thaw(row: Mapping[str, Any]) -> SoaRow:
    """A frozen row in the shape of a live one. Versions from before rows were counted name all there was."""
    counts = row.get("counts") or {
        "risks": sum(1 for item in row["reasons"] if item["kind"] == "risk"),
        "controls": dict(Counter(item["state"] for item in row["controls"])),
    }
    return SoaRow(
        requirement_id="", applicability_id="", version=0, attributes={}, ref=row["ref"], title=row["title"],
        theme=row["theme"], decision=row["decision"], justification=row["justification"],
        implementation=row["implementation"], owner=row["owner"], review_on=row["review_on"],
        reasons=tuple(Reason(kind=item["kind"], ref=item["ref"], name=item["name"]) for item in row["reasons"]),
        controls=tuple(
            Implementer(ref=item["ref"], name=item["name"], state=item["state"], coverage=item["coverage"])
            for item in row["controls"]
        ),
        counts=Counts(**counts),
    )


GAP_UNDECIDED, GAP_NO_REASON, GAP_NO_CONTROL, GAP_NO_JUSTIFICATION, GAP_CONTRADICTION = (
    "undecided", "no_reason", "no_control", "no_justification", "contradiction",
)


def soa_gaps(row: SoaRow) -> tuple[str, ...]:
    """What keeps the row from standing before an auditor."""
    match row.decision:
        case "undecided":
            return (GAP_UNDECIDED,)
        case "excluded":
            derived = any(reason.kind in ("risk", "legal", "regulatory", "contractual") for reason in row.reasons)
            return ((GAP_CONTRADICTION,) if derived else ()) + (() if row.justification else (GAP_NO_JUSTIFICATION,))
    return (() if row.reasons or row.justification else (GAP_NO_REASON,)) + (
        () if row.implementation != "none" else (GAP_NO_CONTROL,)
    )


BLOCKING = frozenset({GAP_UNDECIDED, GAP_NO_REASON, GAP_NO_JUSTIFICATION, GAP_CONTRADICTION})
"""Gaps that keep a version from being proposed. A missing control does not: the SoA must say so honestly."""


def compare(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> list[dict[str, object]]:
    """Every changed cell between two frozen versions: {ref, title, cell, before, after}; added or removed rows whole."""
    if not all("counts" in row for row in (*before, *after)):
        before, after = ([_counted(row) for row in rows] for rows in (before, after))
    old, new = ({str(row["ref"]): row for row in rows} for rows in (before, after))
    found: list[dict[str, object]] = []
    for ref in dict.fromkeys([*old, *new]):
        left, right = old.get(ref), new.get(ref)
        title = (right or left or {}).get("title", "")
        if left is None or right is None:
            found.append({"ref": ref, "title": title, "cell": "row", "before": left, "after": right})
            continue
        for cell in dict.fromkeys([*left, *right]):
            if left.get(cell) != right.get(cell):
                found.append(
                    {"ref": ref, "title": title, "cell": cell, "before": left.get(cell), "after": right.get(cell)}
                )
    return found


def _counted(row: Mapping[str, Any]) -> dict[str, object]:
    """A row as far as it compares with one of before rows were counted: risks and controls by number, not by name."""
    told = {name: value for name, value in row.items() if name != "controls"}
    counts = thaw(row).counts
    reasons = [item for item in row["reasons"] if item["kind"] != "risk"]
    return told | {"reasons": reasons, "counts": {"risks": counts.risks, "controls": dict(counts.controls)}}


def outdated(before: Sequence[Mapping[str, Any]], today: Sequence[SoaRow]) -> list[str]:
    """The requirements of which a frozen version no longer says what is so (6.1.3 d).

    What it says is whether each applies, the justification, the kinds of reason, and how far it is implemented. One more
    risk or control behind the same answer does not change the statement.
    """
    old = {row.ref: _said(row) for row in map(thaw, before)}
    new = {row.ref: _said(row) for row in today}
    return [ref for ref in dict.fromkeys([*old, *new]) if old.get(ref) != new.get(ref)]


def _said(row: SoaRow) -> tuple[str, str, str, frozenset[str]]:
    return row.decision, row.justification, row.implementation, frozenset(reason.kind for reason in row.reasons)
