"""What every way to bring a checkpoint out of the house shares: what it is given, what it may answer, how it fails."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from mainstay.kit.signed_note import VerifierKey, open_checkpoint, read_key
from mainstay.platform.trail.models import Anchor, Checkpoint, Key

TIMEOUT = 10.0
"""Seconds until somebody who does not answer is given up."""


class Undelivered(Exception):
    """The checkpoint did not arrive, or the answer is not what it has to be; the message is a sentence."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """A checkpoint on its way to an anchor; `reached` is the size of this epoch's tree that arrived there before, or 0."""

    anchor: Anchor
    checkpoint: Checkpoint
    reached: int

    @property
    def origin(self) -> str:
        return self.checkpoint.note.partition("\n")[0]

    @property
    def text(self) -> str:
        """What is signed, without signatures."""
        return open_checkpoint(self.checkpoint.note, self._key).text

    @property
    def _key(self) -> VerifierKey:
        return read_key(Key.objects.get(epoch=self.checkpoint.epoch).verifier_key)


@dataclass(frozen=True, kw_only=True, slots=True)
class Attested:
    """What the other side says of the checkpoint, by whom and when."""

    text: str
    by: str
    at: datetime


Deliver = Callable[[Delivery], Attested | None]
