"""The pages of documents beside those every register has."""

from django.urls import path

from mainstay.domains.documents import views

urlpatterns = PAGES = [
    path("documents/<str:key>/read", views.read_document),
    path("document-versions/<str:key>/read", views.read_version),
    path("document-versions/<str:key>/do/acknowledge", views.acknowledge_by_reading),
    path("document-versions/<str:key>/file", views.version_file),
]
