"""Which jobs exist: functions that register themselves under a name that is stored with each job."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec

from mainstay.platform.jobs.progress import Progress

P = ParamSpec("P")


@dataclass(frozen=True, kw_only=True, slots=True)
class JobKind:
    """A registered job: its function, what people read, and how often it is tried."""

    name: str
    title: object
    function: Callable[..., Any]
    max_attempts: int
    atomic: bool


_kinds: dict[str, JobKind] = {}


def job(
    name: str, *, title: object, max_attempts: int = 3, atomic: bool = False
) -> Callable[[Callable[Concatenate[Progress, P], Any]], Callable[Concatenate[Progress, P], Any]]:
    """Register `function(progress, **arguments) -> JSON-able result` as the job `name`.

    A job is run at least once: a worker may die after the work and before noting it. So it must be
    idempotent: take ids, look at what is there, do what is missing. With `atomic` the work and its note
    commit in one transaction, and what the job does in the database happens exactly once; not to be used
    where it runs for minutes beside people who write.
    """

    def register(
        function: Callable[Concatenate[Progress, P], Any],
    ) -> Callable[Concatenate[Progress, P], Any]:
        if name in _kinds and _kinds[name].function is not function:
            raise ValueError(f"the job {name} is registered twice")
        _kinds[name] = JobKind(
            name=name, title=title, function=function, max_attempts=max_attempts, atomic=atomic
        )
        return function

    return register


def kind_named(name: str) -> JobKind | None:
    return _kinds.get(name)
