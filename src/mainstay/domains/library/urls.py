"""Addresses of the library. A framework's page stands where the generic one of its register would."""

from django.urls import path, re_path

from mainstay.domains.library import views

urlpatterns = [
    path("library", views.library_page),
    path("library/add", views.add_bundled),
    path("library/upload", views.upload),
    re_path(r"^frameworks/(?P<key>F-[0-9]+|[0-9a-fA-F-]{32,36})$", views.framework_page),
]
