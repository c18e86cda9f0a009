"""The pool of workers: what it answers, what it bears, and that nothing gets out of a worker but its answer."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from integrations.core.documents import Analysis
from integrations.core.outcomes import UNDEFINED, Fault, Result
from integrations.sandbox import limits as crossings, wire
from integrations.sandbox.batch import Batch
from integrations.sandbox.evaluator import Evaluator, Limits, Run
from integrations.sandbox.isolation import Isolation
from integrations.sandbox.pool import Pool, Texts
from tests.services import require

ENDLESS = '$match("{}", /^(?=(a+)+$)b/)'.format("a" * 40 + "!")  # RE2 cannot take it, and it holds the interpreter


@pytest.fixture(scope="module")
def evaluator() -> Iterator[Evaluator]:
    made = Evaluator(workers=2)
    yield made
    made.close()


def code(outcome: object) -> str:
    assert isinstance(outcome, Fault), outcome
    return outcome.code


class TestAnswers:
    @pytest.mark.parametrize(
        "value",
        [None, True, 0, -1.5, 2**53, "", "é😀\u2028", [], {}, {"a": [1, {"b": None}]}, [[1], [2, [3]]], {"": {"": ""}}],
    )
    def test_a_value_comes_back_as_it_went(self, evaluator: Evaluator, value: object):
        assert evaluator.evaluate(Run(expression="a", data={"a": value})) == Result(value)
        assert evaluator.evaluate(Run(expression="$a", bindings={"a": value})) == Result(value)

    def test_no_input_is_undefined_and_null_is_not(self, evaluator: Evaluator):
        assert evaluator.evaluate(Run(expression="$")) == UNDEFINED
        assert evaluator.evaluate(Run(expression="$", data=None)) == Result(None)

    def test_an_error_has_its_place(self, evaluator: Evaluator):
        fault = evaluator.evaluate(Run(expression='1 +\n "x"'))
        assert isinstance(fault, Fault)
        assert (fault.code, fault.line) == ("T2002", 1)

    def test_a_batch_has_its_outcomes_in_order(self, evaluator: Evaluator):
        runs = [Run(expression=("n", "n + 1", "m")[n % 3], data={"n": n}) for n in range(3_000)]
        expected = [(Result(n), Result(n + 1), UNDEFINED)[n % 3] for n in range(3_000)]
        assert evaluator.evaluate_many(runs) == expected

    def test_many_different_expressions_are_not_mixed_up(self, evaluator: Evaluator):
        runs = [Run(expression=f"{n % 200}") for n in range(1_000)]
        assert evaluator.evaluate_many(runs) == [Result(n % 200) for n in range(1_000)]

    def test_large_inputs_and_outputs_pass_each_other(self, evaluator: Evaluator):
        text = "x" * 900_000
        assert evaluator.evaluate_many([Run(expression="$", data=text)] * 8) == [Result(text)] * 8

    def test_nothing_to_do_starts_nothing(self):
        idle = Evaluator()
        assert idle.evaluate_many([]) == []
        assert idle._pool._template is None

    def test_analyses_come_in_order(self, evaluator: Evaluator):
        texts = [f'{{ "f{n}": response.r{n} }}' if n % 7 else "{" for n in range(500)]
        found = evaluator.analyse_many(texts)
        assert [isinstance(one, Fault) for one in found] == [n % 7 == 0 for n in range(500)]
        assert all(
            one.fields[0].path == f"/f{n}" and one.reads[0].path == f"/response/r{n}"
            for n, one in enumerate(found)
            if isinstance(one, Analysis)
        )

    @pytest.mark.parametrize("text", ["\ud800", "1" * 70_000])
    def test_a_text_that_is_none_is_a_fault(self, evaluator: Evaluator, text: str):
        assert code(evaluator.evaluate(Run(expression=text))) in {"G0001", "G0004"}
        assert code(evaluator.analyse_many([text])[0]) in {"G0001", "G0004"}


class TestLimits:
    def test_of_input_counts_the_bindings(self, evaluator: Evaluator):
        small = Limits(input=100)
        assert evaluator.evaluate(Run(expression="1", data="x" * 80), limits=small) == Result(1)
        for run in (Run(expression="1", data="x" * 101), Run(expression="1", bindings={"a": "x" * 101})):
            fault = evaluator.evaluate(run, limits=small)
            assert (code(fault), fault.message) == (
                crossings.INPUT_TOO_LARGE,
                "The input and its bindings are larger than 100 bytes.",
            )
        assert code(evaluator.evaluate(Run(expression="1", data="x" * 1024 * 1024))) == crossings.INPUT_TOO_LARGE

    def test_of_nesting(self, evaluator: Evaluator):
        def deep(levels: int) -> object:
            value: object = 1
            for _ in range(levels):
                value = [value]
            return value

        assert evaluator.evaluate(Run(expression="$count($)", data=deep(500))) == Result(1)
        for levels in (501, 5_000, 50_000):
            value = deep(levels)
            assert code(evaluator.evaluate(Run(expression="1", data=value))) == crossings.INPUT_NOT_TAKEN
            while isinstance(value, list):  # or its end recurses
                value = value.pop()
        growing = '$reduce([1..20], function($a, $n) { {"a": $a} }, 1)'
        fault = evaluator.evaluate(Run(expression=growing), limits=Limits(nesting=10))
        assert (code(fault), fault.message) == (
            crossings.OUTPUT_NOT_TAKEN,
            "The result is nested more than 10 levels deep.",
        )

    def test_of_output(self, evaluator: Evaluator):
        wide = Run(expression="[1..100]")
        assert code(evaluator.evaluate(wide, limits=Limits(output=100))) == crossings.OUTPUT_TOO_LARGE
        assert code(evaluator.evaluate(Run(expression='$pad("", 5000000, "x")'))) == crossings.OUTPUT_TOO_LARGE

    def test_of_time(self, evaluator: Evaluator):
        started = time.monotonic()
        fault = evaluator.evaluate(Run(expression=ENDLESS), limits=Limits(seconds=0.2))
        assert code(fault) == crossings.TOO_LATE
        assert time.monotonic() - started < 2

    def test_of_memory(self):
        small = Evaluator(limits=Limits(memory=24 * 1024 * 1024, seconds=10))
        fault = small.evaluate(Run(expression="[1..2000000].{'a': $}"))
        assert code(fault) in {crossings.OUT_OF_MEMORY, crossings.CRASHED}
        assert small.evaluate(Run(expression="1")) == Result(1)
        small.close()

    @pytest.mark.parametrize("value", ["\udc00", 10**5000, {"a": object()}], ids=["text", "number", "object"])
    def test_an_input_that_is_not_json_is_a_fault(self, evaluator: Evaluator, value: object):
        assert code(evaluator.evaluate(Run(expression="1", data=value))) == crossings.INPUT_NOT_TAKEN


class TestEndings:
    def test_a_run_that_is_ended_spoils_no_other(self, evaluator: Evaluator):
        runs = [Run(expression="n", data={"n": n}) for n in range(200)]
        runs[50] = runs[120] = Run(expression=ENDLESS)
        outcomes = evaluator.evaluate_many(runs, limits=Limits(seconds=0.2))
        assert [n for n, one in enumerate(outcomes) if isinstance(one, Fault)] == [50, 120]
        assert [one for one in outcomes if not isinstance(one, Fault)] == [
            Result(n) for n in range(200) if n not in (50, 120)
        ]

    def test_the_next_request_is_served_at_once_after_a_kill(self):
        alone = Evaluator()
        waits = []
        for _ in range(7):
            assert code(alone.evaluate(Run(expression=ENDLESS), limits=Limits(seconds=0.05))) == crossings.TOO_LATE
            started = time.monotonic()
            assert alone.evaluate(Run(expression="1")) == Result(1)
            waits.append(time.monotonic() - started)
        assert statistics.median(waits) < 0.1
        alone.close()

    def test_a_warm_call_costs_little(self, evaluator: Evaluator):
        evaluator.evaluate(Run(expression="1"))
        times = []
        for _ in range(300):
            started = time.monotonic()
            evaluator.evaluate(Run(expression="1"))
            times.append(time.monotonic() - started)
        assert statistics.quantiles(times, n=20)[-1] < 0.005

    def test_others_are_answered_while_an_attack_runs(self, evaluator: Evaluator):
        found: list[object] = []
        attack = threading.Thread(
            target=lambda: found.append(evaluator.evaluate(Run(expression=ENDLESS), limits=Limits(seconds=1)))
        )
        attack.start()
        answered = 0
        while attack.is_alive():
            assert evaluator.evaluate(Run(expression="1")) == Result(1)
            answered += 1
        attack.join()
        assert code(found[0]) == crossings.TOO_LATE
        assert answered > 20

    def test_threads_wait_for_one_another(self):
        one = Evaluator(workers=1)
        found: list[object] = []
        threads = [
            threading.Thread(
                target=lambda n=n: found.extend(one.evaluate_many([Run(expression=str(n))] * 50))  # type: ignore[misc]
            )
            for n in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(result.value for result in found) == [n for n in range(8) for _ in range(50)]  # type: ignore[attr-defined]
        assert len(one._pool._workers) == 1
        one.close()

    def test_workers_last_for_a_thread_that_started_them_and_ended(self):
        made = Evaluator()
        thread = threading.Thread(target=made.evaluate, args=(Run(expression="1"),))
        thread.start()
        thread.join()
        template = made._pool._template
        assert made.evaluate(Run(expression="1")) == Result(1)
        assert made._pool._template is template
        made.close()

    def test_a_closed_evaluator_starts_anew(self):
        made = Evaluator()
        for _ in range(2):
            assert made.evaluate(Run(expression="1")) == Result(1)
            process = made._pool._template._process  # type: ignore[union-attr]
            made.close()
            assert process.poll() is not None

    def test_a_template_that_was_killed_is_replaced(self):
        made = Evaluator(isolation=Isolation.NONE)
        made.evaluate(Run(expression="1"))
        made._pool._template._process.kill()  # type: ignore[union-attr]
        made._pool._template._process.wait()  # type: ignore[union-attr]
        assert made.evaluate_many([Run(expression="1")] * 100) == [Result(1)] * 100
        made.close()

    def test_a_template_that_is_killed_during_a_run_spoils_nothing(self):
        made = Evaluator(isolation=Isolation.NONE)
        made.evaluate(Run(expression="1"))
        process = made._pool._template._process  # type: ignore[union-attr]
        threading.Timer(0.3, process.kill).start()
        slow = Run(expression="$sum($map([1..200000], function($n) { $n % 7 }))")
        outcomes = made.evaluate_many([slow] * 4, limits=Limits(seconds=10))
        assert {type(one) for one in outcomes} == {Result}
        made.close()

    def test_a_worker_that_crashes_is_a_fault_of_its_run_alone(self):
        made = Evaluator(isolation=Isolation.NONE)
        made.evaluate(Run(expression="1"))
        (worker,) = made._pool._workers
        threading.Timer(0.3, os.kill, (worker.number, signal.SIGSEGV)).start()
        outcomes = made.evaluate_many([Run(expression=ENDLESS), Run(expression="2")], limits=Limits(seconds=5))
        assert code(outcomes[0]) == crossings.CRASHED
        assert outcomes[1] == Result(2)
        made.close()

    def test_where_no_process_can_be_started_there_is_a_fault(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("integrations.sandbox.pool._command", lambda _: [sys.executable, "-c", "raise SystemExit"])
        outcomes = Evaluator(isolation=Isolation.NONE).evaluate_many([Run(expression="1")] * 2)
        assert [code(one) for one in outcomes] == [crossings.UNAVAILABLE] * 2

    def test_a_worker_that_took_much_memory_is_replaced(self):
        made = Evaluator(limits=Limits(seconds=10))
        made.evaluate(Run(expression="1"))
        (first,) = made._pool._workers
        assert made.evaluate(Run(expression="$sum([1..3000000])")) == Result(4500001500000)
        assert made.evaluate(Run(expression="1")) == Result(1)
        assert first not in made._pool._workers
        made.close()


class TestUntrustedWorkers:
    """A worker that was turned says what it likes; here, by a process that stands in for it."""

    @pytest.mark.parametrize(
        "said",
        [
            wire.framed(wire.RESULT, b"NaN"),
            wire.framed(wire.RESULT, b"[1"),
            wire.framed(wire.RESULT, b""),
            wire.framed(wire.RESULT, b"[" * 50_000 + b"]" * 50_000),
            wire.framed(wire.RESULT, b"[" * 600 + b"]" * 600),
            wire.framed(wire.RESULT, b'"' + b"x" * 5_000_000 + b'"'),
            wire.framed(wire.FAULT, b"{}"),
            wire.framed(wire.FAULT, b'{"code": 1, "message": []}'),
            wire.framed(wire.ANALYSIS, b"{}"),
            wire.framed(99, b"1"),
            b"\xff\xff\xff\xff\x01",
            wire.framed(wire.RESULT, b"1") + wire.framed(wire.RESULT, b"2"),
            b"\x00",
            b"",
        ],
        ids=range(14),
    )
    def test_whatever_it_says_the_caller_gets_an_outcome(self, monkeypatch: pytest.MonkeyPatch, said: bytes):
        ours, theirs = socket.socketpair()
        made = Evaluator()
        assert made.evaluate(Run(expression="1")) == Result(1)
        (worker,) = made._pool._workers
        worker.connection.close()
        ours.setblocking(False)
        worker.connection = ours

        def answer() -> None:
            theirs.recv(1_000_000)
            with theirs, contextlib.suppress(OSError):  # it is cut off
                theirs.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        outcome = made.evaluate(Run(expression="1"))
        thread.join()
        assert outcome == Result(1) if said.endswith(b"2") else code(outcome) == crossings.CRASHED
        assert made.evaluate(Run(expression="3")) == Result(3)
        made.close()

    def test_frames_are_read_however_they_are_cut(self):
        sent = b"".join(wire.framed(n, bytes([n]) * n) for n in range(50))
        for size in (1, 2, 7, 1_000):
            frames = wire.Frames(100)
            found = [one for at in range(0, len(sent), size) for one in frames.feed(sent[at : at + size])]
            assert found == [(n, bytes([n]) * n) for n in range(50)]

    def test_few_texts_are_kept(self):
        texts = Texts()
        assert texts.tell("a") == (0, "a", True)
        assert texts.tell("b") == (1, "b", False)
        assert texts.tell("a") == (0, None, False)
        for n in range(Texts.MOST - 2):
            texts.tell(str(n))
        assert texts.tell("new") == (0, "new", True)
        assert texts.tell("a") == (1, "a", False)


@pytest.fixture(params=[Isolation.BUBBLEWRAP, Isolation.LANDLOCK], ids=str)
def isolation(request: pytest.FixtureRequest) -> Isolation:
    found: Isolation = request.param
    require("bwrap" if found is Isolation.BUBBLEWRAP else "landlock")
    assert found.works
    return found


class TestIsolation:
    def test_a_worker_reaches_neither_file_network_nor_environment(
        self, isolation: Isolation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("CANARY", "canary-6b1f")
        (tmp_path / "secret").write_text("x")
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            assert _reached(isolation, tmp_path / "secret", port).keys() == {"environment"}
            assert set(_reached(isolation, tmp_path / "secret", port)["environment"]) <= {"PWD", "LC_CTYPE"}
            outside = _reached(Isolation.NONE, tmp_path / "secret", port)  # so the probe can fail
            assert {"file", "network"} <= outside.keys()

    @pytest.mark.parametrize("path", ["/etc/passwd", "/proc/self/environ", "/proc/1/cmdline", __file__])
    def test_a_worker_reads_nothing_of_the_machine(self, isolation: Isolation, path: str):
        assert "file" not in _reached(isolation, Path(path), 1)

    def test_it_evaluates(self, isolation: Isolation):
        made = Evaluator(isolation=isolation)
        assert made.evaluate(Run(expression='$now() ~> /^2/ ? $fromMillis(0, "[Y]")')) == Result("1970")
        made.close()

    def test_a_worker_has_no_descriptor_of_ours(self, isolation: Isolation, tmp_path: Path):
        with (tmp_path / "open").open("w") as file:
            os.set_inheritable(file.fileno(), True)
            made = Evaluator(isolation=isolation)
            made.evaluate(Run(expression="1"))
            opened = {
                str(link.readlink())
                for pid in _descendants(os.getpid())
                for link in Path(f"/proc/{pid}/fd").glob("*")
                if link.is_symlink()
            }
            made.close()
        assert str(tmp_path / "open") not in opened
        assert opened

    @pytest.mark.parametrize("how", ["exit", "kill"])
    def test_no_process_outlives_the_console(self, isolation: Isolation, how: str):
        script = f"""
            import os, signal, threading, time
            from integrations.sandbox.evaluator import *
            from integrations.sandbox.isolation import Isolation
            made = Evaluator(isolation=Isolation({str(isolation)!r}), limits=Limits(seconds=60), workers=2)
            made.evaluate(Run(expression="1"))
            threading.Thread(target=made.evaluate, args=(Run(expression={ENDLESS!r}),), daemon=True).start()
            time.sleep(0.3)
            print("ready", flush=True)
            input()
            {"os.kill(os.getpid(), signal.SIGKILL)" if how == "kill" else ""}
        """
        with subprocess.Popen(
            [sys.executable, "-c", dedent(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            assert process.stdin is not None
            assert process.stdout.readline() == b"ready\n"
            started = _descendants(process.pid)
            assert len(started) >= 2
            process.stdin.write(b"\n")
            process.stdin.close()
            process.wait(20)
        deadline = time.monotonic() + 5
        while (left := [pid for pid in started if _runs(pid)]) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert left == []


class TestForks:
    def test_a_forked_process_has_workers_of_its_own(self, evaluator: Evaluator):
        evaluator.evaluate(Run(expression="1"))
        mine = evaluator._pool._template
        pid = os.fork()
        if not pid:
            status = 1
            try:
                right = evaluator.evaluate(Run(expression="1 + 1")) == Result(2)
                status = 0 if right and evaluator._pool._template is not mine else 2
                evaluator.close()
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        assert evaluator.evaluate(Run(expression="3")) == Result(3)
        assert evaluator._pool._template is mine

    def test_workers_end_with_their_process_though_a_fork_of_it_lives_on(self):
        script = """
            import os, time
            from integrations.sandbox.evaluator import *
            made = Evaluator()
            made.evaluate(Run(expression="1"))
            template = made._pool._template._process.pid
            if os.fork() == 0:
                os.closerange(0, 3)
                time.sleep(10)
                os._exit(0)
            print(template, flush=True)
            os._exit(0)
        """
        done = subprocess.run([sys.executable, "-c", dedent(script)], capture_output=True, timeout=20, check=True)
        template = int(done.stdout)
        deadline = time.monotonic() + 5
        while _runs(template) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not _runs(template)


def _reached(isolation: Isolation, file: Path, port: int) -> dict[str, object]:
    class Asked:
        seconds = 5.0

        def question(self, _: Texts) -> bytes:
            return wire.encode(wire.Probe(str(file), port))

        def outcome(self, kind: int, body: bytes) -> dict[str, object]:
            assert kind == wire.RESULT
            return wire.decode_value(body)

    pool = Pool(size=1, memory=Limits().memory, answer=100_000, isolation=isolation)
    try:
        (found,) = Batch(pool, [Asked()]).run()
    finally:
        pool.close()
    assert isinstance(found, dict), found
    return found


def _parents() -> dict[int, int]:
    """Every process that runs, with its parent's id."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            found[int(folder.name)] = int(fields[1])
    return found


def _runs(pid: int) -> bool:
    return pid in _parents()


def _descendants(of: int) -> set[int]:
    parents = _parents()
    found: set[int] = set()
    while more := {pid for pid, parent in parents.items() if parent in found | {of}} - found:
        found |= more
    return found


def test_a_number_that_is_not_finite_is_an_error(evaluator: Evaluator):
    """What is not finite in the engine's own arithmetic is an error, never a null."""
    fault = evaluator.evaluate(Run(expression="1 / 0"))
    assert code(fault) == "D1001"
    assert math.isfinite(evaluator.evaluate(Run(expression="1e308")).value)  # type: ignore[union-attr]
