"""`mainstay trail` within the test's process."""

from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from mainstay.cli.trail import app
from mainstay.platform.units.models import Unit

Run = Callable[..., Result]


@pytest.fixture
def run(committed: None, organisation: Unit) -> Run:
    def invoke(*arguments: object) -> Result:
        done = CliRunner().invoke(app, [str(item) for item in arguments])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    return invoke
