from django.urls import path

from mainstay.domains.administration import views

urlpatterns = [
    path("administration", views.overview),
    path("administration/units", views.units),
    path("administration/units/new", views.new_unit),
    path("administration/units/move", views.unit_moved),
    path("administration/users", views.users),
    path("administration/users/new", views.new_user),
    path("administration/users/<uuid:key>", views.user),
    path("administration/users/<uuid:key>/<slug:verb>", views.user_verb),
    path("administration/trail", views.trail),
    path("administration/trail/verify", views.trail_verified),
    path("administration/trail/bundle", views.trail_bundled),
    path("administration/trail/bundle/<uuid:key>", views.trail_bundle),
    path("administration/trail/checkpoint", views.trail_checkpoint),
    path("me/tokens", views.tokens),
    path("me/tokens/<uuid:key>/revoke", views.token_revoked),
    path("jobs", views.jobs),
    path("jobs/<uuid:key>", views.job),
    path("jobs/<uuid:key>/cancel", views.job_cancelled),
]
