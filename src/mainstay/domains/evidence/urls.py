"""Addresses of evidence."""

from django.urls import path

from mainstay.domains.evidence import views

urlpatterns = [
    path("evidence/attach", views.attach_page),
    path("evidence/<str:key>/detach", views.detach_page),
    path("evidence/<str:key>/file", views.file_of),
]
