"""Bringing frameworks in: from what comes with the product, or from an OSCAL catalogue file."""

from django.db import transaction
from django.utils.translation import gettext as _

from mainstay.domains.library.bundled import read_bundled
from mainstay.domains.library.models import Framework, Requirement
from mainstay.domains.library.oscal import Catalogue, CatalogueError, RequirementEntry, read_catalogue
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import Invalid, RuleViolation
from mainstay.platform.records.refs import next_refs
from mainstay.platform.units.models import Unit

CATALOGUE_BYTES = 50 * 1024 * 1024


def import_oscal(data: bytes, *, unit: Unit) -> Framework:
    """Bring in an OSCAL catalogue (JSON). Raises Invalid with the place of what cannot be read."""
    if len(data) > CATALOGUE_BYTES:
        raise Invalid({"file": [_("A catalogue has at most 50 MiB.")]})
    try:
        catalogue = read_catalogue(data)
    except CatalogueError as error:
        raise Invalid({"file": [str(error)]}) from error
    return import_catalogue(catalogue, unit=unit)


def import_bundled(identifier: str, *, unit: Unit) -> Framework:
    """Bring in a framework that comes with the product, unless it is there already."""
    present = Framework.objects.filter(organisation_id=unit.organisation_id, catalogue_id=identifier).first()
    return present or import_catalogue(read_bundled(identifier), unit=unit)


@transaction.atomic
def import_catalogue(catalogue: Catalogue, *, unit: Unit) -> Framework:
    """Create the framework with its whole tree of requirements, all or nothing."""
    current_actor().require("framework.add", unit=unit.id)
    organisation = unit.organisation_id
    if Framework.unscoped_for_system.filter(organisation_id=organisation, catalogue_id=catalogue.id).exists():
        raise RuleViolation(_("“%(name)s” is in the library already.") % {"name": catalogue.name}, code="exists")
    framework = Framework(
        organisation_id=organisation, unit=unit, name=_cut(catalogue.name, 200), catalogue_id=catalogue.id[:120],
        edition=_cut(catalogue.version, 60), publisher=_cut(catalogue.publisher, 200), locale=catalogue.locale[:10],
        licence_note=_cut(catalogue.licence_note, 1_000), ref=next_refs(organisation, Framework.ref_prefix)[0],
    )
    framework.save(force_insert=True)
    made: dict[str, Requirement] = {}
    for entry in catalogue.entries:
        made[entry.ref] = _requirement(framework, entry, made)
    Requirement.unscoped_for_system.bulk_create(made.values(), batch_size=500)
    return framework


def _requirement(framework: Framework, entry: RequirementEntry, made: dict[str, Requirement]) -> Requirement:
    if len(entry.ref) > 40:
        raise Invalid({"file": [_("“%(ref)s” is too long for a reference.") % {"ref": entry.ref[:60]}]})
    return Requirement(
        organisation_id=framework.organisation_id, unit_id=framework.unit_id, framework=framework, ref=entry.ref,
        name=_cut(entry.title, 200), description=_cut(entry.text, 20_000), guidance=_cut(entry.guidance, 20_000),
        parent=made[entry.parent] if entry.parent else None, kind=entry.kind, position=entry.order,
        attributes={name: list(values) for name, values in entry.attributes.items()}, is_withdrawn=entry.withdrawn,
    )


def _cut(text: str, most: int) -> str:
    cleaned = text.replace("\x00", "")
    return cleaned if len(cleaned) <= most else f"{cleaned[: most - 1]}…"
