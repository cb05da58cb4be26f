"""The parts rules are made of. Each asks a fixed number of queries, whatever the number of records."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db.models import CharField, Q, QuerySet
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from mainstay.domains.assurance.queries import seen
from mainstay.domains.assurance.verdicts import Check, Proof, Status, Verdict, judge
from mainstay.domains.documents.models import Document
from mainstay.domains.work.models import Approval
from mainstay.kit.dates import add_months
from mainstay.platform.records.models import Record

SHOWN = 6
"""Records named as proof per part; a sentence tells how many there are."""
COUNTED = 1_000
"""That all is well is said of up to so many records by number; beyond, "more than 1000" says enough and costs no more."""


def a_year_before(on: date) -> date:
    return add_months(on, -12)


def proof(record: Record, status: Status = Status.MET) -> Proof:
    return Proof(text=record.name, kind=record.permission_noun(), ref=record.ref, id=record.pk, status=status)


def proofs(records: Iterable[Record], status: Status = Status.MET) -> tuple[Proof, ...]:
    return tuple(proof(record, status) for record in list(records)[:SHOWN])


def exists(records: Sequence[Record], *, missing: str) -> Check:
    """Met when there is at least one record."""
    return Check(is_met=bool(records), because=proofs(records), missing="" if records else missing)


def every(records: QuerySet[Any], *, failing: Q, none: str, missing: str) -> Check:
    """Met when there are records and none of them fails. `missing` may name `%(count)d` and `%(refs)s`.

    What fails is counted and its first records are named; what does not is only counted up to a bound, so an organisation
    in order costs the same whatever its size, where an index finds what fails.
    """
    # Found before they are put in order, or the database would walk through all records in that order.
    # Keys are read as text: making UUIDs of a thousand would cost more than the query.
    found = list(records.filter(failing).order_by().values_list("ref_order", Cast("pk", CharField()))[: COUNTED + 1])
    if found:
        count = len(found) if len(found) <= COUNTED else records.filter(failing).count()
        first = [key for _order, key in sorted(found)[:SHOWN]]
        named = list(records.model.unscoped_for_system.filter(pk__in=first).order_by("ref_order"))
        return counted_check(records.model, total=count, failing=named, count=count, none=none, missing=missing)
    total = records.order_by()[: COUNTED + 1].count()
    return counted_check(records.model, total=total, failing=(), count=0, none=none, missing=missing)


def every_of(records: Sequence[Any], *, failing: Sequence[Any], none: str, missing: str, model: type[Record]) -> Check:
    """The same for records that were read already."""
    return counted_check(model, total=len(records), failing=failing, count=len(failing), none=none, missing=missing)


def counted_check(
    model: type[Record], *, total: int, failing: Sequence[Record], count: int, none: str, missing: str
) -> Check:
    if not total:
        return Check(is_met=False, missing=none)
    if count:
        refs = ", ".join(record.ref for record in failing[:SHOWN]) + (" …" if count > SHOWN else "")
        return Check(is_met=False, because=proofs(failing, Status.NOT_MET), missing=missing % {"count": count, "refs": refs})
    kinds = model._meta.verbose_name if total == 1 else model._meta.verbose_name_plural
    said = _("%(count)d %(kinds)s looked at") if total <= COUNTED else _("more than %(count)d %(kinds)s looked at")
    fact = said % {"count": min(total, COUNTED), "kinds": kinds}
    return Check(is_met=True, because=(Proof(text=fact, kind=model.permission_noun()),))


def approved_subjects(records: Iterable[Record], *, on: date) -> set[Any]:
    """Ids of those records for which a person's approval was on file by the day."""
    ids = [record.pk for record in records]
    return set(
        Approval.unscoped_for_system.filter(subject_id__in=ids, decision="approved", at__date__lte=on).values_list("subject_id",
                                                                                                                   flat=True)
    )


def documents_for(*refs: str, on: date) -> list[Document]:
    """Documents in force with a version published by the day that say they implement one of the requirements."""
    return list(
        seen(Document).filter(
            state="in_force", requirement_links__requirement__ref__in=refs,
            versions__state="published", versions__published_on__lte=on,
        ).distinct().order_by("ref_order")
    )


def described_only(*refs: str, on: date, missing: str) -> Verdict:
    """For clauses whose records are not kept yet: a document about them shows the intention, nothing shows the doing."""
    documents = documents_for(*refs, on=on)
    if not documents:
        return Verdict(status=Status.UNKNOWN, missing=missing)
    return judge((exists(documents, missing=""), Check(is_met=False, missing=missing)))
