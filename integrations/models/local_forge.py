"""Rows of the console's own forge: pull requests over a repository that has no other."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from integrations.core.pull_requests import PullRequestState, StatusState, Verdict
from integrations.models.configuration import Repository


class LocalPullRequest(models.Model):
    """`head_commit` is where its branch ended when it was last looked at; a merged one keeps it."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="local_pull_requests")
    number = models.PositiveIntegerField()
    state = models.CharField(
        max_length=8, choices=[(state.value, state.value) for state in PullRequestState], default=PullRequestState.OPEN
    )
    title = models.CharField(max_length=255)
    body = models.TextField(blank=True)
    head_branch = models.CharField(max_length=244)
    base_branch = models.CharField(max_length=244)
    head_commit = models.CharField(max_length=64)
    requested = models.JSONField(default=list, help_text="addresses of the people who were asked to review")
    merge_commit = models.CharField(max_length=64, blank=True)
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    merged_by_name = models.CharField(max_length=200, blank=True)
    opened_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["repository", "number"], name="one_pull_request_per_number"),
            models.UniqueConstraint(
                fields=["repository", "head_branch"],
                condition=models.Q(state="open"),
                name="one_open_pull_request_per_branch",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number}: {self.title}"


class LocalReview(models.Model):
    """What a person said of a pull request, and of which commit."""

    pull_request = models.ForeignKey(LocalPullRequest, on_delete=models.CASCADE, related_name="reviews")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    reviewer_name = models.CharField(max_length=200)
    reviewer_email = models.CharField(max_length=320)
    verdict = models.CharField(max_length=20, choices=[(verdict.value, verdict.value) for verdict in Verdict])
    text = models.TextField(blank=True)
    commit = models.CharField(max_length=64)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.verdict} by {self.reviewer_name}"


class LocalComment(models.Model):
    """A remark of the console itself; `marker` keeps it from being made twice."""

    pull_request = models.ForeignKey(LocalPullRequest, on_delete=models.CASCADE, related_name="comments")
    marker = models.CharField(max_length=100)
    text = models.TextField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pull_request", "marker"], name="one_comment_per_marker")]

    def __str__(self) -> str:
        return self.marker


class LocalStatus(models.Model):
    """What the console says of a commit under a name: the newest of a name counts."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="+")
    commit = models.CharField(max_length=64)
    context = models.CharField(max_length=100)
    state = models.CharField(max_length=8, choices=[(state.value, state.value) for state in StatusState])
    description = models.TextField(blank=True)
    url = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "local statuses"
        constraints = [models.UniqueConstraint(fields=["repository", "commit", "context"], name="one_status_per_name")]

    def __str__(self) -> str:
        return f"{self.context}: {self.state}"
