"""What happens to controls and to the statement of applicability."""

from typing import Annotated

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mainstay.domains.context.models import Adoption, ManagementSystem
from mainstay.domains.controls.evaluation import BLOCKING
from mainstay.domains.controls.models import Applicability, Control, Satisfaction, SoaVersion
from mainstay.domains.controls.queries import soa_rows
from mainstay.domains.library.models import Framework, Requirement
from mainstay.domains.work.own_work import left_to_others
from mainstay.domains.work.services import decide
from mainstay.kit.canonical import digest
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import Invalid, RuleViolation
from mainstay.platform.records.events import announce
from mainstay.platform.records.refs import next_refs
from mainstay.registers.crud import Saved, build_link
from mainstay.registers.verbs import Choices, Help, Long, Moved, move, verb

ANNEX = "iso-27001-2022"


def prepare_control(control: Control, changed: frozenset[str]) -> None:
    """Before a control is stored for the first time: its state begins now."""
    if control.state_changed_at is None:
        control.state_changed_at = timezone.now()


def note_control_move(event: Moved) -> None:
    """When a control goes from one state to another: remember when, because risks rest on it."""
    if isinstance(event.record, Control):
        event.record.state_changed_at = timezone.now()
        event.record.save(update_fields=["state_changed_at"])


@verb(_("Satisfies a requirement"), on=Control, name="satisfy")
def satisfy_requirement(
    control: Control,
    *,
    requirement: Annotated[Requirement, Help(_("Such as A.8.13."), _("Requirement"))],  # type: ignore[valid-type] # the Django plugin misreads it
    coverage: Annotated[str, Choices((("full", _("full")), ("partial", _("partial"))))] = "full",
    reason: Annotated[str, Long(500), Help(_("How the control satisfies it."), _("How"))] = "",
) -> Satisfaction:
    """Say that the control satisfies a requirement, and how far."""
    if requirement.kind != Requirement.Kind.ASSESSABLE:
        raise Invalid({"requirement": [_("This is a group; choose one of its requirements.")]})
    made, _new = Satisfaction.unscoped_for_system.update_or_create(
        control=control,
        requirement=requirement,
        defaults={
            "coverage": coverage,
            "reason": reason,
            "organisation_id": control.organisation_id,
            "created_by_id": current_actor().person_id,
        },
    )
    return made  # type: ignore[no-any-return] # managers are made at run time


def applicable_requirements(framework: Framework) -> list[Requirement]:
    """What a statement of applicability covers: Annex A of ISO 27001, and every assessable requirement of others."""
    found = Requirement.objects.filter(framework=framework, kind=Requirement.Kind.ASSESSABLE, is_withdrawn=False)
    if framework.catalogue_id == ANNEX:
        found = found.filter(ref__startswith="A.")
    return list(found.order_by("position"))


@verb(_("Start statement of applicability"), on=ManagementSystem, name="start_soa")
def start_soa(
    system: ManagementSystem,
    *,
    framework: Annotated[Framework, Help(_("The framework whose requirements are decided on."), _("Framework"))],  # type: ignore[valid-type] # the Django plugin misreads it
) -> ManagementSystem:
    """Make a row to decide on for each requirement of a framework (6.1.3 d); rows that exist stay as they are."""
    actor = current_actor()
    requirements = applicable_requirements(framework)
    present = set(Applicability.unscoped_for_system.filter(management_system=system).values_list("requirement_id", flat=True))
    fresh = [item for item in requirements if item.pk not in present]
    refs = next_refs(system.organisation_id, Applicability.ref_prefix, len(fresh)) if fresh else []
    Applicability.unscoped_for_system.bulk_create(
        Applicability(
            organisation_id=system.organisation_id,
            unit_id=system.unit_id,
            management_system=system,
            requirement=item,
            ref=ref,
            name=f"{item.ref} {item.name}"[:200],
        )
        for ref, item in zip(refs, fresh, strict=True)
    )
    if not Adoption.unscoped_for_system.filter(management_system=system, framework=framework).exists():
        build_link(Adoption, system, framework.pk, actor).save(force_insert=True)
    return system


@verb(_("Decide"), on=Applicability, bulk=True, tone="primary")
def decide_applicability(
    row: Applicability,
    *,
    decision: Annotated[str, Choices((("applicable", _("applicable")), ("excluded", _("excluded")))), Help("", _("Decision"))],
    justification: Annotated[str, Long(2000), Help(_("Needed for an exclusion."), _("Justification"))] = "",
    is_best_practice: Annotated[
        bool | None, Help(_("Applied because it is good practice; stays as it is unless said."), _("Good practice"))
    ] = None,
    owner: Annotated[Person | None, Help("", _("Owner"))] = None,
) -> Applicability:
    """Decide whether a requirement applies here, and why (6.1.3 d)."""
    if decision == "excluded" and not (justification or row.justification):
        raise Invalid({"justification": [_("An exclusion needs its justification (6.1.3 d).")]})
    row.decision = decision
    row.justification = justification or row.justification
    row.is_best_practice = row.is_best_practice if is_best_practice is None else is_best_practice
    row.owner = owner or row.owner
    row.version += 1
    row.save()
    announce(Saved(model=Applicability, records=(row,), changed=frozenset({"decision"})))
    return row


@verb(_("Propose SoA version"), on=ManagementSystem, name="propose_soa", tone="primary")
def propose_soa(
    system: ManagementSystem,
    *,
    framework: Annotated[Framework, Help("", _("Framework"))],  # type: ignore[valid-type] # the Django plugin misreads it
    note: Annotated[str, Long(2000), Help(_("What changed since the last version, for those who approve."), _("Note"))] = "",
) -> SoaVersion:
    """Freeze the statement of applicability as it stands, for approval. Refused while rows are undecided."""
    rows = soa_rows(system, framework)
    if not rows:
        raise RuleViolation(_("There is no statement of applicability to propose yet; start it first."))
    blocking = [row.ref for row in rows if BLOCKING.intersection(row.gaps)]
    if blocking:
        shown = ", ".join(blocking[:8]) + (" …" if len(blocking) > 8 else "")
        raise RuleViolation(
            _("%(count)d rows are not ready: %(refs)s. Each needs a decision, and a reason or justification that holds.")
            % {"count": len(blocking), "refs": shown},
            code="soa_not_ready",
        )
    number = (
        SoaVersion.unscoped_for_system.filter(management_system=system, framework=framework).aggregate(last=Max("number"))["last"]
        or 0
    ) + 1
    frozen = {
        "management_system": system.name,
        "scope": system.scope_statement,
        "framework": framework.name,
        "number": number,
        "rows": [row.frozen() for row in rows],
    }
    actor = current_actor()
    version = SoaVersion(
        organisation_id=system.organisation_id,
        unit_id=system.unit_id,
        management_system=system,
        framework=framework,
        number=number,
        name=f"{framework.name}, {_('version')} {number}"[:200],
        description=note,
        frozen=frozen,
        digest=digest(frozen),
        proposed_by_id=actor.person_id,
        proposed_at=timezone.now(),
        ref=next_refs(system.organisation_id, SoaVersion.ref_prefix)[0],
    )
    version.save(force_insert=True)
    return version


def _proposed_it(version: SoaVersion) -> str:
    person = current_actor().person_id
    return left_to_others(version, is_own=person is not None and version.proposed_by_id == person)


@verb(
    _("Approve"), on=SoaVersion, when=lambda version: version.state == "proposed", unless=_proposed_it, tone="primary"
)
def approve_soa(
    version: SoaVersion,
    *,
    digest_seen: Annotated[
        str, Help(_("SHA-256 of what you read; filled in for you on the page."), _("Hash of what you read"))
    ] = "",
    reason: Annotated[str, Long(500), Help(_("Kept with the approval."), _("Note"))] = "",
) -> SoaVersion:
    """Approve exactly this version; the one in force until now is superseded (6.1.3 d). Whoever proposed it cannot be the one."""
    if digest_seen and digest_seen != version.digest:
        raise Invalid({"digest_seen": [_("This is not the version you read.")]})
    if digest(version.frozen) != version.digest:
        raise RuleViolation(_("The stored rows do not match their hash; this version cannot be approved."), code="tampered")
    for earlier in SoaVersion.unscoped_for_system.select_for_update(of=("self",)).filter(
        management_system=version.management_system_id, framework=version.framework_id, state="approved"
    ):
        move(earlier, "supersede")
    decide(version, decision="approved", frozen=version.frozen, reason=reason)
    version.approved_by_id = current_actor().person_id
    version.approved_at = timezone.now()
    return move(version, "approve")  # type: ignore[no-any-return]


@verb(_("Reject"), on=SoaVersion, when=lambda version: version.state == "proposed", tone="warning")
def reject_soa(
    version: SoaVersion, *, reason: Annotated[str, Long(500), Help(_("What has to change."), _("Reason"))]
) -> SoaVersion:
    """Send a proposed version back with a reason; a new one is proposed when it is mended."""
    decide(version, decision="rejected", frozen=version.frozen, reason=reason)
    return move(version, "reject")  # type: ignore[no-any-return]
