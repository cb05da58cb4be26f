"""What every report shares: what was asked for, its control block, and values as a document holds them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from json import loads
from typing import Any

from django.utils import timezone
from django.utils.dates import MONTHS_3
from django.utils.formats import get_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from mainstay.domains.context.models import ManagementSystem
from mainstay.domains.reporting.render import json
from mainstay.domains.reporting.render.document import ControlBlock, Document, Section
from mainstay.domains.reporting.render.values import Level, Words
from mainstay.domains.risk.evaluation import Criteria, level_of
from mainstay.kit.canonical import digest
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.moment import current_moment
from mainstay.platform.trail.sequencer import latest_checkpoint

CLASSIFICATIONS: Mapping[str, object] = {
    "public": lazy("Public"), "internal": lazy("Internal"), "confidential": lazy("Confidential"),
    "strict": lazy("Strictly confidential"),
}
"""What may stand on a document (A.5.12, A.5.13). A fixed list: an address must not put other words on it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a report was asked for: the day it is judged at, and its parameters by name."""

    on: date
    parameters: Mapping[str, str] = field(default_factory=dict)
    classification: str = "internal"

    def get(self, name: str) -> str:
        return self.parameters.get(name, "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """Which document it is, who answers for it, and what was decided about it.

    `checksum` is the hash that was approved; without one the document is known by the hash of its own content.
    """

    reference: str
    version: str
    status: str
    owner: str
    approved_by: str = ""
    approved_on: date | None = None
    checksum: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Edition:
    """A frozen state that a report can be made of."""

    ref: str
    name: str
    state: str
    decided_on: date | None


def assemble(
    title: str, *, standing: Standing, sections: Sequence[Section], asked: Asked, subtitle: str = ""
) -> Document:
    """The document with its control block (7.5.2, 7.5.3)."""
    control = ControlBlock(
        reference=standing.reference, version=standing.version, status=standing.status, owner=standing.owner,
        approved_by=standing.approved_by, approved_on=standing.approved_on, prepared_by=current_actor().label,
        prepared_at=timezone.now(), checksum=standing.checksum, trail=_trail_line(),
    )
    document = Document(
        title=title, subtitle=subtitle, classification=str(CLASSIFICATIONS[asked.classification]), control=control,
        sections=tuple(sections), language=get_language() or "en", words=document_words(),
    )
    if standing.checksum:
        return document
    return replace(document, control=replace(control, checksum=content_digest(document)))


def content_digest(document: Document) -> str:
    """SHA-256 of what the document says, apart from its control block: equal content, equal hash."""
    return digest(loads(json.write(document))["sections"])


def _trail_line() -> str:
    moment = current_moment()
    if moment is not None:
        return str(moment)
    sealed = latest_checkpoint()
    if sealed is None:
        return ""
    return _("%(size)d entries, root %(root)s") % {"size": sealed.size, "root": bytes(sealed.root).hex()[:12]}


def document_words() -> Words:
    """The renderers' own words in the reader's language."""
    return Words(
        reference=_("Reference"), version=_("Version"), status=_("Status"), owner=_("Owner"), approved_by=_("Approved by"),
        approved_on=_("Approved on"), prepared_by=_("Prepared by"), prepared_at=_("Prepared"), valid_from=_("Valid from"),
        next_review=_("Next review"), classification=_("Classification"), checksum=_("SHA-256"), trail=_("Trail"),
        document=_("Document"), see_sheet=_("See sheet"), figures_as_tables=_("The figures as tables"),
        show_table=_("Show as table"), page=_("Page {page} of {pages}"),
        months=tuple(str(MONTHS_3[number]).capitalize() for number in range(1, 13)),
        decimal_mark=str(get_format("DECIMAL_SEPARATOR")),
    )


def system_owner() -> str:
    """Who answers for the management system: the owner of what reports on it."""
    found = ManagementSystem.objects.select_related("owner").order_by("ref").first()
    return found.owner.name if found is not None and found.owner is not None else ""


def level_cell(criteria: Criteria | None, number: int | None) -> Level | None:
    """A level with the label and colour its criteria give it."""
    described = level_of(criteria, number) if criteria is not None else None
    if described is None or number is None:
        return None
    return Level(number=number, label=str(described["label"]), colour=str(described["colour"]))


def life_label(model: Any, value: str) -> str:
    """The word for a state of a life cycle; an unknown one as it is, since frozen rows may be older than the table."""
    return next((str(state.label) for state in model.life_cycle.states if state.value == value), value)
