"""What the database refused, in words and by field."""

from typing import Any

from django.db import IntegrityError, models
from django.utils.translation import gettext as _


def explain(model: type[models.Model], error: IntegrityError) -> dict[str, list[str]]:
    """Fields and sentences for a violated constraint of `model`; '' when no field is to blame."""
    text = str(error)
    for constraint in _constraints(model):
        named = constraint.name in text
        if isinstance(constraint, models.UniqueConstraint):
            columns = [f"{model._meta.db_table}.{model._meta.get_field(name).column}" for name in constraint.fields]  # type: ignore[union-attr]
            if named or (columns and f"UNIQUE constraint failed: {', '.join(columns)}" in text):
                field = next((name for name in reversed(constraint.fields) if name != "organisation"), "")
                return {field: [_("This is taken already; it must be unique in the organisation.")]}
        elif named:
            message = constraint.violation_error_message
            default = constraint.default_violation_error_message
            sentence = str(message) if message and message != default else _("These values do not go together.")
            return {"": [sentence]}
    return {"": [_("The database refused this because it contradicts what is stored.")]}


def _constraints(model: type[models.Model]) -> list[Any]:
    return list(model._meta.constraints)
