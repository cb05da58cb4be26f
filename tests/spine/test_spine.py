"""From an empty organisation to an approved statement of applicability, through the services every door calls."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from mainstay.domains.assets.models import Asset
from mainstay.domains.assets.registers import ASSETS
from mainstay.domains.context.registers import MANAGEMENT_SYSTEMS
from mainstay.domains.controls.models import Applicability, SoaVersion
from mainstay.domains.controls.queries import soa_rows
from mainstay.domains.controls.registers import CONTROLS
from mainstay.domains.library.services import import_bundled
from mainstay.domains.risk.criteria import adopt_criteria
from mainstay.domains.risk.models import Risk
from mainstay.domains.risk.queries import open_risks, without_acceptance
from mainstay.domains.risk.registers import RISKS
from mainstay.platform.records.actor import Actor, acting
from mainstay.platform.records.errors import Invalid, NotAllowed, RuleViolation
from mainstay.platform.trail.models import Change
from mainstay.platform.units.models import Unit
from mainstay.registers import crud
from mainstay.registers.verbs import perform, verbs_of

Person = Callable[..., Actor]


def do(record: object, verb: str, **raw: object) -> object:
    return perform(verbs_of(type(record))[verb], record, raw)  # type: ignore[arg-type]


@pytest.fixture
def method(organisation: Unit, as_system: Actor) -> None:
    draft = adopt_criteria("iso-27005-5x5", unit=organisation)
    do(draft, "approve")


def test_the_whole_way_from_scope_to_an_approved_soa(organisation: Unit, person_with: Person) -> None:
    ciso = person_with("ciso", name="Ada Chief")
    administrator = person_with("administrator", name="Ines Manager")

    with acting(administrator, request="r1"):
        framework = import_bundled("iso-27001-2022", unit=organisation)
        isms = crud.create(MANAGEMENT_SYSTEMS, {"name": "ISMS"})
    with acting(ciso), pytest.raises(Invalid):
        do(isms, "approve")
    with acting(administrator, request="r1"):
        for name in ("scope_statement", "boundaries", "interfaces", "exclusions"):
            isms = crud.change(MANAGEMENT_SYSTEMS, isms, {name: "All of it."})
        do(isms, "start_soa", framework=framework.ref)
        criteria = adopt_criteria("iso-27005-5x5", unit=organisation)
        for own in (isms, criteria):
            with pytest.raises(RuleViolation, match="own work"):
                do(own, "approve")

    with acting(ciso):
        do(isms, "approve")
        do(criteria, "approve")

    with acting(administrator, request="r1"):
        asset = crud.create(ASSETS, {"name": "Patient records", "confidentiality": "4"})
        control = crud.create(CONTROLS, {"name": "Daily backup", "requirements": "A.8.13"})
        risk = crud.create(RISKS, {"name": "Loss of records", "assets": asset.ref})
        do(risk, "assess", likelihood=4, impact_availability=5)
        risk.refresh_from_db()
        assert (risk.inherent_level, risk.current_level) == (4, 4)
        do(risk, "treat", option="modify", reason="Backups restore it.", controls=control.ref, likelihood_effect=3)
        risk.refresh_from_db()
        assert (risk.current_level, risk.target_level) == (4, 2)
        do(control, "operate")
        risk.refresh_from_db()
        assert risk.current_level == 2

        rows = {row.ref: row for row in soa_rows(isms, framework)}
        assert len(rows) == 93
        assert [reason.ref for reason in rows["A.8.13"].reasons] == [risk.ref]
        assert rows["A.8.13"].implementation == "implemented"
        with pytest.raises(RuleViolation, match="93 rows"):
            do(isms, "propose_soa", framework=framework.ref)
        for row in Applicability.objects.all():
            if row.name.startswith("A.8.30"):
                do(row, "decide", decision="excluded", justification="Nothing is developed outside.")
            else:
                do(row, "decide", decision="applicable", is_best_practice=True)
        do(isms, "propose_soa", framework=framework.ref)

    with acting(ciso, request="r2"):
        version = SoaVersion.objects.get()
        do(version, "approve", digest_seen=version.digest)
        version.refresh_from_db()
        assert (version.state, version.approved_by.name) == ("approved", "Ada Chief")

    changes = Change.objects.filter(table="controls_soaversion", pk_text=version.pk.hex).order_by("seq")
    assert [change.op for change in changes][:2] == ["I", "U"]
    assert changes.last().actor == ciso.identity and changes.last().request == "r2"


def test_needs_flow_down_dependencies_and_back_when_a_link_goes(as_system: Actor) -> None:
    server = crud.create(ASSETS, {"name": "Server"})
    application = crud.create(ASSETS, {"name": "Records", "confidentiality": "very high", "depends_on": server.ref})
    server.refresh_from_db()
    assert (server.inherited_confidentiality, server.need) == (4, 4)

    crud.change(ASSETS, application, {"depends_on": ""})

    server.refresh_from_db()
    assert (server.inherited_confidentiality, server.need) == (None, None)


def test_a_risk_above_acceptance_is_accepted_only_with_authority(method: None, person_with: Person) -> None:
    owner, management = person_with("risk_owner"), person_with("management")
    until = timezone.localdate() + timedelta(days=100)
    with acting(owner):
        risk = crud.create(RISKS, {"name": "Fire", "likelihood": 5, "impact_availability": 5})
        with pytest.raises(NotAllowed):
            do(risk, "accept", until=until.isoformat(), reason="We bear it.")
        assert list(without_acceptance(open_risks(), on=timezone.localdate())) == [risk]

    with acting(management):
        do(risk, "accept", until=until.isoformat(), reason="The new building opens in spring.")

        assert not without_acceptance(open_risks(), on=timezone.localdate()).exists()
        assert without_acceptance(open_risks(), on=until + timedelta(days=1)).exists()


def test_rating_before_a_method_is_approved_is_refused(as_system: Actor) -> None:
    with pytest.raises(RuleViolation, match="criteria"):
        crud.create(RISKS, {"name": "Fire", "likelihood": 5, "impact_availability": 5})

    assert not Risk.objects.exists()


def test_every_wrong_field_is_named_at_once(as_system: Actor) -> None:
    with pytest.raises(Invalid) as caught:
        crud.create(ASSETS, {"name": "", "kind": "spaceship", "confidentiality": "9", "owner": "Nobody", "colour": "red"})

    assert set(caught.value.fields) == {"name", "kind", "confidentiality", "owner", "colour"}
    assert not Asset.objects.exists()
