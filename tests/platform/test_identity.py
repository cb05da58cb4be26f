"""Logins, passwords, one-time links, and how many attempts the door allows."""

import threading
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.contrib.auth.hashers import identify_hasher
from django.db import connection, transaction
from django.db.models import F
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mainstay.platform.identity import passwords, throttle
from mainstay.platform.identity.models import AccessEvent, Person, SignInLink, User
from mainstay.platform.identity.passwords import Argon2id, hashing
from mainstay.platform.identity.services import (
    authenticate,
    create_user,
    deactivate,
    make_link,
    reactivate,
    record_event,
    set_password,
    use_link,
    user_of_link,
)
from mainstay.platform.records.actor import Actor, Holding, acting, system
from mainstay.platform.records.errors import (
    Conflict,
    DomainError,
    Invalid,
    NotAllowed,
    NotSignedIn,
    RuleViolation,
    TooMany,
    Unavailable,
)
from mainstay.platform.trail.models import Change
from mainstay.platform.units.models import Unit
from mainstay.platform.units.services import add_unit, found_organisation

pytestmark = pytest.mark.django_db

Kind = AccessEvent.Kind
Purpose = SignInLink.Purpose
GOOD = "correct horse battery staple"
OTHER = "seventeen violet umbrellas"


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same algorithm with the least memory: these tests ask how often it runs, not how long it takes."""
    monkeypatch.setattr(Argon2id, "memory_cost", 8)
    monkeypatch.setattr(Argon2id, "time_cost", 1)


@pytest.fixture
def root(db: None) -> Unit:
    with acting(system("test")):
        return found_organisation("Tyrell Works")


def login(root: Unit, name: str = "Anna Fischer", *, password: str | None = GOOD) -> User:
    email = f"{name.replace(' ', '.').lower()}@tyrell.example"
    with acting(system("test")):
        person = Person.objects.create(organisation=root, unit=root, ref=f"P-{email}", name=name, email=email)
        user = create_user(person)
        return user if password is None else set_password(user, password, current=None)


def invited(user: User, purpose: SignInLink.Purpose = Purpose.RESET) -> str:
    with acting(system("test")):
        return make_link(user, purpose)


def age(**by: int) -> None:
    """Let the time pass, by making everything that happened older."""
    AccessEvent.objects.update(at=F("at") - timedelta(**by))
    SignInLink.objects.update(expires_at=F("expires_at") - timedelta(**by))


def outcome(email: str, password: str, *, address: str = "192.0.2.1") -> str:
    try:
        authenticate(email, password, address=address)
    except DomainError as error:
        return error.code
    return "in"


def evaluated() -> int:
    return AccessEvent.objects.filter(kind__in=(Kind.REFUSED, Kind.SIGNED_IN)).count()


def refusals(*, count: int, name: str = "", address: str = "") -> None:
    AccessEvent.objects.bulk_create(
        AccessEvent(kind=Kind.REFUSED, name=name, address=address) for _ in range(count)
    )


# Logins


def test_a_new_login_has_no_password_and_the_lower_case_address(root: Unit) -> None:
    user = login(root, password=None)

    assert user.email == "anna.fischer@tyrell.example"
    assert not user.has_usable_password()
    assert outcome(user.email, "") == "not_signed_in"


def test_a_person_without_an_address_or_with_a_taken_one_gets_no_login(root: Unit) -> None:
    user = login(root)
    with acting(system("test")):
        nobody = Person.objects.create(organisation=root, unit=root, ref="P-0", name="Nobody")

        with pytest.raises(Invalid) as missing:
            create_user(nobody)
        with pytest.raises(Invalid) as taken:
            create_user(user.person)

    assert list(missing.value.fields) == list(taken.value.fields) == ["email"]


def test_making_a_login_needs_the_permission_at_the_persons_unit(root: Unit) -> None:
    with acting(system("test")):
        mine, other = add_unit(root, name="Mine"), add_unit(root, name="Other")
        person = Person.objects.create(organisation=root, unit=other, ref="P-1", name="Bo", email="bo@x.test")
    holding = Holding(
        role="x", patterns=("user.*",), unit=mine.pk, organisation=root.pk, covers=frozenset({mine.pk})
    )

    with acting(Actor(label="Anna", channel="test", holdings=(holding,))), pytest.raises(NotAllowed):
        create_user(person)


def test_a_closed_login_is_refused_like_a_wrong_password_and_its_stamp_moves(root: Unit) -> None:
    user = login(root)
    before = user.get_session_auth_hash()

    with acting(system("test")):
        deactivate(user)

    assert outcome(user.email, GOOD) == "not_signed_in"
    assert user.get_session_auth_hash() != before
    assert AccessEvent.objects.get(kind=Kind.REFUSED).detail == "closed"
    with acting(system("test")):
        reactivate(user)
    assert outcome(user.email, GOOD) == "in"
    assert user.get_session_auth_hash() != before


# Passwords


def test_passwords_are_kept_with_argon2id_at_its_cost(
    monkeypatch: pytest.MonkeyPatch, settings: Any, root: Unit
) -> None:
    monkeypatch.undo()
    settings.PASSWORD_HASHERS = settings.PASSWORD_HASHERS[-1:]

    user = login(root)

    assert user.password.startswith("argon2$argon2id$v=19$m=47104,t=2,p=1$")


def test_a_hash_of_an_older_cost_is_renewed_at_sign_in(monkeypatch: pytest.MonkeyPatch, root: Unit) -> None:
    user = login(root)
    monkeypatch.setattr(Argon2id, "memory_cost", 16)

    authenticate(user.email, GOOD, address="192.0.2.1")

    user.refresh_from_db()
    assert not identify_hasher(user.password).must_update(user.password)


@pytest.mark.parametrize(
    "almost", [GOOD[:-1], GOOD + "\0", GOOD + " ", " " + GOOD, GOOD.swapcase(), GOOD + "x" * 100, ""]
)
def test_passwords_are_verified_exactly(root: Unit, almost: str) -> None:
    user = login(root)

    assert outcome(user.email, almost) == "not_signed_in"


def test_another_normalisation_is_another_password(root: Unit) -> None:
    user = login(root, password="crème brûlée à la carte")

    decomposed = "cre\u0300me bru\u0302le\u0301e a\u0300 la carte"

    assert outcome(user.email, decomposed) == "not_signed_in"
    assert outcome(user.email, "crème brûlée à la carte") == "in"


@pytest.mark.parametrize(
    "weak",
    [
        "short", "fourteen chars", "123456789987654321", "my mainstay phrase", "the Fischer family",
        "ANNA.fischer rides on", "made by tyrell in space",
    ],
)
def test_weak_passwords_and_words_of_the_context_are_refused(root: Unit, weak: str) -> None:
    user = login(root, password=None)
    with pytest.raises(Invalid) as refusal:
        set_password(user, weak, current=None)

    assert list(refusal.value.fields) == ["password"]


@settings(max_examples=50, deadline=None)
@given(password=st.text(st.characters(codec="utf-8"), min_size=15, max_size=80))
def test_any_composition_is_a_password(password: str) -> None:
    assume("mainstay" not in password.casefold())
    user = User(email="q@x.example", person=Person(organisation=Unit()))

    encoded = passwords.encoded_password(user, password)

    assert identify_hasher(encoded).verify(password, encoded)


def test_the_longest_password_has_4096_bytes(root: Unit) -> None:
    user = login(root, password="ü" * 2048)

    assert outcome(user.email, "ü" * 2048) == "in"
    assert outcome(user.email, "ü" * 2048 + "x") == "invalid"
    with pytest.raises(Invalid):
        set_password(user, "ü" * 2049, current="ü" * 2048)


def test_what_is_not_text_is_refused(root: Unit) -> None:
    user = login(root)

    assert outcome(user.email, "half a pair \ud800 of surrogates") == "invalid"
    assert outcome("anna\ud800@tyrell.example", GOOD) == "not_signed_in"


def test_more_hashes_than_the_queue_holds_are_refused() -> None:
    release, inside = threading.Event(), threading.Semaphore(0)

    def wait_inside() -> None:
        with hashing():
            inside.release()
            release.wait()

    holders = [threading.Thread(target=wait_inside) for _ in range(passwords.PARALLEL_HASHES)]
    for thread in holders:
        thread.start()
        inside.acquire()
    # The queued ones hold a place from the moment they ask, so taking the places is what queueing does.
    for _ in range(passwords.QUEUED_HASHES):
        assert passwords._places.acquire(blocking=False)

    try:
        with pytest.raises(Unavailable), hashing():
            pass
    finally:
        for _ in range(passwords.QUEUED_HASHES):
            passwords._places.release()
        release.set()
        for thread in holders:
            thread.join()

    with hashing():
        pass


# Changing a password


def test_changing_the_password_needs_the_current_one(root: Unit) -> None:
    user = login(root)
    before = user.password

    for current in (None, "not the current one"):
        with pytest.raises(Invalid) as refusal:
            set_password(user, OTHER, current=current)
        assert list(refusal.value.fields) == ["current"]

    user.refresh_from_db()
    assert user.password == before


def test_a_new_password_ends_earlier_sessions_and_leaves_an_event(root: Unit) -> None:
    user = login(root)
    before = user.get_session_auth_hash()

    changed = set_password(user, OTHER, current=GOOD, address="192.0.2.1")

    assert changed.get_session_auth_hash() != before
    assert changed.stamp == user.stamp + 1
    assert AccessEvent.objects.filter(kind=Kind.PASSWORD_SET, address="192.0.2.1").count() == 1
    assert outcome(user.email, OTHER) == "in"
    assert outcome(user.email, GOOD) == "not_signed_in"


def test_a_stolen_session_cannot_guess_the_current_password_without_end(root: Unit) -> None:
    user = login(root)

    for _ in range(throttle.FREE_FAILURES + 1):
        with pytest.raises(Invalid):
            set_password(user, OTHER, current="a guess", address="192.0.2.1")

    with pytest.raises(TooMany):
        set_password(user, OTHER, current=GOOD, address="192.0.2.1")


def test_nobody_chooses_another_persons_password(root: Unit) -> None:
    user, admin = login(root, password=None), login(root, "Boss Person")
    covers = frozenset({root.pk})
    holding = Holding(role="a", patterns=("*",), unit=root.pk, organisation=root.pk, covers=covers)

    with (
        acting(Actor(label="Boss", channel="test", user_id=admin.pk, holdings=(holding,))),
        pytest.raises(NotAllowed),
    ):
        set_password(user, OTHER, current=None)


def test_of_two_changes_from_the_same_state_one_is_refused(root: Unit) -> None:
    login(root, password=None)
    first, second = User.objects.get(), User.objects.get()

    set_password(first, GOOD, current=None)

    with pytest.raises(Conflict):
        set_password(second, OTHER, current=None)


# One-time links


def test_a_link_lets_in_once(root: Unit) -> None:
    user = login(root)
    token = invited(user)

    entered = use_link(token, address="192.0.2.1")

    assert entered == user
    assert not entered.has_usable_password()
    assert entered.stamp > user.stamp
    with pytest.raises(NotSignedIn):
        use_link(token)


def test_only_the_hash_of_a_link_is_kept(root: Unit) -> None:
    user = login(root)

    token = invited(user)

    assert SignInLink.objects.get().digest == sha256(token.encode()).hexdigest()
    assert len(token) >= 43  # 256 bits in base64
    assert not Change.objects.filter(row__contains=token).exists()


def test_unknown_used_expired_and_voided_links_are_the_same_error(root: Unit) -> None:
    user, closed = login(root), login(root, "Zoe Brandt")
    used, expired, voided, of_closed = invited(user), "", "", invited(closed)
    use_link(used)
    expired = invited(user)
    age(hours=25)
    voided = invited(user)
    current = invited(user)
    User.objects.filter(pk=closed.pk).update(is_active=False)
    told = set()

    for token in (used, expired, voided, of_closed, "unknown", "\ud800"):
        with pytest.raises(NotSignedIn) as refusal:
            use_link(token)
        told.add((refusal.value.code, str(refusal.value)))

    assert len(told) == 1
    assert user_of_link(current) == user
    assert AccessEvent.objects.filter(kind=Kind.REFUSED, detail="link").count() == 6


def test_a_link_with_an_unacceptable_password_is_not_used_up(root: Unit) -> None:
    user = login(root, password=None)
    token = invited(user, Purpose.INVITATION)

    with pytest.raises(Invalid):
        use_link(token, password="short", address="192.0.2.1")
    use_link(token, password=GOOD, address="192.0.2.1")

    assert outcome(user.email, GOOD) == "in"
    assert AccessEvent.objects.filter(kind=Kind.PASSWORD_SET).exists()


@pytest.mark.parametrize(
    ("purpose", "longest"), [(Purpose.SETUP, 1), (Purpose.INVITATION, 24), (Purpose.RESET, 24)]
)
def test_links_live_no_longer_than_allowed(root: Unit, purpose: SignInLink.Purpose, longest: int) -> None:
    user = login(root)

    with acting(system("test")), pytest.raises(Invalid):
        make_link(user, purpose, hours=longest + 1)
    token = invited(user, purpose)
    age(minutes=longest * 60 - 1)
    assert user_of_link(token) == user
    age(minutes=1)

    assert user_of_link(token) is None


def test_a_closed_login_gets_no_link(root: Unit) -> None:
    user = login(root)
    token = invited(user)

    with acting(system("test")):
        deactivate(user)
        with pytest.raises(RuleViolation):
            make_link(user, Purpose.RESET)

    assert user_of_link(token) is None


def test_guessing_links_is_limited_by_address(root: Unit) -> None:
    token = invited(login(root))
    refusals(count=throttle.ADDRESS_PER_HOUR, address="192.0.2.9")

    with pytest.raises(TooMany):
        use_link(token, address="192.0.2.9")

    assert use_link(token, address="192.0.2.10")


# The door


def test_each_outcome_leaves_one_event(root: Unit) -> None:
    user = login(root)
    AccessEvent.objects.all().delete()

    authenticate(user.email.upper() + " ", GOOD, address="192.0.2.1")
    outcome(user.email, "wrong")
    outcome("nobody@tyrell.example", "wrong")

    events = AccessEvent.objects.order_by("at").values_list("kind", "user", "name", "address", "detail")
    assert list(events) == [
        (Kind.SIGNED_IN, user.pk, user.email, "192.0.2.1", ""),
        (Kind.REFUSED, user.pk, user.email, "192.0.2.1", "password"),
        (Kind.REFUSED, None, "nobody@tyrell.example", "192.0.2.1", "unknown"),
    ]


def test_refusals_do_not_tell_whether_the_account_exists(root: Unit) -> None:
    user = login(root)
    told: dict[str, list[str]] = {user.email: [], "nobody@tyrell.example": []}

    for email, answers in told.items():
        for _ in range(throttle.FREE_FAILURES + 2):
            with pytest.raises((NotSignedIn, TooMany)) as refusal:
                authenticate(email, "wrong", address="192.0.2.1")
            answers.append(f"{refusal.value.code} {refusal.value}")

    first, second = told.values()
    assert first == second
    assert first[-1].startswith("too_many")


def test_a_refusal_is_committed_although_it_is_an_error() -> None:
    with pytest.raises(NotSignedIn):
        authenticate("nobody@tyrell.example", "wrong", address="192.0.2.1")

    assert AccessEvent.objects.get().kind == Kind.REFUSED


def test_signing_in_inside_a_transaction_that_could_take_the_event_back_is_refused() -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        authenticate("nobody@tyrell.example", "wrong", address="192.0.2.1")


def test_a_password_typed_as_the_name_is_not_readable_in_the_events() -> None:
    outcome(GOOD, "wrong")

    assert GOOD not in AccessEvent.objects.get().name
    assert not Change.objects.filter(row__contains=GOOD).exists()


def test_the_product_acts_where_nobody_is_signed_in() -> None:
    record_event(Kind.DENIED, name="x", address="192.0.2.1")

    assert Change.objects.get(table="identity_accessevent").actor == "system"


def test_the_delay_after_failures_grows_and_passes(root: Unit) -> None:
    user = login(root)
    for _ in range(throttle.FREE_FAILURES + 1):
        assert outcome(user.email, "wrong") == "not_signed_in"

    waits = []
    for _ in range(4):
        assert outcome(user.email, GOOD) == "too_many"
        seconds = 0
        while outcome(user.email, "wrong") == "too_many":
            age(seconds=10)
            seconds += 10
        waits.append(seconds)

    assert waits == [30, 60, 120, 240]


def test_a_thousand_guesses_from_fifty_addresses_are_at_most_thirty_evaluated_an_hour(root: Unit) -> None:
    user = login(root)
    AccessEvent.objects.all().delete()

    for guess in range(1_000):
        outcome(user.email, "wrong", address=f"198.51.100.{guess % 50}")
        if guess % 100 == 0:
            age(minutes=6)

    assert throttle.FREE_FAILURES < evaluated() <= throttle.ACCOUNT_PER_HOUR


def test_thirty_failures_an_hour_are_the_end_even_when_successes_lie_between(root: Unit) -> None:
    user = login(root)
    authenticate(user.email, GOOD, address="192.0.2.1")
    refusals(count=throttle.ACCOUNT_PER_HOUR, name=user.email, address="192.0.2.1")
    AccessEvent.objects.create(kind=Kind.SIGNED_IN, user=user, name=user.email, address="192.0.2.1")

    assert outcome(user.email, GOOD) == "too_many"

    age(hours=1)
    assert outcome(user.email, GOOD) == "in"


def test_a_thousand_accounts_from_one_address_are_at_most_a_hundred_evaluated_an_hour() -> None:
    for number in range(throttle.ADDRESS_PER_HOUR + 20):
        outcome(f"user{number}@tyrell.example", "wrong", address="198.51.100.7")

    assert evaluated() == throttle.ADDRESS_PER_HOUR
    assert AccessEvent.objects.filter(kind=Kind.LOCKED).count() == 1


def test_guessing_from_elsewhere_does_not_lock_out_the_rightful_user_at_a_known_address(root: Unit) -> None:
    user = login(root)
    authenticate(user.email, GOOD, address="192.0.2.1")
    for guess in range(20):
        outcome(user.email, "wrong", address=f"198.51.100.{guess}")

    assert outcome(user.email, GOOD, address="192.0.2.2") == "too_many"
    assert outcome(user.email, GOOD, address="192.0.2.1") == "in"


def test_an_ipv6_subscriber_is_one_source_and_a_mapped_address_its_ipv4() -> None:
    refusals(count=throttle.ADDRESS_PER_HOUR, address=throttle.source("2001:db8:0:7::1"))

    assert outcome("a@tyrell.example", "x", address="2001:db8:0:7:ffff::2") == "too_many"
    assert outcome("a@tyrell.example", "x", address="2001:db8:0:8::1") == "not_signed_in"
    assert throttle.source("::ffff:192.0.2.1") == "192.0.2.1"


def test_an_attempt_that_never_ended_stops_counting() -> None:
    AccessEvent.objects.bulk_create(
        AccessEvent(kind=Kind.TRIED, name="a@tyrell.example", address="192.0.2.1") for _ in range(40)
    )

    assert outcome("a@tyrell.example", "x") == "too_many"
    age(minutes=2)

    assert outcome("a@tyrell.example", "x") == "not_signed_in"


def test_attempts_that_begin_at_the_same_moment_count_each_other() -> None:
    rivals = [AccessEvent(kind=Kind.TRIED, name="a@tyrell.example") for _ in range(5)]

    def let_rivals_in_first(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # After this attempt looked and found the door open, and before its own event is written.
        if sql.startswith("INSERT") and rivals:
            waiting, rivals[:] = rivals[:], []
            AccessEvent.objects.bulk_create(waiting)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(let_rivals_in_first):
        answer = outcome("a@tyrell.example", "wrong")

    assert answer == "too_many"
    assert evaluated() == 0
    assert AccessEvent.objects.get(address="192.0.2.1").kind == Kind.LOCKED
