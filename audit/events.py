"""What the audit log knows to have happened. Later parts add their events here, with a sentence each."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Self


class Category(StrEnum):
    SIGN_IN = "sign-in"
    RIGHTS = "rights"
    REPOSITORY = "repository"
    SYNC = "sync"
    MAPPING = "mapping"
    PROPOSAL = "proposal"
    AUDIT = "audit"


class Event(StrEnum):
    """One kind of act. The sentence may name {actor} and {subject}; the value is what is stored, and never changes."""

    category: Category
    sentence: str
    is_security: bool

    def __new__(cls, value: str, category: Category, sentence: str, is_security: bool = False) -> Self:  # noqa: FBT001, FBT002 - a table
        member = str.__new__(cls, value)
        member._value_ = value
        member.category, member.sentence, member.is_security = category, sentence, is_security
        return member

    SIGNED_IN = "signed-in", Category.SIGN_IN, "{actor} signed in", True
    SIGN_IN_FAILED = "sign-in-failed", Category.SIGN_IN, "A sign-in as {subject} failed", True
    SIGNED_OUT = "signed-out", Category.SIGN_IN, "{actor} signed out"
    PASSWORD_CHANGED = "password-changed", Category.SIGN_IN, "{actor} changed the password of {subject}", True
    MFA_ADDED = "mfa-added", Category.SIGN_IN, "{actor} added a second factor to {subject}", True
    MFA_REMOVED = "mfa-removed", Category.SIGN_IN, "{actor} removed a second factor from {subject}", True
    RECOVERY_CODES_MADE = "recovery-codes-made", Category.SIGN_IN, "{actor} made new recovery codes", True
    RECOVERY_CODE_USED = "recovery-code-used", Category.SIGN_IN, "{actor} used a recovery code", True
    SESSION_REVOKED = "session-revoked", Category.SIGN_IN, "{actor} ended sessions of {subject}", True
    SSO_LINKED = "sso-linked", Category.SIGN_IN, "{actor} let {subject} sign in by single sign-on", True

    ROLE_GRANTED = "role-granted", Category.RIGHTS, "{actor} gave a role to {subject}", True
    ROLE_WITHDRAWN = "role-withdrawn", Category.RIGHTS, "{actor} took a role from {subject}", True
    ROLE_TAKEN = "role-taken", Category.RIGHTS, "{actor} gave a role or team to themself", True
    TEAM_JOINED = "team-joined", Category.RIGHTS, "{actor} put {subject} in a team", True
    TEAM_LEFT = "team-left", Category.RIGHTS, "{actor} took {subject} out of a team", True
    TOKEN_MADE = "token-made", Category.RIGHTS, "{actor} made the token {subject}", True
    TOKEN_REVOKED = "token-revoked", Category.RIGHTS, "{actor} revoked the token {subject}", True
    USER_MADE = "user-made", Category.RIGHTS, "{actor} made the user {subject}", True
    USER_DEACTIVATED = "user-deactivated", Category.RIGHTS, "{actor} deactivated {subject}", True
    USER_REACTIVATED = "user-reactivated", Category.RIGHTS, "{actor} let {subject} sign in again", True
    USER_CHANGED = "user-changed", Category.RIGHTS, "{actor} changed the name or address of {subject}", True
    ACCOUNT_RIGHTS_CHANGED = "account-rights-changed", Category.RIGHTS, "{actor} changed who owns {subject}", True
    ACCESS_DENIED = "access-denied", Category.RIGHTS, "{actor} was denied {subject}", True

    FORGE_ACCOUNT_LINKED = (
        "forge-account-linked",
        Category.RIGHTS,
        "{actor} said which account at the forge is {subject}",
        True,
    )

    REPOSITORY_CONFIGURED = "repository-configured", Category.REPOSITORY, "{actor} configured {subject}", True
    SETTINGS_CHANGED = "settings-changed", Category.REPOSITORY, "The settings of {subject} changed", True
    SYNC_REQUESTED = "sync-requested", Category.SYNC, "{actor} asked for a sync of {subject}"
    SYNC_ACTIVATED = "sync-activated", Category.SYNC, "{actor} made {subject} active"
    SYNC_REJECTED = "sync-rejected", Category.SYNC, "{actor} rejected {subject}, which has errors"
    SYNC_HELD = "sync-held", Category.SYNC, "{actor} held {subject} for a decision"
    HELD_SYNC_ACCEPTED = "held-sync-accepted", Category.SYNC, "{actor} accepted the held {subject}", True
    HELD_SYNC_DISCARDED = "held-sync-discarded", Category.SYNC, "{actor} discarded the held {subject}", True
    MAPPING_TESTS_REQUESTED = "mapping-tests-requested", Category.MAPPING, "{actor} asked for the tests of {subject}"

    PROPOSAL_OPENED = "proposal-opened", Category.PROPOSAL, "{actor} handed in {subject}"
    PROPOSAL_PUBLISHED = "proposal-published", Category.PROPOSAL, "{actor} pushed the commit of {subject}"
    PULL_REQUEST_OPENED = "pull-request-opened", Category.PROPOSAL, "{actor} opened the pull request of {subject}"
    PULL_REQUEST_CLOSED = "pull-request-closed", Category.PROPOSAL, "{actor} closed the pull request of {subject}"
    BRANCH_DELETED = "branch-deleted", Category.PROPOSAL, "{actor} deleted the branch of {subject}"
    REVIEW_STATUS_SET = "review-status-set", Category.PROPOSAL, "{actor} said whether {subject} was reviewed by others"
    PROPOSAL_APPROVED = "proposal-approved", Category.PROPOSAL, "{actor} approved {subject}", True
    CHANGES_REQUESTED = "changes-requested", Category.PROPOSAL, "{actor} found that changes to {subject} are asked for"
    APPROVAL_LAPSED = "approval-lapsed", Category.PROPOSAL, "{actor} found that no approval of {subject} holds any more"
    PROPOSAL_MERGED = "proposal-merged", Category.PROPOSAL, "{actor} merged {subject}", True
    PROPOSAL_IN_FORCE = "proposal-in-force", Category.PROPOSAL, "{actor} put {subject} in force"
    PROPOSAL_CLOSED = "proposal-closed", Category.PROPOSAL, "{actor} saw that {subject} was closed without a merge"
    PROPOSAL_WITHDRAWN = "proposal-withdrawn", Category.PROPOSAL, "{actor} withdrew {subject}"
    PROPOSAL_FAILED = "proposal-failed", Category.PROPOSAL, "{actor} could not publish {subject}"
    PROPOSAL_RETRIED = "proposal-retried", Category.PROPOSAL, "{actor} asked for another try of {subject}"
    PROPOSAL_REBASED = "proposal-rebased", Category.PROPOSAL, "{actor} brought {subject} up to date"
    PROPOSAL_CONFLICTED = "proposal-conflicted", Category.PROPOSAL, "{actor} found that {subject} conflicts"
    CONFLICT_RESOLVED = "conflict-resolved", Category.PROPOSAL, "{actor} chose the values of {subject}"
    LOCAL_REVIEWED = "local-reviewed", Category.PROPOSAL, "{actor} reviewed {subject}", True
    LOCAL_MERGED = "local-merged", Category.PROPOSAL, "{actor} merged {subject} here", True
    DRAFT_SAVED = "draft-saved", Category.PROPOSAL, "{actor} began a draft of {subject}"
    DRAFT_DISCARDED = "draft-discarded", Category.PROPOSAL, "{actor} discarded a draft of {subject}"
    WEBHOOK_TAKEN = "webhook-taken", Category.PROPOSAL, "{actor} took news of {subject} from the forge"

    EVIDENCE_EXPORTED = "evidence-exported", Category.AUDIT, "{actor} exported evidence about {subject}", True
    VERIFICATION_REQUESTED = "verification-requested", Category.AUDIT, "{actor} asked to verify the audit log"
    LOG_VERIFIED = "log-verified", Category.AUDIT, "{actor} verified the audit log"
    CHECKPOINT_KEY_MADE = "checkpoint-key-made", Category.AUDIT, "{actor} made the checkpoint key {subject}", True
    PERSONAL_DATA_ERASED = "personal-data-erased", Category.AUDIT, "{actor} erased personal data of {subject}", True
    ORPHAN_CLOSED = "orphan-closed", Category.AUDIT, "{actor} closed {subject}, whose outcome nobody wrote"


def is_security(events: Iterable[str]) -> bool:
    """Whether one of these stored values names an act that is sealed at once. An unknown one (newer code) does."""
    known = {event.value: event.is_security for event in Event}
    return any(known.get(event, True) for event in events)
