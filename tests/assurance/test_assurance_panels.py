"""What the odd panels of assurance show."""

from datetime import date
from typing import Any

import pytest
from django.template.loader import render_to_string

from mainstay.domains.assurance.auditing import fill_checklist
from mainstay.domains.assurance.factories import make_audit, make_audit_programme, make_management_review, make_nonconformity
from mainstay.domains.assurance.reviewing import collect_review
from mainstay.domains.library.models import Framework
from mainstay.registers import registry


def drawn(record: Any) -> str:
    panels = [item for item in registry.extra_panels(type(record)) if item.template.startswith("assurance/")]
    contexts = [(item, item.context(record)) for item in panels]
    return "".join(render_to_string(item.template, {"data": context}) for item, context in contexts if context is not None)


@pytest.mark.usefixtures("managing")
def test_a_checklist_is_shown_once_it_is_filled(framework: Framework) -> None:
    audit = make_audit(framework=str(framework.pk))
    empty = drawn(audit)

    fill_checklist(audit)

    assert empty == ""
    assert "0 of " in drawn(audit)
    assert f"/audits/{audit.ref}/checklist" in drawn(audit)


@pytest.mark.usefixtures("managing")
def test_a_programme_shows_what_nobody_audits(framework: Framework) -> None:
    page = drawn(make_audit_programme(framework=framework, start_on=date(2020, 1, 1), end_on=date(2100, 1, 1)))

    assert "A.5.1" in page


@pytest.mark.usefixtures("managing")
def test_a_review_shows_its_frozen_inputs() -> None:
    nonconformity = make_nonconformity()
    review = make_management_review(feedback="Patients ask for <b>encrypted</b> mail.")
    before = drawn(review)

    page = drawn(collect_review(review))

    assert "Nothing is collected yet." in before
    assert nonconformity.ref not in before
    assert nonconformity.ref in page
    assert "&lt;b&gt;encrypted" in page
