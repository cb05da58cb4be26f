"""How the context registers look (clauses 4 to 6.2)."""

from django.utils.translation import gettext_lazy as _

from mainstay.domains.context import services as _services  # registers the verbs  # noqa: F401
from mainstay.domains.context.models import (
    Adoption,
    ContextIssue,
    InterestedParty,
    ManagementSystem,
    Objective,
    Obligation,
    ObligationRequirement,
    PartyRequirement,
)
from mainstay.domains.library.models import Requirement
from mainstay.registers import registry
from mainstay.registers.declaration import LinkField, Register, RelatedPanel, column, panel

MANAGEMENT_SYSTEMS = Register(
    model=ManagementSystem,
    group="plan",
    icon="plan",
    about=_("The ISMS itself: what it protects and where its boundary lies."),
    columns=(column("ref"), column("name"), column("state"), column("owner"), column("cycle_start_on"), column("cycle_end_on")),
    filters=("state", "owner"),
    links=(LinkField(name="frameworks", through=Adoption, label=_("frameworks followed")),),
    panels=(
        panel(
            _("Scope"),
            "name",
            "scope_statement",
            "boundaries",
            "interfaces",
            "exclusions",
            help=_("Clause 4.3 asks for these four before the scope can be approved."),
        ),
        panel(_("Method"), "frameworks", "risk_appetite"),
        panel(_("Cycle and certification"), "cycle_start_on", "cycle_end_on", "certification_body"),
        panel(_("Place"), "owner", "unit", "tags"),
    ),
    search=("scope_statement", "boundaries"),
)

CONTEXT_ISSUES = Register(
    model=ContextIssue,
    group="plan",
    icon="globe",
    about=_("What inside and outside the organisation bears on information security; consider climate change too (4.1)."),
    columns=(column("ref"), column("name"), column("kind"), column("is_relevant"), column("reviewed_on"), column("owner")),
    filters=("kind", "is_relevant", "reviewed_on", "owner"),
    panels=(
        panel(_("Issue"), "name", "kind", "description", "effect", "is_relevant"),
        panel(_("Review"), "reviewed_on", "owner", "unit", "tags"),
    ),
    search=("description", "effect"),
)

INTERESTED_PARTIES = Register(
    model=InterestedParty,
    group="plan",
    icon="users",
    about=_("Who has a stake in your information security, and what they ask of it (4.2)."),
    columns=(column("ref"), column("name"), column("kind"), column("reviewed_on"), column("owner")),
    filters=("kind", "reviewed_on", "owner"),
    panels=(panel(_("Party"), "name", "kind", "description"), panel(_("Review"), "reviewed_on", "owner", "unit", "tags")),
)

PARTY_REQUIREMENTS = Register(
    model=PartyRequirement,
    group="plan",
    icon="comment",
    about=_("What each interested party asks, and whether the ISMS addresses it (4.2)."),
    columns=(column("ref"), column("name"), column("party"), column("addressed"), column("obligation"), column("owner")),
    filters=("party", "addressed", "obligation", "owner"),
    panels=(
        panel(_("What they ask"), "party", "name", "description"),
        panel(_("How it is met"), "addressed", "how", "obligation"),
        panel(_("Place"), "owner", "unit", "tags"),
    ),
    search=("description", "how"),
    in_navigation=False,
)

OBLIGATIONS = Register(
    model=Obligation,
    group="plan",
    icon="report",
    about=_("Laws, rules and contracts that bind you, and how you comply (A.5.31)."),
    columns=(
        column("ref"),
        column("name"),
        column("kind"),
        column("jurisdiction"),
        column("result"),
        column("next_evaluation_on"),
        column("owner"),
    ),
    filters=("kind", "jurisdiction", "result", "next_evaluation_on", "owner"),
    links=(
        LinkField(
            name="requirements",
            through=ObligationRequirement,
            label=_("requirements it makes apply"),
            help=_("These become legal or contractual reasons in the statement of applicability."),
        ),
    ),
    panels=(
        panel(_("What it asks"), "name", "kind", "description", "jurisdiction", "source", "citation", "requirements"),
        panel(_("Compliance"), "evaluated_on", "result", "next_evaluation_on"),
        panel(_("Place"), "owner", "unit", "tags"),
    ),
)

OBJECTIVES = Register(
    model=Objective,
    group="plan",
    icon="calendar",
    about=_("What information security is to achieve, in figures and by a date (6.2)."),
    columns=(
        column("ref"),
        column("name"),
        column("baseline"),
        column("target"),
        column("latest"),
        column("due_on"),
        column("owner"),
    ),
    filters=("due_on", "owner"),
    panels=(
        panel(_("Objective"), "name", "description", "measure", "unit_of_measure"),
        panel(_("Figures"), "baseline", "target", "due_on", "latest", "latest_on"),
        panel(_("How"), "plan"),
        panel(_("Place"), "owner", "unit", "tags"),
    ),
    search=("description", "plan"),
)

registry.add(MANAGEMENT_SYSTEMS, CONTEXT_ISSUES, INTERESTED_PARTIES, PARTY_REQUIREMENTS, OBLIGATIONS, OBJECTIVES)
registry.relate(
    [
        RelatedPanel(
            title=_("What they ask"), on=InterestedParty, of=PartyRequirement, via="party", columns=("ref", "name", "addressed")
        ),
        RelatedPanel(title=_("Asked by"), on=Obligation, of=PartyRequirement, via="obligation", columns=("ref", "name", "party")),
        RelatedPanel(
            title=_("Obligations behind it"),
            on=Requirement,
            of=Obligation,
            via="requirement_links__requirement",
            columns=("ref", "name", "kind"),
        ),
    ]
)
