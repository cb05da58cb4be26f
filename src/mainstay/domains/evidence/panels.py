"""Panels about evidence: what is attached to a record, and what a piece of evidence proves."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from mainstay.domains.evidence.models import Evidence, Proof
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.models import Record
from mainstay.platform.records.moment import current_day
from mainstay.platform.records.presence import refers
from mainstay.registers import registry

SHOWN = 50


def attached(record: Record) -> Mapping[str, Any] | None:
    """The evidence attached to a record, and where to attach more."""
    actor = current_actor()
    if isinstance(record, Evidence) or not actor.may("evidence.view"):
        return None
    rows = [] if not refers(Proof, "subject_id", record.pk) else list(
        Evidence.objects.filter(proofs__subject_id=record.pk).select_related("file")
        .only("ref", "name", "effective_from", "effective_to", "valid_until", "link", "file__name", "file__sha256")
        .order_by("-effective_to", "ref")[:SHOWN]
    )
    may_add = actor.may("evidence.add", unit=record.place)
    if not rows and not may_add:
        return None
    about = f"{record.permission_noun()}:{record.pk}"
    today = current_day()
    return {
        "about": about, "may_add": may_add,
        "rows": [(item, item.valid_until is not None and item.valid_until < today) for item in rows],
    }


def proves(evidence: Evidence) -> Mapping[str, Any] | None:
    """The records a piece of evidence is attached to, as far as the actor may see them, and its file."""
    proofs = list(
        Proof.unscoped_for_system.filter(evidence=evidence).select_related("created_by").order_by("created_at")[:SHOWN]
    )
    wanted: defaultdict[str, list[UUID]] = defaultdict(list)
    for proof in proofs:
        wanted[proof.subject_kind].append(proof.subject_id)
    records = {
        record.pk: record for register in registry.all_registers() if register.noun in wanted
        for record in register.model.objects.filter(pk__in=wanted[register.noun])
    }
    rows = [(proof, records[proof.subject_id]) for proof in proofs if proof.subject_id in records]
    return {"rows": rows, "evidence": evidence} if rows or evidence.file_id else None
