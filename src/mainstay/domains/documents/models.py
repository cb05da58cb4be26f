"""Documented information: what is written down, who approved it, who has read it (27001 7.5, A.5.1, A.5.37)."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from mainstay.domains.library.models import Requirement
from mainstay.platform.records.life_cycle import LifeCycle, Move, State
from mainstay.platform.records.models import Link, Record, Scoped, state_field

LONGEST_BODY = 200_000

DOCUMENT_LIFE = LifeCycle(
    states=(
        State(value="draft", label=_("not published"), tone="busy"),
        State(value="in_force", label=_("in force"), tone="good"),
        State(value="retired", label=_("retired"), tone="quiet"),
    ),
    moves=(
        Move(name="publish", label=_("Publish"), sources=("draft", "in_force"), target="in_force", by_hand=False),
        Move(name="retire", label=_("Retire"), sources=("draft", "in_force"), target="retired", by_hand=False),
        Move(name="restore", label=_("Take up again"), sources=("retired",), target="draft", needs_reason=True),
    ),
)

VERSION_LIFE = LifeCycle(
    states=(
        State(value="draft", label=_("draft"), tone="busy"),
        State(value="in_review", label=_("in review"), tone="busy"),
        State(value="approved", label=_("approved"), tone="good"),
        State(value="published", label=_("published"), tone="good"),
        State(value="superseded", label=_("superseded"), tone="quiet"),
    ),
    moves=(
        Move(name="submit", label=_("Submit"), sources=("draft",), target="in_review", by_hand=False),
        Move(name="return", label=_("Return"), sources=("in_review",), target="draft", by_hand=False),
        Move(name="approve", label=_("Approve"), sources=("in_review",), target="approved", by_hand=False),
        Move(name="publish", label=_("Publish"), sources=("approved",), target="published", by_hand=False),
        Move(name="supersede", label=_("Supersede"), sources=("approved", "published"), target="superseded", by_hand=False),
    ),
    # Already in review: what the approver reads must not change under their eyes.
    frozen=("in_review", "approved", "published", "superseded"),
)


class Document(Record):
    """A document as such, whatever its version: what it is for, whom it binds, when it is looked at again."""

    ref_prefix: ClassVar[str] = "D"
    life_cycle: ClassVar[LifeCycle] = DOCUMENT_LIFE

    class Kind(models.TextChoices):
        POLICY = "policy", _("policy")
        STANDARD = "standard", _("standard")
        PROCEDURE = "procedure", _("procedure")
        PLAN = "plan", _("plan")
        GUIDELINE = "guideline", _("guideline")
        FORM = "form", _("form")
        RECORD = "record", _("record")

    state = state_field(DOCUMENT_LIFE)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, default=Kind.POLICY)
    audience_note = models.CharField(_("audience in words"), max_length=300, blank=True)
    must_be_acknowledged = models.BooleanField(
        _("to be acknowledged"), default=True, help_text=_("Everyone in the audience confirms each published version.")
    )
    review_months = models.PositiveSmallIntegerField(
        _("months between reviews"), default=12, null=True, blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(60)], help_text=_("Empty: not reviewed, as a record."),
    )
    reviewed_on = models.DateField(_("reviewed on"), null=True, editable=False)
    next_review_on = models.DateField(_("next review"), null=True, editable=False)

    class Meta(Record.Meta):
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        constraints = [models.UniqueConstraint(fields=("organisation", "ref"), name="document_ref_unique")]
        indexes = [models.Index(fields=("organisation", "state", "next_review_on"), name="document_review")]


class DocumentRequirement(Link):
    """A document implements a requirement of a framework."""

    scope_path: ClassVar[str] = "document__unit"
    ends: ClassVar[tuple[str, str]] = ("document", "requirement")

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="requirement_links")
    requirement = models.ForeignKey(Requirement, on_delete=models.PROTECT, related_name="document_links")

    class Meta(Link.Meta):
        constraints = [models.UniqueConstraint(fields=("document", "requirement"), name="document_requirement_unique")]


class DocumentAudience(Link):
    """A document is for the people of a unit and of those below it."""

    scope_path: ClassVar[str] = "document__unit"
    ends: ClassVar[tuple[str, str]] = ("document", "audience")

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="audience_links")
    audience = models.ForeignKey("units.Unit", on_delete=models.PROTECT, related_name="+")

    class Meta(Link.Meta):
        constraints = [models.UniqueConstraint(fields=("document", "audience"), name="document_audience_unique")]


class DocumentVersion(Record):
    """One wording of a document: Markdown, an uploaded file, or both. What was submitted stays as it was submitted."""

    ref_prefix: ClassVar[str] = "DV"
    life_cycle: ClassVar[LifeCycle] = VERSION_LIFE

    state = state_field(VERSION_LIFE)
    document = models.ForeignKey(
        Document, on_delete=models.PROTECT, related_name="versions", verbose_name=_("document"), editable=False
    )
    major = models.PositiveSmallIntegerField(_("number"), editable=False)
    minor = models.PositiveSmallIntegerField(_("minor number"), editable=False)
    change_note = models.TextField(_("what changed"), max_length=2_000, blank=True)
    body = models.TextField(_("text"), max_length=LONGEST_BODY, blank=True, help_text=_("Written in Markdown."))
    file = models.ForeignKey(
        "files.StoredFile", on_delete=models.PROTECT, related_name="+", null=True, editable=False, verbose_name=_("file")
    )
    written_by = models.ForeignKey(
        "identity.Person", on_delete=models.PROTECT, related_name="+", null=True, editable=False,
        verbose_name=_("last written by"),
    )
    digest = models.CharField("SHA-256", max_length=64, blank=True, editable=False)
    submitted_at = models.DateTimeField(_("submitted"), null=True, editable=False)
    approved_by = models.ForeignKey(
        "identity.Person", on_delete=models.PROTECT, related_name="+", null=True, editable=False, verbose_name=_("approved by")
    )
    approved_at = models.DateTimeField(_("approved"), null=True, editable=False)
    published_on = models.DateField(_("published"), null=True, editable=False)
    superseded_on = models.DateField(_("superseded"), null=True, editable=False)

    class Meta(Record.Meta):
        verbose_name = _("document version")
        verbose_name_plural = _("document versions")
        constraints = [
            models.UniqueConstraint(fields=("organisation", "ref"), name="document_version_ref_unique"),
            models.UniqueConstraint(fields=("document", "major", "minor"), name="document_version_number_unique"),
            models.UniqueConstraint(
                fields=("document",), condition=models.Q(state="published"), name="document_version_one_published"
            ),
            models.UniqueConstraint(
                fields=("document",), condition=models.Q(state__in=("draft", "in_review")), name="document_version_one_open"
            ),
            models.CheckConstraint(
                condition=models.Q(state="draft") | ~models.Q(digest=""), name="document_version_submitted_with_digest"
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=("approved", "published"))
                | models.Q(approved_by__isnull=False, approved_at__isnull=False),
                name="document_version_approved_by_someone",
            ),
        ]
        indexes = [models.Index(fields=("organisation", "state", "published_on"), name="document_version_published")]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"

    @property
    def number(self) -> str:
        return f"{self.major}.{self.minor}"


class Authorship(Link):
    """Someone wrote in a version, and so may not be the one who approves it (A.5.3)."""

    scope_path: ClassVar[str] = "version__unit"
    ends: ClassVar[tuple[str, str]] = ("version", "author")

    version = models.ForeignKey(DocumentVersion, on_delete=models.CASCADE, related_name="authorships")
    author = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+", verbose_name=_("author"))

    class Meta(Link.Meta):
        constraints = [models.UniqueConstraint(fields=("version", "author"), name="authorship_unique")]


class Acknowledgement(Scoped):
    """A person confirmed having read a version, word for word. Never erased; no later version touches it (7.3)."""

    scope_path: ClassVar[str] = "version__unit"

    version = models.ForeignKey(
        DocumentVersion, on_delete=models.PROTECT, related_name="acknowledgements", verbose_name=_("version")
    )
    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+", verbose_name=_("person"))
    digest = models.CharField("SHA-256", max_length=64)
    at = models.DateTimeField(_("acknowledged"), auto_now_add=True)

    class Meta(Scoped.Meta):
        verbose_name = _("acknowledgement")
        verbose_name_plural = _("acknowledgements")
        ordering = ("-at",)
        constraints = [models.UniqueConstraint(fields=("version", "person"), name="acknowledgement_unique")]
