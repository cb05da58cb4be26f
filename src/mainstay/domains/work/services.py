"""What happens to actions and approvals."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from mainstay.domains.work.models import Action, Approval
from mainstay.kit.canonical import digest
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import NotAllowed
from mainstay.platform.records.models import Record
from mainstay.platform.records.moment import current_day
from mainstay.platform.records.refs import next_refs
from mainstay.registers.verbs import Help, Long, move, verb


@transaction.atomic
def add_action(
    record: Record, *, name: str, owner: Person | None, due_on: date | None = None, description: str = ""
) -> Action:
    """Add an action because of a record, at its unit. The caller has asked permission for what leads to it."""
    action = Action(
        organisation_id=record.organisation_id, unit_id=record.unit_id, name=name[:200], owner=owner, due_on=due_on,
        description=description, subject_kind=record.permission_noun(), subject_id=record.pk,
        ref=next_refs(record.organisation_id, Action.ref_prefix)[0],
    )
    action.save(force_insert=True)
    return action


@verb(_("Mark as done"), on=Action, when=lambda action: action.state in ("open", "doing"), tone="primary", bulk=True)
def finish_action(
    action: Action, *,
    done_on: Annotated[date | None, Help(_("Today if left empty."), _("Done on"))] = None,
    reason: Annotated[str, Long(500), Help(_("What was done, and where to see it."), _("Result"))] = "",
) -> Action:
    """Say that an action is done."""
    action.done_on = done_on or current_day()
    return move(action, "finish")  # type: ignore[no-any-return]


def decide(record: Record, *, decision: str, frozen: Mapping[str, Any], reason: str = "") -> Approval:
    """Record the actor's decision about exactly `frozen`. Runs in the transaction of what the decision brings about."""
    actor = current_actor()
    if actor.person_id is None and actor.channel == "cli":
        raise NotAllowed(_("A decision is a person's: say as whom you act, with --as."), code="nobody_decides")
    approval = Approval(
        organisation_id=record.organisation_id, unit_id=record.unit_id, subject_kind=record.permission_noun(),
        subject_id=record.pk, subject_label=record.label[:250], decision=decision, reason=reason[:500],
        person_id=actor.person_id, digest=digest(frozen), frozen=frozen,
    )
    approval.save(force_insert=True)
    return approval


def approvals_of(record: Record) -> list[Approval]:
    """The decisions about a record, newest first."""
    return list(
        Approval.unscoped_for_system.filter(subject_id=record.pk).select_related("person")
        .only("at", "decision", "digest", "reason", "person__name").order_by("-at")
    )
