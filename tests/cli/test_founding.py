"""From an empty folder to an installation that one person can enter."""

import re
import stat

from .conftest import ADMIN, Shell

LINK = re.compile(r"^http://127\.0\.0\.1:8000/sign-in/link/[\w-]{43}$", re.MULTILINE)


def test_a_new_installation_prints_one_link_and_has_one_administrator(empty: Shell) -> None:
    done = empty.run("init", "--org", "Test Hospital", "--admin", ADMIN, "--name", "Anna Berg")

    assert len(LINK.findall(done.stdout)) == 1
    (user,) = empty.told("user", "list")
    assert user["email"] == ADMIN
    assert user["last_sign_in"] is None
    assert sorted(user["roles"]) == [f"{role} at Test Hospital" for role in ("administrator", "ciso", "management")]
    assert empty.told("check") == {"problems": []}


def test_keys_are_readable_by_their_owner_alone(founded: Shell) -> None:
    keys = sorted((founded.home / "keys").iterdir())

    assert [path.name for path in keys] == ["root.key", "session.key", "trail.key"]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o400 for path in keys)


def test_an_installation_is_not_set_up_twice(process: Shell) -> None:
    before = process.told("user", "list")

    done = process.run("init", "--org", "Another", "--admin", "eve@example.org", code=1)

    assert "already" in done.stderr
    assert process.told("user", "list") == before


def test_a_wrong_address_is_refused_before_anything_is_made(empty: Shell) -> None:
    done = empty.run("init", "--admin", "nobody", code=1)

    assert "admin:" in done.stderr
    assert not (empty.home / "mainstay.sqlite3").exists()


def test_a_database_that_is_none_is_refused_and_not_kept(empty: Shell) -> None:
    plain = Shell(home=empty.home)

    done = plain.run("init", "--admin", ADMIN, "--database", "mysql://localhost/x", code=1)

    assert "postgresql://" in done.stderr
    assert "mysql" not in (plain.home / "mainstay.toml").read_text()


def test_commands_refuse_a_home_without_an_installation(empty: Shell) -> None:
    done = empty.run("risks", "list", code=1)

    assert "mainstay init" in done.stderr
    assert not empty.home.exists()
