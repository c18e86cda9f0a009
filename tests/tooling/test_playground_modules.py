"""The playground's modules are tested where they can run: by Node, on the packages that the lock file names."""

from __future__ import annotations

import subprocess

import pytest

from tests.services import require
from tests.tooling.assets import ROOT

_TESTS = sorted((ROOT / "tests" / "playground").glob("*.test.js"))


@pytest.fixture
def node():
    require("node")
    if not (ROOT / "node_modules" / "jsonata").is_dir():
        pytest.skip("node_modules is not there: npm ci --ignore-scripts")


def test_there_are_tests_of_the_modules():
    assert len(_TESTS) > 5


@pytest.mark.parametrize("path", _TESTS, ids=lambda path: path.name)
def test_module(node, path):
    result = subprocess.run(
        ["node", "--test", str(path)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert result.returncode == 0, result.stdout + result.stderr
