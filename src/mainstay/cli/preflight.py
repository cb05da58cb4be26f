"""What `serve` wants to know before it serves."""

from dataclasses import dataclass

from django.db import connections

from mainstay.cli.founding import first_way_in
from mainstay.cli.health import basic_problems
from mainstay.platform.files.store import clear_unfinished
from mainstay.platform.trail.moments.cache import clear_strangers


@dataclass(frozen=True, kw_only=True, slots=True)
class Sight:
    """Problems; and when there are none, the first sign-in link, if one is still needed."""

    problems: tuple[str, ...] = ()
    link: str = ""


def look() -> Sight:
    """Look at the installation; no connection to its database is left open, so that processes can be forked."""
    try:
        if problems := basic_problems():
            return Sight(problems=tuple(problems))
        clear_unfinished()
        clear_strangers()
        return Sight(link=first_way_in())
    finally:
        connections.close_all()
