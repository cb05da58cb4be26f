"""What upper apps hear about earlier states."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Replayed:
    """All rows of an earlier state are in the tables of the database `alias`; what is derived from them follows now."""

    alias: str
