"""Verbs: what can happen to a record besides plain editing. A service function whose signature is its interface.

`@verb` only registers: it wraps the function so that permission, lock and transaction are taken the same way for every
verb and every door; the function's body begins with what only it can know.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import wraps
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from django.db import transaction
from django.utils.translation import gettext as _

from mainstay.platform.records.actor import because, current_actor
from mainstay.platform.records.errors import Invalid, RuleViolation, StaleVersion
from mainstay.platform.records.events import announce
from mainstay.platform.records.life_cycle import LifeCycle, Move
from mainstay.platform.records.models import Scoped
from mainstay.registers.crud import locked, touch
from mainstay.registers.fields import Field, read_scalar
from mainstay.registers.imports.values import split_references
from mainstay.registers.references import Unresolved, resolve

Tone = Literal["neutral", "primary", "warning", "danger"]
_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Help:
    """Help text of a verb's parameter: `Annotated[date, Help(_("The acceptance ends on this day."))]`."""

    text: object
    label: object = ""


@dataclass(frozen=True, slots=True)
class Long:
    """A text of several lines, of at most so many characters."""

    most: int


@dataclass(frozen=True, slots=True)
class Choices:
    """A closed set of values with their labels."""

    options: tuple[tuple[str, object], ...]


@dataclass(frozen=True, kw_only=True)
class Verb:
    """One verb of one kind of record, as every door sees it."""

    name: str
    label: object
    model: type[Scoped]
    run: Callable[..., Any]
    """Takes the record and the read parameters; asks permission, locks, runs in a transaction."""
    about: str
    when: Callable[[Any], bool]
    unless: Callable[[Any], str]
    """Why the actor in particular may not, though others may: a sentence, or empty."""
    tone: Tone = "neutral"
    bulk: bool = False
    parameters: tuple[Field, ...] = ()
    defaults: Mapping[str, Any]

    @property
    def permission(self) -> str:
        return f"{self.model.permission_noun()}.{self.name}"


@dataclass(frozen=True, kw_only=True)
class VerbDone:
    """A verb was carried out in this transaction."""

    verb: Verb
    record: Any
    result: Any


_verbs: dict[type[Scoped], dict[str, Verb]] = {}


def _always(record: Any) -> bool:
    return True


def _nothing(record: Any) -> str:
    return ""


def verb(
    label: object, *, on: type[Scoped], name: str | None = None, when: Callable[[Any], bool] = _always,
    unless: Callable[[Any], str] = _nothing, tone: Tone = "neutral", bulk: bool = False,
) -> Callable[[_F], _F]:
    """Make a service function a verb of `on`. Its name is the function's first word unless said."""

    def register(function: _F) -> _F:
        called = name or function.__name__.split("_")[0]

        @wraps(function)
        def run(record: Any, /, **values: Any) -> Any:
            with transaction.atomic(), because(str(values.get("reason") or "")):
                stored = locked(on, record.pk)
                current_actor().require(made.permission, unit=stored.place)
                if not when(stored):
                    raise RuleViolation(
                        _("“%(verb)s” is not possible for %(label)s as it stands.")
                        % {"verb": label, "label": stored.label}, code="not_now",
                    )
                if against := unless(stored):
                    raise RuleViolation(against, code="own_work")
                result = function(stored, **values)
                announce(VerbDone(verb=made, record=stored, result=result))
                return result

        made = Verb(
            name=called, label=label, model=on, run=run, about=inspect.getdoc(function) or "", when=when, unless=unless,
            tone=tone, bulk=bulk, parameters=_parameters(function), defaults=_defaults(function),
        )
        known = _verbs.setdefault(on, {})
        if called in known:
            raise ValueError(f"{on.__name__} has two verbs called {called}")
        known[called] = made
        run.verb = made  # type: ignore[attr-defined] # so that a test can go from the function to its declaration
        return run  # type: ignore[return-value] # same signature, first parameter positional

    return register


def verbs_of(model: type[Scoped]) -> Mapping[str, Verb]:
    """All verbs of a kind: its services' first, then the moves of its life cycle that people take by hand."""
    found = dict(_verbs.get(model, {}))
    cycle = getattr(model, "life_cycle", None)
    for move in cycle.moves if cycle else ():
        if move.by_hand and move.name not in found:
            found[move.name] = _move_verb(model, cast(LifeCycle, cycle), move)
    return found


def standing_verbs(record: Any) -> list[tuple[Verb, str]]:
    """The verbs for which the actor's roles and the record's state are right, each with what stands against them, if anything."""
    actor = current_actor()
    return [
        (item, item.unless(record)) for item in verbs_of(type(record)).values()
        if actor.may(item.permission, unit=record.place) and item.when(record)
    ]


def possible_verbs(record: Any) -> list[Verb]:
    """The verbs the current actor may use on a record as it stands."""
    return [item for item, against in standing_verbs(record) if not against]


# Life cycles


def _move_verb(model: type[Scoped], cycle: LifeCycle, step: Move) -> Verb:
    cached = _moves.get((model, step.name))
    if cached is None:
        reason = Field(
            name="reason", label=_("Reason"), help="", kind="long", required=step.needs_reason, editable=True,
            max_length=500,
        )

        def run(record: Any, /, *, reason: str = "") -> Any:
            with transaction.atomic(), because(reason):
                stored = locked(model, record.pk)
                current_actor().require(f"{model.permission_noun()}.{step.name}", unit=stored.place)
                return move(stored, step.name)

        cached = _moves[model, step.name] = Verb(
            name=step.name, label=step.label, model=model, run=run, about=str(step.label),
            when=lambda record: record.state in step.sources, unless=_nothing,
            tone=step.tone,  # type: ignore[arg-type] # the tones agree
            parameters=(reason,), defaults={"reason": ""} if not step.needs_reason else {},
        )
    return cached


_moves: dict[tuple[type[Scoped], str], Verb] = {}


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A record went from one state to another in this transaction."""

    record: Any
    move: Move
    source: str


def move(record: Any, name: str) -> Any:
    """Take one step of a record's life cycle; the record is locked and the step allowed, or RuleViolation."""
    cycle = type(record).life_cycle
    step = cycle.move(name)
    if record.state not in step.sources:
        raise RuleViolation(
            _("%(label)s is %(state)s; “%(move)s” is not possible from there.")
            % {"label": record.label, "state": cycle.state(record.state).label, "move": step.label}, code="wrong_state",
        )
    source = record.state
    record.state = step.target
    touch(record)
    announce(Moved(record=record, move=step, source=source))
    return record


# Parameters


def read_parameters(item: Verb, raw: Mapping[str, Any], *, record: Any, strict: bool = False) -> dict[str, Any]:
    """Read a verb's parameters from raw input. Raises Invalid with every one that is wrong."""
    values: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    known = {parameter.name: parameter for parameter in item.parameters}
    for name in raw:
        if name not in known:
            errors[name] = [_("There is no such parameter.")]
    for name, parameter in known.items():
        try:
            value = _read_parameter(parameter, raw.get(name), record=record, strict=strict)
        except (ValueError, Unresolved) as error:
            errors[name] = [str(error)]
            continue
        if parameter.kind == "bool" and value is None and name not in item.defaults:
            value = False
        if value in (None, "", []):
            if parameter.required:
                errors[name] = [_("This is needed.")]
            continue
        values[name] = value
    if errors:
        raise Invalid(errors)
    return values


def _read_parameter(item: Field, value: Any, *, record: Any, strict: bool) -> Any:
    if item.kind == "reference":
        if value is None or not str(value).strip():
            return None
        return resolve(item.target, value, organisation=record.organisation_id)  # type: ignore[arg-type] # set for references
    if item.kind == "references":
        texts = value if isinstance(value, list | tuple) else split_references(str(value or ""))
        return [resolve(item.target, text, organisation=record.organisation_id) for text in texts]  # type: ignore[arg-type]
    return read_scalar(item, value, strict=strict)


def perform(item: Verb, record: Any, raw: Mapping[str, Any], *, version: int | None = None, strict: bool = False) -> Any:
    """Read the parameters and carry the verb out: what each door calls."""
    values = read_parameters(item, raw, record=record, strict=strict)
    with transaction.atomic():
        if version is not None and locked(type(record), record.pk).version != version:
            raise StaleVersion(_("Somebody changed this in the meantime."))
        return item.run(record, **values)


def _defaults(function: Callable[..., Any]) -> dict[str, Any]:
    return {
        name: parameter.default for name, parameter in inspect.signature(function).parameters.items()
        if parameter.default is not inspect.Parameter.empty
    }


def _parameters(function: Callable[..., Any]) -> tuple[Field, ...]:
    hints = get_type_hints(function, include_extras=True)
    signature = inspect.signature(function)
    return tuple(
        _parameter(name, hints[name], parameter.default is inspect.Parameter.empty)
        for name, parameter in signature.parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    )


_SCALARS: dict[Any, str] = {
    bool: "bool", int: "integer", Decimal: "decimal", datetime: "datetime", date: "date", str: "text", dict: "json",
}


def _parameter(name: str, hint: Any, required: bool) -> Field:
    notes: tuple[Any, ...] = ()
    if get_origin(hint) is Annotated:
        hint, *rest = get_args(hint)
        notes = tuple(rest)
    if get_origin(hint) in (Union, UnionType):
        hint = next(part for part in get_args(hint) if part is not type(None))
    kind, target = "text", None
    if get_origin(hint) is list:
        kind, target = "references", get_args(hint)[0]
    elif isinstance(hint, type) and issubclass(hint, Scoped):
        kind, target = "reference", hint
    elif hint in _SCALARS:
        kind = _SCALARS[hint]
    else:
        raise TypeError(f"a verb cannot take {hint!r}")
    told = next((note for note in notes if isinstance(note, Help)), None)
    long = next((note for note in notes if isinstance(note, Long)), None)
    options = next((note for note in notes if isinstance(note, Choices)), None)
    return Field(
        name=name, label=str(told.label if told and told.label else name.replace("_", " ").capitalize()),
        help=str(told.text) if told else "", kind="choice" if options else "long" if long else kind,  # type: ignore[arg-type]
        required=required and kind != "bool", editable=True, target=target,
        choices=tuple((value, str(label)) for value, label in options.options) if options else (),
        max_length=long.most if long else 500 if kind == "text" else None, places=4 if kind == "decimal" else 0,
        nullable=kind not in ("text", "long"),
    )

