"""How controls and the statement of applicability look."""

from django.utils.translation import gettext_lazy as _

from mainstay.domains.assets.models import Asset
from mainstay.domains.context.models import ManagementSystem
from mainstay.domains.controls import services
from mainstay.domains.controls.models import Applicability, Control, ControlAsset, Satisfaction, SoaVersion
from mainstay.domains.library.models import Requirement
from mainstay.platform.records.events import listen
from mainstay.registers import registry
from mainstay.registers.declaration import LinkField, Register, RelatedPanel, column, panel
from mainstay.registers.verbs import Moved

CONTROLS = Register(
    model=Control,
    group="do",
    icon="control",
    about=_("The measures you run or plan. Each satisfies requirements, protects assets and treats risks."),
    columns=(
        column("ref"),
        column("name"),
        column("type"),
        column("state"),
        column("owner"),
        column("due_on"),
        column("review_on"),
        column("unit", shown_first=False),
    ),
    filters=("state", "type", "nature", "owner", "due_on", "review_on", "unit", "requirements"),
    links=(
        LinkField(name="requirements", through=Satisfaction, label=_("satisfies requirements")),
        LinkField(name="assets", through=ControlAsset, label=_("protects assets")),
    ),
    panels=(
        panel(_("What it does"), "name", "description", "type", "nature"),
        panel(_("What it is for"), "requirements", "assets"),
        panel(_("Operation"), "owner", "operator", "due_on", "review_on"),
        panel(_("Cost"), "capital_cost", "yearly_cost"),
        panel(_("Place"), "unit", "tags"),
    ),
    prepare=services.prepare_control,
    derived=("state_changed_at",),
)

APPLICABILITY = Register(
    model=Applicability,
    group="plan",
    icon="treatment",
    about=_("Which requirements apply here and why; the statement of applicability is made of these rows."),
    columns=(
        column("ref"),
        column("name"),
        column("decision"),
        column("owner"),
        column("review_on"),
        column("justification", shown_first=False),
    ),
    filters=("decision", "owner", "is_best_practice", "review_on", "requirement"),
    panels=(
        panel(_("Decision"), "requirement", "decision", "justification", "is_best_practice", "is_business_requirement"),
        panel(_("Place"), "owner", "review_on", "unit", "tags"),
    ),
    search=("justification",),
    may_add=False,
    home="/soa",
)

SOA_VERSIONS = Register(
    model=SoaVersion,
    group="plan",
    icon="check",
    about=_("The statements of applicability that were proposed and approved, frozen as they were."),
    columns=(column("ref"), column("name"), column("number"), column("state"), column("proposed_at"), column("approved_at")),
    filters=("state",),
    panels=(
        panel(_("Version"), "name", "number", "description", "framework", "management_system"),
        panel(_("Decision"), "proposed_by", "proposed_at", "approved_by", "approved_at", "digest"),
    ),
    order="-number",
    may_add=False,
    in_navigation=False,
)

registry.add(CONTROLS, APPLICABILITY, SOA_VERSIONS)
registry.relate(
    [
        RelatedPanel(
            title=_("Controls that protect it"), on=Asset, of=Control, via="asset_links__asset", columns=("ref", "name", "state")
        ),
        RelatedPanel(
            title=_("Controls that satisfy it"),
            on=Requirement,
            of=Control,
            via="satisfactions__requirement",
            columns=("ref", "name", "state", "owner"),
        ),
        RelatedPanel(
            title=_("Applicability"), on=Requirement, of=Applicability, via="requirement", columns=("ref", "name", "decision")
        ),
        RelatedPanel(
            title=_("SoA versions"),
            on=ManagementSystem,
            of=SoaVersion,
            via="management_system",
            columns=("ref", "name", "state", "approved_at"),
        ),
    ]
)
listen(Moved, services.note_control_move)
