"""One valid record of every register, made from the declarations: for tests that hold for all of them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from mainstay.domains.awareness.factories import make_lesson, make_question
from mainstay.domains.context.registers import MANAGEMENT_SYSTEMS
from mainstay.domains.controls.models import Applicability, SoaVersion
from mainstay.domains.documents.factories import make_document_version
from mainstay.domains.library.services import import_bundled
from mainstay.domains.risk.criteria import adopt_criteria
from mainstay.domains.risk.models import RiskAcceptance
from mainstay.domains.risk.registers import RISKS
from mainstay.domains.suppliers.factories import make_supplier_assessment
from mainstay.platform.records.actor import acting, current_actor, system
from mainstay.platform.units.models import Unit
from mainstay.registers import crud, registry
from mainstay.registers.declaration import Register
from mainstay.registers.fields import Field, editable_fields
from mainstay.registers.verbs import perform, verbs_of

SAMPLES: dict[str, Any] = {
    "text": "Sample", "long": "Sample", "bool": True, "date": "2027-01-31", "datetime": "2027-01-31T12:00:00Z", "integer": 1,
    "decimal": "1", "email": "sample@example.org", "url": "https://example.org", "tags": ["sample"], "json": [],
}


def minimal_values(register: Register) -> dict[str, Any]:
    """What a client must at least send to create a record, with the records it refers to created."""
    return {name: _sample(item) for name, item in editable_fields(register).items() if item.required}


def _sample(item: Field) -> Any:
    if item.target is not None:
        found = registry.of(item.target)
        assert found is not None
        key = str(make_record(found).pk)
        return [key] if item.kind == "references" else key
    if item.choices:
        value = item.choices[0][0]
        return int(value) if item.numeric else value
    if item.minimum is not None and item.minimum > 1:
        return int(item.minimum)
    if item.name == "end_on":
        return "2027-12-31"
    return SAMPLES[item.kind]


def make_record(register: Register) -> Any:
    """A record of the register: through plain editing, or through what brings such records about."""
    if register.may_add:
        return crud.create(register, minimal_values(register), strict=True)
    return ORIGINS[register.slug]()


def _unit() -> Unit:
    return Unit.objects.get(pk=current_actor().organisation_id)


def _framework() -> Any:
    return import_bundled("iso-27001-2022", unit=_unit())


def _do(record: Any, verb: str, **values: Any) -> Any:
    return perform(verbs_of(type(record))[verb], record, values)


def by_another(record: Any, verb: str, **values: Any) -> Any:
    """What the actor may not decide, because it is their own work."""
    with acting(system("test", organisation=record.organisation_id)):
        return _do(record, verb, **values)


def _applicability() -> Any:
    if not Applicability.objects.exists():
        isms = crud.create(MANAGEMENT_SYSTEMS, {"name": "ISMS"})
        for name in ("scope_statement", "boundaries", "interfaces", "exclusions"):
            isms = crud.change(MANAGEMENT_SYSTEMS, isms, {name: "All of it."})
        by_another(isms, "approve")
        _do(isms, "start_soa", framework=_framework().ref)
    return Applicability.objects.first()


def _soa_version() -> Any:
    _applicability()
    for row in Applicability.objects.all():
        _do(row, "decide", decision="applicable", is_best_practice=True)
    isms = Applicability.objects.first().management_system
    _do(isms, "propose_soa", framework=_framework().ref)
    return SoaVersion.objects.first()


def _criteria() -> Any:
    return adopt_criteria("iso-27005-5x5", unit=_unit())


def _acceptance() -> Any:
    by_another(_criteria(), "approve")
    risk = crud.create(RISKS, {"name": "Fire", "likelihood": 3, "impact_availability": 3})
    until = timezone.localdate() + timedelta(days=30)
    _do(risk, "accept", until=until.isoformat(), reason="We bear it.")
    return RiskAcceptance.objects.first()


ORIGINS: dict[str, Callable[[], Any]] = {
    "frameworks": _framework,
    "requirements": lambda: _framework().requirements.filter(kind="assessable").first(),
    "applicability": _applicability,
    "soa-versions": _soa_version,
    "risk-criteria": _criteria,
    "risk-acceptances": _acceptance,
    "document-versions": make_document_version,
    "lessons": make_lesson,
    "questions": make_question,
    "supplier-assessments": make_supplier_assessment,
}
