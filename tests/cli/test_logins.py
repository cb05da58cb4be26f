"""Logins, roles and tokens from the shell."""

from collections.abc import Callable

from .conftest import ADMIN, Shell


def test_a_user_is_added_with_a_role_and_a_link(shell: Shell) -> None:
    told = shell.told("user", "add", "Max@Example.org", "--name", "Max Muster", "--role", "risk_owner")

    assert told["email"] == "max@example.org"
    assert "/sign-in/link/" in told["link"]
    user = next(item for item in shell.told("user", "list") if item["email"] == "max@example.org")
    assert (user["name"], user["roles"]) == ("Max Muster", ["risk_owner at Test Hospital"])


def test_nobody_is_added_when_the_role_does_not_exist(shell: Shell) -> None:
    shell.run("user", "add", "max@example.org", "--role", "king", code=1)

    assert [item["email"] for item in shell.told("user", "list")] == [ADMIN]


def test_a_role_is_given_and_taken_back(shell: Shell, person: Callable[[str], str]) -> None:
    email = person("employee")

    shell.run("grant", email, "risk_owner", "--until", "2099-12-31")
    held = next(item["roles"] for item in shell.told("user", "list") if item["email"] == email)
    shell.run("grant", email, "risk_owner", "--remove")
    left = next(item["roles"] for item in shell.told("user", "list") if item["email"] == email)

    assert "risk_owner at Test Hospital" in held
    assert left == ["employee at Test Hospital"]


def test_who_administers_nothing_gives_no_roles(shell: Shell, person: Callable[[str], str]) -> None:
    email = person("isms_manager")

    shell.run("grant", email, "administrator", "--as", email, code=1)
    shell.run("user", "link", ADMIN, "--as", email, code=1)
    shell.run("user", "deactivate", ADMIN, "--as", email, code=1)

    assert shell.told("user", "list")[0]["is_active"]


def test_the_last_administrator_stays(shell: Shell) -> None:
    shell.run("user", "deactivate", ADMIN, code=1)
    shell.run("grant", ADMIN, "administrator", "--remove", code=1)


def test_a_closed_login_acts_no_more(shell: Shell, person: Callable[[str], str]) -> None:
    email = person("ciso")

    shell.run("user", "deactivate", email)

    shell.run("assets", "list", "--as", email, code=1)
    shell.run("user", "reactivate", email)
    shell.run("assets", "list", "--as", email)


def test_a_token_is_told_once_and_revoked(shell: Shell) -> None:
    made = shell.told("token", "create", "--user", ADMIN, "--scope", "*.view", "--days", 7)
    (listed,) = shell.told("token", "list")
    shell.run("token", "revoke", made["id"])

    assert made["secret"].startswith("mst_")
    assert "secret" not in listed
    assert listed["scopes"] == ["*.view"]
    assert shell.told("token", "list") == []
