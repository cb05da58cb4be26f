"""The note by e-mail: in a mailbox of somebody else, an auditor above all, nobody here can change it."""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _

from mainstay.platform.trail.anchors.delivery import TIMEOUT, Delivery, Undelivered

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def complaint(target: str) -> str:
    """What is wrong with the address, or nothing."""
    try:
        validate_email(target)
    except ValidationError:
        return _("Write an e-mail address.")
    if not settings.CONFIGURATION.smtp:
        return _("Say with MAINSTAY_SMTP and MAINSTAY_SENDER how mail is sent.")
    return ""


def deliver(delivery: Delivery) -> None:
    """Hand the mail to the server of MAINSTAY_SMTP, encrypted whenever the server can; that it takes it is all it tells."""
    parts = urlsplit(settings.CONFIGURATION.smtp)
    if not parts.hostname:
        raise Undelivered(_("MAINSTAY_SMTP says of no server."))
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(parts.hostname, parts.port or 465, timeout=TIMEOUT, context=context)
    else:
        server = smtplib.SMTP(parts.hostname, parts.port or 587, timeout=TIMEOUT)
    with server:
        server.ehlo_or_helo_if_needed()
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=context)
        elif parts.scheme == "smtp" and parts.username and parts.hostname not in LOOPBACK:
            raise Undelivered(_("The mail server offers no encryption, and a password is not sent without."))
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(_mail(delivery))


def _mail(delivery: Delivery) -> EmailMessage:
    point, sender = delivery.checkpoint, settings.CONFIGURATION.sender
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, delivery.anchor.target
    mail["Date"], mail["Message-ID"] = format_datetime(timezone.now()), make_msgid(domain=sender.rpartition("@")[2])
    mail["Subject"] = _("Checkpoint %(size)d of %(origin)s") % {"size": point.size, "origin": delivery.origin}
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(_(
        "The attached checkpoint is the signed state of the trail. Keep it: with it you can prove later whether any of the "
        "%(size)d entries below it was changed."
    ) % {"size": point.size} + "\n")
    mail.add_attachment(
        point.note.encode(), maintype="application", subtype="octet-stream",
        filename=f"checkpoint-{point.epoch}-{point.size}.txt",
    )
    return mail
