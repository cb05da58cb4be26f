"""The reports there are, and how one becomes a file: the same for the web, the API and the command line."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import get_args

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from mainstay.domains.reporting.render import Format, Rendered, TooLargeForPdf, render
from mainstay.domains.reporting.render.document import Document
from mainstay.domains.reporting.reports import assessment, readiness, soa, treatment
from mainstay.domains.reporting.reports.frame import CLASSIFICATIONS, Asked, Edition
from mainstay.platform.identity.models import AccessEvent, User
from mainstay.platform.identity.services import record_event
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import Invalid, NotFound, TooLarge
from mainstay.platform.records.moment import current_day, current_moment, in_the_present

__all__ = ["FORMATS", "REPORTS", "Edition", "Report", "build_report", "file_name", "may_read", "render_report", "report_named"]

FORMATS: tuple[Format, ...] = get_args(Format)
PERMISSION = "report.view"


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """One report: what it says, what it reads, and what may be chosen. `edition` names the parameter for a frozen state."""

    name: str
    title: object
    about: object
    needs: tuple[str, ...]
    """Permissions without which it would be empty and mislead; what it lists is narrowed to what the actor may see."""
    build: Callable[[Asked], Document]
    edition: str = ""
    editions: Callable[[], Sequence[Edition]] | None = None
    parameters: tuple[str, ...] = ()
    takes_day: bool = False


_ALL = (
    Report(
        name="soa", title=lazy("Statement of applicability"),
        about=lazy("Which requirements apply, why, and which controls implement them (6.1.3 d)."),
        needs=("applicability.view", "control.view"), build=soa.build, edition="version", editions=soa.editions,
        parameters=("system", "framework"),
    ),
    Report(
        name="risk-assessment", title=lazy("Risk assessment"),
        about=lazy("The criteria, all open risks with their levels, and who accepted those above them (6.1.2, 8.2)."),
        needs=("risk.view", "risk_acceptance.view"), build=assessment.build, edition="assessment", editions=assessment.editions,
    ),
    Report(
        name="risk-treatment-plan", title=lazy("Risk treatment plan"),
        about=lazy("What is done about each risk, by whom, until when, and what it costs (6.1.3 e, 8.3)."),
        needs=("risk.view", "risk_acceptance.view", "control.view"), build=treatment.build,
    ),
    Report(
        name="readiness", title=lazy("Readiness by clause"),
        about=lazy("How far clauses 4 to 10 are met, what that rests on, and what is missing."),
        needs=(), build=readiness.build, takes_day=True,
    ),
)
REPORTS: Mapping[str, Report] = MappingProxyType({report.name: report for report in _ALL})


def report_named(name: str) -> Report:
    """The report of that name; NotFound otherwise."""
    report = REPORTS.get(name)
    if report is None:
        raise NotFound(_("There is no report called “%(name)s”.") % {"name": name})
    return report


def may_read(report: Report) -> bool:
    """Whether the actor holds what the report needs somewhere."""
    return all(current_actor().may(permission) for permission in (PERMISSION, *report.needs))


def build_report(name: str, *, on: date | None = None, parameters: Mapping[str, str] = MappingProxyType({})) -> Document:
    """The report as plain data, of what the actor may see. Leaves no trace: for a page that shows it."""
    report = report_named(name)
    for permission in (PERMISSION, *report.needs):
        current_actor().require(permission)
    given = {key: value for key, value in parameters.items() if value}
    _check(report, given, on=on)
    classification = given.pop("classification", "internal")
    return report.build(Asked(on=on or current_day(), parameters=given, classification=classification))


def _check(report: Report, given: Mapping[str, str], *, on: date | None) -> None:
    known = {"classification", *report.parameters, *([report.edition] if report.edition else [])}
    errors = {key: [_("This report has no such parameter.")] for key in given if key not in known}
    if given.get("classification", "internal") not in CLASSIFICATIONS:
        errors["classification"] = [_("One of %(names)s.") % {"names": ", ".join(CLASSIFICATIONS)}]
    if on is not None and not report.takes_day and on != current_day():
        errors["on"] = [_("This report is about today, or about a frozen state.")]
    if errors:
        raise Invalid(errors)


def render_report(
    name: str, format: str, *, on: date | None = None, parameters: Mapping[str, str] = MappingProxyType({}), address: str = ""
) -> Rendered:
    """The report as a file, recorded as an export with its hash. `address` is where the request came from."""
    if format not in FORMATS:
        raise NotFound(_("Reports come as %(formats)s.") % {"formats": ", ".join(FORMATS)})
    document = build_report(name, on=on, parameters=parameters)
    try:
        rendered = render(document, format)
    except TooLargeForPdf as error:
        raise TooLarge(
            _("This report has %(rows)d rows, too many for a PDF. Take XLSX instead.") % {"rows": error.rows}, code=error.code
        ) from error
    actor = current_actor()
    asked = " ".join(f"{key}={value}" for key, value in sorted(parameters.items()) if value)
    if (moment := current_moment()) is not None:
        asked = f"{asked} as_known=size:{moment.epoch}/{moment.size}".strip()
    with in_the_present():
        user = User.objects.filter(pk=actor.user_id).first() if actor.user_id else None
    record_event(
        AccessEvent.Kind.EXPORTED, user=user, name=user.email if user else actor.label, address=address,
        detail=f"{name}.{format} {document.control.short_checksum} {asked}".strip(),
    )
    return rendered


def file_name(name: str, format: str, *, parameters: Mapping[str, str] = MappingProxyType({})) -> str:
    """What the file is called: the report, the frozen state if one was chosen, else the day."""
    report = report_named(name)
    which = parameters.get(report.edition, "") if report.edition else ""
    plain = "".join(sign for sign in which if sign.isascii() and (sign.isalnum() or sign == "-"))
    known = "as-known-" if current_moment() is not None else ""
    return f"{name}-{known}{plain or current_day().isoformat()}.{format}"
