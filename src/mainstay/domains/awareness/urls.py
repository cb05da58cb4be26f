"""The pages of courses beside those every register has."""

from django.urls import path

from mainstay.domains.awareness import views

urlpatterns = PAGES = [
    path("courses/<str:key>/take", views.take),
    path("courses/<str:key>/do/take", views.take_by_reading),
    path("completions/<uuid:key>", views.completion_page),
]
