"""Addresses of the statement of applicability. A version's page stands where the generic one of its register would."""

from django.urls import path, re_path

from mainstay.domains.controls import views

urlpatterns = [
    path("soa", views.soa_page),
    path("soa/start", views.start_page),
    path("soa/decide", views.decide_many),
    path("soa/rows/<uuid:key>", views.decide_row),
    path("soa/compare", views.compare_page),
    re_path(r"^soa-versions/(?P<key>SOA-[0-9]+|[0-9a-fA-F-]{32,36})$", views.version_page),
]
