"""What happens to nonconformities and improvements (10.1, 10.2)."""

from datetime import date
from typing import Annotated, Any

from django.utils.translation import gettext_lazy as _

from mainstay.domains.assurance.models import Finding, Improvement, Nonconformity
from mainstay.domains.assurance.models.audits import NONCONFORMING
from mainstay.domains.incidents.models import Incident, RootCauseMethod
from mainstay.domains.work.models import Action
from mainstay.domains.work.own_work import left_to_others
from mainstay.domains.work.services import add_action, decide
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import Invalid, RuleViolation
from mainstay.platform.records.models import Record
from mainstay.platform.records.moment import current_day
from mainstay.platform.records.refs import next_refs
from mainstay.registers.verbs import Choices, Help, Long, Moved, move, verb

Owner = Annotated[Person | None, Help(_("Who sees to it that the cause is removed."), _("Owner"))]
Due = Annotated[date | None, Help(_("The last day for removing the cause."), _("To be corrected by"))]


@verb(_("Raise nonconformity"), on=Finding, name="raise", when=lambda finding: finding.grade in NONCONFORMING, tone="primary")
def raise_from_finding(finding: Finding, *, owner: Owner = None, due_on: Due = None) -> Nonconformity:
    """Make a nonconformity of the finding, so that its cause is removed."""
    if known := Nonconformity.unscoped_for_system.filter(finding=finding).first():
        raise RuleViolation(_("%(ref)s was raised for it already.") % {"ref": known.ref}, code="raised_already")
    return _raise(
        finding, source=Nonconformity.Source.AUDIT, grade=finding.grade, description=finding.statement or finding.description,
        owner=owner, due_on=due_on, finding=finding,
    )


@verb(_("Raise nonconformity"), on=Incident, name="raise", when=lambda incident: incident.classification != "event")
def raise_from_incident(
    incident: Incident, *, grade: Annotated[str, Choices(tuple(Nonconformity.Grade.choices))] = Nonconformity.Grade.MINOR.value,
    owner: Owner = None, due_on: Due = None,
) -> Nonconformity:
    """Make a nonconformity of the incident: it happened because something is not as it should be."""
    return _raise(
        incident, source=Nonconformity.Source.INCIDENT, grade=grade, description=incident.description, owner=owner, due_on=due_on
    )


def _raise(
    record: Record, *, source: str, grade: str, description: str, owner: Person | None, due_on: date | None,
    finding: Finding | None = None
) -> Nonconformity:
    subject = finding.audit if finding is not None else record
    made = Nonconformity(
        organisation_id=record.organisation_id, unit_id=record.unit_id, name=record.name, description=description, owner=owner,
        source=source, grade=grade, due_on=due_on, finding=finding, subject_kind=subject.permission_noun(), subject_id=subject.pk,
        ref=next_refs(record.organisation_id, Nonconformity.ref_prefix)[0],
    )
    made.save(force_insert=True)
    return made


@verb(_("Analyse"), on=Nonconformity, when=lambda item: item.state in ("open", "analysed"), tone="primary")
def analyse_nonconformity(
    nonconformity: Nonconformity, *,
    root_cause: Annotated[str, Long(5_000), Help(_("Why it could happen, not who did it."), _("Root cause"))],
    method: Annotated[str, Choices(tuple(RootCauseMethod.choices)), Help(_("How the cause was found."), _("Found by"))],
    correction: Annotated[str, Long(5_000), Help(_("What was done about the effect, at once."), _("Correction"))] = "",
) -> Nonconformity:
    """Say what was done at once and what the cause is (10.2 a, b)."""
    nonconformity.correction = correction or nonconformity.correction
    if not nonconformity.correction.strip():
        raise Invalid({"correction": [_("Say what was done about the effect; if nothing had to be, say that.")]})
    nonconformity.root_cause, nonconformity.root_cause_method = root_cause, method
    return move(nonconformity, "analyse")  # type: ignore[no-any-return]


@verb(_("Plan action"), on=Nonconformity, when=lambda item: item.state in ("analysed", "acting"), tone="primary")
def plan_correction(
    nonconformity: Nonconformity, *,
    name: Annotated[str, Help(_("What removes the cause."), _("Action"))],
    owner: Annotated[Person, Help(_("Who does it."), _("Done by"))],  # type: ignore[valid-type] # the Django plugin misreads it
    due_on: Annotated[date, Help(_("The last day."), _("Due"))],
    description: Annotated[str, Long(5_000)] = "",
) -> Action:
    """Plan a corrective action (10.2 c)."""
    action = add_action(nonconformity, name=name, owner=owner, due_on=due_on, description=description)
    move(nonconformity, "plan")
    return action


def actions_of(nonconformity: Nonconformity) -> list[Action]:
    """Its corrective actions, in the order in which they were planned."""
    return list(Action.unscoped_for_system.filter(subject_id=nonconformity.pk).select_related("owner").order_by("created_at",
                                                                                                                "ref"))


def follow_actions(event: Moved) -> None:
    """When the last corrective action is done, the nonconformity waits to be verified; one taken up again takes it back."""
    action: Any = event.record
    if not isinstance(action, Action) or action.subject_kind != Nonconformity.permission_noun():
        return
    nonconformity = Nonconformity.unscoped_for_system.select_for_update(of=("self",)).filter(pk=action.subject_id).first()
    if nonconformity is None:
        return
    states = [item.state for item in actions_of(nonconformity)]
    is_complete = "done" in states and not {"open", "doing"} & set(states)
    if nonconformity.state == "acting" and is_complete:
        move(nonconformity, "complete")
    elif nonconformity.state == "verifying" and not is_complete:
        move(nonconformity, "resume")


def _own_actions(nonconformity: Nonconformity) -> str:
    done = {action.owner_id for action in actions_of(nonconformity) if action.state == "done"}
    person = current_actor().person_id
    return left_to_others(nonconformity, is_own=person is not None and person in {nonconformity.owner_id, *done})


@verb(
    _("Verify"), on=Nonconformity, when=lambda item: item.state == "verifying", unless=_own_actions, tone="primary"
)
def verify_nonconformity(
    nonconformity: Nonconformity, *,
    effective: Annotated[str, Choices((("yes", _("yes")), ("no", _("no")))), Help(_("Is the cause gone?"), _("Effective"))],
    how: Annotated[str, Long(5_000), Help(_("What was looked at, and what it showed."), _("How seen"))],
    on: Annotated[date | None, Help(_("Today if left empty."), _("Verified on"))] = None,
) -> Nonconformity:
    """Say whether the actions worked (10.2 d); if not, it is open again. Decided by someone who neither owns nor did them."""
    actions = actions_of(nonconformity)
    done = [action for action in actions if action.state == "done"]
    if current_actor().person_id is None:
        raise RuleViolation(_("A person verifies, not the product."), code="needs_person")
    day = on or current_day()
    earliest = max((action.done_on for action in done if action.done_on), default=day)
    if not earliest <= day <= current_day():
        raise Invalid({"on": [_("This is seen after the last action was done, and not in the future.")]})
    is_effective = effective == "yes"
    decide(nonconformity, decision="approved" if is_effective else "rejected", reason=how[:500], frozen={
        "name": nonconformity.name, "correction": nonconformity.correction, "root_cause": nonconformity.root_cause,
        "method": nonconformity.root_cause_method, "how": how, "on": day.isoformat(), "effective": is_effective,
        "actions": [{"ref": item.ref, "name": item.name, "state": item.state,
                     "done_on": str(item.done_on or "")} for item in actions],
    })
    nonconformity.how_verified, nonconformity.verified_on = how, day
    nonconformity.verified_by_id = current_actor().person_id
    return move(nonconformity, "verify" if is_effective else "ineffective")  # type: ignore[no-any-return]


@verb(_("Plan"), on=Improvement, when=lambda item: item.state in ("idea", "planned"), tone="primary")
def plan_improvement(
    improvement: Improvement, *,
    owner: Annotated[Person, Help(_("Who sees to it."), _("Owner"))],  # type: ignore[valid-type] # the Django plugin misreads it
    due_on: Annotated[date, Help(_("The last day."), _("Due"))],
) -> Improvement:
    """Decide to do it: by whom and until when."""
    improvement.owner, improvement.due_on = owner, due_on
    return move(improvement, "plan")  # type: ignore[no-any-return]


@verb(_("Mark as done"), on=Improvement, when=lambda item: item.state == "planned", tone="primary")
def finish_improvement(
    improvement: Improvement, *, result: Annotated[str, Long(5_000), Help(_("What is better now, and where to see it."))],
    done_on: Annotated[date | None, Help(_("Today if left empty."), _("Done on"))] = None,
) -> Improvement:
    """Say that it is done and what it brought."""
    if done_on is not None and done_on > current_day():
        raise Invalid({"done_on": [_("This day has not come yet.")]})
    improvement.result, improvement.done_on = result, done_on or current_day()
    return move(improvement, "finish")  # type: ignore[no-any-return]
