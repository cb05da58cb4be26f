"""The addresses of the API, included at `api/`. What a register offers follows from its declaration, not from here."""

from django.urls import path, re_path

from mainstay.api import beginnings, bulk, history, imports, questions, reference, resources
from mainstay.api.door import door, nothing_here
from mainstay.domains.reporting import downloads

urlpatterns = [
    path("v1/openapi.json", door(is_public=True, GET=reference.read_document)),
    path("v1/docs", door(is_public=True, GET=reference.read_reference)),
    path("v1/me", door(GET=questions.read_me)),
    path("v1/search", door(GET=questions.read_search)),
    path("v1/soa", door(GET=questions.read_soa)),
    path("v1/readiness", door(GET=questions.read_readiness)),
    path("v1/jobs/<uuid:key>", door(GET=questions.read_job)),
    path("v1/frameworks/import", door(takes_key=False, POST=beginnings.import_framework)),
    path("v1/risk-criteria/adopt", door(POST=beginnings.adopt_risk_criteria)),
    path("v1/imports/<slug:slug>", door(takes_key=False, POST=imports.import_file)),
    path("v1/reports/<slug:name>.<slug:format>", door(GET=downloads.download)),
    path("v1/<slug:slug>", door(GET=resources.list_records, POST=resources.create_record)),
    path("v1/<slug:slug>/bulk", door(POST=bulk.store_records)),
    path(
        "v1/<slug:slug>/<str:key>",
        door(GET=resources.read_record, PATCH=resources.change_record, DELETE=resources.delete_record),
    ),
    path("v1/<slug:slug>/<str:key>/history", door(GET=history.read_history)),
    path("v1/<slug:slug>/<str:key>/<slug:verb>", door(POST=resources.perform_verb)),
    re_path("", door(GET=nothing_here, POST=nothing_here, PUT=nothing_here, PATCH=nothing_here, DELETE=nothing_here)),
]
