"""What wants somebody's attention: duties of a person, and what an auditor would raise. Any domain adds its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from mainstay.platform.identity.models import Person


@dataclass(frozen=True, kw_only=True, slots=True)
class Owed:
    """Something one person has to do, by a day if there is one; `href` is where it is done."""

    text: str
    href: str
    due: date | None = None
    where: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RedItem:
    """What an auditor would raise: the clause, the sentence, the records behind it, since when, and why it matters."""

    clause: str
    text: str
    href: str
    since: date | None = None
    why: str = ""


OwedSource = Callable[[Person, date], Sequence[Owed]]
RedSource = Callable[[date], Sequence[RedItem]]

_owed: list[OwedSource] = []
_red: list[RedSource] = []


def add_owed_source(source: OwedSource) -> None:
    """Let a domain say what a person owes. Registered once, in an app's `ready`."""
    if source not in _owed:
        _owed.append(source)


def add_red_source(source: RedSource) -> None:
    """Let a domain say what an auditor would raise. It answers for the current actor's organisation and eyes."""
    if source not in _red:
        _red.append(source)


def owed_by(person: Person, *, on: date) -> list[Owed]:
    """Everything a person owes: what is latest first, then by day, what has no day last."""
    found = [item for source in _owed for item in source(person, on)]
    return sorted(found, key=lambda item: (item.due is None, item.due or on, item.text))


def red_items(*, on: date) -> list[RedItem]:
    """Everything an auditor would raise, in the order of the clauses."""
    found = [item for source in _red for item in source(on)]
    return sorted(found, key=lambda item: (clause_order(item.clause), item.clause, item.text))


def clause_order(clause: str) -> tuple[int, ...]:
    """“9.2” before “10.1”, and the annex after the clauses."""
    parts = clause.split(" ", 1)[0].split(".")
    return tuple(int(part) if part.isdecimal() else 99 for part in parts)
