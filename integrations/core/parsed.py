"""What a parser gives back: all that it could read, and all that is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from integrations.core.documents import Document
from integrations.core.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """Documents that could be read, and every problem met. With a problem the documents may be incomplete."""

    documents: tuple[Document, ...] = ()
    problems: tuple[Problem, ...] = ()

    @classmethod
    def join(cls, parts: Iterable[Parsed]) -> Parsed:
        """All of the parts' documents and problems, in the parts' order."""
        found = tuple(parts)
        return cls(
            documents=tuple(document for part in found for document in part.documents),
            problems=tuple(problem for part in found for problem in part.problems),
        )
