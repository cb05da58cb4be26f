"""The first chapter: the organisation's units, its people, their logins and roles."""

import unicodedata
from datetime import date

from mainstay.demo.reading import Keys, Story, levels, rows
from mainstay.platform.access.models import Role
from mainstay.platform.access.roles import ensure_roles
from mainstay.platform.access.services import actor_for, grant
from mainstay.platform.identity.models import Person, User
from mainstay.platform.identity.services import create_user
from mainstay.platform.records.refs import next_refs
from mainstay.platform.units.models import Unit
from mainstay.platform.units.services import add_unit, found_organisation

NAME = "Lindenau Hospital Group"
DOMAIN = "lindenau.example"
FIRST = "winter"


def found(today: date) -> Story:
    """Create the organisation with its units."""
    root = found_organisation(NAME)
    units = {"ORG": root}
    story = Story(organisation=root, today=today, keys=Keys(root.pk), units=units)
    for row in rows("units", today=today):
        units[row["key"]] = add_unit(
            units[row["parent"]], name=row["name"], kind=row["kind"], ref=row["key"], description=row["description"]
        )
    for key, unit in units.items():
        story.keys.keep(Unit, key, unit.pk)
    return story


def settle(story: Story) -> None:
    """Create the people, managers first, with logins and roles, here or at a unit.

    Everyone who works here reads and learns as an employee, whatever else they are.
    """
    ensure_roles()
    listed = rows("people", today=story.today)
    refs = dict(zip((row["key"] for row in listed), next_refs(story.organisation.pk, "P", len(listed)), strict=True))
    people: dict[str, Person] = {}
    for layer in levels(listed, "manager"):
        fresh = {row["key"]: _person(story, row, refs[row["key"]], people) for row in layer}
        Person.unscoped_for_system.bulk_create(fresh.values())
        people |= fresh
    for key, person in people.items():
        story.keys.keep(Person, key, person.pk)
    roles = {role.slug: role for role in Role.objects.all()}
    for row in listed:
        user = create_user(people[row["key"]])
        for told in _roles(row):
            slug, _at, unit = told.partition("@")
            grant(user, roles[slug], story.units[unit or "ORG"])
        story.actors[row["key"]] = actor_for(user, channel="demo")


def _roles(row: dict[str, str]) -> list[str]:
    own = row.get("roles", "").split()
    return own if row["employment"] == "external" or "administrator" in own else ["employee", *own]


def _person(story: Story, row: dict[str, str], ref: str, known: dict[str, Person]) -> Person:
    return Person(
        organisation=story.organisation, unit_id=story.keys.find(Unit, row["unit"]), ref=ref, name=row["name"],
        email=address(row["name"]), job_title=row["job_title"], manager=known.get(row.get("manager", "")),
        employment=row["employment"], start_on=date.fromisoformat(row["start_on"]),
        leave_on=date.fromisoformat(row["leave_on"]) if "leave_on" in row else None,
    )


def address(name: str) -> str:
    """“Inga Petersen” at inga.petersen@…"""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return f"{plain.replace(' ', '.')}@{DOMAIN}"


def first_user() -> User:
    """The login of the one whom the sign-in link lets in: administrator, CISO and member of the management."""
    return User.objects.get(email=address("Alex Winter"))
