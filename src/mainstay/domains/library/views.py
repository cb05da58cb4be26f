"""The library: which frameworks are there, bringing in another, and reading one as a tree."""

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mainstay.domains.library.bundled import bundled_ids, read_bundled
from mainstay.domains.library.models import Framework, Requirement
from mainstay.domains.library.registers import FRAMEWORKS
from mainstay.domains.library.services import CATALOGUE_BYTES, import_bundled, import_oscal
from mainstay.domains.library.tree import tree_of
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import DomainError, Invalid
from mainstay.platform.units.models import Unit
from mainstay.registers import crud
from mainstay.registers.showing import record_address


@require_GET
def library_page(request: HttpRequest) -> HttpResponse:
    """The frameworks there are, those that come with Mainstay, and the way for any other."""
    current_actor().require(FRAMEWORKS.permission("view"))
    return _library(request)


def _library(request: HttpRequest, *, error: DomainError | None = None) -> HttpResponse:
    asked = Count("requirements", filter=Q(requirements__kind=Requirement.Kind.ASSESSABLE, requirements__is_withdrawn=False))
    frameworks = list(Framework.objects.annotate(asked=asked).order_by("ref_order"))
    present = {item.catalogue_id for item in frameworks}
    actor = current_actor()
    context = {
        "frameworks": frameworks, "error": error, "may_add": actor.may(FRAMEWORKS.permission("add"), unit=actor.organisation_id),
        "bundled": [read_bundled(name) for name in bundled_ids() if name not in present],
    }
    return render(request, "library/library.html", context, status=error.status if error else 200)


@require_POST
def add_bundled(request: HttpRequest) -> HttpResponseBase:
    """Bring in a framework that comes with Mainstay."""
    name = request.POST.get("framework", "")
    if name not in bundled_ids():
        raise Invalid({"framework": [_("Choose one of the frameworks listed.")]})
    return _added(request, import_bundled(name, unit=_organisation()))


@require_POST
def upload(request: HttpRequest) -> HttpResponseBase:
    """Bring in an OSCAL catalogue from a file; what is wrong with it is said on the page."""
    current_actor().require(FRAMEWORKS.permission("add"))
    sent = request.FILES.get("file")
    try:
        if sent is None:
            raise Invalid({"file": [_("Choose a file.")]})
        # One byte more than allowed is enough for the service to refuse it.
        framework = import_oscal(sent.read(CATALOGUE_BYTES + 1), unit=_organisation())
    except DomainError as error:
        return _library(request, error=error)
    return _added(request, framework)


def _organisation() -> Unit:
    return Unit.unscoped_for_system.get(pk=current_actor().organisation_id)  # type: ignore[no-any-return]


def _added(request: HttpRequest, framework: Framework) -> HttpResponseBase:
    messages.success(request, format_html(_("{} is in the library."), str(framework)))
    return redirect(record_address(framework))


@require_GET
def framework_page(request: HttpRequest, key: str) -> HttpResponse:
    """A framework as a tree of what it asks, narrowed by `?q=`."""
    framework: Framework = crud.find(FRAMEWORKS, key)
    text = request.GET.get("q", "").strip()[:200]
    context = {
        "framework": framework, "where": record_address(framework), "tree": tree_of(framework, text=text), "q": text,
        "may_change": current_actor().may(FRAMEWORKS.permission("change"), unit=framework.unit_id),
    }
    fragment = request.headers.get("HX-Target") == "requirements"
    return render(request, "library/tree.html" if fragment else "library/framework.html", context)
