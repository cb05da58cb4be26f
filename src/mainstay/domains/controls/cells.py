"""Two cells of the statement, written here as the rows of lists are: a template costs more than their queries.

Each names the weightiest records, links them, and leads to the list of all where there are more (decision 10).
"""

from functools import cache
from html import escape
from urllib.parse import quote

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from mainstay.domains.controls.evaluation import Implementer, Reason, SoaRow
from mainstay.domains.controls.words import COVERAGES, REASONS, state_label
from mainstay.registers import registry


def reasons_cell(row: SoaRow) -> SafeString:
    """Why it applies: each reason by kind and reference, and how many risks there are beside those named."""
    words = {kind: escape(str(REASONS[kind])) for kind in {item.kind for item in row.reasons}}
    shown = ", ".join(_reason(item, words[item.kind]) for item in row.reasons)
    more = row.counts.risks - sum(1 for item in row.reasons if item.kind == "risk")
    if more > 0:
        href = f"/risks?requirement={row.requirement_id}&amp;state__not=closed"
        shown += f' <a href="{href}">{escape(_("and %(n)d more risks") % {"n": more})}</a>'
    return mark_safe(shown)  # noqa: S308 # all text is escaped


def _reason(item: Reason, word: str) -> str:
    label = f"{word} {escape(item.ref)}" if item.ref else word
    slug = _slugs().get(item.noun) if item.ref else None
    return f'<a href="/{slug}/{quote(item.ref)}" title="{escape(item.name)}">{label}</a>' if slug else label


@cache
def _slugs() -> dict[str, str]:
    return {register.noun: register.slug for register in registry.all_registers()}


def controls_cell(row: SoaRow) -> SafeString:
    """By what it is satisfied: each control with its state, and how many there are beside those named."""
    words = {state: escape(state_label(state)) for state in {item.state for item in row.controls}}
    lines = [_control(item, words[item.state]) for item in row.controls]
    more = sum(row.counts.controls.values()) - len(row.controls)
    if more > 0:
        href = f"/controls?requirements={row.requirement_id}"
        lines.append(f'<a href="{href}">{escape(_("and %(n)d more") % {"n": more})}</a>')
    return mark_safe("<br>".join(lines))  # noqa: S308 # all text is escaped


def _control(item: Implementer, state: str) -> str:
    part = f", {escape(str(COVERAGES['partial']))}" if item.coverage == "partial" else ""
    link = f'<a href="/controls/{quote(item.ref)}" title="{escape(item.name)}">{escape(item.ref)}</a>'
    return f'{link} <span class="muted">{state}{part}</span>'
