"""Chapter 7: means, competence, awareness, communication and documented information."""

from collections import defaultdict
from datetime import date
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from mainstay.domains.assurance.queries import seen
from mainstay.domains.assurance.rules.checks import described_only, documents_for, every, exists
from mainstay.domains.assurance.rules.leadership import TREATS, signed_reviews
from mainstay.domains.assurance.verdicts import Check, Proof, Status, Verdict, judge
from mainstay.domains.awareness.models import Completion, Course, CourseAudience
from mainstay.domains.context.models import ManagementSystem
from mainstay.domains.controls.models import SoaVersion
from mainstay.domains.documents.audience import at_work
from mainstay.domains.documents.models import Document, DocumentVersion
from mainstay.domains.risk.models import RiskCriteria
from mainstay.domains.work.models import Action
from mainstay.platform.identity.models import Person
from mainstay.platform.units.models import UnitPath

TRAINED_PERCENT = 90
"""Share of courses done, of all that people have to do. Ours: the standard asks for awareness and names no figure."""


def resources(on: date) -> Verdict:
    """7.1: treatment actions carry effort or cost, and management signed a review that saw them."""
    return judge((
        every(
            seen(Action).filter(subject_kind__in=TREATS).exclude(state="dropped"), failing=Q(effort_days=None, cost=None),
            none=_("Plan actions for the treatment of risks."),
            missing=_("Give these treatment actions an effort or a cost (%(count)d): %(refs)s."),
        ),
        exists(signed_reviews(on),
               missing=_("Have management decide on means in a signed review; the last is missing or over a year old.")),
    ))


def competence(on: date) -> Verdict:
    """7.2: competence needed and shown. Needs per role are not kept yet."""
    return described_only(
        "7.2", on=on,
        missing=_("Which competence each role needs is not kept as records yet; show it and its evidence elsewhere.")
    )


def awareness(on: date) -> Verdict:
    """7.3: the people the courses are for have passed them, and that still counts."""
    courses = list(seen(Course).filter(edition__gte=1, published_on__lte=on).exclude(state="retired").order_by("ref_order"))
    found = exists(courses, missing=_("Publish a course on information security."))
    if not courses:
        return judge((found,))
    done, owed = _courses_done(courses, on)
    text = _("%(done)d of %(owed)d courses that people have to take are done") % {"done": done, "owed": owed}
    is_met = owed > 0 and done * 100 >= TRAINED_PERCENT * owed
    status = Status.MET if is_met else Status.NOT_MET
    return judge((found, Check(
        is_met=is_met, because=(Proof(text=text, kind=Completion.permission_noun(), status=status),),
        missing="" if is_met else _("Have at least %(percent)d %% of the courses done; %(done)d of %(owed)d are.")
        % {"percent": TRAINED_PERCENT, "done": done, "owed": owed},
    )))


def _courses_done(courses: list[Course], on: date) -> tuple[int, int]:
    """How many pairs of person and course are done and owed, in four queries."""
    units: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for course, unit in CourseAudience.unscoped_for_system.filter(course__in=courses).values_list("course_id", "audience_id"):
        units[course].add(unit)
    for item in courses:
        units.setdefault(item.pk, {item.unit_id})
    below: defaultdict[UUID, set[UUID]] = defaultdict(set)
    paths = UnitPath.objects.filter(ancestor__in=set().union(*units.values()))
    for ancestor, descendant in paths.values_list("ancestor_id", "descendant_id"):
        below[ancestor].add(descendant)
    organisations = {item.organisation_id for item in courses}
    people = list(Person.unscoped_for_system.filter(at_work(on), organisation__in=organisations).values_list("pk", "unit_id"))
    counting = Completion.unscoped_for_system.filter(
        Q(valid_until=None) | Q(valid_until__gte=on), course__in=courses, passed=True, completed_on__lte=on
    )
    passed = set(counting.values_list("course_id", "person_id"))
    done = owed = 0
    for course, audience in units.items():
        inside = set().union(*(below[unit] for unit in audience))
        concerned = [person for person, unit in people if unit in inside]
        owed += len(concerned)
        done += sum((course, person) in passed for person in concerned)
    return done, owed


def communication(on: date) -> Verdict:
    """7.4: who is told what, when and how. A communication plan is not kept as records yet."""
    return described_only(
        "7.4", on=on,
        missing=_("A communication plan is not kept as records yet; show what is told to whom, when and how elsewhere.")
    )


def documented_information(on: date) -> Verdict:
    """7.5: what must be written down is, everything in force has an owner, and no review is late."""
    documents = seen(Document).filter(state="in_force")
    approved = DocumentVersion.unscoped_for_system.filter(
        document=OuterRef("pk"), state="published", published_on__lte=on, approved_by__isnull=False
    )
    return judge((
        every(
            documents, failing=Q(owner=None) | ~Q(Exists(approved)),
            none=_("Publish the documents the ISMS needs."),
            missing=_("These documents in force have no owner or no approved version: %(refs)s."),
        ),
        every(
            documents, failing=Q(next_review_on__lt=on), none=_("There is no document to review."),
            missing=_("Review the documents whose date has passed (%(count)d): %(refs)s."),
        ),
        exists(documents_for("5.2", "A.5.1", on=on), missing=_("Publish the policy and link it to clause 5.2.")),
        exists(list(seen(ManagementSystem).filter(state="approved")[:1]), missing=_("Have the scope approved (4.3).")),
        exists(list(seen(RiskCriteria).filter(state="approved")[:1]), missing=_("Have the risk criteria approved (6.1.2).")),
        exists(list(seen(SoaVersion).filter(state="approved")[:1]),
               missing=_("Have the statement of applicability approved (6.1.3 d).")),
    ))
