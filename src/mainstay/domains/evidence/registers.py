"""How evidence looks."""

from django.utils.translation import gettext_lazy as _

from mainstay.domains.evidence import panels
from mainstay.domains.evidence.models import Evidence
from mainstay.platform.records.models import Record
from mainstay.registers import registry
from mainstay.registers.declaration import ExtraPanel, Register, column, panel

EVIDENCE = Register(
    model=Evidence,
    group="check",
    icon="proof",
    about=_("What shows that something is so: files, links and recorded facts, each for a period."),
    columns=(
        column("ref"), column("name"), column("kind"), column("effective_from"), column("effective_to"),
        column("valid_until"), column("owner"),
    ),
    filters=("kind", "valid_until", "owner"),
    panels=(
        panel(_("What it is"), "name", "description", "kind", "file", "link"),
        panel(_("What time it shows"), "effective_from", "effective_to", "valid_until",
              help=_("The period it proves, which is not the day it was received.")),
        panel(_("Place"), "unit", "owner", "tags"),
    ),
)

registry.add(EVIDENCE)
registry.relate([
    ExtraPanel(title=_("Evidence"), on=Record, template="evidence/attached.html", context=panels.attached),  # type: ignore[type-abstract] # stands on every kind
    ExtraPanel(title=_("What it proves"), on=Evidence, template="evidence/proves.html", context=panels.proves),
])
