"""Addresses of work. Adding an action about a record stands before the generic form of actions."""

from django.urls import path

from mainstay.domains.work import views

urlpatterns = [path("actions/new", views.new_action)]
