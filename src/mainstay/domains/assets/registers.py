"""How processes and assets look."""

from django.utils.translation import gettext_lazy as _

from mainstay.domains.assets.models import Asset, Dependency, Process, ProcessAsset
from mainstay.domains.assets.services import after_assets, after_processes, prepare_asset
from mainstay.registers import registry
from mainstay.registers.declaration import LinkField, Register, RelatedPanel, column, panel

PROCESSES = Register(
    model=Process,
    group="plan",
    icon="unit",
    about=_("What the organisation does. Start here: processes tell which assets matter."),
    columns=(
        column("ref"),
        column("name"),
        column("criticality"),
        column("rto_hours"),
        column("mtpd_hours"),
        column("owner"),
        column("unit"),
    ),
    filters=("criticality", "owner", "unit", "parent"),
    links=(LinkField(name="assets", through=ProcessAsset, label=_("assets it uses")),),
    panels=(
        panel(_("Process"), "name", "description", "parent", "inputs", "outputs"),
        panel(_("How long it can stand still"), "criticality", "rto_hours", "rpo_hours", "mtpd_hours"),
        panel(_("What it needs"), "assets"),
        panel(_("Place"), "owner", "unit", "tags"),
    ),
    after=after_processes,
)

ASSETS = Register(
    model=Asset,
    group="plan",
    icon="asset",
    about=_("What is worth protecting: information, and everything that carries or processes it (A.5.9)."),
    columns=(
        column("ref"),
        column("name"),
        column("kind"),
        column("classification"),
        column("need"),
        column("owner"),
        column("unit"),
        column("state"),
        column("review_on", shown_first=False),
    ),
    filters=("kind", "classification", "need", "owner", "unit", "state", "personal_data", "encrypted", "form", "review_on"),
    links=(
        LinkField(
            name="depends_on",
            through=Dependency,
            label=_("depends on"),
            help=_("What it relies on, and which so inherits its protection needs."),
        ),
    ),
    panels=(
        panel(_("What it is"), "name", "description", "kind", "form", "location", "remarks"),
        panel(
            _("Protection needs"),
            "confidentiality",
            "integrity",
            "availability",
            "inherited_confidentiality",
            "inherited_integrity",
            "inherited_availability",
            "need",
            help=_("Own needs are yours to say. Inherited ones follow from all that depends on this."),
        ),
        panel(_("Handling"), "classification", "personal_data", "encrypted", "backup", "depends_on"),
        panel(_("Responsibility"), "owner", "custodian", "unit", "tags"),
        panel(_("Dates"), "acquired_on", "review_on"),
    ),
    search=("description", "location", "remarks"),
    derived=("inherited_confidentiality", "inherited_integrity", "inherited_availability", "need", "need_changed_at"),
    prepare=prepare_asset,
    after=after_assets,
)

registry.add(PROCESSES, ASSETS)
registry.relate(
    [
        RelatedPanel(
            title=_("Used by processes"), on=Asset, of=Process, via="asset_links__asset", columns=("ref", "name", "criticality")
        ),
        RelatedPanel(
            title=_("Supports"), on=Asset, of=Asset, via="supported_by__supporting", columns=("ref", "name", "kind", "need")
        ),
        RelatedPanel(title=_("Parts"), on=Process, of=Process, via="parent", columns=("ref", "name", "criticality")),
    ]
)
