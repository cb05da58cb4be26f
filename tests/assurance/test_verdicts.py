"""How parts add up to a verdict."""

from hypothesis import given
from hypothesis import strategies as st

from mainstay.domains.assurance.verdicts import Check, Proof, Status, judge

CHECKS = st.lists(
    st.booleans().map(lambda met: Check(is_met=met, because=(Proof(text="seen", kind="risk"),), missing="" if met else "Do it."))
)


def test_no_parts_prove_nothing() -> None:
    assert judge(()).status is Status.UNKNOWN


@given(checks=CHECKS)
def test_met_needs_every_part_and_not_met_needs_none(checks: list[Check]) -> None:
    verdict = judge(checks)

    met = [check.is_met for check in checks]
    assert (verdict.status is Status.MET) == (bool(met) and all(met))
    assert (verdict.status is Status.NOT_MET) == (bool(met) and not any(met))


@given(checks=CHECKS)
def test_a_verdict_says_what_is_missing_unless_all_is_met(checks: list[Check]) -> None:
    verdict = judge(checks)

    assert bool(verdict.missing) == (verdict.status in (Status.PARTLY, Status.NOT_MET))
    assert len(verdict.because) == len(checks)


@given(checks=CHECKS)
def test_one_more_unmet_part_never_makes_a_verdict_better(checks: list[Check]) -> None:
    order = [Status.NOT_MET, Status.PARTLY, Status.MET]
    verdict = judge(checks)

    worse = judge([*checks, Check(is_met=False, missing="Do it.")])

    assert worse.status is not Status.MET
    if checks:
        assert order.index(worse.status) <= order.index(verdict.status)
