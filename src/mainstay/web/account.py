"""Coming in and going out: signing in, one-time links, one's own password, the theme."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from mainstay.platform.access.services import actor_for
from mainstay.platform.identity import services
from mainstay.platform.identity.models import AccessEvent, User
from mainstay.platform.records.actor import acting, system
from mainstay.platform.records.errors import DomainError, Invalid
from mainstay.web import sessions
from mainstay.web.middleware import public


class SignInForm(forms.Form):
    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254)
    password = forms.CharField(label=gettext_lazy("Password"), max_length=4096, strip=False)


class PasswordForm(forms.Form):
    current = forms.CharField(max_length=4096, strip=False, required=False)
    password = forms.CharField(max_length=4096, strip=False)
    again = forms.CharField(max_length=4096, strip=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("password") != cleaned.get("again"):
            raise ValidationError(_("The two passwords differ."))
        return cleaned


def address_of(request: HttpRequest) -> str:
    """Where the request comes from. Proxy headers are not believed."""
    return str(request.META.get("REMOTE_ADDR", ""))


def _next(request: HttpRequest) -> str:
    return local_address(request, request.POST.get("next") or request.GET.get("next") or "/")


def local_address(request: HttpRequest, wanted: str) -> str:
    """The address if it leads to a page here, else home."""
    fits = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None, require_https=request.is_secure())
    return wanted if fits and wanted.startswith("/") else "/"


@public
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """The sign-in page. What fails looks the same whatever the reason."""
    if request.method == "GET":
        if getattr(request, "actor", None) is not None:
            return redirect("/")
        return render(request, "mainstay/sign_in.html", {"next": _next(request)})
    form = SignInForm(request.POST)
    message = _("E-mail and password do not match a login here.")
    if form.is_valid():
        try:
            user = services.authenticate(form.cleaned_data["email"], form.cleaned_data["password"], address=address_of(request))
        except DomainError as error:
            message = str(error.message)
            status = error.status
        else:
            sessions.begin(request, user)
            return redirect(_next(request))
    else:
        status = 401
    context = {"error": message, "email": request.POST.get("email", "")[:254], "next": _next(request)}
    return render(request, "mainstay/sign_in.html", context, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponseBase:
    user: User = request.user  # type: ignore[assignment] # a signed-in request
    services.record_event(AccessEvent.Kind.SIGNED_OUT, user=user, name=user.email, address=address_of(request), detail="")
    sessions.end(request)
    response = redirect("/sign-in")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@public
@require_http_methods(["GET", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponseBase:
    """A one-time link: choose a password, and be signed in. Opening the page does not use the link up."""
    with acting(system("web")):
        user = services.user_of_link(token)
        if user is None:
            return render(request, "mainstay/link_over.html", status=410)
        if request.method == "GET":
            return render(request, "mainstay/link.html", {"email": user.email, "name": user.person.name})
        form = PasswordForm(request.POST)
        errors: list[str] = []
        if form.is_valid():
            try:
                user = services.use_link(token, address=address_of(request), password=form.cleaned_data["password"])
            except Invalid as error:
                errors = [text for texts in error.fields.values() for text in texts]
            else:
                sessions.begin(request, user)
                return redirect("/")
        else:
            errors = [str(text) for texts in form.errors.values() for text in texts]
    return render(request, "mainstay/link.html", {"email": user.email, "name": user.person.name, "errors": errors}, status=422)


@require_http_methods(["GET", "POST"])
def me(request: HttpRequest) -> HttpResponseBase:
    """One's own page: roles, and the password."""
    user: User = request.user  # type: ignore[assignment] # a signed-in request
    context: dict[str, Any] = {"me": user, "holdings": actor_for(user, channel="web").holdings}
    if request.method == "POST":
        form = PasswordForm(request.POST)
        if not form.is_valid():
            context["errors"] = [str(text) for texts in form.errors.values() for text in texts]
            return render(request, "mainstay/me.html", context, status=422)
        try:
            user = services.set_password(
                user, form.cleaned_data["password"], current=form.cleaned_data["current"], address=address_of(request)
            )
        except DomainError as error:
            fields = error.fields if isinstance(error, Invalid) else {"": [str(error.message)]}
            context["errors"] = [text for texts in fields.values() for text in texts]
            return render(request, "mainstay/me.html", context, status=422)
        sessions.begin(request, user)
        messages.success(request, _("Your password is changed. All other sessions have ended."))
        return redirect("/me")
    return render(request, "mainstay/me.html", context)


@public
@require_POST
def theme(request: HttpRequest) -> HttpResponseBase:
    """Remember light or dark in a cookie; anything else follows the system."""
    back = request.META.get("HTTP_REFERER", "/")
    fits = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    response = redirect(back if fits else "/")
    chosen = request.POST.get("theme", "")
    if chosen in ("light", "dark"):
        response.set_cookie("theme", chosen, max_age=365 * 86400, samesite="Lax", secure=request.is_secure())
    else:
        response.delete_cookie("theme")
    return response


@public
@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """Whether the service answers: for those who watch it."""
    return HttpResponse("ok", content_type="text/plain; charset=utf-8")
