"""`mainstay token`: bearer tokens of the API."""

from typing import Annotated
from uuid import UUID

import typer
from django.db.models import QuerySet
from django.utils import timezone

from mainstay.cli.options import As, Json, Org, at_the_shell, user_named
from mainstay.cli.output import say, write_json, write_rows
from mainstay.platform.access.models import ApiToken
from mainstay.platform.access.services import create_token, revoke_token
from mainstay.platform.records.actor import Actor
from mainstay.platform.records.errors import NotFound

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="API tokens: create, list, revoke."
)


@app.command()
def create(
    user: Annotated[str, typer.Option("--user", metavar="EMAIL", help="Whose token; with --as one's own.")] = "",
    name: Annotated[str, typer.Option(help="What it is for.")] = "command line",
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="What it may do at most, as risk.* or *.view; may be given several times.")
    ] = None,
    days: Annotated[int, typer.Option(help="How long it lives, 1 to 365 days.")] = 90,
    as_: As = "", org: Org = "", as_json: Json = False,
) -> None:
    """Make a token and print it, this once: only its hash is kept."""
    if not (user or as_):
        raise typer.BadParameter("say whose token it is", param_hint="--user")
    with at_the_shell(as_, org):
        token, secret = create_token(user_named(user or as_), name=name, scopes=scope or ("*",), days=days)
    if as_json:
        write_json({"id": token.pk, "name": token.name, "scopes": token.scopes, "expires_at": token.expires_at, "secret": secret})
    else:
        say(f"Until {token.expires_at:%Y-%m-%d}; it is not shown again:")
        typer.echo(secret)


@app.command("list")
def list_(as_: As = "", org: Org = "", as_json: Json = False) -> None:
    """List the tokens that work: all of the organisation, with --as one's own."""
    with at_the_shell(as_, org) as actor:
        tokens = list(_tokens(actor).filter(revoked_at=None, expires_at__gt=timezone.now()).select_related("user"))
    if as_json:
        write_json([
            {"id": item.pk, "user": item.user.email, "name": item.name, "scopes": item.scopes,
             "expires_at": item.expires_at, "last_used_at": item.last_used_at}
            for item in tokens
        ])
        return
    write_rows(
        ("id", "user", "name", "scopes", "until", "last used"),
        [
            (str(item.pk), item.user.email, item.name, " ".join(item.scopes), f"{item.expires_at:%Y-%m-%d}",
             f"{item.last_used_at:%Y-%m-%d %H:%M}" if item.last_used_at else "")
            for item in tokens
        ],
    )


@app.command()
def revoke(
    identifier: Annotated[UUID, typer.Argument(metavar="ID", help="As `mainstay token list` shows it.")],
    as_: As = "", org: Org = "", as_json: Json = False,
) -> None:
    """End a token at once."""
    with at_the_shell(as_, org) as actor:
        token = _tokens(actor).filter(pk=identifier).select_related("user__person").first()
        if token is None:
            raise NotFound("There is no such token.")
        revoke_token(token)
    if as_json:
        write_json({"id": token.pk, "revoked_at": token.revoked_at})
    else:
        say(f"“{token.name}” of {token.user.email} no longer works.")


def _tokens(actor: Actor) -> QuerySet[ApiToken]:
    found = ApiToken.objects.filter(user__person__organisation_id=actor.organisation_id).order_by("created_at")
    return found if actor.user_id is None else found.filter(user_id=actor.user_id)
