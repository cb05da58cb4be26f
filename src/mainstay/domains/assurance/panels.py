"""What the odd panels on assurance pages show."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mainstay.domains.assurance.correcting import actions_of
from mainstay.domains.assurance.models import Audit, AuditItem, AuditProgramme, Grade, ManagementReview, Nonconformity
from mainstay.domains.assurance.queries import coverage
from mainstay.domains.work.models import Action
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.models import Record
from mainstay.platform.records.moment import current_day
from mainstay.registers import registry
from mainstay.registers.showing import plain_day, record_address
from mainstay.registers.verbs import possible_verbs


def checklist(audit: Audit) -> Mapping[str, Any] | None:
    """How far the checklist is, and its lines that say more than that something conforms."""
    items = list(AuditItem.unscoped_for_system.filter(audit=audit).select_related("requirement"))
    if not items:
        return None
    tested = [item for item in items if item.result != AuditItem.NOT_TESTED]
    told = [item for item in items if item.note or item.result not in (AuditItem.NOT_TESTED, Grade.CONFORMITY)]
    return {"items": items, "tested": len(tested), "told": told, "where": record_address(audit)}


def reach(programme: AuditProgramme) -> Mapping[str, Any]:
    """How far the audits of the programme reach today."""
    return {"coverage": coverage(programme, on=current_day())}


def review_inputs(review: ManagementReview) -> Mapping[str, Any]:
    """The frozen inputs, and the way to the page where the review is held."""
    found: dict[str, Any] = {"where": record_address(review)}
    if review.inputs:
        found |= {
            "sections": [shown_section(section) for section in review.inputs["sections"]], "digest": review.inputs_digest,
            "on": date.fromisoformat(review.inputs["on"]),
            "since": date.fromisoformat(review.inputs["since"]) if review.inputs["since"] else None,
        }
    return found


def shown_section(section: Mapping[str, Any]) -> Mapping[str, Any]:
    """One input with its counts in words and its rows led back to their records."""
    return {
        **section, "letter": section["letter"][:1],
        "counted": [(label_of(name, section), count) for name, count in section["counts"].items()],
        "rows": [dict(row) | {"href": f"/open/{row['kind']}/{row['id']}"} for row in section["rows"]],
    }


def label_of(name: str, section: Mapping[str, Any]) -> str:
    """A count's name as people read it: its own word, or the label of the state it counts."""
    known = {
        "changed": _("Changed"), "audits": _("Audits"), "objectives": _("Objectives"), "past_due": _("Past their date"),
        "open_risks": _("Open risks"), "above_acceptance": _("Above what is accepted"), "actions_done": _("Actions done"),
        "actions_open": _("Actions open"), "actions_overdue": _("Actions overdue"), "met": _("Met"), "partly": _("Partly met"),
        "not_met": _("Not met"), "unknown": _("Unknown"), "minor": _("Minor nonconformities"),
        "major": _("Major nonconformities"),
        "conformity": _("Conformities"), "opportunity": _("Opportunities"), "observation": _("Observations"),
    }
    if name in known:
        return known[name]
    kinds = {row["kind"] for row in section["rows"]}
    for register in registry.all_registers():
        cycle = register.model.life_cycle
        if register.noun in kinds and cycle is not None and name in dict(cycle.choices):
            return str(capfirst(str(cycle.state(name).label)))
    return name


def raised(record: Record) -> Mapping[str, Any] | None:
    """The nonconformities that were raised from a record; None while there are none."""
    found = list(Nonconformity.objects.filter(subject_id=record.pk).order_by("ref_order"))
    return {"nonconformities": found} if found else None


# The way of a nonconformity

ORDER = ("open", "analysed", "acting", "verifying", "closed")


def steps(nonconformity: Nonconformity) -> Mapping[str, Any]:
    """What 10.2 asks, in its order: each step done, next, or waiting for the one before."""
    actions = actions_of(nonconformity)
    at = ORDER.index(nonconformity.state)
    possible = {verb.name: (f"{record_address(nonconformity)}/do/{verb.name}", verb.label)
                for verb in possible_verbs(nonconformity)}
    told: tuple[tuple[str, Any, Any, bool, bool, Any], ...] = (
        ("analyse", _("Correct the effect and find the cause"), _cause(nonconformity), at >= 1, at == 0, []),
        ("plan", _("Remove the cause"), _progress(actions), at >= 3, at in (1, 2), actions if _may_see_actions() else []),
        ("verify", _("Verify that it worked"), _effect(nonconformity), at == 4, at == 3, []),
    )
    return {"is_first": True, "steps": [
        {"title": title, "text": text, "is_done": is_done, "is_current": is_current, "records": records,
         "verb": possible.get(verb) if is_current else None}
        for verb, title, text, is_done, is_current, records in told
    ]}


def _may_see_actions() -> bool:
    return current_actor().may(f"{Action.permission_noun()}.view")


def _cause(nonconformity: Nonconformity) -> str:
    if not nonconformity.root_cause:
        return _("Nobody has said yet why it could happen.")
    return f"{nonconformity.root_cause} ({nonconformity.get_root_cause_method_display()})"


def _progress(actions: list[Action]) -> str:
    if not actions:
        return _("No corrective action is planned.")
    done = sum(action.state == "done" for action in actions)
    return ngettext("%(done)d of %(n)d action is done.", "%(done)d of %(n)d actions are done.", len(actions)) % {
        "done": done, "n": len(actions)
    }


def _effect(nonconformity: Nonconformity) -> str:
    if nonconformity.state == "closed" and nonconformity.verified_on:
        return _("%(day)s, %(person)s: %(how)s") % {
            "day": plain_day(nonconformity.verified_on), "person": nonconformity.verified_by or "",
            "how": nonconformity.how_verified,
        }
    if nonconformity.state == "open" and nonconformity.verified_on:
        return _("Not effective when it was last looked at, on %(day)s.") % {"day": plain_day(nonconformity.verified_on)}
    return _("By someone who neither owns it nor did its actions (10.2 d).")
