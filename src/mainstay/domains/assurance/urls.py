"""Addresses of readiness, of working through a checklist and of holding a management review."""

from django.urls import path

from mainstay.domains.assurance import views

urlpatterns = [
    path("readiness", views.readiness),
    path("audits/<str:key>/checklist", views.checklist),
    path("audits/<str:key>/checklist/<uuid:item>", views.record_line),
    path("management-reviews/<str:key>/minutes", views.minutes),
]
