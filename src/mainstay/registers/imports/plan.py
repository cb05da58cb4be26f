"""The dry run: what an import would do, counted and shown, without writing anything."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from mainstay.registers.declaration import Register
from mainstay.registers.imports.comparing import Difference, Outcome
from mainstay.registers.imports.mapping import MappingProfile
from mainstay.registers.imports.reading import Finding
from mainstay.registers.imports.rejects import rejects_file
from mainstay.registers.imports.sheet import Sheet
from mainstay.registers.imports.survey import DETAILED, Options, Step, Survey

OUTCOMES: tuple[Outcome, ...] = ("new", "changed", "same", "refused", "skipped")


@dataclass(frozen=True, kw_only=True, slots=True)
class RowReport:
    """One row: what becomes of it, the fields it changes, why it is refused."""

    row: int
    outcome: Outcome
    label: str
    differences: tuple[Difference, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Counts of all rows, and the first 1,000 of each outcome one by one.

    `people` and `units` are what would be created besides; `left_out` headings that go nowhere, `missing` headings
    that the profile expected. `rejects` writes all refused rows as a file to be mended.
    """

    counts: Mapping[Outcome, int]
    rows: Mapping[Outcome, tuple[RowReport, ...]]
    warnings: tuple[Finding, ...]
    warning_count: int
    people: tuple[str, ...]
    units: tuple[str, ...]
    left_out: tuple[str, ...]
    missing: tuple[str, ...]
    rejects: Callable[[], Iterator[bytes]]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def findings(self) -> Iterator[Finding]:
        """Why rows are refused, of those shown."""
        for report in self.rows["refused"]:
            yield from report.findings


def plan(
    register: Register, sheet: Sheet, profile: MappingProfile, *, options: Options | None = None, step: Step | None = None
) -> Plan:
    """Read the whole file and say what importing it would do. Asks all permissions and rules; writes nothing."""
    return plan_of(Survey(register, sheet, profile, options or Options(), step=step))


def plan_of(survey: Survey) -> Plan:
    """The plan that a survey amounts to."""
    counts: Counter[Outcome] = Counter()
    rows: dict[Outcome, list[RowReport]] = {outcome: [] for outcome in OUTCOMES}
    warnings: list[Finding] = []
    warned = 0
    for made in survey.decided():
        counts[made.outcome] += 1
        if made.outcome != "refused":
            warned += len(made.warnings)
            warnings += made.warnings[: DETAILED - len(warnings)]
        if len(rows[made.outcome]) < DETAILED:
            rows[made.outcome].append(RowReport(
                row=made.row, outcome=made.outcome, label=made.label, differences=made.differences,
                findings=tuple(made.findings),
            ))
    people, units = survey.brought()
    return Plan(
        counts={outcome: counts[outcome] for outcome in OUTCOMES},
        rows={outcome: tuple(found) for outcome, found in rows.items()},
        warnings=tuple(warnings), warning_count=warned,
        people=tuple(people.values()), units=tuple(units.values()),
        left_out=survey.reader.left_out, missing=survey.reader.missing, rejects=lambda: _rejects(survey),
    )


def _rejects(survey: Survey) -> Iterator[bytes]:
    return rejects_file(survey.sheet, (
        (cells, "; ".join(f"{item.column}: {item.reason}" if item.column else item.reason for item in made.findings))
        for cells, made in survey.refused_rows()
    ))
