"""What can go wrong, said once. Each door maps this tree to its own answer (page, problem+json, exit code)."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """Something a person can understand and act on. `code` is stable; `message` is a sentence."""

    code: str = "refused"
    status: ClassVar[int] = 400
    title: ClassVar[object] = _("Refused")

    def __init__(self, message: object, *, code: str | None = None) -> None:
        super().__init__(str(message))
        self.message = message
        if code:
            self.code = code


class NotSignedIn(DomainError):
    code, status, title = "not_signed_in", 401, _("Sign in first")


class NotAllowed(DomainError):
    code, status, title = "not_allowed", 403, _("You may not do this")


class NotFound(DomainError):
    """Also for what exists but may not be seen: the two must look the same."""

    code, status, title = "not_found", 404, _("Not found")


class Conflict(DomainError):
    code, status, title = "conflict", 409, _("Changed in the meantime")


class SeveralFound(DomainError):
    """What was asked for is the short name of more than one; the message gives the long ones."""

    code, status, title = "ambiguous", 409, _("More than one answers to this")


class StaleVersion(Conflict):
    """Somebody saved the record after the caller read it (optimistic lock)."""

    code, status = "stale_version", 412


class RuleViolation(DomainError):
    """A rule of the method or of a life cycle forbids it in this state."""

    code, status, title = "rule_violation", 409, _("A rule forbids this")


class Invalid(DomainError):
    """Input that cannot be taken: `fields` maps each field name to its sentences ('' for the whole)."""

    code, status, title = "invalid", 422, _("Some values need mending")

    def __init__(self, fields: Mapping[str, Sequence[object]], *, message: object | None = None) -> None:
        self.fields = {name: [str(text) for text in texts] for name, texts in fields.items()}
        first = next(iter(self.fields.items()), ("", [""]))
        super().__init__(message or (f"{first[0]}: {first[1][0]}" if first[0] else first[1][0]))


class TooMany(DomainError):
    code, status, title = "too_many", 429, _("Too many attempts")


class TooLarge(DomainError):
    code, status, title = "too_large", 413, _("Too large")


class Unavailable(DomainError):
    code, status, title = "unavailable", 503, _("Not available now")
