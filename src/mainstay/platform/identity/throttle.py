"""How many passwords may be tried: counted from the access events, so a restart forgets nothing (ASVS 6.3.1).

An attempt is counted against its account and against its address. An account has one count for all strange
addresses and one for each that signed in to it before: guessing from elsewhere does not lock out its user.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import NoReturn

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from mainstay.platform.identity.models import AccessEvent
from mainstay.platform.records.errors import TooMany

HOUR = timedelta(hours=1)
ACCOUNT_PER_HOUR = 30
ADDRESS_PER_HOUR = 100
FREE_FAILURES = 4
FIRST_DELAY = timedelta(seconds=30)
REMEMBERED = timedelta(hours=24)
KNOWN_FOR = timedelta(days=30)
UNFINISHED = timedelta(minutes=1)
"""An attempt not ended after this long gave no answer (the process died), so it taught nobody anything."""

IPV6_NETWORK = len("2001:0db8:0000:0000")
"""One subscriber holds a /64 of addresses, so IPv6 is counted by its first half."""

NO_WAIT = timedelta(0)
Kind = AccessEvent.Kind


def source(address: str) -> str:
    """The address in its one written form, IPv6 in full, so that a network is a prefix of it."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:45]
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return parsed.exploded


def admit(name: str, *, address: str) -> AccessEvent:
    """Open an attempt, which the caller ends by giving the event its kind; TooMany after too many.

    The event is committed before it is counted, so that of parallel attempts each sees all the others. Empty
    names and addresses are not counted. Must not run inside a transaction: it could take the event back.
    """
    now = timezone.now()
    _refuse_exhausted(name, address, now)
    with transaction.atomic(durable=True):
        attempt = AccessEvent.objects.create(kind=Kind.TRIED, name=name, address=address)
    others = AccessEvent.objects.exclude(pk=attempt.pk)
    wait = max(_account_wait(others, name, address, now), _address_wait(others, address, now))
    if wait > NO_WAIT:
        attempt.kind = Kind.LOCKED
        attempt.save(update_fields=["kind"])
        _refuse(wait)
    return attempt


def _refuse_exhausted(name: str, address: str, now: datetime) -> None:
    events = AccessEvent.objects.all()
    by_address = _address_wait(events, address, now)
    by_account = _account_wait(events, name, address, now)
    if max(by_address, by_account) == NO_WAIT:
        return
    # One event a minute says it: whoever hammers at a locked door must not fill the disk.
    same = Q(address=address) if by_address else Q(address=address, name=name)
    if not events.filter(same, kind=Kind.LOCKED, at__gt=now - UNFINISHED).exists():
        with transaction.atomic(durable=True):
            AccessEvent.objects.create(kind=Kind.LOCKED, name=name, address=address)
    _refuse(max(by_address, by_account))


def _refuse(wait: timedelta) -> NoReturn:
    minutes = ceil(wait / timedelta(minutes=1))
    raise TooMany(_("Too many attempts. Try again in %(minutes)d min.") % {"minutes": minutes})


def _failures(events: QuerySet[AccessEvent], *, since: datetime, now: datetime) -> QuerySet[AccessEvent]:
    ended = Q(kind=Kind.REFUSED) | Q(kind=Kind.TRIED, at__gt=now - UNFINISHED)
    return events.filter(ended, at__gt=since).order_by("at")


def _account_wait(events: QuerySet[AccessEvent], name: str, address: str, now: datetime) -> timedelta:
    """How long the account rests: so many failures an hour, and twice as long after each one in a row."""
    if not name:
        return NO_WAIT
    since = now - REMEMBERED
    failures = _failures(events.filter(name=name), since=since, now=now)
    entries = events.filter(name=name, address=address, kind__in=(Kind.SIGNED_IN, Kind.LINK_USED))
    last_entry = entries.filter(at__gt=now - KNOWN_FOR).order_by("-at").values_list("at", flat=True).first()
    if last_entry is not None:
        failures = failures.filter(address=address)
    times = list(failures.values_list("at", flat=True))
    in_a_row = [at for at in times if last_entry is None or at > last_entry]
    return max(_hourly_wait(times, ACCOUNT_PER_HOUR, now), _growing_wait(in_a_row, now))


def _address_wait(events: QuerySet[AccessEvent], address: str, now: datetime) -> timedelta:
    if not address:
        return NO_WAIT
    here = Q(address__startswith=address[:IPV6_NETWORK]) if ":" in address else Q(address=address)
    times = _failures(events.filter(here), since=now - HOUR, now=now).values_list("at", flat=True)
    return _hourly_wait(list(times), ADDRESS_PER_HOUR, now)


def _hourly_wait(times: Sequence[datetime], limit: int, now: datetime) -> timedelta:
    """Until fewer than `limit` of the times, oldest first, lie within the past hour."""
    if len(times) < limit:
        return NO_WAIT
    return max(times[-limit] + HOUR - now, NO_WAIT)


def _growing_wait(times: Sequence[datetime], now: datetime) -> timedelta:
    """30 s after the fifth failure in a row, then doubling up to an hour."""
    beyond = len(times) - FREE_FAILURES - 1
    if beyond < 0:
        return NO_WAIT
    delay: timedelta = min(FIRST_DELAY * 2 ** min(beyond, 10), HOUR)
    return max(times[-1] + delay - now, NO_WAIT)
