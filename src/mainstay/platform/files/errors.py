"""What can be wrong with stored bytes. Both are news for the operator: see `store.verify_files`."""

from django.utils.translation import gettext_lazy as _

from mainstay.platform.records.errors import Unavailable


class FileMissing(Unavailable):
    code, title = "file_missing", _("The file is missing")


class FileDamaged(Unavailable):
    """The bytes on disk are not the ones that were stored: changed, cut, reordered or swapped."""

    code, title = "file_damaged", _("The file is damaged")
