"""What happens to the management system: it takes on frameworks, and its scope is approved."""

from typing import Annotated

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from mainstay.domains.context.models import Adoption, ManagementSystem
from mainstay.domains.library.models import Framework
from mainstay.domains.work.own_work import has_prepared, left_to_others
from mainstay.domains.work.services import decide
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import Invalid
from mainstay.registers.verbs import Help, Long, move, verb

SCOPE_PARTS = ("scope_statement", "boundaries", "interfaces", "exclusions")
APPROVED = ("name", *SCOPE_PARTS, "risk_appetite")
"""What an approval of the scope is about."""


def missing_scope_parts(system: ManagementSystem) -> list[str]:
    """The parts of the scope (4.3) that say nothing yet."""
    return [name for name in SCOPE_PARTS if not getattr(system, name).strip()]


def _wrote_it(system: ManagementSystem) -> str:
    return left_to_others(system, is_own=has_prepared(system, content=APPROVED))


@verb(
    _("Approve scope"), on=ManagementSystem, when=lambda system: system.state == "draft", unless=_wrote_it, tone="primary"
)
def approve_scope(
    system: ManagementSystem, *,
    reason: Annotated[str, Long(500), Help(_("What speaks for it; kept with the approval."), _("Note"))] = "",
) -> ManagementSystem:
    """Approve the scope as it stands: statement, boundaries, interfaces, exclusions (4.3).

    Whoever wrote in it cannot be the one.
    """
    if missing := missing_scope_parts(system):
        raise Invalid({name: [_("The scope needs this before it can be approved (4.3).")] for name in missing})
    frozen = {name: getattr(system, name) for name in APPROVED}
    decide(system, decision="approved", frozen=frozen, reason=reason)
    return move(system, "approve")  # type: ignore[no-any-return]


@transaction.atomic
def adopt(system: ManagementSystem, framework: Framework) -> Adoption:
    """Make the management system follow a framework."""
    actor = current_actor()
    actor.require("management_system.change", system)
    adoption, _made = Adoption.unscoped_for_system.get_or_create(
        management_system=system, framework=framework,
        defaults={"organisation_id": system.organisation_id, "created_by_id": actor.person_id},
    )
    return adoption  # type: ignore[no-any-return] # managers are made at run time
