"""Config repositories written out in a test, and what becomes of their HCL."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from integrations.core.analyses import complete
from integrations.core.documents import IntegrationDocument, MappingDocument, OverrideDocument
from integrations.core.hcl import read_hcl
from integrations.core.parsed import Parsed
from integrations.core.problems import Code, Problem
from integrations.core.terraform import check_root, documents, variable_files
from integrations.git.folder import FolderTree
from integrations.sandbox.hcl import Evaluated, HclEvaluator, Isolation, export_tree

ROOT = "environments/production"
SUFFIXES = (".tf", ".tfvars", ".json")


class Repository:
    """Files by path; texts are dedented. A bare text is `environments/production/main.tf`."""

    def __init__(self, files: Mapping[str, str | bytes] | str) -> None:
        named = {f"{ROOT}/main.tf": files} if isinstance(files, str) else files
        self.files = {path: _bytes(text) for path, text in named.items()}
        self.hcl = {path: read_hcl(text, path) for path, text in self.files.items() if path.endswith(SUFFIXES)}

    def check(self, root: str = ROOT) -> tuple[Problem, ...]:
        return check_root(self.hcl, root=root, read=self.files.get)

    def evaluate(
        self, root: str = ROOT, *, isolation: Isolation | None = None, seconds: float = 30, trusted: bool = False
    ) -> Evaluated:
        """Evaluate without any check before."""
        evaluator = HclEvaluator(isolation=isolation, seconds=seconds)
        with tempfile.TemporaryDirectory() as folder:
            work, export = Path(folder, "work"), Path(folder, "export")
            export.mkdir()
            for path, content in self.files.items():
                (work / path).parent.mkdir(parents=True, exist_ok=True)
                (work / path).write_bytes(content)
            assert export_tree(FolderTree(work), self.files, export) == ()
            return evaluator.evaluate(export, root, variable_files(self.hcl, root), trusted=trusted)

    def parse(self, root: str = ROOT, environment: str | None = "production", *, checked: bool = True) -> Parsed:
        """All that the loader does with one root. `checked` False: as if nothing had been found before evaluation."""
        if checked and (found := self.check(root)):
            return Parsed(problems=found)
        evaluated = self.evaluate(root)
        if evaluated.problems:
            return Parsed(problems=evaluated.problems)
        return complete(documents(evaluated.result, self.hcl, root=root, environment=environment, read=self.files.get))


def good(parsed: Parsed) -> Parsed:
    assert parsed.problems == ()
    return parsed


def integration(parsed: Parsed) -> IntegrationDocument:
    (found,) = [document for document in good(parsed).documents if isinstance(document, IntegrationDocument)]
    return found


def mappings(parsed: Parsed) -> list[MappingDocument]:
    return [document for document in good(parsed).documents if isinstance(document, MappingDocument)]


def override(parsed: Parsed) -> OverrideDocument:
    (found,) = [document for document in good(parsed).documents if isinstance(document, OverrideDocument)]
    return found


def places(problems: tuple[Problem, ...]) -> list[tuple[Code, str]]:
    return [(problem.code, f"{problem.source.file}:{problem.source.line}") for problem in problems if problem.source]


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else dedent(text).lstrip("\n").encode()
