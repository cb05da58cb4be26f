"""How frameworks and requirements look. They come from catalogues, so nobody adds them by hand."""

from django.utils.translation import gettext_lazy as _

from mainstay.domains.library.models import Framework, Requirement
from mainstay.domains.library.tree import attributes_of
from mainstay.registers import registry
from mainstay.registers.declaration import Column, ExtraPanel, Register, RelatedPanel, column, panel

FRAMEWORKS = Register(
    model=Framework,
    group="library",
    icon="library",
    about=_("Published sets of requirements: bring in ISO/IEC 27001, NIST CSF, or any OSCAL catalogue."),
    columns=(column("ref"), column("name"), column("edition"), column("publisher"), column("locale")),
    filters=("publisher",),
    panels=(
        panel(_("Framework"), "name", "edition", "publisher", "locale", "description"),
        panel(_("Licence"), "licence_note"),
    ),
    may_add=False,
    home="/library",
)

REQUIREMENTS = Register(
    model=Requirement,
    group="library",
    icon="library",
    about=_("What frameworks ask, one by one, in Mainstay's own words."),
    columns=(
        column("ref"), column("name"), Column(name="framework", path="framework__name"), column("kind"),
        column("is_withdrawn", shown_first=False), column("position", shown_first=False),
    ),
    filters=("framework", "kind", "is_withdrawn", "parent"),
    panels=(
        panel(_("What it asks"), "name", "description", "guidance"),
        panel(_("Where"), "framework", "parent", "kind", "is_withdrawn"),
    ),
    search=("description", "guidance"),
    order="position",
    derived=("position", "attributes"),
    may_add=False,
)

registry.add(FRAMEWORKS, REQUIREMENTS)
registry.relate([
    ExtraPanel(title=_("Attributes"), on=Requirement, template="library/attributes.html", context=attributes_of),
    RelatedPanel(title=_("Parts"), on=Requirement, of=Requirement, via="parent", columns=("ref", "name", "kind")),
])
