"""Finding the record that a text means: an id, a reference, a name or an e-mail, among what the actor may see."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import models
from django.utils.translation import gettext as _

from mainstay.platform.records.models import Scoped
from mainstay.registers.fields import CONTROL
from mainstay.registers.imports.values import person_keys

NAMED = 6
"""How many of those that answer to a text are named."""


class Unresolved(ValueError):
    """No record, or more than one, answers to the text."""


class Ambiguous(Unresolved):
    """More than one record answers to the text."""


def has_field(model: type[models.Model], name: str) -> bool:
    return any(item.name == name for item in model._meta.concrete_fields)


def resolve(
    model: type[Scoped], text: object, *, organisation: UUID | None, permission: str | None = None, beside: Sequence[str] = ()
) -> Any:
    """The one visible record of `model` in the organisation that `text` means, read with the references `beside`.

    Raises Unresolved.

    Taken in this order: id, reference (also followed by the name, "A-12 Payroll"), e-mail, whole name. What may not be
    seen is unresolved like what does not exist.
    """
    from mainstay.platform.records.actor import current_actor  # noqa: PLC0415 # keeps the signature free of the actor

    wanted = str(text).strip()
    found = model.unscoped_for_system.visible_to(current_actor(), permission=permission)
    if organisation is not None:
        found = found.filter(organisation_id=organisation)
    if beside:
        found = found.select_related(*beside)
    # PostgreSQL takes no NUL, so what is not text is not asked for.
    for condition in _readings(model, wanted) if not CONTROL.search(wanted) else ():
        matches = list(found.filter(condition).order_by()[:NAMED])
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise Ambiguous(_several(wanted, matches))
    kind = str(model._meta.verbose_name)
    raise Unresolved(_("There is no %(kind)s “%(text)s” that you can see.") % {"kind": kind, "text": wanted[:80]})


def within(model: type[models.Model]) -> str:
    """The field of the record that numbers this kind, if one does."""
    return str(getattr(model, "ref_within", ""))


def long_ref(container: str, ref: str) -> str:
    """“F-1:A.5.1”: a reference with that of the record which numbers it."""
    return f"{container}:{ref}"


def _several(text: str, matches: Sequence[Any]) -> str:
    inside = within(type(matches[0]))
    if not inside:
        return _("“%(text)s” means more than one; give the reference.") % {"text": text[:80]}
    named = sorted(long_ref(getattr(match, inside).ref, match.ref) for match in matches)
    return _("“%(text)s” means more than one: %(refs)s.") % {"text": text[:80], "refs": ", ".join(named)}


def _readings(model: type[Scoped], text: str) -> Iterable[models.Q]:
    try:
        yield models.Q(pk=UUID(text))
        return
    except ValueError:
        pass
    if has_field(model, "ref"):
        # Exact first: an index answers it. References are given out in capitals, so that is the other spelling tried.
        first = text.split(" ", 1)[0].rstrip("·").strip()
        container, colon, own = text.partition(":")
        if colon and (inside := within(model)):
            short = own.split(" ", 1)[0]
            yield models.Q(**{f"{inside}__ref__in": {container, container.upper()}}, ref__in={own, short, short.upper()})
        yield models.Q(ref__in={text, text.upper(), first, first.upper()})
    if has_field(model, "email") and "@" in text:
        yield models.Q(email=text.lower())
    if has_field(model, "name"):
        yield models.Q(name=text)
        yield models.Q(name__iexact=text)


class _Known(NamedTuple):
    """What answers to a text: `refs` also when a name follows, `keys` as a whole, likelier readings first."""

    ids: frozenset[UUID]
    refs: dict[str, Any]
    keys: tuple[dict[str, Any], ...]


AMBIGUOUS = object()


class Resolver:
    """Resolves many texts with few queries, for imports and bulk writes: everything is read once per kind."""

    def __init__(self, organisation: UUID) -> None:
        self._organisation = organisation
        self._known: dict[type[Scoped], _Known] = {}

    def find(self, model: type[Scoped], text: object) -> UUID:
        """The id behind a text: by id, reference, e-mail or name, a person's name in any of its forms. Raises Unresolved."""
        known = self._known.get(model)
        if known is None:
            known = self._known[model] = self._read(model)
        wanted = _folded(text)
        found = known.refs.get(wanted) or known.refs.get(wanted.split(" ", 1)[0].rstrip("·"))
        forms = (wanted, *person_keys(text)) if is_person(model) else (wanted,)
        ambiguous = False
        for form in forms if found is None else ():
            # A reading that names exactly one is better than a likelier one that names two.
            answer = next((answer for keys in known.keys if (answer := keys.get(form)) is not None), None)
            if answer is not None and answer is not AMBIGUOUS:
                found = answer
                break
            ambiguous = ambiguous or answer is AMBIGUOUS
        if found is None:
            found = _as_id(text, known.ids)
        if found is not None and found is not AMBIGUOUS:
            return found
        if ambiguous or found is AMBIGUOUS:
            raise Ambiguous(_("“%(text)s” means more than one; give the reference.") % {"text": str(text)[:80]})
        kind = str(model._meta.verbose_name)
        raise Unresolved(_("There is no %(kind)s “%(text)s”.") % {"kind": kind, "text": str(text)[:80]})

    def _read(self, model: type[Scoped]) -> _Known:
        names = [name for name in ("ref", "email", "name") if has_field(model, name)]
        found = model.objects.filter(organisation_id=self._organisation)
        rows = list(found.values_list("pk", *names))
        columns = {name: [(row[0], row[at]) for row in rows] for at, name in enumerate(names, start=1)}
        keys = [_filed((key, _folded(text)) for key, text in columns.get(name, ())) for name in ("email", "name")]
        if is_person(model):
            forms = [(key, person_keys(text)) for key, text in columns["name"]]
            for place in range(max((len(form) for _key, form in forms), default=0)):
                keys.append(_filed((key, form[place]) for key, form in forms if place < len(form)))
        refs = _filed((key, _folded(text)) for key, text in columns.get("ref", ()))
        if inside := within(model):
            numbered = found.values_list("pk", f"{inside}__ref", "ref")
            refs |= {_folded(long_ref(container, ref)): key for key, container, ref in numbered}
        return _Known(frozenset(row[0] for row in rows), refs, tuple(filter(None, keys)))


def is_person(model: type[models.Model]) -> bool:
    """Whether records of the model are people, whose names come in several forms."""
    return has_field(model, "job_title")


def _folded(text: object) -> str:
    return " ".join(str(text).split()).casefold()


def _filed(pairs: Iterable[tuple[UUID, str]]) -> dict[str, Any]:
    """Ids by text; a text that stands for two is ambiguous."""
    filed: dict[str, Any] = {}
    for identifier, text in pairs:
        if text:
            filed[text] = AMBIGUOUS if filed.get(text, identifier) != identifier else identifier
    return filed


def _as_id(text: object, ids: frozenset[UUID]) -> UUID | None:
    try:
        identifier = text if isinstance(text, UUID) else UUID(str(text).strip())
    except ValueError:
        return None
    return identifier if identifier in ids else None
