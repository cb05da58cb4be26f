"""What a database connection is told about the current deed, as short texts."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection, transaction

from mainstay.platform.records.actor import current_deed

OUTSIDE = ("outside", "outside", "", "")

_erasing: ContextVar[bool] = ContextVar("mainstay_erasing", default=False)


def is_erasing() -> bool:
    return _erasing.get()


@contextmanager
def erasing() -> Iterator[None]:
    """Within the block, one transaction, contents of the trail may be replaced: for `erasure` alone."""
    token = _erasing.set(True)
    try:
        with transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL mainstay.erasing = 'on'")
            yield
    finally:
        _erasing.reset(token)


def told() -> tuple[str, str, str, str]:
    """Actor, channel, reason and request as the trail writes them; "outside" when nobody acts."""
    deed = current_deed()
    if deed is None:
        return OUTSIDE
    return deed.actor.identity, deed.actor.channel, deed.reason, deed.request
