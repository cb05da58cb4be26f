"""How an organisation begins: a framework is brought in, a method of assessing risks is adopted."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from mainstay.api import rows
from mainstay.api.door import answer
from mainstay.api.problems import WrongMediaType
from mainstay.api.questions import named_record, only
from mainstay.api.reading import read_object
from mainstay.api.resources import address
from mainstay.domains.library.bundled import bundled_ids
from mainstay.domains.library.registers import FRAMEWORKS
from mainstay.domains.library.services import CATALOGUE_BYTES, import_bundled, import_oscal
from mainstay.domains.risk.criteria import adopt_criteria
from mainstay.domains.risk.registers import CRITERIA
from mainstay.domains.risk.templates_data import read_criteria
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import Invalid, NotFound, TooLarge
from mainstay.platform.records.models import Record
from mainstay.platform.units.models import Unit
from mainstay.registers.declaration import Register


def import_framework(request: HttpRequest) -> HttpResponse:
    """Bring in the OSCAL catalogue in the body, or with `bundled=` one that comes with the product."""
    only(request, "bundled", "unit")
    unit, bundled = place_of(request), request.GET.get("bundled")
    if bundled is not None:
        if bundled not in bundled_ids():
            raise Invalid({"bundled": [_("One of: %(ids)s.") % {"ids": ", ".join(bundled_ids())}]})
        return _created(FRAMEWORKS, import_bundled(bundled, unit=unit))
    if request.content_type != "application/json":
        raise WrongMediaType(_("Send the catalogue as application/json."))
    # Straight from the connection: catalogues are larger than what `request.body` takes.
    data = request.read(CATALOGUE_BYTES + 1)
    if len(data) > CATALOGUE_BYTES:
        raise TooLarge(_("A catalogue has at most 50 MiB."))
    return _created(FRAMEWORKS, import_oscal(data, unit=unit))


def adopt_risk_criteria(request: HttpRequest) -> HttpResponse:
    """A draft of risk criteria from a ready-made method."""
    only(request, "unit")
    values = read_object(request)
    known = [item.id for item in read_criteria()]
    errors = {name: [_("There is no such field to write.")] for name in values if name != "template"}
    if values.get("template") not in known:
        errors["template"] = [_("One of: %(ids)s.") % {"ids": ", ".join(known)}]
    if errors:
        raise Invalid(errors)
    return _created(CRITERIA, adopt_criteria(values["template"], unit=place_of(request)))


def place_of(request: HttpRequest) -> Unit:
    """The unit that `unit=` names, or the organisation."""
    if request.GET.get("unit"):
        unit: Unit = named_record(request, "unit", Unit)
        return unit
    found = Unit.objects.filter(pk=current_actor().organisation_id).first()
    if found is None:
        raise NotFound(_("There is no such unit."))
    return found  # type: ignore[no-any-return]


def _created(register: Register, record: Record) -> HttpResponse:
    told = rows.one(register, record.pk) or rows.brief(record)
    return answer(told, status=201, Location=address(register, record))
