"""The form that changes a draft of the criteria: every text and cell of the method under its own name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from mainstay.domains.risk.evaluation import AUTHORITY_RANKS
from mainstay.domains.risk.method import DIMENSIONS, LABEL, MEANING
from mainstay.domains.risk.models import Risk, RiskCriteria


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One thing the form asks: its name, label, what is in it, what is wrong with it, and its longest text."""

    name: str
    label: str
    value: str
    errors: Sequence[str]
    most: int


class MethodForm:
    """What is stored of the method, under what was typed; its names are those `method.change_method` reads."""

    authorities = tuple(AUTHORITY_RANKS)

    def __init__(self, criteria: RiskCriteria, *, typed: Mapping[str, str], wrong: Mapping[str, Sequence[str]]) -> None:
        self._criteria, self._typed, self._wrong = criteria, typed, wrong

    def _entry(self, name: str, label: object, present: object) -> Entry:
        return Entry(
            name=name, label=str(label), value=self._typed.get(name, str(present)), errors=self._wrong.get(name, ()),
            most=LABEL if name.endswith("-label") else MEANING,
        )

    @property
    def likelihoods(self) -> list[list[Entry]]:
        parts = (("label", _("Name")), ("meaning", _("How often")))
        return [
            [self._entry(f"likelihood-{step['value']}-{part}", label, step.get(part, "")) for part, label in parts]
            for step in self._criteria.likelihoods
        ]

    @property
    def impacts(self) -> list[tuple[Mapping[str, Any], list[Entry]]]:
        return [(step, self._impact(step)) for step in self._criteria.impacts]

    def _impact(self, step: Mapping[str, Any]) -> list[Entry]:
        prefix, meaning = f"impact-{step['value']}", step.get("meaning") or {}
        return [
            self._entry(f"{prefix}-label", _("Name"), step["label"]),
            *(self._entry(f"{prefix}-{name}", _dimension(name), meaning.get(name, "")) for name in DIMENSIONS),
        ]

    @property
    def levels(self) -> list[tuple[Mapping[str, Any], list[Entry], Entry]]:
        parts = (("label", _("Name")), ("meaning", _("What it means")), ("expectation", _("What is expected")))
        return [
            (
                level, [self._entry(f"level-{level['number']}-{part}", label, level.get(part, "")) for part, label in parts],
                self._entry(f"level-{level['number']}-authority", _("May be accepted by"), level["authority"]),
            )
            for level in self._criteria.levels
        ]

    @property
    def matrix(self) -> list[tuple[Mapping[str, Any], list[Entry]]]:
        """Highest likelihood first, as it is drawn."""
        return [(step, self._cells(int(step["value"]))) for step in reversed(self._criteria.likelihoods)]

    def _cells(self, row: int) -> list[Entry]:
        levels = enumerate(self._criteria.matrix[row - 1], start=1)
        return [self._entry(f"cell-{row}-{column}", "", level) for column, level in levels]

    @property
    def numbers(self) -> list[tuple[str, str]]:
        return [(str(level["number"]), str(level["label"])) for level in self._criteria.levels]

    @property
    def acceptance(self) -> Entry:
        return self._entry("acceptance_level", _("Acceptable up to"), self._criteria.acceptance_level)


def _dimension(name: str) -> str:
    field: Any = Risk._meta.get_field(f"impact_{name}")
    return str(field.verbose_name)
