"""How people look. They belong to the platform, which knows no registers, so their register stands here."""

from django.utils.translation import gettext_lazy as _

from mainstay.platform.identity.models import Person
from mainstay.registers import registry
from mainstay.registers.declaration import Register, RelatedPanel, column, panel

PEOPLE = Register(
    model=Person,
    group="administration",
    icon="users",
    about=_("Everyone the ISMS is about, with or without a login: owners, operators, readers of policies."),
    columns=(
        column("ref"),
        column("name"),
        column("job_title"),
        column("email"),
        column("unit"),
        column("manager"),
        column("leave_on"),
        column("employment", shown_first=False),
    ),
    filters=("unit", "manager", "employment", "leave_on"),
    panels=(
        panel(_("Person"), "name", "email", "job_title", "description"),
        panel(_("Employment"), "employment", "start_on", "leave_on"),
        panel(_("Place"), "manager", "unit", "owner", "tags"),
    ),
    order="name",
)

registry.add(PEOPLE)
registry.relate(
    [
        RelatedPanel(title=_("Reports to them"), on=Person, of=Person, via="manager", columns=("name", "job_title")),
        *(
            RelatedPanel(
                title=register.label_plural[:1].upper() + register.label_plural[1:],
                on=Person,
                of=register.model,
                via="owner",
                columns=("ref", "name"),
            )
            for register in registry.all_registers()
            if register.noun in ("asset", "risk", "control", "process", "document", "action")
        ),
    ]
)
