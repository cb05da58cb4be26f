"""What can happen to units: an organisation is founded, a unit is added, a unit moves."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mainstay.kit.uuid7 import uuid7
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import Invalid, NotAllowed
from mainstay.platform.records.refs import next_refs
from mainstay.platform.units.models import Unit, UnitPath


@transaction.atomic
def found_organisation(name: str) -> Unit:
    """Create a root unit. Only the system may: an organisation is a tenant."""
    if not current_actor().is_system:
        raise NotAllowed(_("Only the installation itself creates organisations."))
    identifier = uuid7()
    unit = Unit(id=identifier, organisation_id=identifier, name=name, ref="ORG", kind=Unit.Kind.ORGANISATION)
    unit.save(force_insert=True)
    UnitPath.objects.create(ancestor=unit, descendant=unit, depth=0)
    return unit


@transaction.atomic
def add_unit(parent: Unit, *, name: str, kind: str = Unit.Kind.TEAM, ref: str = "", description: str = "") -> Unit:
    """Add a unit below `parent`."""
    current_actor().require("unit.add", unit=parent.id)
    unit = Unit(
        organisation_id=parent.organisation_id, parent=parent, name=name, kind=kind, description=description,
        ref=ref or next_refs(parent.organisation_id, "U")[0],
    )
    unit.save(force_insert=True)
    connect(unit)
    return unit


def connect(unit: Unit) -> None:
    """Write the closure rows of a unit that has none yet."""
    above = UnitPath.objects.filter(descendant_id=unit.parent_id).values_list("ancestor_id", "depth")
    UnitPath.objects.bulk_create(
        [UnitPath(ancestor=unit, descendant=unit, depth=0)]
        + [UnitPath(ancestor_id=ancestor, descendant=unit, depth=depth + 1) for ancestor, depth in above]
    )
    for holding in current_actor().holdings:
        if unit.parent_id in holding.covers:
            holding.covers.add(unit.pk)


@transaction.atomic
def move_unit(unit: Unit, *, parent: Unit) -> Unit:
    """Hang a unit, with all below it, under another parent of the same organisation."""
    actor = current_actor()
    actor.require("unit.change", unit=unit.id)
    actor.require("unit.add", unit=parent.id)
    subtree = dict(UnitPath.objects.filter(ancestor=unit).values_list("descendant_id", "depth"))
    if unit.parent_id is None or parent.organisation_id != unit.organisation_id:
        raise Invalid({"parent": [_("A unit stays within its organisation.")]})
    if parent.id in subtree:
        raise Invalid({"parent": [_("A unit cannot be part of itself.")]})
    UnitPath.objects.filter(descendant__in=subtree).exclude(ancestor__in=subtree).delete()
    above: list[tuple[UUID, int]] = list(
        UnitPath.objects.filter(descendant=parent).values_list("ancestor_id", "depth")
    )
    UnitPath.objects.bulk_create(
        UnitPath(ancestor_id=ancestor, descendant_id=descendant, depth=height + 1 + depth)
        for ancestor, height in above for descendant, depth in subtree.items()
    )
    unit.parent = parent
    unit.version += 1
    unit.save()
    return unit
