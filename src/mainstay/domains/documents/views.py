"""The reader: one version of a document as people read, approve and acknowledge it."""

from collections.abc import Iterator

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from mainstay.domains.documents.models import DocumentVersion
from mainstay.domains.documents.queries import in_force, reading_of
from mainstay.domains.documents.registers import DOCUMENT_VERSIONS, DOCUMENTS
from mainstay.domains.documents.services import acknowledge_version
from mainstay.platform.files.names import safe_headers
from mainstay.platform.files.store import open_file
from mainstay.platform.records.errors import NotFound
from mainstay.platform.records.moment import current_day
from mainstay.registers import crud


@require_GET
def read_document(request: HttpRequest, key: str) -> HttpResponseBase:
    """Lead to the version in force, the one address people can keep."""
    version = in_force(crud.find(DOCUMENTS, key), on=current_day())
    if version is None:
        raise NotFound(_("Nothing of this document is in force."))
    return redirect(f"/document-versions/{version.ref}/read")


@require_http_methods(["GET", "POST"])
def read_version(request: HttpRequest, key: str) -> HttpResponseBase:
    """Show a version, and take the acknowledgement of who has read it."""
    version: DocumentVersion = crud.find(DOCUMENT_VERSIONS, key)
    if request.method == "POST":
        acknowledge_version(version, digest=request.POST.get("digest", ""))
        messages.success(request, _("You have acknowledged %(version)s.") % {"version": version.label})
        return redirect(request.path)
    return render(request, "documents/read.html", {"reading": reading_of(version, on=current_day())})


@require_GET
def acknowledge_by_reading(request: HttpRequest, key: str) -> HttpResponseBase:
    """Nobody confirms a text in a dialog that does not show it: the verb leads to the reader."""
    return redirect(f"/document-versions/{crud.find(DOCUMENT_VERSIONS, key).ref}/read")


@require_GET
def version_file(request: HttpRequest, key: str) -> HttpResponse | StreamingHttpResponse:
    """The file of a version, for whoever may see the version."""
    version: DocumentVersion = crud.find(DOCUMENT_VERSIONS, key)
    if version.file is None:
        raise NotFound(_("This version has no file."))
    pieces: Iterator[bytes] = open_file(version.file)
    response = StreamingHttpResponse(pieces)
    for name, value in safe_headers(version.file).items():
        response[name] = value
    return response
