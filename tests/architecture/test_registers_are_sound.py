"""What every declaration and every shipped role must be, whoever wrote it."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path

import pytest
from django.core.checks.registry import registry as system_checks

import mainstay
from mainstay.platform.access.roles import ADMINISTRATOR, ShippedRole, shipped_roles
from mainstay.registers import registry
from mainstay.registers.checks import check_registers, complaints_about, complaints_about_panel
from mainstay.registers.declaration import Register
from mainstay.registers.verbs import verbs_of

SOURCE = Path(mainstay.__file__).parent
REGISTERS = list(registry.all_registers())
each_register = pytest.mark.parametrize("register", REGISTERS, ids=lambda register: register.slug)
each_role = pytest.mark.parametrize("role", shipped_roles(), ids=lambda role: role.slug)

PLAIN = ("view", "add", "change", "delete", "export")
BESIDES_REGISTERS = {
    "unit": ("view", "add", "change"), "user": ("view", "add", "change"), "grant": ("view", "add", "delete"),
    "token": ("add", "delete"), "job": ("view", "cancel"), "trail": ("view", "export"), "report": ("view",),
    "stored_file": ("view", "add"),
    # Kinds without a register of their own, read on the pages of others.
    "acknowledgement": ("view",), "completion": ("view",), "measurement": ("view",), "satisfaction": ("view",),
    "treatment": ("view",), "obligation_requirement": ("view",), "approval": ("view",),
}
DECIDING = ("accept", "approve", "reject", "return", "sign")


def vocabulary() -> frozenset[str]:
    """Every permission that anything asks for."""
    of_registers = {register.permission(verb) for register in REGISTERS for verb in (*PLAIN, *verbs_of(register.model))}
    return frozenset(of_registers | {f"{noun}.{verb}" for noun, verbs in BESIDES_REGISTERS.items() for verb in verbs})


def asked_in_code() -> Iterator[tuple[str, str]]:
    """Permissions that the code asks for by name, with where."""
    asked = re.compile(r"(?:\b(?:require|may|holdings_for)\(|\bpermission(?:: str)? ?= ?|\bPERMISSION = )\"([a-z_]+\.[a-z_]+)\"")
    for path in sorted(SOURCE.rglob("*.py")):
        for permission in asked.findall(path.read_text("utf-8")):
            yield permission, str(path.relative_to(SOURCE))


def permits(role: ShippedRole, permission: str) -> bool:
    return any(fnmatchcase(permission, pattern) for pattern in role.patterns)


def role_named(slug: str) -> ShippedRole:
    return next(role for role in shipped_roles() if role.slug == slug)


# Declarations


@each_register
def test_a_register_names_only_what_its_model_has(register: Register) -> None:
    found = complaints_about(register) + [
        complaint for panel in registry.related_panels(register.model) for complaint in complaints_about_panel(panel)
    ]

    assert found == []


def test_the_system_check_runs_over_every_register() -> None:
    assert check_registers in system_checks.get_checks()
    assert len(REGISTERS) > 20
    assert check_registers() == []


@each_register
def test_a_register_has_an_icon_that_is_drawn(register: Register) -> None:
    sprite = files("mainstay.web").joinpath("static/mainstay/icons.svg").read_text("utf-8")
    drawn = set(re.findall(r'<symbol[^>]*\bid="([^"]+)"', sprite))

    assert register.icon in drawn


@each_register
def test_a_field_stands_in_one_panel_only(register: Register) -> None:
    shown = [name for panel in register.panels for name in panel.fields]

    assert len(shown) == len(set(shown))


# Roles


def test_the_code_asks_only_for_permissions_of_the_vocabulary() -> None:
    strange = [(permission, where) for permission, where in asked_in_code() if permission not in vocabulary()]

    assert strange == []


@each_role
def test_a_role_has_no_pattern_that_permits_nothing(role: ShippedRole) -> None:
    known = vocabulary()

    empty = [pattern for pattern in role.patterns if not any(fnmatchcase(permission, pattern) for permission in known)]

    assert empty == []


@each_register
def test_each_verb_is_in_a_role_besides_the_administrators(register: Register) -> None:
    others = [role for role in shipped_roles() if role.slug != ADMINISTRATOR]

    orphaned = [
        verb for verb in verbs_of(register.model) if not any(permits(role, register.permission(verb)) for role in others)
    ]

    assert orphaned == []


def test_whoever_prepares_accepts_approves_and_signs_nothing() -> None:
    decisions = [permission for permission in vocabulary() if permission.partition(".")[2] in DECIDING]
    manager = role_named("isms_manager")

    assert [permission for permission in decisions if permits(manager, permission)] == []
    assert all(any(permits(role_named(slug), permission) for slug in ("ciso", "management")) for permission in decisions)


@pytest.mark.parametrize("noun", ["user", "grant"])
def test_only_the_administrator_touches_logins_and_roles(noun: str) -> None:
    changes = [permission for permission in vocabulary() if re.fullmatch(rf"{noun}\.(add|change|delete)", permission)]

    holders = {role.slug for role in shipped_roles() for permission in changes if permits(role, permission)}

    assert holders == {ADMINISTRATOR}


@pytest.mark.parametrize("slug", ["auditor_readonly", "isms_manager", "ciso", "internal_auditor", "management"])
def test_who_must_see_everything_sees_the_trail(slug: str) -> None:
    assert permits(role_named(slug), "trail.view")


def test_an_external_auditor_changes_nothing() -> None:
    held = {permission for permission in vocabulary() if permits(role_named("auditor_readonly"), permission)}

    assert held and all(permission.endswith(".view") for permission in held)


@pytest.mark.parametrize(
    "permission", ["incident.add", "document_version.acknowledge", "course.take", "document.view", "course.view"]
)
def test_every_employee_does_their_part(permission: str) -> None:
    assert permits(role_named("employee"), permission)
