"""Being a witness for the logs of others (c2sp.org/tlog-witness): this side signs only what goes on from what it saw.

What was seen last of a log lies in `signer/witnessed/` of the home, one file per origin, and not in the database: a restored
backup must not make a witness forget, and sign a second story.
"""

import json
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from mainstay.keys import key_bytes
from mainstay.kit.cosignature import COSIGNATURE, cosign
from mainstay.kit.locks import alone
from mainstay.kit.merkle import EMPTY_ROOT, ProofError, verify_consistency
from mainstay.kit.signed_note import SIZE, Checkpoint, NoteError, VerifierKey, exactly_base64, open_checkpoint, read_key
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import Conflict, Invalid, NotAllowed, NotFound, Unavailable
from mainstay.platform.records.events import Privileged, announce
from mainstay.platform.trail import signer
from mainstay.platform.trail.models import WitnessedLog

KEY = "witness"
LONGEST = 64 * 1024
MOST_PROOF_LINES = 63


class Refused(Exception):
    """Why a submission is not cosigned, as the status that the protocol has for it."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class WrongSize(Refused):
    """The submission does not go on from what was seen last; the answer says what that was."""

    def __init__(self, seen: int) -> None:
        super().__init__(409, f"{seen}\n")


@dataclass(frozen=True, kw_only=True, slots=True)
class Submission:
    """A checkpoint with a proof that the tree of `old` leaves begins it."""

    old: int
    proof: list[bytes]
    note: str

    @property
    def origin(self) -> str:
        return self.note.partition("\n")[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What was last cosigned of a log, and when (Unix time; 0 for never)."""

    size: int
    root: bytes
    at: int


def cosignature_for(body: bytes) -> str:
    """The signature line for a submission that holds. Raises Refused. Submissions of one log are taken one after the other."""
    submission = _read(body)
    log = WitnessedLog.objects.filter(origin=submission.origin).first()
    if log is None:
        raise Refused(404, "unknown log")
    try:
        checkpoint = open_checkpoint(submission.note, read_key(log.verifier_key))
    except NoteError as error:
        raise Refused(403, str(error)) from error
    if submission.old > checkpoint.size:
        raise Refused(400, "the old size is larger than the checkpoint")
    with alone(_path(log.origin).with_suffix(".lock")):
        seen = seen_of(log.origin)
        _check(submission, checkpoint, seen)
        at = max(int(time.time()), seen.at)
        line = cosign(checkpoint.text, name=verifier_key().name, private=_private(), at=at)
        _keep(log.origin, Seen(size=checkpoint.size, root=checkpoint.root, at=at))
    return line


def _read(body: bytes) -> Submission:
    try:
        head, gap, note = body.decode().partition("\n\n")
        first, *lines = head.split("\n")
        word, _blank, size = first.partition(" ")
        if not gap or word != "old" or not SIZE.fullmatch(size) or len(lines) > MOST_PROOF_LINES:
            raise NoteError("a submission is: old size, proof, an empty line, checkpoint")
        return Submission(old=int(size), proof=[exactly_base64(line) for line in lines], note=note)
    except (NoteError, UnicodeDecodeError) as error:
        raise Refused(400, str(error)) from error


def _check(submission: Submission, checkpoint: Checkpoint, seen: Seen) -> None:
    if submission.old != seen.size:
        raise WrongSize(seen.size)
    if submission.old == checkpoint.size and seen.root != checkpoint.root:
        raise WrongSize(seen.size)
    if submission.old == 0:
        if submission.proof:
            raise Refused(422, "there is no proof from an empty tree")
        return
    try:
        verify_consistency(submission.old, checkpoint.size, submission.proof, seen.root, checkpoint.root)
    except ProofError as error:
        raise Refused(422, str(error)) from error


# What was seen


def seen_of(origin: str) -> Seen:
    """What was cosigned last under that origin; the empty tree if nothing was."""
    try:
        told = json.loads(_path(origin).read_text("utf-8"))
    except FileNotFoundError:
        return Seen(size=0, root=EMPTY_ROOT, at=0)
    return Seen(size=told["size"], root=bytes.fromhex(told["root"]), at=told["at"])


def _keep(origin: str, seen: Seen) -> None:
    told = {"origin": origin, "size": seen.size, "root": seen.root.hex(), "at": seen.at}
    signer.put(_path(origin), json.dumps(told).encode())


def _path(origin: str) -> Path:
    return signer.folder() / "witnessed" / f"{sha256(origin.encode()).hexdigest()}.json"


# The witness's own key, and the logs it knows


def verifier_key() -> VerifierKey:
    """What others verify our cosignatures with; a key of its own, named after the instance. Raises Unavailable."""
    state = signer.read()
    if state is None:
        raise Unavailable(_("An installation has a name once something was sealed."))
    return VerifierKey(name=f"{state.instance}.witness.mainstay", public=_private().public_key(), kind=COSIGNATURE)


def _private() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(key_bytes(Path(settings.CONFIGURATION.home), KEY))


def logs() -> list[WitnessedLog]:
    return list(WitnessedLog.objects.order_by("origin"))


def add(text: str) -> WitnessedLog:
    """Be a witness for the log with this verifier key, whose name is the origin. Raises Invalid, Conflict."""
    _require_operator()
    try:
        key = read_key(text)
    except NoteError as error:
        raise Invalid({"key": [_("The verifier key of a log: %(why)s.") % {"why": error}]}) from error
    if len(key.name) > 300:
        raise Invalid({"key": [_("At most 300 characters for the name.")]})
    with transaction.atomic():
        if WitnessedLog.objects.filter(origin=key.name).exists():
            raise Conflict(_("This log has a key already; remove it first."))
        made = WitnessedLog.objects.create(origin=key.name, verifier_key=str(key))
        announce(Privileged())
    return made


def remove(origin: str) -> None:
    """Cosign nothing of this log any more. What was seen of it is kept, should it come back."""
    _require_operator()
    with transaction.atomic():
        found = WitnessedLog.objects.filter(origin=origin).first()
        if found is None:
            raise NotFound(_("There is no log “%(origin)s”.") % {"origin": origin})
        found.delete()
        announce(Privileged())


def _require_operator() -> None:
    if not current_actor().is_system:
        raise NotAllowed(_("Whom to be a witness for is decided by the operator, at the command line."))
