"""Administration: units, logins and roles, tokens, jobs, and the trail of everything."""

import secrets
from typing import Any, cast

from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from mainstay.domains.administration import proving, queries
from mainstay.platform.access import services as access
from mainstay.platform.access.models import ApiToken, Grant, Role
from mainstay.platform.identity.models import Person, SignInLink, User
from mainstay.platform.identity.services import create_user, reactivate
from mainstay.platform.jobs.models import Job
from mainstay.platform.jobs.services import cancel, enqueue
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import Invalid, NotFound
from mainstay.platform.records.models import Scoped
from mainstay.platform.trail.sequencer import latest_checkpoint
from mainstay.platform.units.models import Unit
from mainstay.platform.units.services import add_unit, move_unit
from mainstay.registers.references import Unresolved, resolve


def _found(model: type[Scoped], text: str, field: str) -> Any:
    try:
        return resolve(model, text, organisation=current_actor().organisation_id)
    except Unresolved as error:
        raise Invalid({field: [str(error)]}) from error


def _user(key: str) -> User:
    user = queries.visible_users().filter(pk=key).first()
    if user is None:
        raise NotFound(_("There is no such login."))
    return user


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """What there is to administer."""
    current_actor().require("user.view")
    return render(request, "administration/overview.html")


# Units


@require_GET
def units(request: HttpRequest) -> HttpResponse:
    """The organisation as a tree."""
    actor = current_actor()
    actor.require("unit.view")
    context = {
        "units": queries.unit_tree(),
        "kinds": Unit.Kind.choices,
        "may_add": actor.may("unit.add"),
        "may_change": actor.may("unit.change"),
    }
    return render(request, "administration/units.html", context)


@require_POST
def new_unit(request: HttpRequest) -> HttpResponseBase:
    name = " ".join(request.POST.get("name", "").split())
    kind = request.POST.get("kind", "")
    if not 0 < len(name) <= 200:
        raise Invalid({"name": [_("A name of 1 to 200 characters.")]})
    if kind not in Unit.Kind.values or kind == Unit.Kind.ORGANISATION:
        raise Invalid({"kind": [_("Choose a kind.")]})
    unit = add_unit(_found(Unit, request.POST.get("parent", ""), "parent"), name=name, kind=kind)
    messages.success(request, _("%(name)s was added.") % {"name": unit.name})
    return redirect("/administration/units")


@require_POST
def unit_moved(request: HttpRequest) -> HttpResponseBase:
    unit = _found(Unit, request.POST.get("unit", ""), "unit")
    move_unit(unit, parent=_found(Unit, request.POST.get("parent", ""), "parent"))
    messages.success(request, _("%(name)s was moved, with all below it.") % {"name": unit.name})
    return redirect("/administration/units")


# Logins and roles


@require_GET
def users(request: HttpRequest) -> HttpResponse:
    """Who can sign in, with which roles."""
    actor = current_actor()
    actor.require("user.view")
    return render(request, "administration/users.html", {"users": queries.users_with_roles(), "may_add": actor.may("user.add")})


@require_POST
def new_user(request: HttpRequest) -> HttpResponseBase:
    """Give a person a login; the page then shows the link to hand over."""
    person = _found(Person, request.POST.get("person", ""), "person")
    with transaction.atomic():
        user = create_user(person)
        token = access.invite(user, purpose=SignInLink.Purpose.INVITATION)
    return _one_user(request, user, link=_link(request, token))


def _link(request: HttpRequest, token: str) -> str:
    return request.build_absolute_uri(f"/sign-in/link/{token}")


@require_GET
def user(request: HttpRequest, key: str) -> HttpResponse:
    """One login: its roles and what happened at the door."""
    current_actor().require("user.view")
    return _one_user(request, _user(key))


def _one_user(request: HttpRequest, found: User, *, link: str = "") -> HttpResponse:
    context = {
        "user_shown": found,
        "link": link,
        "roles": Role.objects.order_by("name"),
        "units": queries.unit_tree(),
        "grants": Grant.unscoped_for_system.filter(user=found).select_related("role", "unit").order_by("role__name"),
        "events": queries.events_of(found),
        "may_grant": current_actor().may("grant.add", unit=found.person.unit_id),
        "may_change": current_actor().may("user.change", unit=found.person.unit_id),
    }
    return render(request, "administration/user.html", context)


@require_POST
def user_verb(request: HttpRequest, key: str, verb: str) -> HttpResponseBase:
    """A new link, closing or opening a login, giving or taking a role."""
    found = _user(key)
    match verb:
        case "link":
            purpose = SignInLink.Purpose.RESET if found.has_usable_password() else SignInLink.Purpose.INVITATION
            return _one_user(request, found, link=_link(request, access.invite(found, purpose=purpose)))
        case "close":
            access.end_access(found)
        case "open":
            reactivate(found)
        case "grant":
            role = Role.objects.filter(slug=request.POST.get("role", "")).first()
            if role is None:
                raise Invalid({"role": [_("Choose a role.")]})
            until = request.POST.get("until", "").strip()
            if until and parse_date(until) is None:
                raise Invalid({"until": [_("Write a date as 2027-01-31.")]})
            access.grant(found, role, _found(Unit, request.POST.get("unit", ""), "unit"), parse_date(until) if until else None)
        case "revoke":
            grants = Grant.unscoped_for_system.filter(user=found)
            held = next((item for item in grants if str(item.pk) == request.POST.get("grant")), None)
            if held is None:
                raise NotFound(_("There is no such role to take."))
            access.revoke(held)
        case _:
            raise NotFound(_("There is no such verb."))
    messages.success(request, _("Done. It holds from the next request on."))
    return redirect(f"/administration/users/{found.pk}")


# Tokens


@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest) -> HttpResponseBase:
    """One's own API tokens. A new one is shown once."""
    context: dict[str, Any] = {}
    owner = cast(User, request.user)
    if request.method == "POST":
        scopes = tuple(part.strip() for part in request.POST.get("scopes", "*").split(",") if part.strip()) or ("*",)
        days = request.POST.get("days", "90")
        if not days.isdecimal() or len(days) > 4:
            raise Invalid({"days": [_("A number of days.")]})
        _token, secret = access.create_token(owner, name=request.POST.get("name", ""), scopes=scopes, days=int(days))
        context["secret"] = secret
    context["tokens"] = ApiToken.objects.filter(user=owner).order_by("-created_at")
    return render(request, "administration/tokens.html", context)


@require_POST
def token_revoked(request: HttpRequest, key: str) -> HttpResponseBase:
    token = ApiToken.objects.filter(user=current_actor().user_id, pk=key).select_related("user__person").first()
    if token is None:
        raise NotFound(_("There is no such token."))
    access.revoke_token(token)
    messages.success(request, _("The token no longer works."))
    return redirect("/me/tokens")


# Jobs


@require_GET
def jobs(request: HttpRequest) -> HttpResponse:
    """Long work: what waits, runs and ran."""
    return render(request, "administration/jobs.html", {"jobs": queries.visible_jobs(current_actor())[:100]})


def _job(key: str) -> Job:
    found = queries.visible_jobs(current_actor()).filter(pk=key).first()
    if found is None:
        raise NotFound(_("There is no such job."))
    return found


@require_GET
def job(request: HttpRequest, key: str) -> HttpResponse:
    """The progress of one job, as a page or as the part that asks again by itself."""
    found = _job(key)
    template = "administration/job_progress.html" if request.headers.get("HX-Request") else "administration/job.html"
    return render(request, template, {"job": found, "standing": found.progress()})


@require_POST
def job_cancelled(request: HttpRequest, key: str) -> HttpResponseBase:
    found = _job(key)
    cancel(found)
    messages.success(request, _("The job stops at its next step."))
    return redirect(f"/jobs/{found.pk}")


# The trail


@require_GET
def trail(request: HttpRequest) -> HttpResponse:
    """Every change of every table, newest first."""
    current_actor().require("trail.view")
    before = request.GET.get("before", "")
    entries = queries.trail_entries(
        before=int(before) if before.isdecimal() and len(before) < 18 else None, table=request.GET.get("table", "")[:63]
    )
    older = entries[-1]["change"].seq if len(entries) == 100 else None
    actor = current_actor()
    context = {
        "entries": entries, "older": older, "standing": proving.standing(),
        "may_export": actor.may("trail.export", unit=actor.organisation_id),
    }
    return render(request, "administration/trail.html", context)


@require_POST
def trail_verified(request: HttpRequest) -> HttpResponseBase:
    """Prove the trail now, in the background."""
    current_actor().require("trail.view")
    return redirect(f"/jobs/{enqueue(proving.VERIFY).pk}")


@require_POST
def trail_bundled(request: HttpRequest) -> HttpResponseBase:
    """Write a bundle for an auditor, in the background; the job's page then offers it."""
    actor = current_actor()
    actor.require("trail.export", unit=actor.organisation_id)
    name = f"trail-{timezone.now():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    return redirect(f"/jobs/{enqueue(proving.BUNDLE, name=name).pk}")


@require_GET
def trail_bundle(request: HttpRequest, key: str) -> HttpResponseBase:
    """The bundle that a job of one's own has written."""
    found = Job.objects.filter(pk=key, user=current_actor().user_id, kind=proving.BUNDLE, state=Job.State.DONE).first()
    path = proving.bundle_path(str(found.result["bundle"])) if found is not None and found.result else None
    if path is None or not path.exists():
        raise NotFound(_("This bundle is not there, or no longer: it waits for a day. Ask for a new one."))
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name)


@require_GET
def trail_checkpoint(request: HttpRequest) -> HttpResponse:
    """The latest signed checkpoint, to be kept where nobody here can change it."""
    current_actor().require("trail.view")
    checkpoint = latest_checkpoint()
    if checkpoint is None:
        raise NotFound(_("Nothing was sealed yet."))
    response = HttpResponse(checkpoint.note, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="checkpoint-{checkpoint.epoch}-{checkpoint.size}.txt"'
    return response
