"""Now, or an older commit."""

from __future__ import annotations

from integrations.core.problems import Problem
from integrations.git.errors import GitError
from integrations.models import Repository
from integrations.queries.active import ActiveReader
from integrations.queries.at_commit import BadCommit, CommitReader
from integrations.queries.mirrors import mirror_of
from integrations.queries.reading import Reader


class UnknownMoment(ValueError):
    """There is nothing to show at this commit; `problems` says why when the commit itself has errors."""

    def __init__(self, sentence: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(sentence)
        self.problems = problems


def reader_for(repository: Repository, at: str | None = None) -> Reader:
    """Reads the active snapshot, or the commit that `at` names (an id, abbreviated or not, or `main~3`).

    Raises UnknownMoment.
    """
    active = repository.active
    if not at:
        if active is None:
            raise UnknownMoment(f"{repository.name} has not been synced yet: {repository.trouble or 'run a sync'}.")
        return ActiveReader(repository, active)
    try:
        commit = mirror_of(repository).resolve(at)
    except GitError as error:
        raise UnknownMoment(str(error)) from error
    if active is not None and commit == active.commit:
        return ActiveReader(repository, active)
    try:
        return CommitReader.of(repository, commit)
    except BadCommit as error:
        sentence = f"Commit {commit[:12]} has {len(error.problems)} errors, so there is nothing to show of it."
        raise UnknownMoment(sentence, error.problems) from error
