"""The ready-made risk criteria an organisation can adopt (27001 6.1.2 a), read from a data file."""

from __future__ import annotations

from importlib.resources import files
from typing import Literal

import msgspec

Authority = Literal["risk owner", "CISO", "top management"]


class LikelihoodStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of the likelihood scale; the meaning says how often."""

    value: int
    label: str
    meaning: str


class ImpactMeaning(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an impact of one step looks like in each dimension."""

    confidentiality: str
    integrity: str
    availability: str
    financial: str
    legal: str
    safety: str


class ImpactStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of the impact scale."""

    value: int
    label: str
    meaning: ImpactMeaning


class RiskLevel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One level of risk: how it is shown, what is expected, and who may accept it."""

    number: int
    label: str
    colour: str
    meaning: str
    expectation: str
    authority: Authority


class CriteriaTemplate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole method: two scales counted from 1, the matrix over them, its levels and what is acceptable."""

    id: str
    name: str
    source: str
    likelihood: tuple[LikelihoodStep, ...]
    impact: tuple[ImpactStep, ...]
    matrix: tuple[tuple[int, ...], ...]
    levels: tuple[RiskLevel, ...]
    acceptable_level: int
    """The highest level that needs nobody's acceptance."""

    def level(self, *, likelihood: int, impact: int) -> RiskLevel:
        """The level at a likelihood and an impact, both counted from 1; `LookupError` off the scales."""
        if not (1 <= likelihood <= len(self.likelihood) and 1 <= impact <= len(self.impact)):
            raise LookupError(f"{self.id} has no likelihood {likelihood} with impact {impact}")
        return self.levels[self.matrix[likelihood - 1][impact - 1] - 1]


class _CriteriaFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    criteria: tuple[CriteriaTemplate, ...]


def read_criteria() -> tuple[CriteriaTemplate, ...]:
    """Every ready-made set of criteria, in the order in which they are offered."""
    source = (files("mainstay.domains.risk") / "data" / "criteria.toml").read_bytes()
    return msgspec.toml.decode(source, type=_CriteriaFile).criteria
