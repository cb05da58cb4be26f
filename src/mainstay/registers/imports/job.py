"""The import as work that goes on after the answer: from a stored file, with progress, to counts and a rejects file."""

import io
from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from mainstay.platform.files.models import StoredFile
from mainstay.platform.files.store import open_file, save_upload
from mainstay.platform.jobs.models import Job
from mainstay.platform.jobs.progress import Progress
from mainstay.platform.jobs.registry import job
from mainstay.platform.jobs.services import enqueue
from mainstay.platform.records.actor import because
from mainstay.platform.records.errors import Invalid, NotFound
from mainstay.platform.records.statistics import refresh_statistics
from mainstay.platform.units.models import Unit
from mainstay.registers import registry
from mainstay.registers.declaration import Register
from mainstay.registers.imports.mapping import MappingProfile
from mainstay.registers.imports.plan import Plan
from mainstay.registers.imports.run import ImportRefused, carry_out
from mainstay.registers.imports.sheet import Sheet, SheetError, open_sheet
from mainstay.registers.imports.survey import Options

KIND = "import-register"
TOLD = 100
"""Findings kept with the job; all refused rows are in the rejects file."""


def keep_upload(register: Register, stream: BinaryIO, *, name: str, unit: Unit) -> StoredFile:
    """Keep the file that is to be imported, as evidence of what came in. Who may add records may bring it."""
    return save_upload(stream, name=name, unit=unit, permission=register.permission("add"))


def sheet_of(stored: StoredFile, *, sheet: str | None = None) -> Sheet:
    """The table in a stored file, decrypted in memory only; Invalid when there is none."""
    content = io.BytesIO(b"".join(open_file(stored)))
    try:
        return open_sheet(content, name=stored.name, sheet=sheet)
    except SheetError as error:
        raise Invalid({"file": [str(error)]}) from error


def start_import(
    register: Register, stored: StoredFile, profile: MappingProfile, *, options: Options, accept_partial: bool = False
) -> Job:
    """Ask for the import of a stored file. Its progress and outcome are the job's."""
    return enqueue(
        KIND, file=str(stored.pk), register=register.slug, profile=profile.to_json(), accept_partial=accept_partial,
        options={name: getattr(options, name) for name in Options.__dataclass_fields__},
    )


# Tried once: rows without a key would be added twice by a second run, and a person can start it again.
@job(KIND, title=_("Import of a file"), max_attempts=1)
def import_register(
    progress: Progress, *, file: str, register: str, profile: str, accept_partial: bool, options: Mapping[str, bool]
) -> dict[str, Any]:
    """Import a stored file; a job's result as plain JSON. Refused rows nobody agreed to leave out are no failure of it."""
    stored = _file(file)
    into = registry.get(register)
    mapped = MappingProfile.from_json(profile)
    sheet = sheet_of(stored, sheet=mapped.sheet)
    with because(_("Import of “%(name)s”") % {"name": stored.name}):
        try:
            done = carry_out(
                into, sheet, mapped, options=Options(**options), accept_partial=accept_partial, step=progress.step
            )
        except ImportRefused as refusal:
            return _told(refusal.plan, stored, into, people=0, units=0, is_written=False)
        refresh_statistics()
        return _told(done.plan, stored, into, people=done.people, units=done.units, is_written=True)


def _file(identifier: str) -> StoredFile:
    try:
        # The initiator of the job brought it; that they may add records was asked then and is asked again per row.
        stored: StoredFile = StoredFile.unscoped_for_system.select_related("unit").get(pk=identifier)
    except (StoredFile.DoesNotExist, ValidationError) as error:
        raise NotFound(_("The file to import is not there any more.")) from error
    return stored


def _told(plan: Plan, stored: StoredFile, register: Register, *, people: int, units: int, is_written: bool) -> dict[str, Any]:
    rejects = None
    if plan.counts["refused"]:
        stem = stored.name.rpartition(".")[0]
        name = _("%(stem)s - refused rows.csv") % {"stem": stem[:200]}
        rejects = str(keep_upload(register, _Stream(plan.rejects()), name=name, unit=stored.unit).pk)  # type: ignore[arg-type] # reads
    findings = [*plan.findings()][:TOLD]
    return {
        "is_written": is_written, "counts": dict(plan.counts), "people": people, "units": units, "rejects": rejects,
        "findings": [str(finding) for finding in findings], "warnings": [str(item) for item in plan.warnings[:TOLD]],
        "warning_count": plan.warning_count, "left_out": list(plan.left_out), "missing": list(plan.missing),
    }


class _Stream:
    """Pieces of bytes, read like a file."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = b""

    def read(self, size: int, /) -> bytes:
        while len(self._rest) < size and (piece := next(self._pieces, b"")):
            self._rest += piece
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken
