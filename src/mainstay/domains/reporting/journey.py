"""The seven steps from an idea to a living ISMS: how far each is, derived from records, and what to do next.

Pure functions: `counting.read_facts` counts, `seven_steps` says what the counts mean. No box is ticked by hand.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _

from mainstay.domains.reporting import steps
from mainstay.domains.reporting.facts import Facts, Lack, Mention

Progress = Literal["ahead", "under_way", "done"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One of the seven steps. It is done when nothing is missing; the button does the first thing that is."""

    name: str
    there: tuple[Mention, ...]
    lacks: tuple[Lack, ...]

    @property
    def progress(self) -> Progress:
        if not self.lacks:
            return "done"
        return "under_way" if self.there else "ahead"

    @property
    def next(self) -> Lack | None:
        return self.lacks[0] if self.lacks else None


def seven_steps(facts: Facts) -> tuple[Step, ...]:
    """The whole way, in order."""
    return tuple(
        Step(
            name=name, there=tuple(item for item in there(facts) if item is not None),
            lacks=tuple(item for item in lacks(facts) if item is not None),
        )
        for name, there, lacks in _steps()
    )


def _steps() -> Sequence[tuple[str, Callable[[Facts], steps.Mentions], Callable[[Facts], steps.Lacks]]]:
    return (
        (_("Scope and objectives"), steps.scope_there, steps.scope_lacks),
        (_("Processes and assets"), steps.assets_there, steps.assets_lacks),
        (_("Risks"), steps.risks_there, steps.risks_lacks),
        (_("Treatment and applicability"), steps.treatment_there, steps.treatment_lacks),
        (_("Documents"), steps.documents_there, steps.documents_lacks),
        (_("Implementation"), steps.implementation_there, steps.implementation_lacks),
        (_("Checking and improving"), steps.checking_there, steps.checking_lacks),
    )
