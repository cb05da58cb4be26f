"""Finding the record that something is about (an action, a proof), from its noun and id."""

from django.utils.translation import gettext as _

from mainstay.platform.records.errors import NotFound
from mainstay.platform.records.models import Record
from mainstay.registers import crud, registry


def read_subject(text: str) -> Record:
    """The visible record that “risk:<id or reference>” means; NotFound for all others."""
    noun, _colon, key = text.partition(":")
    register = next((item for item in registry.all_registers() if item.noun == noun), None)
    if register is None or not key:
        raise NotFound(_("There is no such record."))
    found: Record = crud.find(register, key)
    return found
