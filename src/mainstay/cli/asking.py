"""Filters, order and columns as the command line asks for them."""

from collections.abc import Sequence
from typing import Annotated

import typer

from mainstay.registers import lists
from mainstay.registers.declaration import Register

Filters = Annotated[
    list[str] | None,
    typer.Option(
        "--filter", metavar="FIELD=VALUE", help="Several may be given; FIELD__gte, __lte, __in, __not, __contains, __empty."
    ),
]
Search = Annotated[str, typer.Option("--search", "-q", help="Words in reference or name.")]
Sort = Annotated[str, typer.Option(help="A column, with - before it for descending.")]
Columns = Annotated[str, typer.Option(help="Columns, separated by commas.")]


def listing_of(
    register: Register, *, filters: Sequence[str] | None, search: str, sort: str, columns: str = "", limit: int | None = None,
    cursor: str = "",
) -> lists.Listing:
    """The listing, or Invalid with whatever of it does not exist."""
    asked = {"q": [search], "sort": [sort], "columns": [columns], "cursor": [cursor], "limit": [str(limit or "")]}
    for text in filters or ():
        name, given, value = text.partition("=")
        if not given:
            raise typer.BadParameter(f"“{text}” is not FIELD=VALUE", param_hint="--filter")
        asked.setdefault(name.strip(), []).append(value)
    return lists.parse(register, asked)
