"""All addresses of the web: doors and domain pages first, then what every register has."""

from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from mainstay.web import account, comparing, moments, searching, witness

DOMAIN_PAGES = (
    "reporting", "administration", "assurance", "incidents", "documents", "awareness", "risk", "controls", "work", "evidence",
    "library",
    "incidents", "assurance",
)

urlpatterns = [
    path("sign-in", account.sign_in),
    path("sign-in/link/<str:token>", account.link),
    path("sign-out", account.sign_out),
    path("me", account.me),
    path("theme", account.theme),
    path("health", account.health),
    path("search", searching.search_page),
    path("moments", moments.moments_page),
    path("compare", comparing.compare_page),
    path("witness/add-checkpoint", witness.add_checkpoint),
    path("favicon.ico", RedirectView.as_view(url=static("mainstay/favicon.svg"))),
    path("api/", include("mainstay.api.urls")),
    *(path("", include(f"mainstay.domains.{name}.urls")) for name in DOMAIN_PAGES),
    path("", include("mainstay.registers.urls")),
]

handler404 = "mainstay.web.errors.not_found"
handler500 = "mainstay.web.errors.server_error"
