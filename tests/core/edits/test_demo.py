"""Edits of the demo repository's own files: each value set to another and back gives the bytes that were there."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pygit2
import pytest

from integrations.core.documents import (
    AccountDocument,
    IntegrationDocument,
    Layer,
    MappingDocument,
    OverrideDocument,
)
from integrations.core.edits import (
    CannotEdit,
    EditList,
    Ground,
    Refusal,
    RemoveConfig,
    RemoveField,
    Scope,
    SetConfig,
    SetField,
    SetMapping,
    files_needed,
    plan_edits,
)
from integrations.core.pointer import ABSENT, look_up
from integrations.demo.seed import seed
from integrations.git.folder import FolderTree
from integrations.loader import load
from tests.core.edits.grounds import diff
from tests.loader.repositories import EVALUATOR


class Demo:
    """The demo at its last commit, read by the loader."""

    def __init__(self, files, documents, environments):
        self.files = files
        self.documents = documents
        self.environments = environments

    def after(self, files, *edits):
        ground = Ground(environments=self.environments, documents=self.documents, paths=frozenset(files))
        given = {path: files[path] for path in files_needed(edits, ground)}
        merged = {**files, **plan_edits(edits, given, ground).texts}
        return {path: text for path, text in merged.items() if text is not None}

    def is_undone(self, *edits):
        """Whether the edits, one after the other, leave every file as it was."""
        ground = Ground(environments=self.environments, documents=self.documents, paths=frozenset(self.files))
        given = {path: self.files[path] for path in files_needed(edits, ground)}
        return not plan_edits(edits, given, ground)

    def of_type(self, kind):
        return [one for one in self.documents if isinstance(one, kind)]


def read(folder: Path) -> Demo:
    loaded = load(FolderTree(folder), evaluator=EVALUATOR, trusted=True)
    assert loaded.problems == ()
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            files[path.relative_to(folder).as_posix()] = path.read_bytes().decode()
    return Demo(files, loaded.documents, loaded.settings.environments)


def write(folder: Path, files) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Demo:
    base = tmp_path_factory.mktemp("demo")
    seed(base / "demo.git", now=datetime(2026, 6, 1, tzinfo=UTC))
    repository = pygit2.Repository(str(base / "demo.git"))
    tree = repository[repository.head.target].peel(pygit2.Tree)
    files = {}
    pending = [("", tree)]
    while pending:
        start, folder = pending.pop()
        for entry in folder:
            if isinstance(entry, pygit2.Tree):
                pending.append((f"{start}{entry.name}/", entry))
            else:
                files[start + entry.name] = entry.data.decode()
    write(base / "files", files)
    return read(base / "files")


def attempt(call, *arguments):
    """What the call gives, and why it was refused; one of them is None."""
    try:
        return call(*arguments), None
    except CannotEdit as error:
        return None, error


def leaves(value, path=()):
    if isinstance(value, dict) and value:
        return [leaf for key, inner in value.items() for leaf in leaves(inner, (*path, key))]
    return [(path, value)]


def scope_of(document) -> Scope:
    if isinstance(document, IntegrationDocument):
        return Scope(layer=Layer.PLATFORM, integration=document.slug)
    environments = document.environments or (None,)
    return Scope(
        layer=document.layer,
        integration=document.integration,
        account=document.account,
        environment=environments[0] if len(environments) == 1 else None,
    )


def another(value):
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return value + ' "#: ${x} 🎈'
        case list():
            return [*value, "more", *value[:1]]
    return "something"


def test_every_value_of_a_config_changes_and_comes_back(demo):
    changed = refused = 0
    for document in [*demo.of_type(IntegrationDocument), *demo.of_type(OverrideDocument)]:
        for path, value in leaves(document.config):
            if path == () or not isinstance(value, (str, int, float, bool, list)):
                continue
            scope = scope_of(document)
            edit = SetConfig(scope=scope, path=path, value=another(value))
            edited, error = attempt(demo.after, demo.files, edit)
            if error:
                assert error.code in {Refusal.NOT_LITERAL, Refusal.OTHER_SCOPE}, (document.source, path, error)
                assert error.source is not None
                refused += 1
                continue
            touched = [name for name in demo.files if edited[name] != demo.files[name]]
            assert touched == [document.source.file]
            restored = demo.after(edited, SetConfig(scope=scope, path=path, value=value))
            if restored != demo.files:  # a string that had no quotes has them now
                old, new = demo.files[touched[0]], restored[touched[0]]
                assert new.replace(f'"{value}"', str(value)) == old.replace(f'"{value}"', str(value))
            changed += 1
    assert changed > 200
    assert refused < changed / 4


def test_a_new_value_comes_and_goes_everywhere(demo):
    for document in [*demo.of_type(IntegrationDocument), *demo.of_type(OverrideDocument)]:
        scope = scope_of(document)
        for path in [("rate_limit", "a_new_limit"), ("retry", "delays", "first"), ("pagination", "n")]:
            if look_up(document.config, path) is not ABSENT:
                continue
            edit = SetConfig(scope=scope, path=path, value=7)
            nothing_done, error = attempt(demo.is_undone, edit)
            if error:
                assert error.code in {Refusal.NOT_LITERAL, Refusal.OTHER_SCOPE}, (document.source, path, error)
                continue
            assert not nothing_done
            assert demo.is_undone(edit, RemoveConfig(scope=scope, path=path))


def test_every_connection_can_have_a_first_field_and_lose_it(demo):
    done = 0
    for account in demo.of_type(AccountDocument):
        for link in account.connections or ():
            scope = Scope(
                layer=Layer.ACCOUNT, integration=link.integration, account=account.slug, environment=link.environment
            )
            edit = {"scope": scope, "mapping": "crm/notes/update", "path": ("custom", "a")}
            both = (SetField(**edit, expression="response.A__c"), RemoveField(**edit))
            is_undone, error = attempt(demo.is_undone, *both)
            if error:
                assert error.code is Refusal.OTHER_SCOPE, error
                continue
            assert is_undone
            done += 1
    assert done > 10


def test_every_account_expression_takes_a_field_or_says_why_not(demo):
    done = 0
    for document in demo.of_type(OverrideDocument):
        for mapping, parts in document.mappings.items():
            for part, said in parts.items():
                edit = {"scope": scope_of(document), "mapping": mapping, "part": part, "path": ("custom", "zz")}
                if said.expression is None or document.layer is not Layer.ACCOUNT:
                    continue
                set_field = SetField(**edit, expression="response.Z__c", everywhere=True)
                edited, error = attempt(demo.after, demo.files, set_field)
                if error:
                    assert error.code in {Refusal.DYNAMIC, Refusal.NOT_LITERAL}, error
                    continue
                assert diff(demo.files, edited).count("\n+") < 9
                assert demo.is_undone(set_field, RemoveField(**edit, everywhere=True))
                done += 1
    assert done > 10


def test_every_platform_expression_can_be_written_anew_or_says_why_not(demo):
    done = 0
    for document in demo.of_type(MappingDocument):
        for part, said in document.parts.items():
            scope = Scope(layer=Layer.PLATFORM, integration=document.integration)
            base = {"scope": scope, "mapping": str(document.key), "part": part, "everywhere": True}
            anew = SetMapping(**base, expression=f"(\n  /* ${{x}} */\n{said.text.rstrip()}\n)")
            edited, error = attempt(demo.after, demo.files, anew)
            if error:
                assert error.code is Refusal.NOT_LITERAL, error
                continue
            assert edited != demo.files
            assert demo.is_undone(anew, SetMapping(**base, expression=said.text))
            done += 1
    assert done > 30


def test_the_loader_reads_what_was_written(demo, tmp_path):
    acme = Scope(layer=Layer.ACCOUNT, integration="salesforce", account="acme-corp", environment="production")
    hubspot = Scope(layer=Layer.ENVIRONMENT, integration="pipedrive", environment="production")
    platform = Scope(layer=Layer.PLATFORM, integration="salesforce")
    hostile = 'a "quoted" # text: with ${var.x} and %{ if } \\ and\nlines, $${y}, 🎈'
    edits = [
        SetConfig(scope=acme, path=("headers", "X-Note"), value=hostile),
        EditList(scope=acme, path=("oauth_app", "scopes"), append=("crm.read",)),
        SetField(scope=acme, mapping="crm/contacts/list", path=("custom", "region"), expression="response.Region__c"),
        SetConfig(scope=hubspot, path=("headers", "X-Note"), value=hostile),
        SetConfig(scope=hubspot, path=("pagination", "page_size"), value=42),
        SetConfig(scope=platform, path=("pagination", "page_size"), value=123),
        SetConfig(scope=platform, path=("headers", "X-Note"), value=hostile),
    ]
    write(tmp_path, demo.after(demo.files, *edits))
    now = read(tmp_path)

    def config(kind, **names):
        return next(
            one.config for one in now.of_type(kind) if all(getattr(one, name) == value for name, value in names.items())
        )

    override = config(OverrideDocument, account="acme-corp", integration="salesforce")
    assert override["headers"] == {"X-Note": hostile}
    assert "crm.read" in override["oauth_app"]["scopes"]["$append"]
    made = config(OverrideDocument, layer=Layer.ENVIRONMENT, integration="pipedrive")
    assert made == {"headers": {"X-Note": hostile}, "pagination": {"page_size": 42}}
    salesforce = config(IntegrationDocument, slug="salesforce")
    assert salesforce["pagination"]["page_size"] == 123
    assert salesforce["headers"] == {"X-Note": hostile}
    assert set(now.files) - set(demo.files) == {"environments/production/pipedrive.tf"}


@pytest.mark.needs("terraform")
def test_terraform_would_lay_it_out_in_the_same_way(demo, tmp_path):
    wanted = {
        ("pagination", "n"): 1,
        ("pagination", "a_very_long_name"): 1,
        ("pagination", "page_size"): 123456,
        ("retry",): {"a": 1, "bcd": {"e": [1, "x"]}, "f": "${x}"},
        ("headers", "X-Note"): "x",
        ("api_version",): "v1",
        ("endpoints", "more", "list"): {"method": "GET"},
        ("oauth_app", "scopes"): ["a", "b"],
    }
    count = 0
    for document in [*demo.of_type(IntegrationDocument), *demo.of_type(OverrideDocument)]:
        if not document.source.file.endswith(".tf"):
            continue
        scope = scope_of(document)
        edits = [SetConfig(scope=scope, path=path, value=value) for path, value in wanted.items()]
        edits += [RemoveConfig(scope=scope, path=path) for path, _ in leaves(document.config)[:6]]
        for edit in edits:
            edited, error = attempt(demo.after, demo.files, edit)
            text = None if error else edited.get(document.source.file)
            if text is not None and text != demo.files[document.source.file]:
                count += 1
                write(tmp_path, {f"{count}.tf": text})
    assert count > 100
    command = ["terraform", "fmt", "-check", "-diff", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout
