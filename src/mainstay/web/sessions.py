"""Browser sessions: who is signed in, since when, and when that ends."""

import time
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from mainstay.platform.identity.models import User
from mainstay.platform.records.waiting import if_free

NEEDED = ("password", "email", "is_active", "stamp", "person__name", "person__organisation__name")
"""What of a user every page needs; the rest is read when something asks for it."""
SEEN_EVERY = 60
"""Seconds between notes that a session is in use; finer would write on every page."""


def begin(request: HttpRequest, user: User) -> None:
    """Sign the browser in: a new session key, bound to the user's password and stamp."""
    request.session.flush()
    now = int(time.time())
    request.session.update({"user": user.pk.hex, "stamp": user.get_session_auth_hash(), "began": now, "seen": now})


def end(request: HttpRequest) -> None:
    """Sign the browser out; the session is gone on the server."""
    request.session.flush()


def signed_in(request: HttpRequest) -> User | None:
    """The user of the session, or None when it is over: idle, too old, or its credentials changed since."""
    session = request.session
    if "user" not in session:
        return None
    now = int(time.time())
    configuration = settings.CONFIGURATION
    idle, age = now - session["seen"], now - session["began"]
    asked = User.objects.select_related("person__organisation").only(*NEEDED)
    user = asked.filter(pk=UUID(session["user"]), is_active=True).order_by().first()
    if (
        user is None
        or idle > configuration.idle_minutes * 60
        or age > configuration.session_hours * 3600
        or not constant_time_compare(session["stamp"], user.get_session_auth_hash())
    ):
        session.flush()
        return None
    if idle > SEEN_EVERY:
        _note_seen(session, now)
    return user


def _note_seen(session: SessionBase, now: int) -> None:
    """Remember when the session was last used, unless the database is busy: being seen is no reason to wait."""
    session["seen"] = now
    with if_free():
        Session.objects.filter(pk=session.session_key).update(session_data=session.encode(dict(session.items())))
    session.modified = False
