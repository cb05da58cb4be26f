"""Loading the sample organisation, in two steps with a checkpoint between them, into an installation that has none yet."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from mainstay.demo import checking, operation, people, spine
from mainstay.demo.growing import SIZES, grow
from mainstay.demo.reading import Story
from mainstay.platform.identity.models import User
from mainstay.platform.records.actor import Actor, acting, system
from mainstay.platform.records.errors import Invalid, RuleViolation
from mainstay.platform.records.statistics import refresh_statistics
from mainstay.platform.trail.sealing import seal_noting_trouble
from mainstay.platform.units.models import Unit

Progress = Callable[[int, int, str], None]
Chapter = Callable[[Story], None]

CHAPTERS: tuple[tuple[str, Chapter], ...] = (
    ("people", people.settle),
    ("context", spine.context),
    ("assets and processes", spine.assets),
    ("controls", spine.controls),
    ("risk criteria", spine.criteria),
    ("controls until the first round", lambda story: spine.operate_controls(story, after=-9_999, until=-392)),
    ("first risk assessment", lambda story: spine.assess(story, "1")),
    ("its approval", spine.approve_first_round),
    ("controls since", lambda story: spine.operate_controls(story, after=-392, until=-58)),
    ("second risk assessment", lambda story: spine.assess(story, "2")),
    ("acceptances", spine.bear_risks),
    ("risks of both rounds", spine.take_over_risks),
    ("statement of applicability", spine.applicability),
    ("what changed since", lambda story: spine.operate_controls(story, after=-58, until=0)),
    ("decisions since", spine.drift),
    ("actions", operation.actions),
    ("evidence", operation.evidence),
    ("documents", operation.documents),
    ("courses", operation.courses),
    ("suppliers", operation.suppliers),
    ("metrics", operation.metrics),
    ("incidents", operation.incidents),
    ("audits", checking.audits),
    ("nonconformities", checking.nonconformities),
    ("improvements", checking.improvements),
    ("management reviews", checking.reviews),
)
SEALED_AFTER = [label for label, _chapter in CHAPTERS].index("statement of applicability") + 1


def load(size: str = "small", *, progress: Progress | None = None) -> None:
    """Create the sample organisation. Refused where an organisation exists already.

    `size` is `small`, or `1k`, `10k`, `100k` for so many assets with risks and controls in proportion.
    """
    if size != "small" and size not in SIZES:
        raise Invalid({"size": [_("One of: %(sizes)s.") % {"sizes": ", ".join(("small", *SIZES))}]})
    tell = progress or _silent
    with _as_the_sample():
        with transaction.atomic():
            if Unit.unscoped_for_system.exists():
                raise RuleViolation(
                    _("There is an organisation here already; the sample goes into an empty installation."), code="not_empty"
                )
            story = people.found(timezone.localdate())
            _tell(story, CHAPTERS[:SEALED_AFTER], tell, first=0)
        # A checkpoint lies between transactions: the trail then has an earlier state to go back to and to compare with.
        seal_noting_trouble()
        with transaction.atomic():
            _tell(story, CHAPTERS[SEALED_AFTER:], tell, first=SEALED_AFTER)
            tell(len(CHAPTERS), len(CHAPTERS), "done")
            if size != "small":
                with _as_the_sample(story):
                    grow(story, SIZES[size], progress=tell)
        seal_noting_trouble()
    refresh_statistics()


def _as_the_sample(story: Story | None = None) -> AbstractContextManager[Actor]:
    organisation = story.organisation.pk if story is not None else None
    return acting(system("demo", organisation=organisation), reason="Sample organisation", request="demo")


def _tell(story: Story, chapters: Sequence[tuple[str, Chapter]], tell: Progress, *, first: int) -> None:
    with _as_the_sample(story):
        for number, (label, chapter) in enumerate(chapters, first):
            tell(number, len(CHAPTERS), label)
            chapter(story)


def demo_user() -> User:
    """Whom the one-time sign-in link lets in."""
    return people.first_user()


def _silent(done: int, total: int, label: str) -> None:
    """Nobody watches."""
