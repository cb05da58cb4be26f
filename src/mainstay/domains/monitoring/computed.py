"""Values Mainstay can work out by itself. Upper apps hand theirs over in `ready`; a metric names one as its source."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mainstay.domains.monitoring.models import Metric

MANUAL = "manual"

Compute = Callable[["Metric", date], Decimal | None]
"""Given the metric (its unit says where) and the day, the value, or None where there is nothing to count."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Computed:
    """One value that can be worked out: stable name, what people read, and the function."""

    name: str
    label: object
    function: Compute


_computed: dict[str, Computed] = {}


def register_computed(name: str, label: object, function: Compute) -> None:
    """Offer a value as the source of metrics. Two functions of one name are a mistake (ValueError)."""
    known = _computed.get(name)
    if name == MANUAL or (known is not None and known.function is not function):
        raise ValueError(f"two sources of metrics are called {name}")
    _computed[name] = Computed(name=name, label=label, function=function)


def computed(name: str) -> Computed | None:
    """The source of that name, if an app still offers it."""
    return _computed.get(name)


def all_computed() -> tuple[Computed, ...]:
    return tuple(_computed.values())
