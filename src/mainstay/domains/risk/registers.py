"""How risks look."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from mainstay.domains.assets.models import Asset
from mainstay.domains.context.models import Obligation
from mainstay.domains.controls.models import Control
from mainstay.domains.controls.queries import add_reason_source
from mainstay.domains.library.models import Requirement
from mainstay.domains.risk import assessments, services
from mainstay.domains.risk import criteria as _criteria  # registers its verbs  # noqa: F401
from mainstay.domains.risk import scales as _scales  # registers its verbs  # noqa: F401
from mainstay.domains.risk.models import Risk, RiskAcceptance, RiskAssessment, RiskAsset, RiskCriteria, RiskObligation, Treatment
from mainstay.domains.risk.panels import levels_panel, method_panel
from mainstay.domains.risk.queries import behind_requirements, risk_reasons
from mainstay.domains.risk.showing import badge
from mainstay.platform.records.events import listen
from mainstay.registers import registry
from mainstay.registers.crud import Saved
from mainstay.registers.declaration import Column, ExtraPanel, LinkField, Reach, Register, RelatedPanel, column, panel
from mainstay.registers.verbs import Moved


def level_badge(value: Any, row: Mapping[str, Any]) -> str:
    """A level by the label and in the shade that its own criteria give it."""
    return badge(value, row.get("criteria__levels") or ())


def level_column(name: str, label: object, *, first: bool = True) -> Column:
    return Column(name=name, label=label, show=level_badge, needs=("criteria__levels",), shown_first=first)


RISKS = Register(
    model=Risk,
    group="plan",
    icon="risk",
    about=_("What could go wrong with your assets, how likely and how bad, and what you do about it."),
    columns=(
        column("ref"),
        column("name"),
        level_column("inherent_level", _("inherent"), first=False),
        level_column("current_level", _("current")),
        level_column("target_level", _("target")),
        column("option"),
        column("owner"),
        column("state"),
        column("review_on"),
        column("unit", shown_first=False),
    ),
    filters=(
        "state",
        "current_level",
        "target_level",
        "option",
        "owner",
        "assets",
        "controls",
        "unit",
        "assessment",
        "review_on",
        "current_likelihood",
        "current_impact",
    ),
    links=(
        LinkField(name="assets", through=RiskAsset, label=_("assets")),
        LinkField(name="obligations", through=RiskObligation, label=_("obligations touched")),
        LinkField(
            name="controls",
            through=Treatment,
            label=_("treated by controls"),
            help=_("Each lowers the likelihood by one step once in operation; set the effect with “Set control effect”."),
        ),
    ),
    reaches=(
        Reach(name="requirement", label=_("behind the requirement"), target=Requirement, condition=behind_requirements),
    ),
    panels=(
        panel(_("Scenario"), "name", "description", "assets", "threat", "vulnerability", "consequence", "obligations"),
        panel(
            _("Rating without controls"),
            "likelihood",
            "impact_confidentiality",
            "impact_integrity",
            "impact_availability",
            "impact_financial",
            "impact_legal",
            "impact_safety",
            "rationale",
            help=_("On the scales of the criteria in force. Current and target levels follow from the controls."),
        ),
        panel(_("Treatment"), "option", "option_reason", "controls"),
        panel(_("Responsibility"), "owner", "unit", "assessment", "review_on", "tags"),
    ),
    search=("description", "threat", "vulnerability", "consequence"),
    derived=services.LEVELS,
    prepare=services.prepare_risk,
    after=services.after_risks,
)

CRITERIA = Register(
    model=RiskCriteria,
    group="plan",
    icon="columns",
    about=_("How you judge risks: scales, matrix, and what may be accepted by whom. Approve one before you assess."),
    columns=(
        column("ref"),
        column("name"),
        column("edition"),
        column("state"),
        column("acceptance_level"),
        column("approved_at"),
    ),
    filters=("state",),
    panels=(
        panel(_("Method"), "name", "description", "source", "edition"),
        panel(_("Rules"), "acceptance_level", "review_months", "approved_at"),
        panel(_("Place"), "owner", "unit", "tags"),
    ),
    may_add=False,
    add_page="/risk-criteria/new",
    in_navigation=False,
)

ASSESSMENTS = Register(
    model=RiskAssessment,
    group="plan",
    icon="report",
    about=_("Rounds of risk assessment, each under one version of the criteria, frozen when approved (8.2)."),
    columns=(
        column("ref"),
        column("name"),
        column("state"),
        column("criteria"),
        column("start_on"),
        column("end_on"),
        column("owner"),
    ),
    filters=("state", "owner", "start_on"),
    panels=(
        panel(_("Round"), "name", "description", "participants", "criteria"),
        panel(_("Period"), "start_on", "end_on", "approved_at"),
        panel(_("Place"), "owner", "unit", "tags"),
    ),
    derived=("frozen", "digest"),
    prepare=assessments.prepare_assessment,
    in_navigation=False,
)

ACCEPTANCES = Register(
    model=RiskAcceptance,
    group="plan",
    icon="check",
    about=_("Risks that someone with authority bears as they are, each until a day."),
    columns=(column("ref"), column("risk"), column("level"), column("accepted_by"), column("until"), column("state")),
    filters=("state", "until", "risk", "owner"),
    panels=(panel(_("Acceptance"), "risk", "level", "authority", "accepted_by", "until", "description"),),
    order="until",
    may_add=False,
    in_navigation=False,
)

registry.add(RISKS, CRITERIA, ASSESSMENTS, ACCEPTANCES)
registry.relate(
    [
        RelatedPanel(
            title=_("Risks"), on=Asset, of=Risk, via="asset_links__asset", columns=("ref", "name", "current_level", "owner")
        ),
        RelatedPanel(
            title=_("Risks it treats"), on=Control, of=Risk, via="treatments__control", columns=("ref", "name", "current_level")
        ),
        RelatedPanel(
            title=_("Risks that touch it"),
            on=Obligation,
            of=Risk,
            via="obligation_links__obligation",
            columns=("ref", "name", "current_level"),
        ),
        RelatedPanel(
            title=_("Acceptances"), on=Risk, of=RiskAcceptance, via="risk", columns=("ref", "accepted_by", "until", "state")
        ),
        RelatedPanel(
            title=_("Risks assessed"),
            on=RiskAssessment,
            of=Risk,
            via="assessment",
            columns=("ref", "name", "current_level", "owner"),
        ),
    ]
)
registry.relate(
    [
        ExtraPanel(title=_("Levels"), on=Risk, template="risk/levels.html", context=levels_panel),
        ExtraPanel(title=_("Matrix and levels"), on=RiskCriteria, template="risk/method.html", context=method_panel),
    ]
)
listen(Moved, services.follow_controls)
listen(Saved, services.follow_deleted_controls)
add_reason_source(risk_reasons)
