"""What can happen to a login: it is made, entered, given a password, closed. Outcomes leave access events."""

import hashlib
import secrets
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import NoReturn

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from mainstay.platform.identity import throttle
from mainstay.platform.identity.models import AccessEvent, Person, SignInLink, User
from mainstay.platform.identity.passwords import check_size, encoded_password
from mainstay.platform.records.actor import Actor, acting, current_actor, current_deed, system
from mainstay.platform.records.errors import Conflict, Invalid, NotAllowed, NotSignedIn, RuleViolation
from mainstay.platform.records.events import Privileged, announce
from mainstay.platform.records.moment import in_the_present

Kind = AccessEvent.Kind

LONGEST_LINK_HOURS = {
    SignInLink.Purpose.SETUP: 1,
    SignInLink.Purpose.INVITATION: 24,
    SignInLink.Purpose.RESET: 24,
}
"""What lets in without a password lives a day at most (ASVS 6.4.1), the very first way in an hour."""


def create_user(person: Person) -> User:
    """Give a person a login under their e-mail address. It has no password until a one-time link sets one."""
    current_actor().require("user.add", unit=person.unit_id)
    email = person.email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid({"email": [_("A login needs the person's e-mail address.")]}) from error
    user = User(person=person, email=email, password=make_password(None))
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        raise Invalid({"email": [_("This person or this e-mail address already has a login.")]}) from error
    return user


@transaction.atomic
def make_link(user: User, purpose: SignInLink.Purpose, *, hours: int | None = None) -> str:
    """The secret of a one-time way in, to be told once. It voids all unused ones made before.

    Whoever makes a link could also use it: `access.services.invite` first asks whether they outrank the user.
    """
    current_actor().require("user.change", unit=user.person.unit_id)
    longest = LONGEST_LINK_HOURS[purpose]
    if hours is not None and not 1 <= hours <= longest:
        raise Invalid({"hours": [_("This kind of link lives 1 to %(hours)d h.") % {"hours": longest}]})
    if not user.is_active:
        raise RuleViolation(_("This login is closed."))
    _void_links(user)
    token = secrets.token_urlsafe(32)
    expires_at = timezone.now() + timedelta(hours=hours or longest)
    SignInLink.objects.create(user=user, purpose=purpose, digest=_digest(token), expires_at=expires_at)
    record_event(Kind.LINK_MADE, user=user, name=user.email, detail=purpose)
    return token


def user_of_link(token: str) -> User | None:
    """Whom a link would let in, without using it up; None when it is unknown, used or expired."""
    link = _open_links(token).select_related("user__person").first()
    return link.user if link and link.user.is_active else None


def use_link(token: str, *, address: str = "", password: str | None = None) -> User:
    """Let in whoever holds the link, once; with `password`, only if that is acceptable, and set it at once.

    Without one, the login is left without a password, so that the next step is to set it. Either way all
    sessions and tokens made before end. Unknown, used and expired links are one error. Must not run inside a
    transaction.
    """
    address = throttle.source(address)
    with _somebody_acting():
        attempt = throttle.admit("", address=address)
        user = user_of_link(token)
        if user is None:
            _refuse_link(attempt)
        encoded = make_password(None) if password is None else encoded_password(user, password)
        with transaction.atomic():
            # Condition and mark are one statement without a join: of two that hold the link, one gets in.
            is_spent = _open_links(token).update(used_at=timezone.now())
            if is_spent:
                _store_password(user, encoded)
                _end(attempt, Kind.LINK_USED, user=user, name=user.email)
                if password is not None:
                    record_event(Kind.PASSWORD_SET, user=user, name=user.email, address=address)
        if not is_spent:
            _refuse_link(attempt)
        return user


def authenticate(email: str, password: str, *, address: str) -> User:
    """The user whose password this is. NotSignedIn, the same for every reason, or TooMany (see `throttle`).

    The reason is told to the access events only. Must not run inside a transaction: it could take them back.
    """
    with _somebody_acting():
        user, attempt = _proven(email, password, address=address)
        _end(attempt, Kind.SIGNED_IN)
        return user


def set_password(user: User, password: str, *, current: str | None, address: str = "") -> User:
    """Replace one's own password, proving the current one; None only while there is none, as after a link.

    All sessions and tokens made before end, so the caller renews the session it serves. Must not run inside a
    transaction.
    """
    deed = current_deed()
    if deed is not None and not deed.actor.is_system and deed.actor.user_id != user.id:
        raise NotAllowed(_("Nobody chooses another person's password."))
    with _somebody_acting():
        if current is None and user.has_usable_password():
            raise Invalid({"current": [_("Give your current password.")]})
        encoded = encoded_password(user, password)
        if current is None:
            attempt = AccessEvent(user=user, name=user.email, address=throttle.source(address))
        else:
            try:
                user, attempt = _proven(user.email, current, address=address)
            except NotSignedIn as error:
                raise Invalid({"current": [_("This is not your current password.")]}) from error
        with transaction.atomic():
            _store_password(user, encoded)
            _end(attempt, Kind.PASSWORD_SET)
        return user


@transaction.atomic
def deactivate(user: User) -> User:
    """Close a login: its sessions, tokens and links end with the next request (ASVS 7.4.2).

    `access.services.end_access` first asks whether an administrator remains.
    """
    current_actor().require("user.change", unit=user.person.unit_id)
    _void_links(user)
    return _set_active(user, is_active=False)


@transaction.atomic
def reactivate(user: User) -> User:
    """Open a closed login again; nothing that was signed in before comes back."""
    current_actor().require("user.change", unit=user.person.unit_id)
    return _set_active(user, is_active=True)


def record_event(
    kind: AccessEvent.Kind, *, user: User | None = None, name: str = "", address: str = "", detail: str = ""
) -> AccessEvent:
    """Write what happened at the door. A refusal is recorded outside the transaction that it ends."""
    # Whoever looks at an earlier state does so now.
    with in_the_present(), _somebody_acting():
        event = AccessEvent.objects.create(
            kind=kind, user=user, name=name[:254], address=throttle.source(address), detail=detail[:300]
        )
        if kind == Kind.EXPORTED:
            announce(Privileged())
        return event


def record_denial(where: str, *, address: str = "") -> AccessEvent:
    """Write that the actor was refused what their roles do not include; `where` is method and path, without what was asked."""
    actor = current_actor()
    user = User(pk=actor.user_id) if actor.user_id else None
    return record_event(Kind.DENIED, user=user, name=actor.label, address=address, detail=where)


def _somebody_acting() -> AbstractContextManager[Actor | None]:
    """The product acts at the door, where nobody is signed in yet."""
    return acting(system("door")) if current_deed() is None else nullcontext()


def _account_name(email: str) -> str:
    """What an attempt is counted and shown under."""
    name = email.strip().lower()[:254]
    if "@" in name and name.isprintable():
        return name
    # No account has such a name, but a password typed into the wrong field would be readable in the events.
    return "?" + hashlib.sha256(name.encode(errors="replace")).hexdigest()[:16]


def _proven(email: str, password: str, *, address: str) -> tuple[User, AccessEvent]:
    """The user, and the attempt for the caller to end. As much work for unknown users as for known ones."""
    check_size(password)
    name, address = _account_name(email), throttle.source(address)
    attempt = throttle.admit(name, address=address)
    user = User.objects.filter(email=name).first()
    matches = (user or User(password=UNUSABLE_PASSWORD_PREFIX)).check_password(password)
    attempt.user = user
    if user is not None and user.is_active and matches:
        return user, attempt
    reason = "unknown" if user is None else "closed" if not user.is_active else "password"
    _end(attempt, Kind.REFUSED, detail=reason)
    raise NotSignedIn(_("The e-mail address or the password is not right."))


def _end(attempt: AccessEvent, kind: AccessEvent.Kind, **more: object) -> None:
    for name, value in {"kind": kind, **more}.items():
        setattr(attempt, name, value)
    attempt.save()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _open_links(token: str) -> QuerySet[SignInLink]:
    return SignInLink.objects.filter(digest=_digest(token), used_at=None, expires_at__gt=timezone.now())


def _void_links(user: User) -> None:
    now = timezone.now()
    SignInLink.objects.filter(user=user, used_at=None, expires_at__gt=now).update(expires_at=now)


def _refuse_link(attempt: AccessEvent) -> NoReturn:
    _end(attempt, Kind.REFUSED, detail="link")
    raise NotSignedIn(_("This link does not work, or no longer. Ask for a new one."))


def _store_password(user: User, encoded: str) -> None:
    """Set the hash and end all sessions, tokens and links, unless another change of the login came first."""
    stored = User.objects.filter(pk=user.pk, stamp=user.stamp).update(password=encoded, stamp=F("stamp") + 1)
    if not stored:
        raise Conflict(_("The login was changed in the meantime."))
    _void_links(user)
    user.refresh_from_db(fields=["password", "stamp"])
    announce(Privileged())


def _set_active(user: User, *, is_active: bool) -> User:
    User.objects.filter(pk=user.pk).update(is_active=is_active, stamp=F("stamp") + 1)
    user.refresh_from_db(fields=["is_active", "stamp"])
    announce(Privileged())
    return user
