"""The trail: one row per change of any captured table, written by database triggers in the same transaction."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Change(models.Model):
    """A row before and after, with who, through which door, why and in which request. Insert only.

    `row` and `before` are JSON objects by column name in the form of `triggers.column_expression`; `salt` (at least
    16 random bytes) is what the sealed tree will commit to together with the row, so that the content of a change can
    be erased later without touching the tree.
    """

    trail_exempt: ClassVar[str] = "it is the trail"

    class Operation(models.TextChoices):
        INSERT = "I", _("added")
        UPDATE = "U", _("changed")
        DELETE = "D", _("deleted")

    seq = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    table = models.CharField(max_length=63, db_column="tbl")
    pk_text = models.CharField(max_length=64, db_column="pk")
    op = models.CharField(max_length=1, choices=Operation.choices)
    row = models.TextField(null=True)
    before = models.TextField(null=True)
    salt = models.BinaryField()
    actor = models.CharField(max_length=80)
    channel = models.CharField(max_length=20)
    reason = models.CharField(max_length=500)
    request = models.CharField(max_length=64)

    class Meta:
        db_table = "trail_change"
        indexes = [models.Index(fields=("table", "pk_text", "seq"), name="trail_change_of_record")]
