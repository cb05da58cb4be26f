"""What the statement of applicability says of each requirement, derived: reasons from links, implementation from controls."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Implementation = Literal["implemented", "partly", "planned", "none", "not_applicable"]
ReasonKind = Literal["risk", "legal", "regulatory", "contractual", "internal", "business", "practice"]


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


def implementation(decision: str, controls: Iterable[Implementer]) -> Implementation:
    """The implementation state of one requirement (6.1.3 d).

    Implemented: a control in operation covers it fully. Partly: something operates, but covers it in part only.
    Planned: nothing operates yet, something is planned or being built. None: no control at all, or only retired ones.
    """
    if decision == "excluded":
        return "not_applicable"
    living = [control for control in controls if control.state != "retired"]
    operating = [control for control in living if control.state == "operating"]
    if any(control.coverage == "full" for control in operating):
        return "implemented"
    if operating:
        return "partly"
    return "planned" if living else "none"


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
        }


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


def compare(before: Sequence[dict[str, object]], after: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """Every changed cell between two frozen versions: {ref, title, cell, before, after}; added or removed rows whole."""
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
