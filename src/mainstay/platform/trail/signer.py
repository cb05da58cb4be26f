"""The signer: its key, and what it last signed, kept outside the database so that no database can be put in its place.

`signer/state.json` of the home is written and forced to disk before a checkpoint is published. A tree that is smaller than the
state, or has another root at its size, is never signed (c2sp.org/tlog-checkpoint): only a new epoch, visible for ever, goes on.
"""

import json
import os
import secrets
import uuid
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from mainstay.keys import key_bytes
from mainstay.kit.locks import alone
from mainstay.kit.signed_note import Checkpoint, VerifierKey, sign

KEY = "trail"


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """What was last signed: `size` leaves of `epoch` with `root` (hexadecimal), and the signed note itself."""

    instance: str
    epoch: int
    size: int
    root: str
    note: str

    @property
    def origin(self) -> str:
        return f"{self.instance}.audit.mainstay/{self.epoch}"


def folder() -> Path:
    return Path(settings.CONFIGURATION.home) / "signer"


def sealing_alone(*, wait: bool = True) -> AbstractContextManager[bool]:
    """Be the only one who seals, whichever process; see `locks.alone`."""
    return alone(folder() / "lock", wait=wait)


def read() -> State | None:
    """The state, None before the first seal. ValueError when it cannot be read."""
    try:
        return State(**json.loads((folder() / "state.json").read_text("utf-8")))
    except FileNotFoundError:
        return None
    except TypeError as error:
        raise ValueError("signer/state.json is not what this version writes") from error


def write(state: State) -> None:
    """Put the state on disk before anybody sees the checkpoint: whole or not at all, also when the power fails."""
    put(folder() / "state.json", json.dumps(asdict(state), indent=1).encode())


def put(path: Path, content: bytes) -> None:
    """Replace a file of the signer's folder whole, forced to disk."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def beginning() -> State:
    """The state before anything was sealed: a new instance, its first epoch."""
    return State(instance=str(uuid.uuid4()), epoch=1, size=0, root="", note="")


def signed(state: State, *, size: int, root: bytes) -> State:
    """The state after signing the tree of that size. Deterministic: a repeat after a crash gives the same note."""
    checkpoint = Checkpoint(origin=state.origin, size=size, root=root)
    return replace(state, size=size, root=root.hex(), note=sign(checkpoint.text, name=state.origin, private=_private()))


def verifier_key(state: State) -> VerifierKey:
    return VerifierKey(name=state.origin, public=_private().public_key())


def _private() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(key_bytes(Path(settings.CONFIGURATION.home), KEY))
