"""Rows only. Django finds them by this name; each module holds the rows of one part of the console."""

from integrations.models.configuration import (
    Account,
    AccountGroupPermission,
    AccountUserPermission,
    Change,
    ChangeSet,
    Connection,
    Document,
    EngineAgreement,
    Evaluation,
    ExpressionAnalysis,
    FieldReference,
    MappingTestReport,
    Repository,
    Snapshot,
    SnapshotProblem,
)
from integrations.models.local_forge import LocalComment, LocalPullRequest, LocalReview, LocalStatus
from integrations.models.proposals import Draft, ForgeAccount, Proposal, WebhookDelivery

__all__ = [
    "Account",
    "AccountGroupPermission",
    "AccountUserPermission",
    "Change",
    "ChangeSet",
    "Connection",
    "Document",
    "Draft",
    "EngineAgreement",
    "Evaluation",
    "ExpressionAnalysis",
    "FieldReference",
    "ForgeAccount",
    "LocalComment",
    "LocalPullRequest",
    "LocalReview",
    "LocalStatus",
    "MappingTestReport",
    "Proposal",
    "Repository",
    "Snapshot",
    "SnapshotProblem",
    "WebhookDelivery",
]
