"""Addresses of home, the journey, the map and the reports."""

from django.urls import include, path

from mainstay.domains.reporting import views

urlpatterns = [
    path("", views.home_page),
    path("journey", views.journey_page),
    path("map", views.map_page),
    path("", include("mainstay.domains.reporting.report_urls")),
]
