"""Putting files away and getting them back: a content-addressed folder in the home, encrypted at rest.

A file's name on disk is an HMAC of organisation and SHA-256: equal uploads of one organisation share one
file, while nobody who sees the folder learns which contents two organisations have in common.
"""

import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from mainstay.platform.files.errors import FileDamaged, FileMissing
from mainstay.platform.files.models import StoredFile
from mainstay.platform.files.names import clean_name, extension_of
from mainstay.platform.files.sealing import CHUNK, FileKeys, SealedReader, Sealer, open_sealed
from mainstay.platform.files.structures import complaint
from mainstay.platform.files.types import FileType, type_of_extension, type_of_media
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import Invalid, TooLarge
from mainstay.platform.units.models import Unit

INCOMING = ".incoming"
STALE_SECONDS = 24 * 3600


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class FileProblem:
    """Something `verify_files` found: a content that is missing or damaged, or a file nobody knows."""

    kind: Literal["missing", "damaged", "extra"]
    path: str
    """Relative to the folder of files."""
    names: tuple[str, ...] = ()
    message: str = ""


def save_upload(
    stream: Readable,
    *,
    name: str,
    unit: Unit,
    declared_type: str = "",
    permission: str = "stored_file.add",
    field: str = "file",
) -> StoredFile:
    """Store an upload at a unit and return its record.

    Raises Invalid naming `field` when type and content disagree, TooLarge past settings.MAX_UPLOAD_BYTES. A
    caller whose own verb covers uploading (evidence, documents) passes that verb's `permission`.
    """
    actor = current_actor()
    actor.require(permission, unit=unit.id)
    label = clean_name(name)
    kind = _type_for(label, declared_type, field)
    keys = FileKeys.of(settings.CONFIGURATION.home)
    temporary = _new_temporary()
    try:
        sha256, size = _receive(stream, temporary, keys)
        with open_sealed(temporary, keys) as reader:
            if wrong := complaint(reader, kind):
                raise Invalid({field: [wrong]})
        with transaction.atomic():
            wrapped = _place(temporary, organisation=unit.organisation_id, sha256=sha256, keys=keys)
            stored = StoredFile(
                organisation_id=unit.organisation_id,
                unit=unit,
                sha256=sha256,
                size=size,
                name=label,
                media_type=kind.media_type,
                wrapped_key=wrapped,
                created_by_id=actor.person_id,
            )
            stored.save(force_insert=True)
        return stored
    finally:
        temporary.unlink(missing_ok=True)


def open_file(stored: StoredFile) -> Iterator[bytes]:
    """The content in pieces of 64 KiB, each authenticated before it is given out.

    A file that is missing or has a wrong header or first piece is refused at the call, before anything was
    sent; the last piece is given out only when size and SHA-256 of the whole are the recorded ones.
    """
    reader = _reader(stored, FileKeys.of(settings.CONFIGURATION.home))
    try:
        reader.chunk(0)
    except FileDamaged:
        reader.close()
        raise
    return _checked(reader, stored)


def verify_files() -> Iterator[FileProblem]:
    """Read every stored content to its end, and look for files without a record. For the system."""
    keys = FileKeys.of(settings.CONFIGURATION.home)
    expected = set()
    files = StoredFile.unscoped_for_system.order_by("organisation_id", "sha256", "id")
    last: Path | None = None
    for stored in files.iterator(chunk_size=1000):
        path = _path(stored.organisation_id, stored.sha256, keys)
        if path == last:
            continue
        last = path
        expected.add(path)
        try:
            for _piece in _checked(_reader(stored, keys), stored):
                pass
        except (FileMissing, FileDamaged) as error:
            same = files.filter(organisation_id=stored.organisation_id, sha256=stored.sha256)
            yield FileProblem(
                kind="missing" if isinstance(error, FileMissing) else "damaged",
                path=str(path.relative_to(_folder())),
                names=tuple(same.values_list("name", flat=True)),
                message=str(error),
            )
    for path in sorted(_on_disk()):
        if path not in expected:
            yield FileProblem(kind="extra", path=str(path.relative_to(_folder())))


def clear_unfinished(*, older_than: float = STALE_SECONDS) -> int:
    """Remove uploads that never ended, such as those of a process that was killed; returns how many."""
    before = time.time() - older_than
    stale = [path for path in (_folder() / INCOMING).glob("*") if path.stat().st_mtime < before]
    for path in stale:
        path.unlink(missing_ok=True)
    return len(stale)


def _type_for(label: str, declared_type: str, field: str) -> FileType:
    kind = type_of_extension(extension_of(label))
    if kind is None:
        raise Invalid({field: [_("Files of type “%s” are not taken.") % extension_of(label)]})
    declared = type_of_media(declared_type.partition(";")[0].strip().lower())
    # Browsers declare odd types for some files; only a type we know, with another structure, is a
    # contradiction.
    if (
        declared is not None
        and declared.structure != kind.structure
        and "text" not in (declared.structure, kind.structure)
    ):
        raise Invalid(
            {
                field: [
                    _("The file is named “%(name)s” but was sent as %(type)s.")
                    % {"name": label, "type": declared.media_type}
                ]
            }
        )
    return kind


def _receive(stream: Readable, temporary: Path, keys: FileKeys) -> tuple[str, int]:
    """Encrypt the stream into a new file and force it to disk; returns SHA-256 and size of the plaintext."""
    digest, size = hashlib.sha256(), 0
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        sealer = Sealer(target, keys)
        while piece := stream.read(CHUNK):
            size += len(piece)
            if size > settings.MAX_UPLOAD_BYTES:
                raise TooLarge(_("Files may have at most %d MB.") % (settings.MAX_UPLOAD_BYTES // 1024**2))
            digest.update(piece)
            sealer.write(piece)
        sealer.finish()
        target.flush()
        os.fsync(target.fileno())
    return digest.hexdigest(), size


def _place(temporary: Path, *, organisation: UUID, sha256: str, keys: FileKeys) -> bytes:
    """Give the finished file its name, or use the sound one that is there; returns the wrapped key in use."""
    path = _path(organisation, sha256, keys)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        # A hard link fails where the name exists: of two equal uploads at once, one file wins and both use
        # its key.
        os.link(temporary, path)
    except FileExistsError:
        if not _is_sound(path, sha256, keys):
            os.replace(temporary, path)
    _sync(path.parent)
    _sync(path.parent.parent)
    with open_sealed(path, keys) as reader:
        wrapped = reader.wrapped
    # Where the content had been lost or damaged, uploading it again mends the older records as well.
    same = StoredFile.unscoped_for_system.filter(organisation_id=organisation, sha256=sha256)
    same.exclude(wrapped_key=wrapped).update(wrapped_key=wrapped)
    return wrapped


def _is_sound(path: Path, sha256: str, keys: FileKeys) -> bool:
    digest = hashlib.sha256()
    try:
        with open_sealed(path, keys) as reader:
            for piece in reader.pieces():
                digest.update(piece)
    except FileDamaged:
        return False
    return digest.hexdigest() == sha256


def _reader(stored: StoredFile, keys: FileKeys) -> SealedReader:
    path = _path(stored.organisation_id, stored.sha256, keys)
    try:
        return open_sealed(path, keys, wrapped=bytes(stored.wrapped_key))
    except FileNotFoundError as error:
        raise FileMissing(_("The content of “%s” is not in the store.") % stored.name) from error


def _checked(reader: SealedReader, stored: StoredFile) -> Iterator[bytes]:
    digest, size = hashlib.sha256(), 0
    with reader:
        for number in range(reader.chunks):
            piece = reader.chunk(number)
            digest.update(piece)
            size += len(piece)
            if number == reader.chunks - 1 and (digest.hexdigest() != stored.sha256 or size != stored.size):
                raise FileDamaged(_("“%s” is not the content that was recorded.") % stored.name)
            yield piece


def _folder() -> Path:
    home: Path = settings.CONFIGURATION.home
    return home / "files"


def _path(organisation: UUID, sha256: str, keys: FileKeys) -> Path:
    name = hmac.new(keys.naming, organisation.bytes + bytes.fromhex(sha256), hashlib.sha256).hexdigest()
    return _folder() / name[:2] / name[2:]


def _new_temporary() -> Path:
    folder = _folder() / INCOMING
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / secrets.token_hex(16)


def _on_disk() -> Iterator[Path]:
    """Every file of the folder but uploads under way."""
    incoming = _folder() / INCOMING
    return (path for path in _folder().rglob("*") if not path.is_dir() and path.parent != incoming)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
