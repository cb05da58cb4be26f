"""Erasing a person: out of every table and out of the trail's contents, while the tree stays as it was signed.

Where the name or an address of the person stands, “former person P-12” stands afterwards. The content of each change that told of
them gets a new text and a new salt; the erasure, an entry itself, names each such change with the commitment to what now
stands there. What an erasure was about is kept in the signer's folder too, so that a restored backup is erased again.
"""

import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import connection, models, transaction
from django.utils.translation import gettext as _

from mainstay.kit.canonical import digest
from mainstay.platform.access.services import end_access
from mainstay.platform.identity.models import AccessEvent, Person, User
from mainstay.platform.records.actor import because, current_actor
from mainstay.platform.records.errors import Invalid, NotAllowed, RuleViolation
from mainstay.platform.records.events import Erased, Privileged, announce
from mainstay.platform.records.models import Record
from mainstay.platform.trail import leaves, signer, triggers
from mainstay.platform.trail.backends.told import erasing
from mainstay.platform.trail.events import ERASURE, record
from mainstay.platform.trail.models import Change
from mainstay.platform.trail.moments import cache

REMEMBERED = "erasures.json"
AT_ONCE = 500

Replace = Callable[[str], str]


def erase_person(person: Person, *, why: str) -> Change:
    """Erase for good, for a reason that names the request and not the person; the erasure as it stands on the trail.

    Refused while the person owns records: those need somebody who answers for them. Ends the login first.
    """
    actor = current_actor()
    if not actor.is_system:
        raise NotAllowed(_("Erasing is decided by two and carried out by the operator, at the command line."))
    if not why.strip():
        raise Invalid({"why": [_("Say on whose request, without naming the person.")]})
    if any(text.casefold() in why.casefold() for text in _texts(person)):
        raise Invalid({"why": [_("The reason stays for ever: it must not name the person.")]})
    _refuse_owner(person)
    user = User.objects.filter(person=person).first()
    if user is not None and user.is_active:
        end_access(user)
    with erasing(), because(why):
        former = f"former person {person.ref}"
        replace = _replacing(_texts(person), former)
        blanks = _own_rows(person, user, former)
        _mentions(replace)
        keys = {person.pk.hex} | ({user.pk.hex} if user is not None else set())
        changes = {str(seq): leaves.written(committed) for seq, committed in _contents(keys, blanks, replace)}
        event = record(ERASURE, person.pk.hex, {"person": person.ref, "why": why, "changes": changes})
        announce(Privileged())
        transaction.on_commit(cache.forget)
    _remember(person.pk.hex, why)
    return event


def erase_again() -> list[str]:
    """Erase whoever a restored backup brought back; their references."""
    done = []
    for key, why in _remembered().items():
        person = Person.unscoped_for_system.filter(pk=UUID(key)).first()
        if person is not None and person.name != f"former person {person.ref}":
            erase_person(person, why=why)
            done.append(person.ref)
    return done


def leave_no_trace() -> None:
    """Have the database give back and overwrite the space where contents stood. Takes a while, and nobody writes meanwhile."""
    announce(Erased())
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                cursor.execute(statement)
            return
        for table in [*(model._meta.db_table for model in _models()), triggers.TABLE]:
            cursor.execute(f'VACUUM (FULL) "{table}"')


# Who


def _texts(person: Person) -> list[str]:
    """Every name and address the person ever had here, the longest first."""
    found = {person.name, person.email}
    keys = [person.pk.hex]
    user = User.objects.filter(person=person).first()
    if user is not None:
        found.add(user.email)
        keys.append(user.pk.hex)
    tables = (Person._meta.db_table, User._meta.db_table)
    for row, before in Change.objects.filter(table__in=tables, pk_text__in=keys).values_list("row", "before"):
        for told in (json.loads(text) for text in (row, before) if text):
            found |= {told.get("name") or "", told.get("email") or ""}
    return sorted((text for text in found if text and text != f"former person {person.ref}"), key=len, reverse=True)


def _refuse_owner(person: Person) -> None:
    owned = [
        str(item) for model in triggers.captured_models() if issubclass(model, Record) and model is not Person
        for item in model.unscoped_for_system.filter(owner=person)[:5]
    ]
    if owned:
        named = "; ".join(owned[:10])
        raise RuleViolation(_("This person still owns records; give them another owner first: %(named)s.") % {"named": named})


# Live rows


def _replacing(texts: Sequence[str], instead: str) -> Replace:
    """Put `instead` in the place of each text, whatever its case, also as JSON writes it; only as whole words."""
    quoted = [json.dumps(text, ensure_ascii=plain)[1:-1] for text in texts for plain in (True, False)]
    forms = dict.fromkeys([*texts, *quoted])
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(form)}(?!\w)" for form in forms), re.IGNORECASE)
    return lambda text: pattern.sub(instead, text)


Blanks = Mapping[str, Mapping[str, str]]
"""Table -> what stands in the columns of its rows that are about the person alone."""


def _own_rows(person: Person, user: User | None, former: str) -> Blanks:
    """Empty the rows about the person alone; what stands in them now."""
    blanks = {Person._meta.db_table: {"name": former, "email": "", "job_title": "", "description": "", "tags": ""}}
    Person.unscoped_for_system.filter(pk=person.pk).update(**blanks[Person._meta.db_table])
    if user is not None:
        blanks[User._meta.db_table] = {"email": f"{user.pk.hex}@erased.invalid", "password": make_password(None)}
        blanks[AccessEvent._meta.db_table] = {"name": former, "address": "", "detail": ""}
        User.objects.filter(pk=user.pk).update(**blanks[User._meta.db_table])
        AccessEvent.objects.filter(user=user).update(**blanks[AccessEvent._meta.db_table])
    return blanks


def _mentions(replace: Replace) -> None:
    """Every text of every table; where a frozen content changes, so does its digest, wherever that stands."""
    digests: dict[str, str] = {}
    for model in _models():
        for row, columns in _texts_of(model):
            changed = {name: replace(text) for name, text in columns.items() if replace(text) != text}
            if changed:
                digests |= _new_digests(columns, changed)
                _store(model, row, changed)
    if digests:
        follow = _replacing(list(digests), "")
        for model in _models():
            for row, columns in _texts_of(model):
                changed = {name: _mapped(text, digests) for name, text in columns.items() if follow(text) != text}
                if changed:
                    _store(model, row, changed)


def _models() -> list[type[models.Model]]:
    """Every table of the product, also those that are on no trail, but for the trail itself."""
    return [model for model in triggers.product_models() if model._meta.db_table not in triggers.GUARDED]


def _mapped(text: str, digests: Mapping[str, str]) -> str:
    for old, new in digests.items():
        text = text.replace(old, new)
    return text


def _texts_of(model: type[models.Model]) -> Iterator[tuple[Any, dict[str, str]]]:
    """Key and text columns of every row, JSON as its text."""
    texts = (models.CharField, models.TextField, models.JSONField)
    names = [str(item.column) for item in model._meta.concrete_fields if isinstance(item, texts)]
    if not names:
        return
    columns = ", ".join(f'CAST("{name}" AS TEXT)' for name in names)
    key = model._meta.pk.column
    with connection.chunked_cursor() as cursor:
        cursor.execute(f'SELECT "{key}", {columns} FROM "{model._meta.db_table}"')  # noqa: S608 # our own names
        found = cursor.fetchall()
    for row in found:
        yield row[0], {name: text for name, text in zip(names, row[1:], strict=True) if text}


def _new_digests(columns: Mapping[str, str], changed: Mapping[str, str]) -> dict[str, str]:
    """Digest of a content that changed -> that of what it is now, where the row holds the digest of one of its columns."""
    held = {text for text in columns.values() if re.fullmatch(r"[0-9a-f]{64}", text)}
    found = {}
    for name, text in changed.items():
        if held and columns[name][:1] in "[{":
            old = digest(json.loads(columns[name]))
            if old in held:
                found[old] = digest(json.loads(text))
    return found


def _store(model: type[models.Model], key: Any, changed: Mapping[str, str]) -> None:
    is_json = {item.column for item in model._meta.concrete_fields if isinstance(item, models.JSONField)}
    cast = "::jsonb" if connection.vendor == "postgresql" else ""
    sets = ", ".join(f'"{name}" = %s{cast if name in is_json else ""}' for name in changed)
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{model._meta.db_table}" SET {sets} WHERE "{model._meta.pk.column}" = %s',  # noqa: S608 # our own names
            [*changed.values(), key],
        )


# Contents of the trail


def _contents(keys: set[str], blanks: Blanks, replace: Replace) -> Iterator[tuple[int, bytes]]:
    """Replace the content of every change that tells of the person, whose ids are `keys`; number and new commitment of each."""
    after = 0
    while True:
        query = f"SELECT {leaves.columns(connection.vendor)} FROM trail_change c WHERE c.seq > %s ORDER BY c.seq LIMIT {AT_ONCE}"  # noqa: S608 # our own names
        with connection.cursor() as cursor:
            cursor.execute(query, [after])
            found = [leaves.Entry._make(row) for row in cursor.fetchall()]
        if not found:
            return
        for change in found:
            replaced = _erased(change, keys, blanks, replace)
            if replaced != change:
                fresh = replaced._replace(salt=secrets.token_bytes(16))
                Change.objects.filter(seq=change.seq).update(
                    row=fresh.row, before=fresh.before, reason=fresh.reason, actor=fresh.actor, salt=fresh.salt
                )
                yield change.seq, leaves.commitment(fresh)
        after = found[-1].seq


def _erased(change: leaves.Entry, keys: set[str], blanks: Blanks, replace: Replace) -> leaves.Entry:
    """The change without the person. The erasures themselves name nobody and stay."""
    if change.table == ERASURE:
        return change
    blank = blanks.get(change.table, {})
    row, before = (text and replace(_blanked(text, change.key, keys, blank)) for text in (change.row, change.before))
    return change._replace(row=row, before=before, reason=replace(change.reason), actor=replace(change.actor))


def _blanked(text: str, key: str, keys: set[str], blank: Mapping[str, str]) -> str:
    """A row about the person alone, their own or an event of their login, with what stands in such rows now."""
    if not blank:
        return text
    told = json.loads(text)
    if key not in keys and told.get("user_id") not in keys:
        return text
    return json.dumps(told | {column: value for column, value in blank.items() if column in told}, ensure_ascii=False)


# Beside the database


def _remember(key: str, why: str) -> None:
    signer.folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    signer.put(signer.folder() / REMEMBERED, json.dumps(_remembered() | {key: why}, indent=1).encode())


def _remembered() -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads((signer.folder() / REMEMBERED).read_text("utf-8"))
    except FileNotFoundError:
        return {}
    return found
