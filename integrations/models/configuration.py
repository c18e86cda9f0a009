"""Rows only: what was read from Git, what each sync did, and who may see which account.

Everything but `Repository` and the decisions on held snapshots is written by `integrations.actions.sync` alone.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from integrations.core.documents import Source
from integrations.core.problems import Code, Problem
from integrations.fields import OrderedJSONField


class Repository(models.Model):
    """A config repository that the console reads."""

    class Forge(models.TextChoices):
        NONE = "", "none"
        GITHUB = "github", "GitHub"
        GITLAB = "gitlab", "GitLab"
        GITEA = "gitea", "Gitea"
        FORGEJO = "forgejo", "Forgejo"

    class Health(models.TextChoices):
        NEW = "new", "never synced"
        OK = "ok", "in step"
        UNREACHABLE = "unreachable", "remote cannot be read"
        REJECTED = "rejected", "newest commit has errors"
        HELD = "held", "waiting for a decision"

    name = models.SlugField(unique=True)
    url = models.CharField(max_length=500)
    branch = models.CharField(max_length=200, default="main")
    token_ref = models.CharField(max_length=200, blank=True, help_text="env:NAME or file:/path; never the token itself")
    forge = models.CharField(max_length=10, choices=Forge.choices, default=Forge.NONE, blank=True)
    web_url = models.CharField(max_length=500, blank=True)
    webhook_secret_ref = models.CharField(
        max_length=200, blank=True, help_text="env:NAME or file:/path; empty: no webhooks are taken"
    )
    is_trusted = models.BooleanField(default=False, help_text="made by this console itself (the demo)")
    sync_interval = models.PositiveIntegerField(default=60, help_text="seconds")
    active = models.ForeignKey("Snapshot", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    head_commit = models.CharField(max_length=64, blank=True, help_text="what the remote's branch had at the last look")
    health = models.CharField(max_length=12, choices=Health.choices, default=Health.NEW)
    trouble = models.TextField(blank=True, help_text="one plain sentence, empty when all is well")
    checked_at = models.DateTimeField(null=True, blank=True)
    rights_at = models.DateTimeField(null=True, blank=True, help_text="when owners' rights were last brought in step")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "repositories"
        permissions: ClassVar = [
            ("request_sync", "Can ask for a sync"),
            ("propose_platform", "Can propose changes at the platform and environment layers"),
            ("run_plan", "Can run a plan"),
            ("request_grant", "Can ask for a break-glass grant"),
            ("decide_grant", "Can decide on break-glass requests"),
        ]

    def __str__(self) -> str:
        return self.name


class Snapshot(models.Model):
    """The desired state evaluated at one commit."""

    class State(models.TextChoices):
        ACTIVE = "active", "active"
        SUPERSEDED = "superseded", "superseded"
        REJECTED = "rejected", "has errors"
        HELD = "held", "held for a decision"
        DISCARDED = "discarded", "discarded by decision"

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="snapshots")
    commit = models.CharField(max_length=64)
    previous = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    author_name = models.CharField(max_length=200)
    author_email = models.CharField(max_length=320)
    authored_at = models.DateTimeField()
    subject = models.TextField()
    pull_request = models.PositiveIntegerField(null=True, blank=True)
    reviewed_by = models.JSONField(
        default=list, help_text="who approved the change, as the commit's trailers name them"
    )
    state = models.CharField(max_length=12, choices=State.choices)
    platform_key = models.CharField(max_length=64, blank=True, help_text="names the inputs of all but account folders")
    layout = models.JSONField(default=dict, help_text="the settings document")
    hcl_folders = models.JSONField(default=list, help_text="account folders that HCL reaches into")
    counts = models.JSONField(default=dict, help_text="documents by kind")
    seconds = models.FloatField(default=0, help_text="from fetched to active")
    hold_reasons = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    activated_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_by_name = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["repository", "commit"], name="one_snapshot_per_commit"),
            models.UniqueConstraint(
                fields=["repository"], condition=models.Q(state="active"), name="one_active_snapshot"
            ),
        ]
        indexes = [models.Index(fields=["repository", "-id"])]
        permissions: ClassVar = [("decide_held", "Can decide on a held sync")]

    def __str__(self) -> str:
        return f"{self.repository_id}@{self.commit[:12]}"


class SnapshotProblem(models.Model):
    """Why a commit was rejected: one addressed finding (`integrations.core.problems.Problem`)."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="problems")
    position = models.PositiveIntegerField()
    code = models.CharField(max_length=40)
    file = models.TextField(blank=True)
    line = models.PositiveIntegerField(null=True, blank=True)
    column = models.PositiveIntegerField(null=True, blank=True)
    message = models.TextField()

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"

    def as_problem(self) -> Problem:
        source = Source(file=self.file, line=self.line) if self.line is not None else None
        return Problem(code=Code(self.code), message=self.message, source=source, column=self.column)


class Evaluation(models.Model):
    """The platform and environment documents of one set of inputs, kept by the hash of those inputs."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="evaluations")
    key = models.CharField(max_length=64)
    documents = OrderedJSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "key"], name="one_evaluation_per_key")]

    def __str__(self) -> str:
        return self.key[:12]


class ExpressionAnalysis(models.Model):
    """What the text of an expression tells, or why it is none: kept by content, for every repository and process.

    `key` names the text and the code that read it; `queries.analyses` makes both.
    """

    key = models.CharField(max_length=64, primary_key=True)
    body = models.BinaryField()
    used_at = models.DateTimeField(auto_now_add=True, help_text="when a snapshot in force was last seen to use it")

    class Meta:
        verbose_name_plural = "expression analyses"
        indexes = [models.Index(fields=["used_at"])]

    def __str__(self) -> str:
        return self.key[:12]


class MappingTestReport(models.Model):
    """What came of the mapping tests of one commit; the row is the queue for running them.

    `counts` has how many tests of which verdict there are, as `queries.mapping_reports.Count` values; `results` are
    `core.mapping_tests.TestResult` values. Both are written when the report is done.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "waiting for a worker"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "could not be run"

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="mapping_test_reports")
    commit = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    trouble = models.TextField(blank=True, help_text="why the tests could not be run, in one plain sentence")
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    reused = models.PositiveIntegerField(default=0, help_text="results taken over, as nothing they hang on had changed")
    engine = models.CharField(max_length=64, blank=True, help_text="names the code that evaluated")
    counts = models.JSONField(default=list)
    results = OrderedJSONField(default=list)
    asked_by = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "commit"], name="one_test_report_per_commit")]
        indexes = [models.Index(fields=["state", "asked_at"])]

    def __str__(self) -> str:
        return f"{self.repository_id}@{self.commit[:12]}: {self.state}"


class EngineAgreement(models.Model):
    """Whether two engines gave the same for an expression on its samples.

    `key` names the expression, the samples' inputs and both engines; `queries.acceleration` makes it.
    """

    key = models.CharField(max_length=64, primary_key=True)
    agrees = models.BooleanField()
    compared_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["compared_at"])]

    def __str__(self) -> str:
        return self.key[:12]


class Account(models.Model):
    """One customer tenant, as `account.yaml` of the active snapshot describes it."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="accounts")
    slug = models.CharField(max_length=63)
    name = models.CharField(max_length=200)
    owner = models.CharField(max_length=320, blank=True)
    tags = models.JSONField(default=list)
    folder = models.TextField()
    digest = models.CharField(max_length=64)
    body = OrderedJSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "slug"], name="one_account_per_slug")]
        indexes = [models.Index(fields=["repository", "owner"])]
        permissions: ClassVar = [("propose_override", "Can propose overrides for an account")]

    def __str__(self) -> str:
        return self.slug


class AccountUserPermission(UserObjectPermissionBase):
    """A person's right on one account, granted by sync from `owner:` and by nothing else."""

    content_object = models.ForeignKey(Account, on_delete=models.CASCADE)


class AccountGroupPermission(GroupObjectPermissionBase):
    """A team's right on one account (`owner: team:<name>`)."""

    content_object = models.ForeignKey(Account, on_delete=models.CASCADE)


class Connection(models.Model):
    """One account's connection to one integration in one environment."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="connections")
    integration = models.CharField(max_length=63)
    environment = models.CharField(max_length=63)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "integration", "environment"], name="one_connection"),
        ]
        indexes = [models.Index(fields=["integration", "environment"])]

    def __str__(self) -> str:
        return f"{self.integration} in {self.environment}"


class Document(models.Model):
    """One document of the active snapshot but the accounts; `body` is `core.documents.to_builtins` of it."""

    class Origin(models.TextChoices):
        EVALUATION = "evaluation", "HCL, schemas and samples, read as a whole"
        FOLDER = "folder", "an account's folder"

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="documents")
    origin = models.CharField(max_length=10, choices=Origin.choices)
    kind = models.CharField(max_length=12)
    key = models.TextField()
    layer = models.CharField(max_length=12, blank=True)
    integration = models.CharField(max_length=63, blank=True)
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.CASCADE, related_name="overrides")
    path = models.TextField()
    line = models.PositiveIntegerField(default=1)
    digest = models.CharField(max_length=64)
    body = OrderedJSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "origin", "key"], name="one_document_per_key")]
        indexes = [
            models.Index(fields=["repository", "integration", "account"]),
            models.Index(fields=["repository", "kind", "layer"]),
            models.Index(fields=["repository", "path"]),
        ]

    def __str__(self) -> str:
        return self.key


class FieldReference(models.Model):
    """A provider field that an expression reads, or a unified field that it writes."""

    class Direction(models.TextChoices):
        READS = "reads", "reads"
        WRITES = "writes", "writes"

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="references")
    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="+")
    direction = models.CharField(max_length=6, choices=Direction.choices)
    path = models.TextField(help_text="a JSON Pointer: /response/Tier__c")
    name = models.CharField(max_length=200, help_text="the pointer's last segment, in lower case")
    integration = models.CharField(max_length=63)
    mapping = models.CharField(max_length=200)
    part = models.CharField(max_length=16)
    file = models.TextField()
    line = models.PositiveIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["repository", "name"]),
            models.Index(fields=["repository", "integration", "mapping"]),
        ]

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.direction} {self.path}"


class ChangeSet(models.Model):
    """What an activation changed in effective values, once for all the connections it changed alike.

    `differences` is a list of `core` Difference values as JSON.
    """

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="change_sets")
    digest = models.CharField(max_length=64)
    differences = OrderedJSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["snapshot", "digest"], name="one_change_set_per_content")]

    def __str__(self) -> str:
        return f"{self.snapshot_id}:{self.digest[:12]}"


class Change(models.Model):
    """One connection whose effective values an activation changed. Names are text: the account may be gone."""

    class Kind(models.TextChoices):
        CHANGED = "changed", "changed"
        CONNECTED = "connected", "connected"
        DISCONNECTED = "disconnected", "disconnected"

    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.CHANGED)
    change_set = models.ForeignKey(ChangeSet, on_delete=models.CASCADE, related_name="changes")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="changes")
    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="+")
    account = models.CharField(max_length=63)
    integration = models.CharField(max_length=63)
    environment = models.CharField(max_length=63)

    class Meta:
        indexes = [models.Index(fields=["repository", "account", "-snapshot"])]

    def __str__(self) -> str:
        return f"{self.account}/{self.integration}/{self.environment}"
