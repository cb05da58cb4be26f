"""What the journey is told, counts of records and which to work on next, and the sentences it answers with."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What there is, counted. References are those of the record to work on next, '' where there is none."""

    systems: int = 0
    system: str = ""
    scope_approved: bool = False
    scope_missing: int = 0
    issues_internal: int = 0
    issues_external: int = 0
    issues_climate: int = 0
    parties: int = 0
    obligations: int = 0
    objectives: int = 0
    processes: int = 0
    assets: int = 0
    assets_without_owner: int = 0
    assets_without_need: int = 0
    criteria_in_force: bool = False
    criteria_draft: str = ""
    acceptance_level: int = 0
    risks: int = 0
    risks_unrated: int = 0
    risks_without_owner: int = 0
    risk_unrated: str = ""
    assessments_approved: int = 0
    assessment_open: str = ""
    assessment_state: str = ""
    risks_above: int = 0
    risks_untreated: int = 0
    soa_rows: int = 0
    soa_undecided: int = 0
    soa_proposed: str = ""
    soa_approved: bool = False
    soa_framework: str = ""
    policies: int = 0
    documents: int = 0
    documents_unpublished: int = 0
    documents_overdue: int = 0
    controls: int = 0
    controls_operating: int = 0
    controls_without_owner: int = 0
    courses: int = 0
    actions_open: int = 0
    actions_overdue: int = 0
    metrics: int = 0
    audits_recent: int = 0
    reviews_recent: int = 0
    nonconformities_open: int = 0
    nonconformities_overdue: int = 0
    yesterday: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mention:
    """A sentence or a count, and the records behind it."""

    text: str
    href: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Lack:
    """Something that keeps a step from being done, and the one thing to do about it."""

    text: str
    href: str
    button: str
    begin: str
    """Where the button leads: the form or verb that does it."""
