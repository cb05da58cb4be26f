"""Founding an installation with the sample organisation in it."""

import typer
from django.conf import settings

from mainstay.cli.founding import link_address, mark_complete, prepare_home
from mainstay.cli.options import operator
from mainstay.cli.output import progress, say, write_json
from mainstay.demo import demo_user, load
from mainstay.platform.identity.models import SignInLink
from mainstay.platform.identity.services import make_link
from mainstay.platform.records.actor import acting


def found_sample(size: str, *, as_json: bool) -> None:
    """Load the sample organisation and tell how to sign in."""
    with progress("Database") as step:
        prepare_home()
        load(size, progress=step)
    mark_complete()
    user = demo_user()
    organisation = user.person.organisation
    with acting(operator(organisation)):
        link = link_address(make_link(user, SignInLink.Purpose.SETUP))
    home = settings.CONFIGURATION.home
    if as_json:
        write_json({"home": home, "organisation": organisation.pk, "user": user.email, "link": link})
        return
    say(f"The sample organisation “{organisation.name}” is ready in {home}.")
    say(f"Start it with `mainstay serve` and sign in once, within an hour, as {user.person.name} ({user.email}):")
    typer.echo(link)
