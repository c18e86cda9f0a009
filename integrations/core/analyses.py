"""The analyses of many expressions at once: documents are read without them, then filled in.

Reading first and analysing afterwards lets whoever loads a tree look up the texts that are known, and analyse the
others side by side, instead of one after the other as they are met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias

from integrations.core.documents import (
    Analysis,
    Document,
    Expression,
    MappingDocument,
    OverrideDocument,
    expressions_of,
)
from integrations.core.expressions import analyse
from integrations.core.outcomes import Fault
from integrations.core.parsed import Parsed
from integrations.core.problems import Code, Problem
from integrations.core.text import problem

Analysed: TypeAlias = Mapping[str, Analysis | Fault]
Analyses: TypeAlias = Callable[[Iterable[str]], Analysed]  # what each of the texts tells, from wherever it is known

# Files that expressions are written into, indented, quoted or put together: only lines are known there, no columns.
_HOLDERS = (".tf", ".tfvars", ".json", ".yaml", ".yml")


def analyse_here(texts: Iterable[str]) -> Analysed:
    """One after the other, in this process."""
    return {text: analyse(text) for text in texts}


def texts_of(documents: Iterable[Document]) -> Iterable[str]:
    """The texts of all expressions, each once."""
    return dict.fromkeys(e.text for document in documents for _, _, e in expressions_of(document))


def complete(parsed: Parsed, analyses: Analyses = analyse_here) -> Parsed:
    """`parsed` with what `analyses` tells of its expressions."""
    return filled(parsed, analyses(texts_of(parsed.documents)))


def filled(parsed: Parsed, analysed: Analysed) -> Parsed:
    """`parsed` with the analysis of each expression, and a problem for each text that is none."""
    problems: list[Problem] = []

    def with_analysis(expression: Expression) -> Expression:
        found = analysed[expression.text]
        if not isinstance(found, Fault):
            return replace(expression, analysis=found)
        problems.append(_problem(expression, found))
        return expression

    documents = tuple(with_expressions(document, with_analysis) for document in parsed.documents)
    return Parsed(documents=documents, problems=(*parsed.problems, *problems))


def with_expressions(document: Document, change: Callable[[Expression], Expression]) -> Document:
    """The document with each of its expressions as `change` gives it."""
    match document:
        case MappingDocument():
            return replace(document, parts={part: change(found) for part, found in document.parts.items()})
        case OverrideDocument() if document.mappings:
            return replace(
                document,
                mappings={
                    key: {
                        part: replace(said, expression=change(said.expression)) if said.expression else said
                        for part, said in parts.items()
                    }
                    for key, parts in document.mappings.items()
                },
            )
    return document


def _problem(expression: Expression, fault: Fault) -> Problem:
    source = expression.source
    return problem(
        Code.JSONATA_SYNTAX,
        fault.message,
        source.file,
        source.line + (fault.line or 1) - 1,
        None if source.file.endswith(_HOLDERS) else fault.column,
        data={"code": fault.code},
    )
