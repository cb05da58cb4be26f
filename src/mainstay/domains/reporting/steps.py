"""What stands and what is missing in each of the seven steps: two pure functions a step, from counts to sentences."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from mainstay.domains.reporting.facts import Facts, Lack, Mention

Mentions = Sequence[Mention | None]
Lacks = Sequence[Lack | None]


def _counted(count: int, words: Any, href: str) -> Mention | None:
    return Mention(text=words % {"n": count}, href=href) if count else None


def _lack(condition: bool, text: str, href: str, button: str, begin: str = "") -> Lack | None:
    return Lack(text=text, href=href, button=button, begin=begin or href) if condition else None


def _number(count: int, words: Any) -> str:
    return str(words % {"n": count})


def scope_there(facts: Facts) -> Mentions:
    """What there is of scope, context, parties, objectives (clauses 4 and 6.2)."""
    issues = facts.issues_internal + facts.issues_external + facts.issues_climate
    return (
        Mention(
            text=_("scope approved") if facts.scope_approved else _("scope in draft"), href="/management-systems",
        ) if facts.systems else None,
        _counted(issues, ngettext_lazy("%(n)d context issue", "%(n)d context issues", "n"), "/context-issues"),
        _counted(
            facts.parties, ngettext_lazy("%(n)d interested party", "%(n)d interested parties", "n"), "/interested-parties",
        ),
        _counted(facts.obligations, ngettext_lazy("%(n)d obligation", "%(n)d obligations", "n"), "/obligations"),
        _counted(facts.objectives, ngettext_lazy("%(n)d objective", "%(n)d objectives", "n"), "/objectives"),
    )


def scope_lacks(facts: Facts) -> Lacks:
    """What is missing of scope, context, parties, objectives (clauses 4 and 6.2), in the order in which to do it."""
    at = f"/management-systems/{facts.system}"
    is_draft = bool(facts.systems) and not facts.scope_approved
    return (
        _lack(
            not facts.systems, _("No management system is described (4.3)."), "/management-systems",
            _("Describe the management system"), "/management-systems/new",
        ),
        _lack(
            is_draft and facts.scope_missing > 0,
            _number(
                facts.scope_missing, ngettext_lazy(
                    "%(n)d part of the scope says nothing yet (4.3).", "%(n)d parts of the scope say nothing yet (4.3).", "n",
                ),
            ),
            at, _("Complete the scope"), f"{at}/edit",
        ),
        _lack(
            is_draft and not facts.scope_missing, _("The scope is not approved (4.3)."), at, _("Approve the scope"),
            f"{at}/do/approve",
        ),
        _lack(
            not facts.issues_internal, _("No internal issue is named (4.1)."), "/context-issues", _("Name an internal issue"),
            "/context-issues/new?kind=internal",
        ),
        _lack(
            not facts.issues_external, _("No external issue is named (4.1)."), "/context-issues", _("Name an external issue"),
            "/context-issues/new?kind=external",
        ),
        _lack(
            not facts.issues_climate, _("Nothing says whether climate change matters here (4.1)."), "/context-issues",
            _("Consider climate change"), "/context-issues/new?kind=climate",
        ),
        _lack(
            not facts.parties, _("No interested party is named (4.2)."), "/interested-parties", _("Name who has a stake"),
            "/interested-parties/new",
        ),
        _lack(not facts.objectives, _("No objective is set (6.2)."), "/objectives", _("Set an objective"), "/objectives/new"),
    )


def assets_there(facts: Facts) -> Mentions:
    """What there is of processes and assets (A.5.9)."""
    return (
        _counted(facts.processes, ngettext_lazy("%(n)d process", "%(n)d processes", "n"), "/processes"),
        _counted(facts.assets, ngettext_lazy("%(n)d asset", "%(n)d assets", "n"), "/assets?state__not=retired"),
    )


def assets_lacks(facts: Facts) -> Lacks:
    """What is missing of processes and assets (A.5.9), in the order in which to do it."""
    ownerless, needless = "/assets?owner__empty=yes&state__not=retired", "/assets?need__empty=yes&state__not=retired"
    return (
        _lack(
            not facts.processes, _("No business process is described; processes tell which assets matter."), "/processes",
            _("Describe a process"), "/processes/new",
        ),
        _lack(not facts.assets, _("No asset is listed (A.5.9)."), "/assets", _("List the first asset"), "/assets/new"),
        _lack(
            facts.assets_without_owner > 0,
            _number(
                facts.assets_without_owner, ngettext_lazy("%(n)d asset has no owner.", "%(n)d assets have no owner.", "n"),
            ), ownerless,
            _("Name the owners"),
        ),
        _lack(
            facts.assets_without_need > 0,
            _number(
                facts.assets_without_need, ngettext_lazy(
                    "The protection need of %(n)d asset is not said.", "The protection needs of %(n)d assets are not said.",
                    "n",
                ),
            ),
            needless, _("Say what they need"),
        ),
    )


def risks_there(facts: Facts) -> Mentions:
    """What there is of criteria, risks and assessments (6.1.2, 8.2)."""
    return (
        Mention(
            text=_("criteria approved") if facts.criteria_in_force else _("criteria in draft"), href="/risk-criteria",
        ) if facts.criteria_in_force or facts.criteria_draft else None,
        _counted(facts.risks, ngettext_lazy("%(n)d risk", "%(n)d risks", "n"), "/risks?state__not=closed"),
        _counted(
            facts.assessments_approved, ngettext_lazy("%(n)d approved assessment", "%(n)d approved assessments", "n"),
            "/risk-assessments?state=approved",
        ),
    )


def risks_lacks(facts: Facts) -> Lacks:
    """What is missing of criteria, risks and assessments (6.1.2, 8.2), in the order in which to do it."""
    draft, open_round = f"/risk-criteria/{facts.criteria_draft}", f"/risk-assessments/{facts.assessment_open}"
    unrated = "/risks?inherent_level__empty=yes&state__not=closed"
    step = "submit" if facts.assessment_state == "draft" else "approve"
    no_round = facts.criteria_in_force and not facts.assessments_approved
    return (
        _lack(
            not facts.criteria_in_force and not facts.criteria_draft, _("No method says how risks are judged (6.1.2 a)."),
            "/risk-criteria", _("Choose a method"),
        ),
        _lack(
            not facts.criteria_in_force and bool(facts.criteria_draft), _("The risk criteria are not approved (6.1.2 a)."),
            draft, _("Approve the criteria"), f"{draft}/do/approve",
        ),
        _lack(not facts.risks, _("No risk is described (6.1.2 c)."), "/risks", _("Describe the first risk"), "/risks/new"),
        _lack(
            facts.risks_unrated > 0,
            _number(facts.risks_unrated, ngettext_lazy("%(n)d risk is not rated.", "%(n)d risks are not rated.", "n")), unrated,
            _("Assess %(ref)s") % {"ref": facts.risk_unrated}, f"/risks/{facts.risk_unrated}/assess",
        ),
        _lack(
            facts.risks_without_owner > 0,
            _number(facts.risks_without_owner, ngettext_lazy("%(n)d risk has no owner.", "%(n)d risks have no owner.", "n")),
            "/risks?owner__empty=yes&state__not=closed", _("Name the owners"),
        ),
        _lack(
            no_round and not facts.assessment_open, _("No round of assessment is recorded (8.2)."), "/risk-assessments",
            _("Begin a round"), "/risk-assessments/new",
        ),
        _lack(
            no_round and bool(facts.assessment_open), _("The assessment is not approved (8.2)."), open_round,
            _("Submit the assessment") if step == "submit" else _("Approve the assessment"), f"{open_round}/do/{step}",
        ),
    )


def treatment_there(facts: Facts) -> Mentions:
    """What there is of treatment and the statement of applicability (6.1.3)."""
    above = f"/risks?current_level__gte={facts.acceptance_level + 1}&state__not=closed"
    return (
        _counted(
            facts.risks_above, ngettext_lazy("%(n)d risk above what you accept", "%(n)d risks above what you accept", "n"),
            above,
        ),
        _counted(
            facts.soa_rows - facts.soa_undecided, ngettext_lazy("%(n)d requirement decided", "%(n)d requirements decided", "n"),
            "/soa",
        ),
        Mention(
            text=_("statement of applicability approved"), href="/soa-versions?state=approved",
        ) if facts.soa_approved else None,
    )


def treatment_lacks(facts: Facts) -> Lacks:
    """What is missing of treatment and the statement of applicability (6.1.3), in the order in which to do it."""
    untreated = f"/risks?option__empty=yes&current_level__gte={facts.acceptance_level + 1}&state__not=closed"
    is_decided = facts.soa_rows > 0 and not facts.soa_undecided and not facts.soa_approved
    propose = f"/management-systems/{facts.system}/do/propose_soa?framework={facts.soa_framework}"
    return (
        _lack(
            facts.risks_untreated > 0,
            _number(
                facts.risks_untreated, ngettext_lazy(
                    "The treatment of %(n)d risk above what you accept is not decided (6.1.3 a).",
                    "The treatment of %(n)d risks above what you accept is not decided (6.1.3 a).", "n",
                ),
            ),
            untreated, _("Decide their treatment"),
        ),
        _lack(
            not facts.soa_rows, _("The statement of applicability is not started (6.1.3 d)."), "/soa", _("Start the statement"),
            "/soa/start",
        ),
        _lack(
            facts.soa_undecided > 0,
            _number(
                facts.soa_undecided, ngettext_lazy(
                    "%(n)d requirement is not decided (6.1.3 d).", "%(n)d requirements are not decided (6.1.3 d).", "n",
                ),
            ),
            "/soa?decision=undecided", _("Decide on them"),
        ),
        _lack(
            is_decided and not facts.soa_proposed, _("No version of the statement is proposed for approval."), "/soa",
            _("Propose a version"), propose,
        ),
        _lack(
            is_decided and bool(facts.soa_proposed), _("A proposed statement waits for approval."),
            f"/soa-versions/{facts.soa_proposed}", _("Read and approve it"),
        ),
    )


def documents_there(facts: Facts) -> Mentions:
    """What there is of documents (5.2, 7.5)."""
    return (
        _counted(
            facts.policies, ngettext_lazy(
                "%(n)d policy in force", "%(n)d policies in force", "n",
            ), "/documents?kind=policy&state=in_force",
        ),
        _counted(
            facts.documents, ngettext_lazy("%(n)d document in force", "%(n)d documents in force", "n"),
            "/documents?state=in_force",
        ),
        _counted(
            facts.documents_unpublished, ngettext_lazy("%(n)d not published", "%(n)d not published", "n"),
            "/documents?state=draft",
        ),
    )


def documents_lacks(facts: Facts) -> Lacks:
    """What is missing of documents (5.2, 7.5), in the order in which to do it."""
    overdue = f"/documents?state=in_force&next_review_on__lte={facts.yesterday}"
    return (
        _lack(
            not facts.policies and not facts.documents_unpublished, _("No policy is in force (5.2)."), "/documents?kind=policy",
            _("Write the policy"), "/documents/new?kind=policy",
        ),
        _lack(
            not facts.policies and facts.documents_unpublished > 0, _("No policy is in force (5.2)."), "/documents?kind=policy",
            _("Publish the policy"), "/documents?state=draft",
        ),
        _lack(
            facts.documents_overdue > 0,
            _number(
                facts.documents_overdue, ngettext_lazy(
                    "The review of %(n)d document is overdue (7.5).", "The reviews of %(n)d documents are overdue (7.5).", "n",
                ),
            ),
            overdue, _("Review them"),
        ),
    )


def implementation_there(facts: Facts) -> Mentions:
    """What there is of controls, courses and actions (7.3, 8.1, 8.3)."""
    return (
        _counted(
            facts.controls_operating, ngettext_lazy("%(n)d control in operation", "%(n)d controls in operation", "n"),
            "/controls?state=operating",
        ),
        _counted(
            facts.controls - facts.controls_operating, ngettext_lazy("%(n)d control to come", "%(n)d controls to come", "n"),
            "/controls?state__in=planned,implementing",
        ),
        _counted(facts.courses, ngettext_lazy("%(n)d course", "%(n)d courses", "n"), "/courses?state=published"),
        _counted(
            facts.actions_open, ngettext_lazy("%(n)d open action", "%(n)d open actions", "n"), "/actions?state__in=open,doing",
        ),
    )


def implementation_lacks(facts: Facts) -> Lacks:
    """What is missing of controls, courses and actions (7.3, 8.1, 8.3), in the order in which to do it."""
    waiting = facts.controls - facts.controls_operating
    late = f"/actions?due_on__lte={facts.yesterday}&state__in=open,doing"
    return (
        _lack(
            not facts.controls, _("No control is described (8.1)."), "/controls", _("Describe the first control"),
            "/controls/new",
        ),
        _lack(
            facts.controls_without_owner > 0,
            _number(
                facts.controls_without_owner,
                ngettext_lazy("%(n)d control has no owner.", "%(n)d controls have no owner.", "n"),
            ),
            "/controls?owner__empty=yes&state__not=retired", _("Name the owners"),
        ),
        _lack(
            facts.actions_overdue > 0,
            _number(
                facts.actions_overdue, ngettext_lazy("%(n)d action is overdue (8.1).", "%(n)d actions are overdue (8.1).", "n"),
            ), late,
            _("Look at them"),
        ),
        _lack(
            waiting > 0,
            _number(
                waiting, ngettext_lazy(
                    "%(n)d control is not in operation yet (8.3).", "%(n)d controls are not in operation yet (8.3).", "n",
                ),
            ),
            "/controls?state__in=planned,implementing", _("Put them into operation"),
        ),
        _lack(not facts.courses, _("No course is published (7.3)."), "/courses", _("Prepare a course"), "/courses/new"),
    )


def checking_there(facts: Facts) -> Mentions:
    """What there is of measuring, auditing, reviewing, correcting (9, 10)."""
    return (
        _counted(facts.metrics, ngettext_lazy("%(n)d metric", "%(n)d metrics", "n"), "/metrics"),
        _counted(
            facts.audits_recent, ngettext_lazy("%(n)d internal audit in a year", "%(n)d internal audits in a year", "n"),
            "/audits?kind=internal",
        ),
        _counted(
            facts.reviews_recent, ngettext_lazy("%(n)d management review in a year", "%(n)d management reviews in a year", "n"),
            "/management-reviews?state=signed",
        ),
        _counted(
            facts.nonconformities_open, ngettext_lazy("%(n)d open nonconformity", "%(n)d open nonconformities", "n"),
            "/nonconformities?state__not=closed",
        ),
    )


def checking_lacks(facts: Facts) -> Lacks:
    """What is missing of measuring, auditing, reviewing, correcting (9, 10), in the order in which to do it."""
    late = f"/nonconformities?due_on__lte={facts.yesterday}&state__not=closed"
    return (
        _lack(not facts.metrics, _("Nothing is measured (9.1)."), "/metrics", _("Say what to measure"), "/metrics/new"),
        _lack(
            not facts.audits_recent, _("No internal audit was reported in the last twelve months (9.2)."),
            "/audits?kind=internal", _("Plan an audit"), "/audits/new?kind=internal",
        ),
        _lack(
            not facts.reviews_recent, _("Management has not reviewed the ISMS in the last twelve months (9.3)."),
            "/management-reviews", _("Plan a review"), "/management-reviews/new",
        ),
        _lack(
            facts.nonconformities_overdue > 0,
            _number(
                facts.nonconformities_overdue, ngettext_lazy(
                    "%(n)d nonconformity is not corrected in time (10.2).",
                    "%(n)d nonconformities are not corrected in time (10.2).", "n",
                ),
            ),
            late, _("Look at them"),
        ),
    )
