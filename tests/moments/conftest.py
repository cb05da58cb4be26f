"""A trail that is sealed step by step, and the way into what it says."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from mainstay.platform.records.moment import Moment
from mainstay.platform.trail.models import Checkpoint
from mainstay.platform.trail.moments.replay import replay
from mainstay.platform.trail.moments.resolve import resolve
from mainstay.platform.trail.moments.routing import as_known
from mainstay.platform.trail.sequencer import Sequencer

Seal = Callable[[], Moment]
Then = Callable[[Moment], AbstractContextManager[None]]


@pytest.fixture
def seal(committed: None) -> Seal:
    """Seal what is committed; the moment of the new checkpoint."""
    sequencer = Sequencer()

    def make() -> Moment:
        checkpoint = sequencer.seal()
        assert isinstance(checkpoint, Checkpoint)
        return resolve(f"size:{checkpoint.size}")

    return make


@pytest.fixture
def then(tmp_path: Path) -> Then:
    """Stand in the state of a moment, rebuilt for the occasion."""

    @contextmanager
    def stand(moment: Moment) -> Iterator[None]:
        file = tmp_path / f"{moment.epoch}-{moment.size}.sqlite3"
        if not file.exists():
            replay(moment, file)
        with as_known(moment, file):
            yield

    return stand
