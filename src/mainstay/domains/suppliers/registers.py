"""How suppliers and their assessments look."""

from django.utils.translation import gettext_lazy as _

from mainstay.domains.assets.models import Asset
from mainstay.domains.monitoring.computed import register_computed
from mainstay.domains.suppliers import services
from mainstay.domains.suppliers.evaluation import TOPICS
from mainstay.domains.suppliers.models import Supplier, SupplierAssessment, SupplierAsset
from mainstay.domains.suppliers.queries import assessed_percent
from mainstay.registers import registry
from mainstay.registers.declaration import LinkField, Register, RelatedPanel, column, panel

SUPPLIERS = Register(
    model=Supplier,
    group="do",
    icon="supplier",
    about=_("Those you rely on outside: how much hangs on them, and whether you looked (A.5.19 to A.5.23)."),
    columns=(
        column("ref"), column("name"), column("tier"), column("state"), column("last_result"), column("next_assessment_on"),
        column("certificate_until"), column("contract_until"), column("owner"), column("unit", shown_first=False),
    ),
    filters=("state", "tier", "criticality", "data", "last_result", "next_assessment_on", "certificate_until",
             "contract_until", "provides", "country", "owner", "unit"),
    links=(
        LinkField(name="provides", through=SupplierAsset, label=_("assets it provides"),
                  help=_("What you get from them, or they run for you.")),
    ),
    panels=(
        panel(_("Supplier"), "name", "description", "services", "provides", "contact_email", "country"),
        panel(_("How much hangs on it"), "criticality", "data", "data_categories", "tier",
              help=_("The tier follows from criticality and data; what you leave open counts as the worst.")),
        panel(_("What it shows and promises"), "certificate", "certificate_until", "contract_until", "exit_plan"),
        panel(_("Assessment"), "last_assessed_on", "last_score", "last_result", "next_assessment_on"),
        panel(_("Place"), "owner", "unit", "tags"),
    ),
    search=("description", "services"),
    prepare=services.prepare_supplier,
    after=services.after_suppliers,
)

SUPPLIER_ASSESSMENTS = Register(
    model=SupplierAssessment,
    group="do",
    icon="supplier",
    about=_("What was found each time a supplier was looked into. “Assess” on a supplier makes one."),
    columns=(
        column("ref"), column("supplier"), column("assessed_on"), column("score"), column("result"), column("assessed_by"),
    ),
    filters=("supplier", "result", "assessed_on", "assessed_by"),
    panels=(
        panel(_("Assessment"), "supplier", "assessed_on", "assessed_by", "score", "result", "notes"),
        panel(_("Answers"), *TOPICS, help=_("Each weighs the same; what is empty was not answered and counts as no.")),
        panel(_("Place"), "owner", "tags"),
    ),
    search=("notes",),
    order="-assessed_on",
    derived=("name", "unit"),
    after=services.after_assessments,
    in_navigation=False,
    may_add=False,
)

registry.add(SUPPLIERS, SUPPLIER_ASSESSMENTS)
registry.relate([
    RelatedPanel(title=_("Assessments"), on=Supplier, of=SupplierAssessment, via="supplier",
                 columns=("ref", "assessed_on", "score", "result", "assessed_by")),
    RelatedPanel(title=_("Suppliers"), on=Asset, of=Supplier, via="asset_links__asset",
                 columns=("ref", "name", "tier", "last_result")),
])
register_computed(
    "suppliers_assessed", _("suppliers assessed in time and suitable (%)"),
    lambda metric, on: assessed_percent(metric.unit_id, on=on),
)
