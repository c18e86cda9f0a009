"""Rows of the changes that people want: what they typed, what they handed in, and what became of it.

Written by `integrations.actions.proposals` alone.
"""

from __future__ import annotations

import secrets

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from integrations.core.documents import Layer
from integrations.core.proposals import State
from integrations.fields import OrderedJSONField
from integrations.models.configuration import Repository

BRANCHES = "glasshouse/"  # the console's own branches at the forge


def new_id() -> str:
    """Random, so that it tells nothing and nobody can guess the next one; also the end of the branch's name."""
    return secrets.token_hex(6)


class Draft(models.Model):
    """What a person has typed into the form of one place and not handed in yet. One row per person and place."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="+")
    place = models.CharField(max_length=300, help_text="what is edited, as the page names it")
    fields = OrderedJSONField(default=dict, help_text="the form's fields as they were typed")
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "repository", "place"], name="one_draft_per_place")]

    def __str__(self) -> str:
        return f"{self.place} by {self.person_id}"


class Proposal(models.Model):
    """A change on its way to becoming exactly one pull request. The row is the queue.

    `account` and `environment` are empty where the layer has none. `file_changes` maps a path to its new text, or to
    null for a file that goes; together with `base_commit` it is all that the commit is made of. `base_values` has what
    the touched values were at that base, and `conflicts` a list of {leaf, base, theirs, mine}.
    """

    class Review(models.TextChoices):
        PENDING = "pending", "nobody has decided"
        APPROVED = "approved", "approved"
        CHANGES_REQUESTED = "changes_requested", "changes requested"

    id = models.CharField(max_length=12, primary_key=True, default=new_id)
    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="proposals")
    layer = models.CharField(max_length=12, choices=[(layer.value, layer.value) for layer in Layer])
    account = models.CharField(max_length=63, blank=True)
    integration = models.CharField(max_length=63, blank=True)
    environment = models.CharField(max_length=63, blank=True)
    edits = OrderedJSONField(default=list)
    base_commit = models.CharField(max_length=64)
    base_values = OrderedJSONField(default=dict)
    file_changes = OrderedJSONField(default=dict)
    described = OrderedJSONField(default=dict, help_text="what the checks found that it does, for the pull request")
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True)
    reason = models.TextField()
    ticket = models.CharField(max_length=200, blank=True)
    reviewers = models.JSONField(default=list, help_text="whom the proposer asked, as the forge names them")
    proposer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="proposals"
    )
    proposer_name = models.CharField(max_length=200)
    proposer_email = models.CharField(max_length=320)
    key = models.CharField(max_length=200, blank=True, help_text="the caller's idempotency key")
    state = models.CharField(max_length=12, choices=[(state.value, state.value) for state in State])
    trouble = models.TextField(blank=True, help_text="plain sentences: what keeps it, and what to do")
    # Publishing
    claimed_by = models.CharField(max_length=40, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True, help_text="when it is worked on or looked at; null: at once")
    attempts = models.PositiveIntegerField(default=0, help_text="failures since the last success")
    head_commit = models.CharField(max_length=64, blank=True, help_text="where its branch is to end")
    own_commits = models.JSONField(default=list, help_text="every commit that the console meant for the branch")
    intent = models.BigIntegerField(null=True, blank=True, help_text="the audit entry of an act under way outside")
    # What the forge says
    pull_request = models.PositiveIntegerField(null=True, blank=True)
    url = models.CharField(max_length=500, blank=True)
    forge_head = models.CharField(max_length=64, blank=True, help_text="where its branch ended at the last look")
    merge_commit = models.CharField(max_length=64, blank=True)
    review = models.CharField(max_length=20, choices=Review.choices, default=Review.PENDING)
    reviews = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    is_independent = models.BooleanField(null=True, help_text="what the independent-review status says; null: pending")
    independence = models.TextField(blank=True, help_text="the same in a sentence")
    is_conflicting = models.BooleanField(null=True, help_text="as the forge sees it; null: not known yet")
    conflicts = OrderedJSONField(default=list)
    in_force_commit = models.CharField(max_length=64, blank=True)
    # When
    created_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    followed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="merged, closed or withdrawn")
    in_force_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["proposer", "key"], name="one_proposal_per_key", condition=~models.Q(key="")
            ),
        ]
        indexes = [
            models.Index(fields=["state", "due_at"]),
            models.Index(fields=["repository", "account", "integration"]),
            models.Index(fields=["proposer", "-created_at"]),
        ]
        permissions = [("review_proposal", "Can review and merge changes in the console's own forge")]

    def __str__(self) -> str:
        return f"{self.id}: {self.title}"

    @property
    def branch(self) -> str:
        return f"{BRANCHES}{self.id}"

    @property
    def status(self) -> State:
        return State(self.state)


class WebhookDelivery(models.Model):
    """A delivery that was taken. Neither its id nor its body is taken twice: most forges do not sign the id."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="+")
    delivery = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    taken_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(fields=["repository", "delivery"], name="one_effect_per_delivery"),
            models.UniqueConstraint(fields=["repository", "fingerprint"], name="one_effect_per_body"),
        ]
        indexes = [models.Index(fields=["taken_at"])]

    def __str__(self) -> str:
        return self.delivery


class ForgeAccount(models.Model):
    """Which account at a forge is whose: how the console knows that a reviewer is not the proposer."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="forge_accounts")
    forge = models.CharField(max_length=10)
    login = models.CharField(max_length=255, help_text="in lower case")
    account_id = models.CharField(max_length=64, blank=True, help_text="the forge's own number, which stays")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["forge", "login"], name="one_person_per_forge_account")]

    def __str__(self) -> str:
        return f"{self.login} at {self.forge}"
