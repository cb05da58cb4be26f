"""How passwords are kept and which are taken (NIST SP 800-63B-4 3.1.1, ASVS 5.0 6.2)."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from mainstay.platform.identity.models import User
from mainstay.platform.records.errors import Invalid, Unavailable

LONGEST = 4096
"""Bytes of UTF-8. Long enough for any passphrase, short enough that hashing costs the same for all."""

PARALLEL_HASHES = 2
QUEUED_HASHES = 20

_places = BoundedSemaphore(PARALLEL_HASHES + QUEUED_HASHES)
_running = BoundedSemaphore(PARALLEL_HASHES)


@contextmanager
def hashing() -> Iterator[None]:
    """Hold one of the few places at the hasher: each hash takes 46 MiB, so a flood must not run at once."""
    if not _places.acquire(blocking=False):
        raise Unavailable(_("Too many people are signing in at this moment. Try again shortly."))
    try:
        with _running:
            yield
    finally:
        _places.release()


class Argon2id(Argon2PasswordHasher):
    """Argon2id with t=2, m=46 MiB, p=1: above the minima of ASVS 5.0, and affordable on a small host."""

    time_cost = 2
    memory_cost = 47_104
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with hashing():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with hashing():
            return super().verify(password, encoded)


class ContextWordsValidator:
    """Refuses the words of the context: product, organisation, person and e-mail (ASVS 6.2.11)."""

    SHORTEST_WORD = 4

    def validate(self, password: str, user: User | None = None) -> None:
        folded = password.casefold()
        found = sorted(word for word in self._words(user) if word in folded)
        if found:
            message = _("The password contains “%(word)s”, which is easy to guess.")
            raise ValidationError(message, params={"word": found[0]})

    def get_help_text(self) -> str:
        return _("Your password cannot contain the name of you, your organisation or the product.")

    def _words(self, user: User | None) -> set[str]:
        texts = ["Mainstay"]
        if user is not None:
            texts += [user.email.partition("@")[0], user.person.name, user.person.organisation.name]
        parts = re.split(r"[\W\d_]+", " ".join(texts).casefold())
        return {part for part in parts if len(part) >= self.SHORTEST_WORD}


def check_size(password: str, *, field: str = "password") -> None:
    """Raise Invalid for what no password can be: too long, or not text."""
    try:
        size = len(password.encode())
    except UnicodeEncodeError as error:
        raise Invalid({field: [_("The password contains characters that cannot be stored.")]}) from error
    if size > LONGEST:
        raise Invalid({field: [_("A password has at most %(bytes)d bytes.") % {"bytes": LONGEST}]})


def encoded_password(user: User, password: str) -> str:
    """The hash of an acceptable new password, taken as it is. Raises Invalid with the reasons otherwise."""
    check_size(password)
    try:
        validate_password(password, user=user)
    except ValidationError as error:
        raise Invalid({"password": error.messages}) from error
    return make_password(password)
