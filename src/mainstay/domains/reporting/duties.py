"""What a person owes, from every domain: actions, risks, approvals, documents, courses, assets."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from mainstay.domains.assets.models import Asset
from mainstay.domains.awareness.evaluation import Standing
from mainstay.domains.awareness.queries import assigned
from mainstay.domains.controls.models import Control, SoaVersion
from mainstay.domains.documents.queries import owed_acknowledgements
from mainstay.domains.risk.models import Risk
from mainstay.domains.work.attention import Owed, add_owed_source
from mainstay.domains.work.models import Action
from mainstay.kit.dates import add_months
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import current_actor

MOST = 100


def _rows(found: Any, *names: str) -> list[tuple[Any, ...]]:
    return list(found.values_list("ref", "name", "unit__name", *names)[:MOST])


def actions(person: Person, on: date) -> Sequence[Owed]:
    """Open actions, whenever they are due."""
    found = Action.objects.filter(owner=person, state__in=("open", "doing")).order_by("due_on", "ref")
    return [
        Owed(text=name, href=f"/actions/{ref}", due=due, where=unit)
        for ref, name, unit, due in _rows(found, "due_on")
    ]


def risks(person: Person, on: date) -> Sequence[Owed]:
    """Own risks that are not rated, or whose review falls due within a month."""
    found = Risk.objects.filter(owner=person).exclude(state="closed")
    due = Q(inherent_level__isnull=True) | Q(review_on__lte=add_months(on, 1))
    return [
        Owed(
            text=(
                _("Assess %(ref)s, %(name)s") if level is None else _("Review %(ref)s, %(name)s")
            ) % {"ref": ref, "name": name},
            href=f"/risks/{ref}/assess", due=review, where=unit,
        )
        for ref, name, unit, review, level in _rows(
            found.filter(due).order_by("review_on", "ref"), "review_on", "inherent_level",
        )
    ]


def reviews(person: Person, on: date) -> Sequence[Owed]:
    """Own assets and controls whose review falls due within a month."""
    until = add_months(on, 1)
    kinds: tuple[tuple[Any, str], ...] = ((Asset, "assets"), (Control, "controls"))
    return [
        Owed(text=_("Review %(ref)s, %(name)s") % {"ref": ref, "name": name}, href=f"/{slug}/{ref}", due=due, where=unit)
        for model, slug in kinds
        for ref, name, unit, due in _rows(
            model.objects.filter(
                owner=person, review_on__lte=until,
            ).exclude(state="retired").order_by("review_on", "ref"), "review_on"
        )
    ]


def approvals(person: Person, on: date) -> Sequence[Owed]:
    """Proposed statements of applicability, for those who may approve them."""
    actor = current_actor()
    if not actor.may("soa_version.approve"):
        return []
    found = SoaVersion.objects.filter(state="proposed").select_related("unit").defer("frozen").order_by("proposed_at")
    return [
        Owed(text=_("Decide on %(name)s") % {"name": item.name}, href=f"/soa-versions/{item.ref}", where=item.unit.name)
        for item in found[:MOST] if actor.may("soa_version.approve", unit=item.place)
    ]


def acknowledgements(person: Person, on: date) -> Sequence[Owed]:
    """Published documents to read and confirm."""
    return [
        Owed(text=_("Read and confirm %(name)s") % {"name": item.document.name}, href=f"/document-versions/{item.ref}/read")
        for item in owed_acknowledgements(person, on=on)
    ]


def courses(person: Person, on: date) -> Sequence[Owed]:
    """Courses to take, anew where the last completion ran out."""
    return [
        Owed(text=_("Take the course %(name)s") % {"name": item.course.name}, href=f"/courses/{item.course.ref}/take")
        for item in assigned(person, on=on) if item.standing is not Standing.DONE and item.can_be_taken
    ]


def subscribe() -> None:
    """Make these duties known."""
    for source in (actions, risks, reviews, approvals, acknowledgements, courses):
        add_owed_source(source)
