"""What an evaluation says: a status, what it rests on, and what is missing. Nothing is ever green for want of records."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Status(StrEnum):
    """How far something is met. `excepted` is its own state: an exception turns nothing green."""

    MET = "met"
    PARTLY = "partly"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"
    EXCEPTED = "excepted"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """What a verdict rests on: a record by noun, reference and id, or, without an id, a fact about records of that noun."""

    text: str
    kind: str
    ref: str = ""
    id: UUID | None = None
    status: Status = Status.MET


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """A status with its proofs and, unless all is met, what someone can do about it."""

    status: Status
    because: tuple[Proof, ...] = ()
    missing: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One part of a rule, met or not; `missing` is the sentence to act on when it is not."""

    is_met: bool
    because: tuple[Proof, ...] = ()
    missing: str = ""


def judge(checks: Iterable[Check]) -> Verdict:
    """Met when every part is, not met when none is, partly in between. No parts at all prove nothing: unknown."""
    parts = tuple(checks)
    met = sum(part.is_met for part in parts)
    if not parts:
        status = Status.UNKNOWN
    elif met == len(parts):
        status = Status.MET
    else:
        status = Status.PARTLY if met else Status.NOT_MET
    return Verdict(
        status=status, because=tuple(proof for part in parts for proof in part.because),
        missing=" ".join(part.missing for part in parts if not part.is_met),
    )
