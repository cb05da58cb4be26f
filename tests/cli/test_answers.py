"""How the command line answers: codes, one line, JSON; and what it loads before it is needed."""

import importlib
import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from mainstay import __version__
from mainstay.cli.main import COMMANDS, app
from mainstay.registers import registry
from mainstay.registers.fields import editable_fields
from mainstay.registers.verbs import verbs_of

from .conftest import Shell


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_the_overview_loads_neither_django_nor_rich(option: str) -> None:
    program = (
        "import sys\nfrom mainstay.cli.main import app\n"
        f"try:\n    app(['{option}'])\nexcept SystemExit as end:\n    assert not end.code\n"
        "sys.exit(bool({'django', 'rich', 'granian'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert (__version__ if option == "--version" else "serve") in done.stdout


@pytest.mark.parametrize("arguments", [["nonsense"], ["check", "--nonsense"], ["grant"], ["export", "assets", "--format", "doc"]])
def test_wrong_usage_ends_with_two(shell: Shell, arguments: list[str]) -> None:
    done = shell.run(*arguments, code=2)

    assert "Usage: " in done.stderr


def test_a_filter_without_a_value_is_wrong_usage(shell: Shell) -> None:
    assert "--filter" in shell.run("assets", "list", "--filter", "kind", code=2).stderr


def test_a_refusal_is_one_line_and_ends_with_one(shell: Shell) -> None:
    done = shell.run("risks", "show", "R-404", code=1)

    assert done.stdout == ""
    assert done.stderr.count("\n") == 1


def test_a_refusal_names_each_field_for_machines(shell: Shell) -> None:
    done = shell.run("assets", "add", "--kind", "boat", "--json", code=1)

    told = json.loads(done.stderr)
    assert told["error"] == "invalid"
    assert set(told["fields"]) == {"name", "kind"}


def test_every_command_of_the_overview_explains_itself() -> None:
    for name, door in COMMANDS.items():
        done = CliRunner().invoke(app, [name, "--help"])

        assert done.exit_code == 0, (name, done.output, done.exception)
        assert importlib.import_module(f"mainstay.cli.{door.module}").__doc__


def test_every_register_has_a_command_with_all_its_fields_and_verbs() -> None:
    seen = 0
    for register in registry.all_registers():
        commands = CliRunner().invoke(app, [register.slug, "--help"])
        assert commands.exit_code == 0, (register.slug, commands.output)
        for verb in verbs_of(register.model).values():
            told = CliRunner().invoke(app, [register.slug, verb.name.replace("_", "-"), "--help"], env={"COLUMNS": "200"})
            assert told.exit_code == 0, (register.slug, verb.name, told.output)
            for parameter in verb.parameters:
                assert f"--{parameter.name.replace('_', '-')}" in told.output
            seen += 1
        if register.may_add and editable_fields(register):
            told = CliRunner().invoke(app, [register.slug, "add", "--help"], env={"COLUMNS": "200"})
            assert told.exit_code == 0, (register.slug, told.output)
            for name in editable_fields(register):
                assert f"--{name.replace('_', '-')}" in told.output
    assert seen > 20
