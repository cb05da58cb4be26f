"""What the door remembers: requests that were carried out under a key of the caller's choosing."""

from typing import ClassVar

from django.db import models

from mainstay.kit.uuid7 import uuid7


class IdempotencyKey(models.Model):
    """An answered POST, so that the same request sent again gets the same answer and does nothing twice."""

    trail_exempt: ClassVar[str] = "a copy of an answer for a day; what the request changed is on the trail by itself"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    actor = models.CharField(max_length=80)
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=bytes)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("actor", "key"), name="idempotency_key_unique")]

    def __str__(self) -> str:
        return self.key
