"""A webhook: JSON with the note, signed as the Standard Webhooks specification says (standardwebhooks.com)."""

import hmac
import json
import time
from base64 import b64encode
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from mainstay.keys import key_bytes
from mainstay.platform.trail.anchors.delivery import Delivery, Undelivered
from mainstay.platform.trail.anchors.posting import complaint, post
from mainstay.platform.trail.models import Anchor

__all__ = ["complaint", "deliver", "secret"]


def deliver(delivery: Delivery) -> None:
    """Anything but a status of 2xx is a refusal. The id is the same at each try, so that the receiver can drop repeats."""
    point = delivery.checkpoint
    body = json.dumps({
        "type": "trail.checkpoint", "timestamp": point.at.isoformat(),
        "data": {"origin": delivery.origin, "size": point.size, "root": bytes(point.root).hex(), "note": point.note},
    }).encode()
    about, at = f"checkpoint-{point.epoch}-{point.size}", str(int(time.time()))
    signed = hmac.digest(_key(delivery.anchor), f"{about}.{at}.".encode() + body, "sha256")
    answer = post(delivery.anchor.target, body, {
        "Content-Type": "application/json", "webhook-id": about, "webhook-timestamp": at,
        "webhook-signature": f"v1,{b64encode(signed).decode()}",
    })
    if not 200 <= answer.status < 300:
        raise Undelivered(_("It answered %(status)d.") % {"status": answer.status})


def secret(anchor: Anchor) -> str:
    """What the receiver verifies signatures with."""
    return f"whsec_{b64encode(_key(anchor)).decode()}"


def _key(anchor: Anchor) -> bytes:
    # Derived, so that the database and the trail hold no secret.
    return hmac.digest(key_bytes(Path(settings.CONFIGURATION.home), "webhook"), f"anchor {anchor.pk}".encode(), "sha256")
