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
        indexes: ClassVar = [
            models.Index(fields=["at"], name="audit_entry_at"),
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
