"""What a database connection is told about the current deed, as short texts."""

from mainstay.platform.records.actor import current_deed

OUTSIDE = ("outside", "outside", "", "")


def told() -> tuple[str, str, str, str]:
    """Actor, channel, reason and request as the trail writes them; "outside" when nobody acts."""
    deed = current_deed()
    if deed is None:
        return OUTSIDE
    return deed.actor.identity, deed.actor.channel, deed.reason, deed.request
