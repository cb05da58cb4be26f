"""What the statement calls kinds of reason, coverage, and the states of controls."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as lazy

from mainstay.domains.controls.models import CONTROL_LIFE

REASONS: Mapping[str, object] = {
    "risk": lazy("risk"), "legal": lazy("law"), "regulatory": lazy("regulation"), "contractual": lazy("contract"),
    "internal": lazy("internal rule"), "business": lazy("business requirement"), "practice": lazy("good practice"),
}

COVERAGES: Mapping[str, object] = {"full": lazy("in full"), "partial": lazy("in part")}

_STATES: Mapping[str, object] = {state.value: state.label for state in CONTROL_LIFE.states}


def state_label(value: str) -> str:
    """The word for a state of a control; an unknown one as it is, since frozen rows may be older than the table."""
    return str(_STATES.get(value, value))
