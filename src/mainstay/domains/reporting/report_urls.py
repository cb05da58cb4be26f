"""Addresses of the reports."""

from django.urls import path, re_path

from mainstay.domains.reporting import downloads

urlpatterns = [
    path("reports", downloads.reports_page),
    path("reports/document.css", downloads.document_style),
    re_path(r"^reports/(?P<name>[a-z-]{1,40})\.(?P<format>[a-z]{3,4})$", downloads.download),
    path("reports/<slug:name>", downloads.report_page),
]
