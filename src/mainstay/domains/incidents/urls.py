"""Addresses of reporting an incident."""

from django.urls import path

from mainstay.domains.incidents import views

urlpatterns = [
    path("report-incident", views.report_page),
    path("report-incident/<uuid:key>", views.thanks_page),
]
