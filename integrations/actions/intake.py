"""Reading what a sync found, and keeping what is told of expressions."""

from __future__ import annotations

from integrations.actions.analyses import keep_analyses
from integrations.git.mirror import Mirror
from integrations.models import Repository, Snapshot
from integrations.queries.analyses import KeptAnalyses
from integrations.queries.intake import Intake, read_commit


def take_in(repository: Repository, mirror: Mirror, commit: str, *, over: Snapshot | None) -> Intake:
    """Reads the commit, as far as it may differ from the snapshot `over`, and checks it as a whole.

    What is told of expressions that no sync has met is kept, also where the commit turns out to be bad: the next one
    has most of them too.
    """
    analyses = KeptAnalyses()
    intake = read_commit(repository, mirror, commit, over=over, analyses=analyses)
    keep_analyses(analyses.new)
    return intake
