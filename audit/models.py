"""Rows only. `record` writes entries, `sealing` writes leaves and checkpoints; triggers refuse any later change.

No foreign keys, neither to users nor within: a row must be able to outlive, and to contradict, every other.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now


class Entry(models.Model):
    """One act. Names of people are not here but in `PersonalData`, to which `commitment` is bound."""

    class Phase(models.TextChoices):
        WHOLE = "", "whole"
        INTENT = "intent", "about to act outside"
        DONE = "done", "the act outside succeeded"
        FAILED = "failed", "the act outside failed"
        UNKNOWN = "unknown", "nobody knows what became of the act outside"

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_default=Now(), help_text="by the database's clock")
    event = models.CharField(max_length=60)
    actor_kind = models.CharField(max_length=20)
    actor_id = models.CharField(max_length=100)
    actor_name = models.CharField(max_length=300, blank=True, help_text="empty for people")
    subject_kind = models.CharField(max_length=30)
    subject_id = models.CharField(max_length=200)
    subject_name = models.CharField(max_length=300, blank=True, help_text="empty for people")
    account = models.CharField(max_length=200, blank=True, help_text="the account that the act concerns")
    reason = models.TextField(blank=True)
    data = models.TextField(default="{}", help_text="canonical JSON")
    phase = models.CharField(max_length=10, choices=Phase.choices, default=Phase.WHOLE, blank=True)
    intent = models.BigIntegerField(null=True, blank=True, help_text="the entry whose outcome this is")
    commitment = models.CharField(max_length=64, blank=True, help_text="hex SHA-256 over salt and personal data")

    class Meta:
        verbose_name_plural = "entries"
        permissions: ClassVar = [
            ("view_log", "Can see the audit log"),
            ("verify_log", "Can verify the audit log"),
            ("export_evidence", "Can export evidence from the audit log"),
        ]
        indexes: ClassVar = [
            # With the id, so that the ids of a span of time are told from the index alone.
            models.Index(fields=["at", "id"], name="audit_entry_at"),
            models.Index(fields=["event", "id"], name="audit_entry_event"),
            models.Index(fields=["actor_kind", "actor_id", "id"], name="audit_entry_actor"),
            models.Index(fields=["subject_kind", "subject_id", "id"], name="audit_entry_subject"),
            models.Index(fields=["account", "id"], name="audit_entry_account", condition=~models.Q(account="")),
            models.Index(fields=["phase", "id"], name="audit_entry_phase", condition=~models.Q(phase="")),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["intent"], name="audit_entry_one_outcome", condition=models.Q(intent__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"entry {self.pk}: {self.event}"

    @property
    def values(self) -> dict[str, Any]:
        """`data`, read."""
        found: dict[str, Any] = json.loads(self.data)
        return found


class PersonalData(models.Model):
    """What may be erased: names of people, addresses. Erasing is deleting the row; the entry's commitment stays."""

    commitment = models.CharField(max_length=64, primary_key=True)
    salt = models.CharField(max_length=64, help_text="hex")
    body = models.TextField(help_text="canonical JSON")

    class Meta:
        verbose_name_plural = "personal data"

    def __str__(self) -> str:
        return self.commitment


class Leaf(models.Model):
    """An entry's place in the tree."""

    index = models.BigIntegerField(primary_key=True)
    entry_id = models.BigIntegerField(unique=True)
    hash = models.BinaryField()

    class Meta:
        verbose_name_plural = "leaves"

    def __str__(self) -> str:
        return f"leaf {self.index}"


class TreeHead(models.Model):
    """The tree's compact form after the last leaf: one row, derived, so that sealing reads no older leaf.

    The last three say where `waiting` looks for entries without a leaf.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    size = models.BigIntegerField(default=0)
    nodes = models.BinaryField(default=b"")
    settled = models.BigIntegerField(default=0, help_text="up to this entry all have leaves, and none can come")
    seen = models.BigIntegerField(default=0, help_text="what `settled` becomes when `writers` have ended")
    writers = models.TextField(blank=True, default="", help_text="who was writing entries after `seen` was")

    def __str__(self) -> str:
        return f"{self.size} leaves"


class Checkpoint(models.Model):
    """A signed tree head."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    at = models.DateTimeField()
    note = models.TextField()

    def __str__(self) -> str:
        return f"checkpoint at {self.size}"


class Tile(models.Model):
    """Roots of perfect subtrees of `proofs.WIDTH` leaves, `proofs.WIDTH` of them a row; the last row grows.

    Derived from the leaves, and trusted by nobody: a proof made from them is checked against a signed checkpoint.
    """

    index = models.BigIntegerField(primary_key=True)
    nodes = models.BinaryField()

    def __str__(self) -> str:
        return f"tile {self.index}"


class Verification(models.Model):
    """One verification that a person asked for; the row is the queue. `findings`: `verify.Finding` as JSON.

    Who asked is an opaque id: the name is the log's to keep and to erase.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "waiting for a worker"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "could not be run"

    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    asked_by = models.CharField(max_length=100)
    asked_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    leaves = models.BigIntegerField(default=0)
    checkpoints = models.IntegerField(default=0)
    unsealed = models.BigIntegerField(default=0)
    erased = models.BigIntegerField(default=0)
    root = models.CharField(max_length=64, blank=True)
    findings = models.JSONField(default=list)
    trouble = models.TextField(blank=True, help_text="why it could not be run, in one plain sentence")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["state"], name="audit_verification_one", condition=models.Q(state="queued")
            ),
        ]

    def __str__(self) -> str:
        return f"verification {self.pk}: {self.state}"


class Delivery(models.Model):
    """How far one receiver of the stream has come. The leaves are the outbox: dense, ordered, written once."""

    sink = models.CharField(max_length=40, primary_key=True)
    next_index = models.BigIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0, help_text="failures since the last success")
    due_at = models.DateTimeField(null=True, blank=True)
    trouble = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return f"{self.sink} at {self.next_index}"
