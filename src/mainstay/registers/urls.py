"""The addresses every register has. The pages of domains come first in the root URL configuration."""

from django.urls import path

from mainstay.registers.pages import detail, doing, editing, importing, listing, restoring

urlpatterns = [
    path("open/<slug:noun>/<str:key>", detail.by_id),
    path("<slug:slug>", listing.list_page),
    path("<slug:slug>/new", editing.new_page),
    path("<slug:slug>/bulk", doing.bulk_page),
    path("<slug:slug>/options", listing.options),
    path("<slug:slug>/views", listing.save_view),
    path("<slug:slug>/views/delete", listing.delete_view),
    path("<slug:slug>/import", importing.upload_page),
    path("<slug:slug>/import/<uuid:key>", importing.mapping_page),
    path("<slug:slug>/import/files/<uuid:key>", importing.stored_file),
    path("<slug:slug>/<str:key>", detail.detail_page),
    path("<slug:slug>/<str:key>/edit", editing.edit_page),
    path("<slug:slug>/<str:key>/delete", editing.delete_page),
    path("<slug:slug>/<str:key>/history", detail.history_page),
    path("<slug:slug>/<str:key>/restore/<int:seq>", restoring.restore_page),
    path("<slug:slug>/<str:key>/cell/<slug:name>", editing.cell),
    path("<slug:slug>/<str:key>/do/<slug:name>", doing.verb_page),
]
