"""Giving out references such as R-42: one counter per organisation and prefix, never reused."""

import re
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from mainstay.platform.records.models import RefCounter


def next_refs(organisation: UUID, prefix: str, count: int = 1) -> list[str]:
    """Reserve `count` references. Must run in the transaction that uses them."""
    counter = _locked_counter(organisation, prefix)
    first = counter.last + 1
    counter.last += count
    counter.save(update_fields=["last"])
    return [f"{prefix}-{number}" for number in range(first, first + count)]


def note_refs(organisation: UUID, prefix: str, refs: Iterable[str]) -> None:
    """Move the counter past references that came from outside (an import that brings its own numbers)."""
    pattern = re.compile(rf"{re.escape(prefix)}-(\d{{1,9}})")
    highest = max((int(found[1]) for ref in refs if (found := pattern.fullmatch(ref))), default=0)
    if highest:
        counter = _locked_counter(organisation, prefix)
        if counter.last < highest:
            counter.last = highest
            counter.save(update_fields=["last"])


def _locked_counter(organisation: UUID, prefix: str) -> RefCounter:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("references are given out inside a transaction")
    counter, _ = RefCounter.objects.select_for_update().get_or_create(organisation_id=organisation, prefix=prefix)
    return counter
