"""Roles, what they let whom do where, and the tokens that borrow from them."""

from datetime import date, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from mainstay.platform.access import tokens
from mainstay.platform.access.models import ApiToken, Grant, Role
from mainstay.platform.access.patterns import PATTERN, covers
from mainstay.platform.access.roles import ADMINISTRATOR, ensure_roles, shipped_roles
from mainstay.platform.access.services import (
    actor_for,
    actor_for_token,
    create_token,
    end_access,
    grant,
    invite,
    may_grant,
    revoke,
    revoke_token,
)
from mainstay.platform.identity.models import Person, SignInLink, User
from mainstay.platform.identity.services import create_user, deactivate, reactivate, set_password
from mainstay.platform.records.actor import Actor, acting, system
from mainstay.platform.records.errors import Invalid, NotAllowed, NotSignedIn, RuleViolation
from mainstay.platform.trail.models import Change
from mainstay.platform.units.models import Unit
from mainstay.platform.units.services import add_unit, found_organisation, move_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(db: None) -> Unit:
    with acting(system("test")):
        ensure_roles()
        return found_organisation("Tyrell Works")


def part_of(parent: Unit, name: str = "Plant") -> Unit:
    with acting(system("test")):
        return add_unit(parent, name=name)


def login(unit: Unit, name: str = "Anna Fischer", **roles: Unit) -> User:
    """A login for a person of the unit, holding roles at units."""
    with acting(system("test")):
        person = Person.objects.create(
            organisation_id=unit.organisation_id, unit=unit, ref=f"P-{name}", name=name,
            email=f"{name.replace(' ', '.')}@tyrell.example",
        )
        user = create_user(person)
        for slug, place in roles.items():
            grant(user, role(slug), place)
        return user


def role(slug: str) -> Role:
    return Role.objects.get(slug=slug)


def own_role(*patterns: str) -> Role:
    with acting(system("test")):
        return Role.objects.create(slug=f"own-{Role.objects.count()}", name="Own", patterns=list(patterns))


def as_user(user: User) -> Actor:
    return actor_for(user, channel="test")


# Patterns

patterns = st.from_regex(PATTERN, fullmatch=True)
signs = st.lists(st.sampled_from(["a", "b", ".", "*"]), min_size=1, max_size=6)
nearby = signs.map("".join).filter(PATTERN.fullmatch)
words = st.lists(st.sampled_from(["a", "b", "_"]), max_size=3).map("".join)


@given(held=nearby, wanted=nearby, fillings=st.lists(words, min_size=6, max_size=6))
def test_what_a_pattern_covers_it_permits_too(held: str, wanted: str, fillings: list[str]) -> None:
    remaining = iter(fillings)
    permission = "".join(next(remaining) if sign == "*" else sign for sign in wanted)

    # A permission is a pattern without stars, so `covers` also says whether one is permitted.
    assert covers(wanted, permission)
    assert not covers(held, wanted) or covers(held, permission)


@given(pattern=patterns)
def test_every_pattern_covers_itself_and_the_star_covers_all(pattern: str) -> None:
    assert covers(pattern, pattern)
    assert covers("*", pattern)


@pytest.mark.parametrize(
    ("held", "wanted"), [("*.view", "*"), ("risk.*", "*.view"), ("*.view", "risk.*"), ("risk.view", "risk.*")]
)
def test_the_narrower_pattern_does_not_cover_the_wider(held: str, wanted: str) -> None:
    assert not covers(held, wanted)


# Shipped roles


def test_shipped_roles_are_written_once_and_leave_nothing_on_the_trail_the_second_time(root: Unit) -> None:
    written = Change.objects.filter(table="access_role").count()

    with acting(system("test")):
        roles = ensure_roles()

    assert [one.slug for one in roles] == [one.slug for one in shipped_roles()]
    assert Change.objects.filter(table="access_role").count() == written == len(roles)


def test_shipped_roles_are_brought_back_to_what_this_version_says(root: Unit) -> None:
    kept = own_role("risk.view")
    with acting(system("test")):
        Role.objects.filter(slug="employee").update(patterns=["*"])
        ensure_roles()

    assert "*" not in role("employee").patterns
    assert role(kept.slug).patterns == ["risk.view"]


def test_only_the_installation_writes_shipped_roles(root: Unit) -> None:
    with acting(as_user(login(root, administrator=root))), pytest.raises(NotAllowed):
        ensure_roles()


@pytest.mark.parametrize(
    ("slug", "permitted", "refused"),
    [
        ("administrator", "grant.add", None),
        ("isms_manager", "risk.change", "risk.accept"),
        ("isms_manager", "document_version.submit", "document_version.approve"),
        ("isms_manager", "asset.delete", "grant.add"),
        ("ciso", "risk.accept", "grant.add"),
        ("ciso", "document_version.approve", "user.change"),
        ("risk_owner", "risk.accept", "risk_criteria.approve"),
        ("asset_owner", "asset.change", "risk.change"),
        ("control_owner", "control.change", "control.delete"),
        ("contributor", "evidence.add", "audit.view"),
        ("internal_auditor", "finding.add", "risk.change"),
        ("auditor_readonly", "trail.view", "document_version.acknowledge"),
        ("management", "document_version.approve", "risk.change"),
        ("employee", "incident.add", "risk.view"),
    ],
)
def test_a_shipped_role_permits_its_work_and_no_more(
    root: Unit, slug: str, permitted: str, refused: str | None
) -> None:
    user = login(root)
    with acting(system("test")):
        grant(user, role(slug), root)

    actor = as_user(user)

    assert actor.may(permitted, unit=root.pk)
    assert refused is None or not actor.may(refused)


# Actors


def test_the_actor_of_a_user_costs_one_query(root: Unit, django_assert_num_queries: object) -> None:
    plant = part_of(root)
    login(root, administrator=root, employee=plant)
    user = User.objects.get()

    with django_assert_num_queries(1):  # type: ignore[operator] # pytest-django gives it no importable type
        actor = actor_for(user, channel="web")

    assert actor.label == "Anna Fischer"
    assert actor.identity == f"user:{user.pk.hex}"
    assert (actor.user_id, actor.person_id, actor.channel) == (user.pk, user.person_id, "web")
    assert {holding.role: holding.covers for holding in actor.holdings} == {
        "administrator": {root.pk, plant.pk}, "employee": {plant.pk},
    }


def test_how_far_roles_reach_is_looked_up_once_and_only_when_asked(root: Unit, django_assert_num_queries: object) -> None:
    plant, office = part_of(root), part_of(root, "Office")
    line = part_of(plant, "Line")
    actor = as_user(login(root, risk_owner=plant, employee=office))

    with django_assert_num_queries(0):  # type: ignore[operator] # pytest-django gives it no importable type
        assert actor.may("risk.change") and actor.may("risk.change", unit=plant.pk)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert actor.may("risk.change", unit=line.pk)
        assert not actor.may("risk.change", unit=office.pk)
        assert not actor.may("risk.change", unit=root.pk)


def test_a_unit_added_while_somebody_acts_is_within_their_reach(root: Unit) -> None:
    plant = part_of(root)
    actor = as_user(login(root, administrator=root))

    with acting(actor):
        line = add_unit(plant, name="Line")
        assert actor.may("unit.change", unit=line.pk)
        cell = add_unit(line, name="Cell")

    assert actor.may("unit.change", unit=cell.pk)


def test_a_role_reaches_down_but_not_up_or_sideways(root: Unit) -> None:
    plant, office = part_of(root), part_of(root, "Office")
    line = part_of(plant, "Line")

    actor = as_user(login(root, risk_owner=plant))

    assert actor.may("risk.change", unit=plant.pk)
    assert actor.may("risk.change", unit=line.pk)
    assert not actor.may("risk.change", unit=office.pk)
    assert not actor.may("risk.change", unit=root.pk)


def test_a_unit_that_moves_takes_the_rights_of_its_new_place(root: Unit) -> None:
    plant, office = part_of(root), part_of(root, "Office")
    line = part_of(plant, "Line")
    user = login(root, risk_owner=plant)

    with acting(system("test")):
        move_unit(line, parent=office)

    assert not as_user(user).may("risk.change", unit=line.pk)


def test_a_role_ends_with_the_day_of_its_end(root: Unit) -> None:
    user = login(root)
    today = timezone.localdate()
    with acting(system("test")):
        held = grant(user, role("employee"), root, today)

    assert as_user(user).holdings
    with acting(system("test")):
        Grant.objects.filter(pk=held.pk).update(until=today - timedelta(days=1))
    assert not as_user(user).holdings


def test_a_closed_login_is_nobody(root: Unit) -> None:
    user = login(root, employee=root)
    with acting(system("test")):
        deactivate(user)

    with pytest.raises(NotSignedIn):
        as_user(user)


# Giving and taking roles


def test_an_administrator_gives_roles_in_the_own_unit_only(root: Unit) -> None:
    plant, office = part_of(root), part_of(root, "Office")
    chief, other = login(root, administrator=plant), login(root, "Bo Lindt")

    with acting(as_user(chief)):
        held = grant(other, role("ciso"), plant)
        with pytest.raises(NotAllowed):
            grant(other, role("employee"), office)
        with pytest.raises(NotAllowed):
            grant(other, role("employee"), root)

    assert held.organisation_id == root.pk
    assert as_user(other).may("risk.accept", unit=plant.pk)


def test_nobody_gives_more_than_they_hold(root: Unit) -> None:
    helper = own_role("grant.*", "*.view")
    chief, other = login(root, auditor_readonly=root), login(root, "Bo Lindt")
    with acting(system("test")):
        grant(chief, helper, root)
    actor = as_user(chief)

    assert may_grant(actor, role("auditor_readonly"), root)
    assert not may_grant(actor, role("employee"), root)
    assert not may_grant(actor, role(ADMINISTRATOR), root)
    with acting(actor), pytest.raises(NotAllowed):
        grant(chief, role(ADMINISTRATOR), root)
    with acting(actor):
        assert grant(other, role("auditor_readonly"), root)


def test_rights_at_one_unit_do_not_help_to_give_at_another(root: Unit) -> None:
    plant = part_of(root)
    chief = login(root, administrator=plant)
    with acting(system("test")):
        grant(chief, own_role("grant.*"), root)

    assert may_grant(as_user(chief), role("ciso"), plant)
    assert not may_grant(as_user(chief), role("ciso"), root)


def test_nobody_without_the_permission_gives_even_what_they_hold(root: Unit) -> None:
    reader, other = login(root, auditor_readonly=root), login(root, "Bo Lindt")

    with acting(as_user(reader)), pytest.raises(NotAllowed):
        grant(other, role("auditor_readonly"), root)


def test_a_role_stays_within_the_organisation_of_the_person(root: Unit) -> None:
    user = login(root)

    with acting(system("test")):
        strangers = found_organisation("Wallace")
        with pytest.raises(RuleViolation):
            grant(user, role("employee"), strangers)

    assert not as_user(user).holdings


def test_giving_a_held_role_again_changes_its_end(root: Unit) -> None:
    user, today = login(root, employee=root), timezone.localdate()

    with acting(system("test")):
        grant(user, role("employee"), root, today + timedelta(days=30))

        assert Grant.objects.get().until == today + timedelta(days=30)
        with pytest.raises(Invalid):
            grant(user, role("employee"), root, date(2000, 1, 1))


def test_the_last_administrator_of_an_organisation_stays(root: Unit) -> None:
    chief = login(root, administrator=root)
    in_a_year = timezone.localdate() + timedelta(days=365)
    with acting(as_user(chief)):
        held = Grant.objects.get()

        with pytest.raises(RuleViolation):
            revoke(held)
        with pytest.raises(RuleViolation):
            grant(chief, held.role, root, in_a_year)
        with pytest.raises(RuleViolation):
            end_access(chief)

    chief.refresh_from_db()
    assert chief.is_active
    assert as_user(chief).may("grant.add", unit=root.pk)


def test_an_administrator_goes_when_another_remains(root: Unit) -> None:
    chief = login(root, administrator=root)
    login(root, "Bo Lindt", administrator=root)

    with acting(as_user(chief)):
        revoke(Grant.objects.get(user=chief))

    assert not as_user(chief).holdings


@pytest.mark.parametrize("weakness", ["closed", "ending", "elsewhere"])
def test_an_administrator_who_is_closed_ending_or_of_a_part_does_not_count_as_remaining(
    root: Unit, weakness: str
) -> None:
    chief = login(root, administrator=root)
    other = login(root, "Bo Lindt")
    with acting(system("test")):
        place = part_of(root) if weakness == "elsewhere" else root
        until = timezone.localdate() + timedelta(days=9) if weakness == "ending" else None
        grant(other, role(ADMINISTRATOR), place, until)
        if weakness == "closed":
            deactivate(other)

        with pytest.raises(RuleViolation):
            revoke(Grant.objects.get(user=chief))


def test_nobody_takes_back_what_they_could_not_give(root: Unit) -> None:
    helper, chief = login(root), login(root, "Bo Lindt", ciso=root)
    with acting(system("test")):
        grant(helper, own_role("grant.*"), root)

    with acting(as_user(helper)), pytest.raises(NotAllowed):
        revoke(Grant.objects.get(user=chief))


def test_a_link_is_made_only_for_those_one_outranks(root: Unit) -> None:
    plant = part_of(root)
    local, worker = login(plant, administrator=plant), login(plant, "Cy Dorn")
    chief = login(plant, "Bo Lindt", ciso=root)

    with acting(as_user(local)):
        assert invite(worker, purpose=SignInLink.Purpose.INVITATION)
        with pytest.raises(NotAllowed):
            invite(chief, purpose=SignInLink.Purpose.RESET)


# Tokens


def test_a_token_acts_for_its_user_and_only_its_hash_is_kept(root: Unit) -> None:
    user = login(root, risk_owner=root)
    with acting(as_user(user)):
        token, secret = create_token(user, name="backup")

    actor = actor_for_token(secret)

    assert actor.user_id == user.pk
    assert actor.identity == f"token:{token.pk.hex}"
    assert actor.may("risk.change", unit=root.pk)
    assert not Change.objects.filter(row__contains=secret[4:30]).exists()
    assert tokens.SHAPE.fullmatch(secret)


def test_a_token_may_do_what_both_its_scopes_and_its_user_may(root: Unit) -> None:
    plant = part_of(root)
    user = login(root, risk_owner=plant)
    with acting(as_user(user)):
        _, secret = create_token(user, name="export", scopes=("*.view", "grant.*"))

    actor = actor_for_token(secret)

    assert actor.may("risk.view", unit=plant.pk)
    assert not actor.may("risk.view", unit=root.pk)
    assert not actor.may("risk.change", unit=plant.pk)
    assert not actor.may("grant.add", unit=plant.pk)


def test_scopes_narrow_what_lists_show(root: Unit) -> None:
    user = login(root, administrator=root)
    with acting(as_user(user)):
        _, people = create_token(user, name="people", scopes=("person.view",))
        _, risks = create_token(user, name="risks", scopes=("risk.view",))

    with acting(actor_for_token(people)):
        assert Person.objects.count() == 1
    with acting(actor_for_token(risks)):
        assert Person.objects.count() == 0


def test_a_token_cannot_give_more_than_its_scopes(root: Unit) -> None:
    user = login(root, administrator=root)
    with acting(as_user(user)):
        _, secret = create_token(user, name="grants", scopes=("grant.*", "*.view"))

    actor = actor_for_token(secret)

    assert may_grant(actor, role("auditor_readonly"), root)
    assert not may_grant(actor, role(ADMINISTRATOR), root)


def test_a_token_makes_no_tokens_and_nobody_makes_them_for_others(root: Unit) -> None:
    user, other = login(root, administrator=root), login(root, "Bo Lindt")
    with acting(as_user(user)):
        _, secret = create_token(user, name="all")
        with pytest.raises(NotAllowed):
            create_token(other, name="theirs")

    with acting(actor_for_token(secret)), pytest.raises(NotAllowed):
        create_token(user, name="again")


def test_making_a_token_needs_the_permission(root: Unit) -> None:
    user = login(root, employee=root)

    with acting(as_user(user)), pytest.raises(NotAllowed):
        create_token(user, name="mine")


@pytest.mark.parametrize(
    "wrong", [{"days": 366}, {"days": 0}, {"scopes": ("risk[.]view",)}, {"scopes": ()}, {"name": " "}]
)
def test_a_token_lives_a_year_at_most_and_has_a_name_and_scopes(root: Unit, wrong: dict[str, object]) -> None:
    user = login(root, administrator=root)

    with acting(as_user(user)), pytest.raises(Invalid) as refusal:
        create_token(user, **{"name": "mine", **wrong})  # type: ignore[arg-type] # wrong on purpose

    assert list(refusal.value.fields) == list(wrong)


@pytest.mark.parametrize("end", ["expired", "revoked", "password", "closed", "reopened"])
def test_a_token_ends(root: Unit, end: str) -> None:
    user = login(root, administrator=root)
    with acting(as_user(user)):
        token, secret = create_token(user, name="mine")
    assert actor_for_token(secret)

    with acting(system("test")):
        match end:
            case "expired":
                ApiToken.objects.update(expires_at=timezone.now())
            case "revoked":
                revoke_token(token)
            case "password":
                set_password(user, "correct horse battery staple", current=None)
            case "closed":
                deactivate(user)
            case "reopened":
                reactivate(deactivate(user))

    with pytest.raises(NotSignedIn):
        actor_for_token(secret)


def test_who_asks_with_a_token_is_found_in_one_query(root: Unit, django_assert_num_queries: object) -> None:
    user = login(root, administrator=root, employee=root)
    with acting(as_user(user)):
        _token, secret = create_token(user, name="mine")
    actor_for_token(secret)

    with django_assert_num_queries(1):  # type: ignore[operator]
        actor = actor_for_token(secret)

    assert {holding.role for holding in actor.holdings} == {"administrator", "employee"}


def test_a_token_without_roles_may_nothing(root: Unit) -> None:
    user = login(root, administrator=root)
    with acting(as_user(user)):
        _token, secret = create_token(user, name="mine")

    with acting(system("test")):
        Grant.objects.filter(user=user).delete()

    assert actor_for_token(secret).holdings == ()


def test_a_mistyped_token_is_refused_without_the_database(django_assert_num_queries: object) -> None:
    secret = tokens.fresh_secret()
    wrong = [secret[:-1], secret.upper(), secret + "a", "", "Bearer", "mst_\ud800", secret.replace("_", "-")]
    swapped = next(index for index in range(4, 29) if secret[index] != secret[index + 1])
    wrong.append(secret[:swapped] + secret[swapped + 1] + secret[swapped] + secret[swapped + 2 :])

    with django_assert_num_queries(0):  # type: ignore[operator] # pytest-django gives it no importable type
        for one in wrong:
            with pytest.raises(NotSignedIn):
                actor_for_token(one)
    with django_assert_num_queries(1), pytest.raises(NotSignedIn):  # type: ignore[operator] # as above
        actor_for_token(secret)


def test_the_use_of_a_token_is_noted_at_most_once_a_minute(root: Unit) -> None:
    user = login(root, administrator=root)
    with acting(as_user(user)):
        token, secret = create_token(user, name="mine")

    actor_for_token(secret)
    token.refresh_from_db()
    first = token.last_used_at
    actor_for_token(secret)
    token.refresh_from_db()
    assert first is not None
    assert token.last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(minutes=1))
    actor_for_token(secret)
    token.refresh_from_db()

    assert token.last_used_at is not None
    assert token.last_used_at > first
    assert Change.objects.filter(table="access_apitoken", actor=f"token:{token.pk.hex}").count() == 2


def test_revoking_anothers_token_needs_the_permission_at_their_unit(root: Unit) -> None:
    plant = part_of(root)
    owner, stranger = login(plant, administrator=plant), login(root, "Bo Lindt")
    local = login(root, "Cy Dorn")
    with acting(system("test")):
        grant(local, own_role("token.delete"), plant)
    with acting(as_user(owner)):
        token, secret = create_token(owner, name="mine")

    with acting(as_user(stranger)), pytest.raises(NotAllowed):
        revoke_token(token)
    with acting(as_user(local)):
        revoke_token(token)

    with pytest.raises(NotSignedIn):
        actor_for_token(secret)
