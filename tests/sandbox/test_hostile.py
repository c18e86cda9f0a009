"""Repositories that attack whoever evaluates them, in each isolation that the system offers.

The static checks, which refuse most of them, are left out: the sandbox must hold by itself.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.core.problems import Code
from integrations.sandbox import isolation as isolation_module
from integrations.sandbox.hcl import HclEvaluator, Isolation
from integrations.sandbox.isolation import command, request
from integrations.sandbox.process import Stop, run
from tests.sandbox.repositories import ROOT, Repository
from tests.services import require

ENDED = {Code.HCL_TIMEOUT, Code.HCL_FAILED, Code.TOO_LARGE}


@pytest.fixture(params=[Isolation.BUBBLEWRAP, Isolation.LANDLOCK], ids=str)
def isolation(request: pytest.FixtureRequest) -> Isolation:
    found: Isolation = request.param
    require("bwrap" if found is Isolation.BUBBLEWRAP else "landlock")
    assert found.works
    return found


def resource(attribute: str, more: str = "") -> Repository:
    return Repository(f'resource "unified_api_integration" "x" {{\n  name = "x"\n  {attribute}\n}}\n{more}')


def test_the_best_isolation_that_works_is_chosen(isolation: Isolation):
    assert Isolation.detect() in {Isolation.BUBBLEWRAP, Isolation.LANDLOCK}


def test_a_sound_repository_is_evaluated(isolation: Isolation):
    evaluated = resource('auth = { a = file("${path.module}/main.tf") }').evaluate(isolation=isolation)
    assert evaluated.problems == ()
    assert "unified_api_integration" in evaluated.result["unified_api_integration"][0]["auth"]["a"]


@pytest.mark.parametrize(
    "path", ["{secret}", "../../../../../../../../../../{secret}", "/etc/passwd", "/etc/shadow", "/proc/self/environ"]
)
def test_no_file_outside_the_export_is_read(isolation: Isolation, tmp_path: Path, path: str):
    secret = tmp_path / "secret"
    secret.write_text("canary-6b1f")
    evaluated = resource(f'auth = {{ a = file("{path.format(secret=secret)}") }}').evaluate(isolation=isolation)
    answer = json.dumps(evaluated.result)
    assert "canary-6b1f" not in answer
    assert "root:" not in answer
    if evaluated.result is not None:
        assert evaluated.result["unified_api_integration"][0]["auth"]["a"] is None


@pytest.mark.parametrize("target", ["/etc/passwd", "{secret}"])
def test_a_symlink_in_the_export_leads_nowhere(isolation: Isolation, tmp_path: Path, target: str):
    (tmp_path / "secret").write_text("canary-6b1f")
    export = tmp_path / "export"
    export.mkdir()
    (export / "link").symlink_to(target.format(secret=tmp_path / "secret"))
    (export / "main.tf").write_text('locals {\n  a = file("link")\n}\n')
    evaluated = HclEvaluator(isolation=isolation).evaluate(export, "", [])
    assert "canary-6b1f" not in json.dumps(evaluated.result)
    assert "root:" not in json.dumps(evaluated.result)


def test_a_module_list_of_a_tool_leads_nowhere(isolation: Isolation, tmp_path: Path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/main.tf").write_text('locals {\n  a = "canary-6b1f"\n}\n')
    export = tmp_path / "export"
    (export / ".terraform/modules").mkdir(parents=True)
    modules = {"Modules": [{"Key": "a", "Source": "registry.example/a", "Dir": str(tmp_path / "outside")}]}
    (export / ".terraform/modules/modules.json").write_text(json.dumps(modules))
    (export / "main.tf").write_text('module "a" {\n  source = "registry.example/a"\n}\n')
    evaluated = HclEvaluator(isolation=isolation).evaluate(export, "", [])
    assert "canary-6b1f" not in json.dumps(evaluated.result)


def test_the_environment_is_empty(isolation: Isolation, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TF_VAR_size", "canary-6b1f")
    monkeypatch.setenv("CANARY", "canary-6b1f")
    repository = Repository('variable "size" {\n  default = "own"\n}\nlocals {\n  a = var.size\n}\n')
    evaluated = repository.evaluate(isolation=isolation)
    assert evaluated.result["locals"][0]["a"] == "own"
    assert "canary-6b1f" not in json.dumps(evaluated.result)


@pytest.fixture
def server() -> Iterator[tuple[int, list[object]]]:
    """A port that notes who connects."""
    visitors: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)
        done = threading.Event()

        def accept() -> None:
            while not done.is_set():
                try:
                    connection, address = listening.accept()
                except TimeoutError:
                    continue
                connection.close()
                visitors.append(address)

        thread = threading.Thread(target=accept)
        thread.start()
        yield listening.getsockname()[1], visitors
        done.set()
        thread.join()


@pytest.mark.parametrize("source", ["http://127.0.0.1:{}/x.zip", "git::http://127.0.0.1:{}/x.git"])
def test_nothing_is_fetched(isolation: Isolation, server: tuple[int, list[object]], source: str):
    port, visitors = server
    repository = Repository(f'module "a" {{\n  source = "{source.format(port)}"\n}}\n')
    assert repository.evaluate(isolation=isolation).problems
    time.sleep(0.3)
    assert visitors == []


def test_a_worker_that_tries_reaches_neither_file_nor_network(
    isolation: Isolation, server: tuple[int, list[object]], tmp_path: Path
):
    port, visitors = server
    (tmp_path / "secret").write_text("x")
    export = tmp_path / "export"
    export.mkdir()
    probe = {"file": str(tmp_path / "secret"), "port": port}
    inside = run(command(isolation, export), request(isolation, export, seconds=5, probe=probe), seconds=10)
    assert json.loads(inside.output) == {"result": []}
    assert visitors == []
    none = Isolation.NONE
    outside = run(command(none, export), request(none, export, seconds=5, probe=probe), seconds=10)
    assert json.loads(outside.output) == {"result": ["file", "network"]}  # so the probe can fail


DOUBLING = "locals {{\n  a0 = {}\n{}}}\n"


@pytest.mark.parametrize(
    "text",
    [
        DOUBLING.format(
            '"xxxxxxxxxx"',
            "".join(f'  a{n} = join("", [for i in range(1024) : local.a{n - 1}])\n' for n in range(1, 6)),
        ),
        DOUBLING.format('"x"', "".join(f'  a{n} = "${{local.a{n - 1}}}${{local.a{n - 1}}}"\n' for n in range(1, 40))),
        "locals {\n  a = [for x in range(1024) : [for y in range(1024) : [for z in range(1024) : x * y * z]]]\n}\n",
        (
            'resource "unified_api_integration" "x" {\n  name = each.key\n'
            '  for_each = toset([for n in setproduct(range(1000), range(1000)) : "${n[0]}-${n[1]}"])\n}\n'
        ),
    ],
    ids=["join", "strings", "loops", "for_each"],
)
def test_a_bomb_is_ended_within_its_limit_with_an_error(isolation: Isolation, text: str):
    started = time.monotonic()
    evaluated = Repository(text).evaluate(isolation=isolation, seconds=3)
    assert time.monotonic() - started < 6
    assert [problem.code for problem in evaluated.problems] != []
    assert {problem.code for problem in evaluated.problems} <= ENDED
    assert evaluated.problems[0].source is not None
    assert evaluated.problems[0].source.file == ROOT


@pytest.mark.parametrize("text", ["a = " + "[" * 20_000 + "]" * 20_000, "a = " + "{a=" * 20_000 + "1" + "}" * 20_000])
def test_deep_nesting_ends_with_an_error_or_an_answer(isolation: Isolation, text: str):
    evaluated = Repository(f"locals {{\n{text}\n}}\n").evaluate(isolation=isolation, seconds=5)
    assert (evaluated.result is None) == bool(evaluated.problems)


def test_a_killed_worker_leaves_no_process(isolation: Isolation):
    text = "locals {\n  a = [for x in range(1024) : [for y in range(1024) : [for z in range(1024) : x * y * z]]]\n}\n"
    seen: set[tuple[int, str]] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            seen.update(_descendants(os.getpid()))

    thread = threading.Thread(target=watch)
    thread.start()
    Repository(text).evaluate(isolation=isolation, seconds=1)
    done.set()
    thread.join()
    assert seen
    deadline = time.monotonic() + 5
    while (left := {one for one in seen if one in _processes()}) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == set()


def _processes() -> dict[tuple[int, str], int]:
    """Every process that is no zombie, by its id and start, with its parent's id."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            found[int(folder.name), fields[19]] = int(fields[1])
    return found


def _descendants(of: int) -> set[tuple[int, str]]:
    processes = _processes()
    found: set[tuple[int, str]] = set()
    pending = [of]
    while pending:
        parent = pending.pop()
        children = {one for one, above in processes.items() if above == parent} - found
        found |= children
        pending.extend(pid for pid, _ in children)
    return found


def test_without_isolation_nothing_is_evaluated():
    (problem,) = resource("").evaluate(isolation=Isolation.NONE).problems
    assert problem.code is Code.HCL_NO_SANDBOX


def test_without_isolation_a_trusted_repository_is_evaluated():
    assert resource("").evaluate(isolation=Isolation.NONE, trusted=True).problems == ()


def test_without_isolation_the_setting_that_says_so_allows_it(tmp_path: Path):
    (tmp_path / "main.tf").write_text("locals {\n  a = 1\n}\n")
    evaluator = HclEvaluator(isolation=Isolation.NONE, allow_unsandboxed=True)
    assert evaluator.evaluate(tmp_path, "", []).problems == ()


def test_an_isolation_that_does_not_hold_is_not_chosen(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(isolation_module, "command", lambda _, export: command(Isolation.NONE, export))
    isolation_module._is_tight.cache_clear()
    try:
        # Confined by nothing: the probe gets out, and that is seen.
        assert not Isolation.BUBBLEWRAP.works
    finally:
        isolation_module._is_tight.cache_clear()


def test_the_evaluator_is_never_imported_here():
    assert "tfparse" not in sys.modules


def test_an_endless_worker_is_killed_with_all_that_it_started():
    script = (
        "import subprocess, sys; subprocess.Popen(['sleep', '600']); print(1, flush=True); import time; time.sleep(600)"
    )
    started = time.monotonic()
    finished = run([sys.executable, "-c", script], b"", seconds=1)
    assert finished.stopped is Stop.TIME
    assert time.monotonic() - started < 4


def test_endless_output_is_cut_off():
    finished = run([sys.executable, "-c", "while True: print('x' * 65536)"], b"", seconds=20)
    assert (finished.stopped, finished.output) == (Stop.OUTPUT, b"")


def test_an_endless_log_is_cut_off_and_debugging_lines_cost_nothing():
    script = "import sys\nfor _ in range(20000): print('level=DEBUG', 'x' * 200, file=sys.stderr)\nprint('done')"
    assert run([sys.executable, "-c", script], b"", seconds=20).stopped is None
    script = "import sys\nwhile True: print('level=WARN', 'x' * 200, file=sys.stderr)"
    assert run([sys.executable, "-c", script], b"", seconds=20).stopped is Stop.OUTPUT


def test_a_worker_gets_no_descriptor_of_ours():
    with tempfile.TemporaryFile() as file:
        os.set_inheritable(file.fileno(), True)
        script = f"import os\ntry: os.fstat({file.fileno()}); print('open')\nexcept OSError: print('closed')"
        assert run([sys.executable, "-c", script], b"", seconds=20).output == b"closed\n"
