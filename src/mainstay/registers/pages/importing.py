"""Importing a file: bring it, say where its columns go, see what would change, then do it as a job."""

from collections.abc import Mapping
from itertools import islice
from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from mainstay.platform.files.models import StoredFile
from mainstay.platform.files.names import safe_headers
from mainstay.platform.files.store import open_file
from mainstay.platform.records.actor import Actor, current_actor
from mainstay.platform.records.errors import Invalid, NotAllowed, NotFound
from mainstay.platform.units.models import Unit
from mainstay.registers import registry
from mainstay.registers.declaration import Register
from mainstay.registers.imports.job import keep_upload, sheet_of, start_import
from mainstay.registers.imports.mapping import MappingProfile, apply
from mainstay.registers.imports.plan import plan
from mainstay.registers.imports.profile import importable, proposals, propose_profile
from mainstay.registers.imports.sheet import Sheet
from mainstay.registers.imports.survey import Options
from mainstay.registers.models import ImportProfile

SAMPLES = 3
SHOWN = 100
OPTIONS = {
    "create_people": gettext_lazy("Make people of owners nobody knows yet"),
    "create_units": gettext_lazy("Make teams of departments nobody knows yet"),
    "drop_unresolved": gettext_lazy("Leave out references that lead nowhere, with a warning, instead of refusing the row"),
    "clear_blanks": gettext_lazy("Let empty cells empty what is stored"),
}


@require_http_methods(["GET", "POST"])
def upload_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Bring a spreadsheet."""
    register = _importable(slug)
    if request.method == "GET":
        return render(request, "registers/import_upload.html", {"register": register, "fields": importable(register).values()})
    brought = request.FILES.get("file")
    try:
        if brought is None:
            raise Invalid({"file": [_("Choose a file.")]})
        stored = keep_upload(register, brought.file, name=brought.name or "import.csv", unit=_place(register, current_actor()))  # type: ignore[arg-type] # an uploaded file reads
        sheet_of(stored)
    except Invalid as error:
        context = {"register": register, "fields": importable(register).values(), "error": error}
        return render(request, "registers/import_upload.html", context, status=422)
    return redirect(f"/{slug}/import/{stored.pk}")


def _importable(slug: str) -> Register:
    register = registry.get(slug)
    current_actor().require(register.permission("add"))
    if not register.may_add:
        raise NotFound(_("These records come about in another way."))
    return register


def _place(register: Register, actor: Actor) -> Unit:
    """The highest unit where the actor may add: the file is kept there."""
    permission = register.permission("add")
    if actor.organisation_id is not None and actor.may(permission, unit=actor.organisation_id):
        return Unit.unscoped_for_system.get(pk=actor.organisation_id)  # type: ignore[no-any-return] # managers are made at run time
    held = next((holding.unit for holding in actor.holdings_for(permission)), None)
    if held is None:
        raise NotAllowed(_("You may not add records here."))
    return Unit.unscoped_for_system.get(pk=held)  # type: ignore[no-any-return] # managers are made at run time


def _file(register: Register, key: UUID) -> StoredFile:
    """A file one brought oneself, or may see for adding at its unit."""
    stored = StoredFile.unscoped_for_system.select_related("unit").filter(pk=key).first()
    if stored is None or not current_actor().may(register.permission("add"), unit=stored.unit_id):
        raise NotFound(_("There is no such file."))
    return stored  # type: ignore[no-any-return] # managers are made at run time


@require_http_methods(["GET", "POST"])
def mapping_page(request: HttpRequest, slug: str, key: UUID) -> HttpResponseBase:
    """Where each column goes; then the dry run; then the import."""
    register = _importable(slug)
    stored = _file(register, key)
    sheet = sheet_of(stored)
    profile = _profile(request, register, sheet)
    options = Options(**{name: name in request.POST for name in OPTIONS})
    context: dict[str, Any] = {
        "register": register,
        "stored": stored,
        "sheet": sheet,
        "columns": _columns(register, sheet, profile),
        "choices": [(name, field.label) for name, field in importable(register).items()],
        "key_field": profile.key,
        "options": [(name, label, getattr(options, name)) for name, label in OPTIONS.items()],
        "profiles": ImportProfile.objects.filter(register=slug).order_by("name"),
        "profile_name": request.POST.get("profile_name", ""),
    }
    if request.method == "GET":
        context["options"] = [(name, label, name != "clear_blanks") for name, label in OPTIONS.items()]
        return render(request, "registers/import_mapping.html", context)
    if "run" in request.POST:
        _keep_profile(request, register, stored, profile)
        job = start_import(register, stored, profile, options=options, accept_partial="accept_partial" in request.POST)
        return redirect(f"/jobs/{job.pk}")
    try:
        found = plan(register, sheet, profile, options=options)
    except Invalid as error:
        return render(request, "registers/import_mapping.html", context | {"error": error}, status=422)
    rows = [
        (outcome, list(islice(reports, SHOWN)))
        for outcome, reports in found.rows.items()
        if outcome in ("refused", "changed", "new")
    ]
    return render(request, "registers/import_mapping.html", context | {"plan": found, "plan_rows": rows})


def _profile(request: HttpRequest, register: Register, sheet: Sheet) -> MappingProfile:
    """The decisions as posted, as kept under a name, or as proposed."""
    if request.method == "POST":
        fields = importable(register)
        columns = []
        for index, heading in enumerate(sheet.header):
            goes = request.POST.get(f"column-{index}", "")
            columns.append((heading, goes if goes in fields else None))
        chosen = [field for _heading, field in columns if field]
        if len(chosen) != len(set(chosen)):
            raise Invalid({"": [_("Two columns go to the same field.")]})
        key = request.POST.get("key", "")
        proposed = propose_profile(register, sheet)
        return MappingProfile(
            register=register.slug,
            columns=tuple(columns),
            key=key if key in chosen else None,
            sheet=sheet.sheet,
            day_first=proposed.day_first,
        )
    kept = request.GET.get("profile", "")
    if kept:
        found = next((item for item in ImportProfile.objects.filter(register=register.slug) if str(item.pk) == kept), None)
        if found is not None:
            return MappingProfile.from_json(found.profile["json"])
    return propose_profile(register, sheet)


def _columns(register: Register, sheet: Sheet, profile: MappingProfile) -> list[dict[str, Any]]:
    reasons: Mapping[int, str] = {item.column: item.why for item in proposals(register, sheet)}
    goes = apply(profile, sheet.header).mapping
    samples = [row.cells for row in islice(sheet.rows(), SAMPLES)]
    return [
        {
            "index": index,
            "heading": heading,
            "field": goes.get(index, ""),
            "why": reasons.get(index, ""),
            "samples": [str(cells[index]) for cells in samples if index < len(cells) and cells[index] not in (None, "")],
        }
        for index, heading in enumerate(sheet.header)
    ]


def _keep_profile(request: HttpRequest, register: Register, stored: StoredFile, profile: MappingProfile) -> None:
    name = " ".join(request.POST.get("profile_name", "").split())[:100]
    if name:
        ImportProfile.unscoped_for_system.update_or_create(
            organisation_id=stored.organisation_id,
            register=register.slug,
            name=name,
            defaults={"profile": {"json": profile.to_json()}, "unit_id": stored.unit_id},
        )


@require_GET
def stored_file(request: HttpRequest, slug: str, key: UUID) -> HttpResponseBase:
    """The rows that were refused, as a file to mend and bring again."""
    stored = _file(registry.get(slug), key)
    response = FileResponse(open_file(stored))
    for name, text in safe_headers(stored).items():
        response.headers[name] = text
    return response
