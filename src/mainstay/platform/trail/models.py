"""The trail: one row per change of any captured table, written by database triggers in the same transaction."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from mainstay.platform.trail.moments.bounds import KnownManager


class Change(models.Model):
    """A row before and after, with who, through which door, why and in which request. Insert only.

    An event is a change of no table: `table` says what happened, as `trail.erasure`, `row` the details.

    `row` and `before` are JSON objects by column name in the form of `triggers.column_expression`; `salt` (at least
    16 random bytes) is what the sealed tree will commit to together with the row, so that the content of a change can
    be erased later without touching the tree.
    """

    trail_exempt: ClassVar[str] = "it is the trail"

    class Operation(models.TextChoices):
        INSERT = "I", _("added")
        UPDATE = "U", _("changed")
        DELETE = "D", _("deleted")
        EVENT = "E", _("happened")

    seq = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    table = models.CharField(max_length=63, db_column="tbl")
    pk_text = models.CharField(max_length=64, db_column="pk")
    op = models.CharField(max_length=1, choices=Operation.choices)
    row = models.TextField(null=True)
    before = models.TextField(null=True)
    salt = models.BinaryField()
    actor = models.CharField(max_length=80)
    channel = models.CharField(max_length=20)
    reason = models.CharField(max_length=500)
    request = models.CharField(max_length=64)

    objects = KnownManager()

    class Meta:
        db_table = "trail_change"
        indexes = [models.Index(fields=("table", "pk_text", "seq"), name="trail_change_of_record")]


class Leaf(models.Model):
    """The place of a sealed change in the tree of an epoch, and the commitment to its content that the leaf holds.

    The leaf itself is put together from this and the change (see `leaves`). Insert only.
    """

    trail_exempt: ClassVar[str] = "it is the seal of the trail"

    seq = models.BigIntegerField(primary_key=True)
    epoch = models.PositiveIntegerField()
    index = models.BigIntegerField()
    commitment = models.BinaryField()

    class Meta:
        db_table = "trail_leaf"
        constraints = [models.UniqueConstraint(fields=("epoch", "index"), name="trail_leaf_place")]


class Tile(models.Model):
    """256 neighbouring nodes of the tree, whole tiles only: at `level` they are roots over 256**level leaves each.

    As tlog-tiles lays a log out, so a proof takes a few reads however large the tree is. Insert only.
    """

    trail_exempt: ClassVar[str] = "it is the seal of the trail"

    pk = models.CompositePrimaryKey("epoch", "level", "place")
    epoch = models.PositiveIntegerField()
    level = models.PositiveSmallIntegerField()
    place = models.BigIntegerField()
    hashes = models.BinaryField()

    class Meta:
        db_table = "trail_tile"


class Checkpoint(models.Model):
    """The signed state of the tree at one size. Insert only; a checkpoint falls between transactions, never within one."""

    trail_exempt: ClassVar[str] = "it is the seal of the trail"

    id = models.BigAutoField(primary_key=True)
    epoch = models.PositiveIntegerField()
    size = models.BigIntegerField()
    root = models.BinaryField()
    note = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "trail_checkpoint"
        constraints = [models.UniqueConstraint(fields=("epoch", "size"), name="trail_checkpoint_size")]
        indexes = [models.Index(fields=("at",), name="trail_checkpoint_at")]


class Key(models.Model):
    """A public key that signed checkpoints, as a C2SP verifier key: one per epoch."""

    trail_exempt: ClassVar[str] = "it is the seal of the trail"

    epoch = models.PositiveIntegerField(primary_key=True)
    verifier_key = models.CharField(max_length=300)
    at = models.DateTimeField()

    class Meta:
        db_table = "trail_key"


class Anchor(models.Model):
    """A place outside this machine that checkpoints are sent to, where whoever rules the machine cannot change them.

    Captured: when proof began to go somewhere, and when it stopped, is part of the proof.
    """

    class Kind(models.TextChoices):
        FILE = "file", _("file")
        SYSLOG = "syslog", _("syslog")
        WEBHOOK = "webhook", _("webhook")
        MAIL = "mail", _("e-mail")
        WITNESS = "witness", _("witness")
        STAMP = "stamp", _("time stamp")

    class Every(models.TextChoices):
        HOUR = "hour", _("every hour")
        DAY = "day", _("every day")
        WEEK = "week", _("every week")

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=10, choices=Kind)
    target = models.CharField(max_length=500)
    every = models.CharField(max_length=10, choices=Every)
    verifier_key = models.CharField(max_length=400, default="")
    """Of a witness: the key its answers have to be signed with."""

    class Meta:
        db_table = "trail_anchor"
        constraints = [models.UniqueConstraint(fields=("kind", "target"), name="trail_anchor_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.target}"


class AnchorStanding(models.Model):
    """What last arrived at an anchor, and what went wrong since."""

    trail_exempt: ClassVar[str] = "a delivery changes no record; what arrived is proven where it arrived"

    anchor = models.OneToOneField(Anchor, on_delete=models.CASCADE, primary_key=True, related_name="standing")
    epoch = models.PositiveIntegerField(default=0)
    size = models.BigIntegerField(default=0)
    arrived_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField()
    error = models.CharField(max_length=500, default="")
    failures = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "trail_anchor_standing"


class Attestation(models.Model):
    """What somebody outside said of a checkpoint: a witness's signature line, or a time stamp token as base64.

    Stays when the anchor goes.
    """

    trail_exempt: ClassVar[str] = "it proves itself, by the signature of somebody else"

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=10, choices=Anchor.Kind)
    by = models.CharField(max_length=500)
    epoch = models.PositiveIntegerField()
    size = models.BigIntegerField()
    at = models.DateTimeField()
    text = models.TextField()

    class Meta:
        db_table = "trail_attestation"
        constraints = [models.UniqueConstraint(fields=("epoch", "size", "kind", "by"), name="trail_attestation_once")]


class WitnessedLog(models.Model):
    """A log of somebody else that this installation is a witness for: the one key that may sign under its origin.

    What was seen of it is kept in the signer's folder (see `anchors.witnessing`).
    """

    id = models.BigAutoField(primary_key=True)
    origin = models.CharField(max_length=300, unique=True)
    verifier_key = models.CharField(max_length=400)

    class Meta:
        db_table = "trail_witnessed_log"
