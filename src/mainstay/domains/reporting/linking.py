"""Links that lead to exactly the records a number counts, and ages in words."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

EXACT = 150
"""More references than this do not fit in an address; then a broader filter has to do."""


def to_records(slug: str, found: Any, *, count: int, broad: str = "") -> str:
    """The address of the list that shows just the records of a queryset, of which there are so many."""
    if count > EXACT:
        return f"/{slug}?{broad}" if broad else f"/{slug}"
    # Sorted here: the database would look through all records by reference to find these.
    return exactly(slug, sorted(found.order_by().values_list("ref", flat=True)))


def exactly(slug: str, refs: Iterable[str]) -> str:
    """The list of a register narrowed to these references; the record itself where there is one."""
    listed = list(refs)
    if len(listed) == 1 and "/" not in listed[0]:
        return f"/{slug}/{listed[0]}"
    return f"/{slug}?{urlencode({'ref__in': ','.join(listed)})}"


def span(days: int) -> str:
    """A number of days as people say it."""
    if days < 14:
        return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
    if days < 70:
        return ngettext("%(n)d week", "%(n)d weeks", days // 7) % {"n": days // 7}
    if days < 730:
        return ngettext("%(n)d month", "%(n)d months", days // 30) % {"n": days // 30}
    return ngettext("%(n)d year", "%(n)d years", days // 365) % {"n": days // 365}


SOON = 14


def due_words(due: date | None, *, on: date) -> tuple[str, str]:
    """How a due day stands: the mark (`late`, `soon`, `age`) and its words."""
    if due is None:
        return "age", _("no date")
    days = (due - on).days
    if days < 0:
        return "late", _("%(age)s late") % {"age": span(-days)}
    if days == 0:
        return "soon", _("due today")
    if days == 1:
        return "soon", _("due tomorrow")
    return ("soon" if days <= SOON else "age"), _("due in %(age)s") % {"age": span(days)}
