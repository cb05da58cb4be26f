"""How actions look."""

from django.utils.translation import gettext_lazy as _

from mainstay.domains.work import panels
from mainstay.domains.work import services as _services  # registers the verbs  # noqa: F401
from mainstay.domains.work.models import Action
from mainstay.platform.records.models import Record
from mainstay.registers import registry
from mainstay.registers.declaration import ExtraPanel, Register, column, panel

ACTIONS = Register(
    model=Action,
    group="act",
    icon="check",
    about=_("What has to be done, by whom and by when: treatments, corrections, decisions of reviews."),
    columns=(
        column("ref"), column("name"), column("state"), column("priority"), column("owner"), column("due_on"), column("unit"),
    ),
    filters=("state", "owner", "priority", "due_on"),
    panels=(
        panel(_("What"), "name", "description", "priority"),
        panel(_("Who and when"), "owner", "due_on", "done_on", "effort_days", "cost", "unit", "tags"),
    ),
    order="due_on",
)

registry.add(ACTIONS)
registry.relate([
    ExtraPanel(title=_("Actions"), on=Record, template="work/actions.html", context=panels.actions),  # type: ignore[type-abstract] # on every kind
    ExtraPanel(title=_("Approvals"), on=Record, template="work/approvals.html", context=panels.approvals),  # type: ignore[type-abstract] # on every kind
    ExtraPanel(title=_("About"), on=Action, template="work/subject.html", context=panels.subject, aside=True),
])
