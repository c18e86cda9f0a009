"""What is told of an expression is kept by content: no sync reads a text that another has read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from integrations.actions import analyses
from integrations.actions.analyses import keep_analyses, tend_analyses
from integrations.core.expressions import analyse
from integrations.models import ExpressionAnalysis
from integrations.queries.analyses import READERS, KeptAnalyses, key_of
from tests.git.build import build
from tests.web.factories import small_repository
from tests.web.synced import Config

ROOT = Path(__file__).parents[2]
OVERRIDE = "customers/acme-corp/salesforce.yaml"

# Syncs, and prints the texts that were parsed meanwhile, in this process or in the workers that it has.
_SYNC = """
import json, sys
import django; django.setup()
from django.core.management import call_command
from integrations.core import expressions
from integrations.sandbox.evaluator import Evaluator
parsed, parse, analyse_many = [], expressions.parse, Evaluator.analyse_many
expressions.parse = lambda text: (parsed.append(text), parse(text))[1]
Evaluator.analyse_many = lambda self, texts: (parsed.extend(texts := list(texts)), analyse_many(self, texts))[1]
call_command("migrate", verbosity=0)
call_command("sync")
sys.stderr.write(json.dumps(parsed))
"""


def parsed_by_a_sync(remote: Path, folder: Path) -> list[str]:
    """The texts that a sync parses, in a process of its own."""
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "console.settings",
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "GLASSHOUSE_DATA": str(folder / "data"),
        "CONFIG_REPOSITORY_URL": f"file://{remote}",
        "SECRET_KEY": "for this test alone, and long enough to pass: 0123456789abcdef",
        "DEBUG": "true",
    }
    command = [sys.executable, "-c", _SYNC]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return json.loads(ran.stderr.splitlines()[-1])


def test_a_second_process_parses_no_text_that_the_first_has_parsed(tmp_path: Path) -> None:
    build(tmp_path / "config.git", small_repository())
    first = parsed_by_a_sync(tmp_path / "config.git", tmp_path)
    assert len(first) == len(set(first)) > 0
    text = "customers/acme-corp/contacts_list.jsonata"
    changed = {
        OVERRIDE: "config: {pagination: {page_size: 7}}\nmappings:\n  crm/contacts/list:\n    response:\n"
        "      file: moved.jsonata\n    query:\n      expression: '{\"new\": query.new}'\n",
        "customers/acme-corp/moved.jsonata": _content(small_repository(), text),
        text: None,
        "integrations/salesforce.tf": _content(small_repository(), "integrations/salesforce.tf") + "\n# touched\n",
    }
    build(tmp_path / "config.git", [changed])
    assert parsed_by_a_sync(tmp_path / "config.git", tmp_path) == ['{"new": query.new}']


def _content(commits, path: str) -> str:
    return next(files[path] for files in reversed(commits) if path in files)


@pytest.mark.django_db
def test_what_is_kept_is_what_an_analysis_gives() -> None:
    texts = ['{"a": response.A, "b": {"c": $sum(response.x)}}', '{"a": ]', "$", '"\\ud800"', "a\x00"]
    asked = KeptAnalyses()
    first = asked(texts)
    keep_analyses(asked.new)
    again = KeptAnalyses()
    assert again(texts) == first == {text: analyse(text) for text in texts}
    assert again.new == {}


@pytest.mark.django_db
def test_a_row_that_cannot_be_read_is_told_anew() -> None:
    ExpressionAnalysis.objects.create(key=key_of("a.b"), body=b'{"analysis": 1}')
    ExpressionAnalysis.objects.create(key=key_of("a.c"), body=b"{}")
    assert KeptAnalyses()(["a.b", "a.c"]) == {"a.b": analyse("a.b"), "a.c": analyse("a.c")}


def test_a_key_names_all_the_code_that_an_analysis_comes_from() -> None:
    """Else a new release would go on telling what the old one told."""
    script = (
        "import sys, json; import integrations.core.references, integrations.core.static_fields\n"
        "import integrations.core.syntax\n"
        "print(json.dumps([m for m in sys.modules if m.startswith('integrations.core.')]))"
    )
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(json.loads(ran.stdout)) | {"integrations.core.expressions"} == set(READERS)


def test_what_snapshots_use_is_kept_and_the_rest_goes_in_time(config: Config) -> None:
    asked = KeptAnalyses()
    asked(["unused.a", "unused.b"])
    keep_analyses(asked.new)
    long_ago = timezone.now() - timedelta(days=365)
    ExpressionAnalysis.objects.update(used_at=long_ago)
    ExpressionAnalysis.objects.filter(key=key_of("unused.b")).update(used_at=timezone.now())
    before = set(ExpressionAnalysis.objects.values_list("key", flat=True))
    text = '{"tier": response.Level__c}'
    config.push_and_sync({"customers/acme-corp/contacts_list.jsonata": text})
    assert tend_analyses() >= 1
    left = set(ExpressionAnalysis.objects.values_list("key", flat=True))
    assert key_of(text) in left
    assert key_of("unused.b") in left, "unused, but not for long"
    assert before - left >= {key_of("unused.a")}


def test_no_more_are_kept_than_the_bound(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = KeptAnalyses()
    asked([f"a{number}" for number in range(50)])
    keep_analyses(asked.new)
    tend_analyses()
    used = ExpressionAnalysis.objects.exclude(key__in=asked.new).count()
    monkeypatch.setattr(analyses, "MOST", used + 3)
    assert tend_analyses() == 47
    assert ExpressionAnalysis.objects.exclude(key__in=asked.new).count() == used, "what is used goes last"
