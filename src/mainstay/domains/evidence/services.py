"""What happens to evidence: it is brought, as a file, a link or a fact, and attached to what it proves."""

from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from mainstay.domains.evidence.models import Evidence, Proof
from mainstay.domains.evidence.registers import EVIDENCE
from mainstay.platform.files.models import StoredFile
from mainstay.platform.files.store import save_upload
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import Invalid, NotFound
from mainstay.platform.records.models import Record
from mainstay.platform.records.moment import in_the_present
from mainstay.platform.trail import events
from mainstay.platform.units.models import Unit
from mainstay.registers import crud


@transaction.atomic
def attach(record: Record, evidence: Evidence) -> Proof:
    """Say that the evidence proves something about the record. Attaching twice changes nothing."""
    actor = current_actor()
    actor.require("evidence.change", evidence)
    if isinstance(record, Evidence) or record.organisation_id != evidence.organisation_id:
        raise Invalid({"evidence": [_("Evidence proves something about another record of the same organisation.")]})
    proof, _made = Proof.unscoped_for_system.get_or_create(
        evidence=evidence, subject_id=record.pk,
        defaults={
            "organisation_id": evidence.organisation_id, "subject_kind": record.permission_noun(),
            "created_by_id": actor.person_id,
        },
    )
    return proof  # type: ignore[no-any-return] # the manager's type is the model's base


@transaction.atomic
def detach(record: Record, evidence: Evidence) -> None:
    """Take evidence off a record; the evidence itself stays, and the trail remembers the proof."""
    current_actor().require("evidence.change", evidence)
    gone, _rows = Proof.unscoped_for_system.filter(evidence=evidence, subject_id=record.pk).delete()
    if not gone:
        raise NotFound(_("This evidence is not attached here."))


@transaction.atomic
def bring(record: Record, raw: Mapping[str, Any], *, file: "UploadedFile[bytes] | None" = None) -> Evidence:
    """Make new evidence at the unit of a record and attach it; its kind follows from what is brought."""
    current_actor().require("evidence.add", unit=record.place)
    kind = Evidence.Kind.FILE if file is not None else Evidence.Kind.LINK if raw.get("link") else Evidence.Kind.FACT
    unit = Unit.unscoped_for_system.get(pk=record.place)
    name = raw.get("name") or (file.name if file is not None else "")
    evidence: Evidence = crud.create(EVIDENCE, {**raw, "name": name, "kind": kind.value, "unit": str(unit.pk)})
    if file is not None:
        evidence.file = save_upload(
            file, name=file.name or "", unit=unit, declared_type=file.content_type or "", permission="evidence.add"
        )
        evidence.save(update_fields=["file"])
    attach(record, evidence)
    return evidence


def give_out(evidence: Evidence) -> StoredFile:
    """The file of a piece of evidence, to be read by the actor; that they took it is on the trail."""
    if evidence.file is None:
        raise NotFound(_("This evidence has no file."))
    with in_the_present():
        events.record("evidence.read", evidence.pk.hex, {"ref": evidence.ref, "sha256": evidence.file.sha256})
    return evidence.file
