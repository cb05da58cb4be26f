"""Panels on every record: who decided what about it, and what is being done because of it."""

from collections.abc import Mapping
from typing import Any

from mainstay.domains.work.models import Action, Approval
from mainstay.domains.work.services import approvals_of
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.models import Record
from mainstay.platform.records.presence import refers

SHOWN = 20


def approvals(record: Record) -> Mapping[str, Any] | None:
    """The decisions about a record, newest first, each with the hash of what was seen."""
    if not current_actor().may("approval.view", unit=record.place):
        return None
    found = approvals_of(record) if refers(Approval, "subject_id", record.pk) else []
    return {"approvals": found[:SHOWN], "more": max(0, len(found) - SHOWN)} if found else None


def actions(record: Record) -> Mapping[str, Any] | None:
    """The actions because of a record, and where to add one."""
    actor = current_actor()
    if isinstance(record, Action) or not actor.may("action.view"):
        return None
    found = [] if not refers(Action, "subject_id", record.pk) else list(
        Action.objects.filter(subject_id=record.pk).select_related("owner")
        .only("ref", "name", "state", "due_on", "owner__name").order_by("done_on", "due_on", "ref")[:SHOWN]
    )
    may_add = actor.may("action.add", unit=record.place)
    if not found and not may_add:
        return None
    return {"actions": found, "add": f"/actions/new?subject={record.permission_noun()}:{record.pk}" if may_add else ""}


def subject(action: Action) -> Mapping[str, Any] | None:
    """What an action is about: the link back to the record it was added for."""
    return {"noun": action.subject_kind, "id": action.subject_id} if action.subject_id else None
