"""A trail to export, and what somebody with the whole machine could do to it before."""

import json
import shutil
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from mainstay.domains.assets.registers import ASSETS
from mainstay.domains.risk.registers import RISKS
from mainstay.offline import mainstay_verify, mainstay_witnessed
from mainstay.platform.records.actor import Actor, acting, system
from mainstay.platform.trail import events, leaves, signer, triggers
from mainstay.platform.trail.bundle import receipt, write_bundle
from mainstay.platform.trail.models import Change, Checkpoint, Leaf
from mainstay.platform.units.services import found_organisation
from mainstay.registers import crud

from .sealed import as_administrator_of_the_database, sealed


def work(count: int, *, every: int = 40) -> Checkpoint:
    """So many changes by the services that every door uses, sealed now and then."""
    for made in range(4, count + 4, 4):
        risk = crud.create(RISKS, {"name": f"Fire {made} “ß”"})
        crud.change(RISKS, risk, {"description": "In the\nserver room \\ \u2028"})
        crud.delete(ASSETS, crud.create(ASSETS, {"name": f"Server {made}"}))
        if made % every == 0:
            sealed()
    return sealed()


def change_at(index: int) -> Change:
    """The change at a place of the latest tree."""
    return Change.objects.get(seq=Leaf.objects.filter(index=index).latest("epoch").seq)


def sign_anew(*, with_key_of_their_own: bool = False) -> Checkpoint:
    """Drop what was sealed, and seal what the database holds now under the same name."""
    state = signer.read()
    assert state is not None
    for table in ("trail_leaf", "trail_tile", "trail_checkpoint", "trail_key"):
        as_administrator_of_the_database(f"DELETE FROM {table}")
    if with_key_of_their_own:
        (Path(settings.CONFIGURATION.home) / "keys" / f"{signer.KEY}.key").unlink()
    signer.write(replace(state, size=0, root="", note=""))
    return sealed()


def erase(change: Change, *, why: str = "asked for it (Art. 17 GDPR)") -> Change:
    """Replace the name in the content of one change, and say so on the trail, as erasing a person does."""
    text, salt = json.dumps(json.loads(change.row or "{}") | {"name": "erased"}, ensure_ascii=False), b"\x07" * 16
    as_administrator_of_the_database(
        "UPDATE trail_change SET row = %s, salt = %s, before = NULL WHERE seq = %s", text, salt, change.seq
    )
    left = leaves.Entry(
        seq=change.seq, at="", table=change.table, key=change.pk_text, op=change.op, row=text, before=None, salt=salt,
        actor=change.actor, door=change.channel, reason=change.reason, request=change.request,
    )
    changes = {str(change.seq): leaves.written(leaves.commitment(left))}
    return events.record("trail.erasure", "P-1", {"person": "P-1", "why": why, "changes": changes})


@dataclass(frozen=True)
class Told:
    """What the verifier answered."""

    code: int
    out: str
    err: str


Asking = Callable[..., Told]


def ask(capsys: Any, *arguments: object, more: bool = False) -> Told:
    """Run the verifier within this process, or the file of what goes beyond it."""
    code = (mainstay_witnessed if more else mainstay_verify).main([str(item) for item in arguments])
    told = capsys.readouterr()
    return Told(code, told.out, told.err)


def copy(folder: Path, to: Path) -> Path:
    shutil.copytree(folder, to)
    return to


def entry_bundle(folder: Path) -> Path:
    """The last bundle of entries."""
    return max(path for path in (folder / "tile" / "entries").rglob("*") if path.is_file())


def witness(number: int) -> tuple[str, Callable[[str, int], str]]:
    """A verifier key of type 4, and the line with which it cosigns a text at a time (c2sp.org/tlog-cosignature)."""
    private, name = Ed25519PrivateKey.from_private_bytes(bytes([100 + number]) * 32), f"witness{number}.example"
    raw = b"\x04" + private.public_key().public_bytes_raw()
    key_id = sha256(name.encode() + b"\n" + raw).digest()[:4]

    def cosign(text: str, at: int) -> str:
        signature = private.sign(f"cosignature/v1\ntime {at}\n{text}".encode())
        return f"— {name} {b64encode(key_id + at.to_bytes(8, 'big') + signature).decode()}\n"

    return f"{name}+{key_id.hex()}+{b64encode(raw).decode()}", cosign


def lines_of(bundle: Path) -> list[str]:
    return (bundle / "checkpoints.jsonl").read_text("utf-8").split("\n")[:-1]


def rows_of(told: Told) -> dict[tuple[str, str], Any]:
    """By table and key, the records that `at` lists."""
    return {(record["table"], record["key"]): record["row"] for record in map(json.loads, told.out.splitlines())}


def with_bit(raw: bytes, at: int, bit: int) -> bytes:
    return raw[:at] + bytes([raw[at] ^ 1 << bit]) + raw[at + 1:]


@pytest.fixture
def log(committed: None, as_system: Actor) -> Checkpoint:
    """A trail of some two hundred changes, sealed at several sizes."""
    return work(132)


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Asking:
    return lambda *arguments: ask(capsys, *arguments)


@pytest.fixture
def tell_more(capsys: pytest.CaptureFixture[str]) -> Asking:
    """What goes beyond the verifier, from its own file."""
    return lambda *arguments: ask(capsys, *arguments, more=True)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any) -> Path:
    """An export to read, with a receipt beside it: made once, on a database that is emptied again."""
    folder = tmp_path_factory.mktemp("shelf") / "bundle"
    with django_db_blocker.unblock():
        rmtree(signer.folder(), ignore_errors=True)
        with acting(system("test")):
            organisation = found_organisation("Test Hospital")
        with acting(system("test", organisation=organisation.pk)):
            work(132)
        write_bundle(folder)
        (folder.parent / "receipt").write_text(receipt(change_at(56).seq), "utf-8")
        triggers.remove(connection)
        call_command("flush", interactive=False, verbosity=0)
    return folder
