"""The sample organisation loads through the domains' own rules and reads like an ISMS with something to do."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from mainstay.demo import demo_user, load
from mainstay.domains.assets.models import Asset, Dependency, Process
from mainstay.domains.assurance.models import Nonconformity
from mainstay.domains.awareness.models import Completion
from mainstay.domains.context.models import ManagementSystem, Obligation
from mainstay.domains.controls.evaluation import BLOCKING, SoaRow, compare
from mainstay.domains.controls.models import Control, SoaVersion
from mainstay.domains.controls.queries import soa_rows
from mainstay.domains.documents.models import Acknowledgement, DocumentVersion
from mainstay.domains.library.models import Framework
from mainstay.domains.monitoring.models import Measurement, Metric
from mainstay.domains.risk.models import Risk, RiskAcceptance, RiskAssessment
from mainstay.domains.risk.queries import open_risks, without_acceptance
from mainstay.domains.risk.services import derive_levels
from mainstay.domains.work.models import Action
from mainstay.platform.access.services import actor_for
from mainstay.platform.identity.models import Person, User
from mainstay.platform.records.actor import Actor, acting
from mainstay.platform.records.errors import Invalid, RuleViolation
from mainstay.platform.trail.models import Change
from mainstay.platform.units.models import Unit
from mainstay.registers import registry

pytestmark = pytest.mark.django_db

RANGES = {
    "frameworks": (2, 2), "management-systems": (1, 1), "context-issues": (10, 14), "interested-parties": (9, 12),
    "party-requirements": (18, 25), "obligations": (16, 22), "objectives": (6, 9), "processes": (55, 65), "assets": (390, 420),
    "risks": (75, 85), "controls": (85, 100), "applicability": (93, 93), "actions": (28, 45), "evidence": (23, 28),
    "documents": (13, 16), "courses": (3, 3), "suppliers": (14, 17), "metrics": (8, 10), "incidents": (6, 6), "audits": (2, 2),
    "findings": (3, 6), "nonconformities": (5, 5), "management-reviews": (1, 2),
}
INTENDED_GAPS = {"A.5.6", "A.5.32", "A.7.12", "A.8.11", "A.8.18", "A.8.30", "A.8.34"}
EXCLUDED = {"A.8.4", "A.8.25", "A.8.28"}


@pytest.fixture(scope="module")
def sample(django_db_setup: None, django_db_blocker: object) -> Iterator[User]:
    """The small sample, loaded once for this module and rolled back after it."""
    with django_db_blocker.unblock(), transaction.atomic():  # type: ignore[attr-defined] # pytest-django's own type
        load()
        yield demo_user()
        transaction.set_rollback(True)


@pytest.fixture
def me(sample: User) -> Iterator[Actor]:
    """The first user, signed in."""
    with acting(actor_for(sample, channel="test")) as actor:
        yield actor


def soa() -> list[SoaRow]:
    return soa_rows(ManagementSystem.objects.get(), Framework.objects.get(catalogue_id="iso-27001-2022"))


@pytest.mark.parametrize("slug", RANGES)
def test_each_register_has_as_many_records_as_the_sample_promises(me: Actor, slug: str) -> None:
    low, high = RANGES[slug]

    assert low <= registry.get(slug).model.objects.count() <= high


def test_people_units_and_logins(me: Actor) -> None:
    assert 12 <= Unit.objects.count() <= 18
    assert 43 <= Person.objects.count() <= 50
    assert {holding.role for holding in me.holdings} == {"administrator", "ciso", "management"}
    assert not User.objects.get(person__name="Ruth Keller").has_usable_password()


@pytest.mark.parametrize("model", [Asset, Process, Risk, Control, Obligation, Action, Metric])
def test_everything_has_an_owner_who_still_works_here(me: Actor, model: type[Asset]) -> None:
    owners = model.objects.values_list("owner__leave_on", "owner__employment", "owner__name")

    assert owners
    assert all(name and employment == "employee" and leaves is None for leaves, employment, name in owners)


def test_assets_hang_together(me: Actor) -> None:
    record = Asset.objects.get(name="Electronic health record (EHR)")
    mains = Asset.objects.get(name="Mains supply and switchgear, Central")

    assert Dependency.objects.count() >= 500
    assert record.supported_by.filter(supporting__name="EHR database cluster").exists()
    assert mains.inherited_confidentiality == record.confidentiality == 4
    assert set(Asset.objects.values_list("kind", flat=True)) == {value for value, _label in Asset.Kind.choices}


def test_the_statement_of_applicability_lacks_exactly_what_is_meant(me: Actor) -> None:
    rows = soa()

    assert {row.ref for row in rows if "no_control" in row.gaps} == INTENDED_GAPS
    assert {row.ref for row in rows if row.gaps} == INTENDED_GAPS
    assert {row.ref for row in rows if row.decision == "excluded"} == EXCLUDED
    assert not any(BLOCKING.intersection(row.gaps) for row in rows)


def test_the_approved_version_differs_from_today(me: Actor) -> None:
    version = SoaVersion.objects.get()

    cells = compare(version.frozen["rows"], [row.frozen() for row in soa()])

    assert (version.state, version.approved_by.name) == ("approved", "Katharina Adler")
    assert timezone.now() - version.approved_at > timedelta(days=30)
    assert ("A.8.30", "decision") in {(cell["ref"], cell["cell"]) for cell in cells}
    assert 5 <= len(cells) <= 40


def test_there_are_red_items(me: Actor) -> None:
    today = timezone.localdate()
    open_ones = set(without_acceptance(open_risks(), on=today).values_list("name", flat=True))
    lapsed = RiskAcceptance.objects.get(until__lt=today)

    assert 3 <= len(open_ones) <= 6
    assert lapsed.risk.name in open_ones
    assert RiskAcceptance.objects.filter(until__gte=today).count() == 2
    assert Action.objects.filter(state__in=("open", "doing"), due_on__lt=today).count() >= 4
    assert Action.objects.filter(owner=me.person_id, state="open", due_on__lt=today).exists()
    assert Nonconformity.objects.filter(grade="major", state="open", due_on__lt=today).exists()
    assert Risk.objects.filter(inherent_level=None).count() == 3


def test_no_level_depends_on_who_moved_a_control(me: Actor) -> None:
    assert derive_levels(list(Risk.objects.values_list("pk", flat=True))) == 0


def test_the_first_assessment_is_frozen_and_the_second_goes_on(me: Actor) -> None:
    first, second = RiskAssessment.objects.order_by("ref")

    assert (first.state, len(first.frozen["risks"])) == ("approved", 60)
    assert (second.state, second.risks.count()) == ("draft", 79)


def test_documents_are_approved_by_others_and_read_by_most(me: Actor) -> None:
    published = DocumentVersion.objects.filter(state="published")
    policy = published.get(name="Information security policy")

    assert published.count() == 14
    assert not [version.name for version in published if version.approved_by_id == version.written_by_id]
    assert 0.75 < Acknowledgement.objects.filter(version=policy).count() / Person.objects.count() < 1
    assert Completion.objects.filter(valid_until__lt=timezone.localdate()).exists()


def test_metrics_cover_a_year(me: Actor) -> None:
    patches = Metric.objects.get(name="Critical vulnerabilities closed within 14 days")

    assert Measurement.objects.filter(metric=patches).count() == 12
    assert timezone.localdate() - patches.latest_on < timedelta(days=31)


def test_the_history_tells_who_did_what(me: Actor) -> None:
    approval = Change.objects.filter(table="controls_soaversion", op="U").latest("seq")
    people = set(Change.objects.filter(actor__startswith="user:").values_list("actor", flat=True))

    assert approval.actor == actor_for(User.objects.get(person__name="Katharina Adler"), channel="test").identity
    assert len(people) > 30


def test_loading_leaves_the_clock_alone(sample: User) -> None:
    assert timezone.now.__module__ == "django.utils.timezone"


def test_loading_twice_is_refused(sample: User) -> None:
    with pytest.raises(RuleViolation, match="already"):
        load()

    assert Unit.unscoped_for_system.filter(parent=None).count() == 1


def test_an_unknown_size_is_refused_before_anything_is_made() -> None:
    with pytest.raises(Invalid, match="small, 1k, 10k, 100k"):
        load("huge")
