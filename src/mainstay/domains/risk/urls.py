"""Addresses of the pages of risk. The assessment stands where the generic dialog of its verb would."""

from django.urls import path

from mainstay.domains.risk import views

urlpatterns = [
    path("risks/map", views.map_page),
    path("risks/<str:key>/assess", views.assess_page),
    path("risks/<str:key>/do/assess", views.assess_page),
    path("risk-criteria", views.criteria_page),
    path("risk-criteria/new", views.adopt_page),
    path("risk-criteria/<str:key>/method", views.method_page),
]
