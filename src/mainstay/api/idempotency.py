"""Carrying a POST out once, however often it arrives (draft-ietf-httpapi-idempotency-key-header)."""

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from mainstay.api.models import IdempotencyKey
from mainstay.api.problems import KeyReused, Malformed
from mainstay.platform.records.actor import Actor

KEPT = timedelta(hours=24)
KEPT_HEADERS = ("Content-Type", "ETag", "Location")
SHAPE = re.compile(r"[\x21-\x7e]{1,255}")


def once(
    request: HttpRequest, key: str, *, actor: Actor, content: bytes, perform: Callable[[], HttpResponse]
) -> HttpResponse:
    """The answer of `perform`, or the one it gave when this key came first. Refusals are not kept: they did nothing.

    The key and what the request changes are stored in one transaction. A duplicate that arrives meanwhile waits at the
    unique constraint until the first one has ended, and then answers like it or takes its place.
    """
    if not SHAPE.fullmatch(key):
        raise Malformed(_("An Idempotency-Key has 1 to 255 printable characters without blanks."))
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode() + content).hexdigest()
    with transaction.atomic():
        IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
        try:
            with transaction.atomic():
                kept = IdempotencyKey.objects.create(actor=actor.identity, key=key, digest=digest)
        except IntegrityError:
            return _again(IdempotencyKey.objects.get(actor=actor.identity, key=key), digest)
        response = perform()
        kept.status, kept.body = response.status_code, response.content
        kept.headers = {name: response[name] for name in KEPT_HEADERS if name in response}
        kept.save(update_fields=["status", "body", "headers"])
    return response


def _again(kept: IdempotencyKey, digest: str) -> HttpResponse:
    if kept.digest != digest:
        raise KeyReused(_("Take a new Idempotency-Key for a new request."))
    response = HttpResponse(bytes(kept.body), status=kept.status, headers=kept.headers)
    response["Idempotent-Replayed"] = "true"
    return response
