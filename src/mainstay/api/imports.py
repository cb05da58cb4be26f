"""Bringing a file into a register: looked at first with `dry_run`, then carried out as a job."""

import io

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from mainstay.api.beginnings import place_of
from mainstay.api.door import answer
from mainstay.api.problems import WrongMediaType
from mainstay.api.questions import only
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import Invalid, TooLarge
from mainstay.registers import registry
from mainstay.registers.declaration import Register
from mainstay.registers.imports.job import keep_upload, start_import
from mainstay.registers.imports.mapping import MappingProfile
from mainstay.registers.imports.plan import Plan, plan
from mainstay.registers.imports.profile import propose_profile
from mainstay.registers.imports.sheet import Sheet, SheetError, open_sheet
from mainstay.registers.imports.survey import Options

ENDINGS = {
    "text/csv": "csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}
SHOWN = 100
"""Rows of each outcome that a dry run tells one by one; the rest is counted."""


def import_file(request: HttpRequest, *, slug: str) -> HttpResponse:
    """Take the file in the body. Without a `profile` its columns go where their headings and values point to."""
    register = registry.get(slug)
    only(request, "dry_run", "accept_partial", "profile", "name", "unit", *Options.__dataclass_fields__)
    current_actor().require(register.permission("add"))
    ending = ENDINGS.get(request.content_type or "")
    if ending is None:
        raise WrongMediaType(_("Send the file as text/csv or as an .xlsx workbook."))
    options = Options(**{name: _is_wished(request, name) for name in Options.__dataclass_fields__})
    content = io.BytesIO(_content(request))
    name = f"{request.GET.get('name') or register.slug}.{ending}"
    sheet = _sheet(content, name)
    profile = _profile(request, register, sheet)
    if _is_wished(request, "dry_run"):
        return answer(_told(plan(register, sheet, profile, options=options), profile))
    content.seek(0)
    stored = keep_upload(register, content, name=name, unit=place_of(request))
    job = start_import(register, stored, profile, options=options, accept_partial=_is_wished(request, "accept_partial"))
    return answer({"job": job.pk, "profile": profile.to_json()}, status=202, Location=f"/api/v1/jobs/{job.pk}")


def _content(request: HttpRequest) -> bytes:
    # In memory only: what is uploaded lies on disk encrypted or not at all.
    content = request.read(settings.MAX_UPLOAD_BYTES + 1)
    if len(content) > settings.MAX_UPLOAD_BYTES:
        raise TooLarge(_("A file has at most %(most)d bytes.") % {"most": settings.MAX_UPLOAD_BYTES})
    return content


def _sheet(content: io.BytesIO, name: str) -> Sheet:
    try:
        return open_sheet(content, name=name)
    except SheetError as error:
        raise Invalid({"": [str(error)]}) from error


def _profile(request: HttpRequest, register: Register, sheet: Sheet) -> MappingProfile:
    text = request.GET.get("profile")
    if not text:
        return propose_profile(register, sheet)
    try:
        profile = MappingProfile.from_json(text)
    except (ValueError, RecursionError) as error:
        raise Invalid({"profile": [str(error)[:300]]}) from error
    if profile.register != register.slug:
        raise Invalid({"profile": [_("This profile is for another register.")]})
    return profile


def _is_wished(request: HttpRequest, name: str) -> bool:
    match request.GET.get(name, "false"):
        case "true":
            return True
        case "false":
            return False
    raise Invalid({name: [_("true or false.")]})


def _told(found: Plan, profile: MappingProfile) -> dict[str, object]:
    return {
        "counts": found.counts, "rows": {outcome: reports[:SHOWN] for outcome, reports in found.rows.items()},
        "warnings": found.warnings[:SHOWN], "warning_count": found.warning_count, "people": found.people, "units": found.units,
        "left_out": found.left_out, "missing": found.missing, "profile": profile.to_json(),
    }
