"""JSONata in the sandbox: one expression, a batch of them, or a mapping of one connection layer by layer."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandError

from console.json_text import NotJson, dumps, parse
from console.management.batch import answers
from console.management.output import add_format, print_json
from console.management.reading import ReadingCommand, add_moment, reader_from
from console.presentation.faults import pointed
from integrations.core.documents import JSON, Part
from integrations.core.outcomes import UNDEFINED, Fault, Result, Undefined, outcome_as_json
from integrations.queries.effective import NoConnection
from integrations.queries.outputs import Given, NoPart, NotBindings
from integrations.queries.sampling import Asked, NoSample, on_payload, on_sample
from integrations.sandbox.evaluator import Evaluator, Run

_LARGEST = 1 << 26  # bytes of a file that is read at all; the sandbox's own limit is far below
_OF_MAPPING = ("integration", "mapping", "environment", "part", "at", "repository", "sample")


class Command(ReadingCommand):
    help = (
        "Evaluate JSONata in the sandbox: an expression (--expression or --file), JSON Lines of them (--batch), or a"
        " mapping as it is in force for an account (--account), each leaf of its output with its layer."
    )
    requires_system_checks: Sequence[str] = []  # type: ignore[assignment]  # some of them ask the database
    requires_migrations_checks = False

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--expression", metavar="E", help="the expression itself")
        what.add_argument("--file", metavar="FILE", help="a file with the expression; - for standard input")
        what.add_argument("--batch", metavar="FILE", help="JSON Lines {id, expression, input?, bindings?}; - likewise")
        what.add_argument("--account", metavar="ACCOUNT", help="evaluate a mapping of this account's connection")
        parser.add_argument("--input", metavar="FILE", help="JSON; - for standard input; without it: undefined")
        parser.add_argument("--bindings", metavar="FILE", help="a JSON object of variables, named without the $")
        mapping = parser.add_argument_group("with --account")
        mapping.add_argument("--integration", metavar="INTEGRATION")
        mapping.add_argument("--mapping", metavar="MAPPING", help="crm/contacts/list; default: the sample's")
        mapping.add_argument("--env", dest="environment", metavar="ENVIRONMENT")
        mapping.add_argument("--part", choices=[str(part) for part in Part], help="default: response, or the sample's")
        mapping.add_argument("--sample", metavar="FILE", help="a sample of the config repository, instead of --input")
        add_moment(parser)
        add_format(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        _check(options)
        if options["batch"] is not None:
            self._batch(options["batch"])
        elif options["account"] is not None:
            self._mapping(options)
        else:
            self._expression(options)

    # --- one expression --------------------------------------------------------------------------------
    def _expression(self, options: dict[str, Any]) -> None:
        name = options["file"]
        text = _text_of(name) if name is not None else options["expression"]
        run = Run(expression=text, data=_input_of(options), bindings=_bindings_of(options))
        with closing(Evaluator()) as evaluator:
            outcome = evaluator.evaluate(run)
        if options["format"] == "json":
            self.stdout.write(dumps(outcome_as_json(outcome), indent=2))
        elif isinstance(outcome, Result):
            self.stdout.write(dumps(outcome.value, indent=2))
        if isinstance(outcome, Fault):
            if options["format"] == "text":
                self.stderr.write(pointed(outcome, text, name or ""))
            raise SystemExit(1)

    # --- a batch ---------------------------------------------------------------------------------------
    def _batch(self, name: str) -> None:
        with closing(Evaluator(workers=_cores())) as evaluator, _opened(name) as stream:
            for group in answers(stream, evaluator):
                self.stdout.write("".join(f"{dumps(answer)}\n" for answer in group), ending="")
                self.stdout.flush()

    # --- a mapping -------------------------------------------------------------------------------------
    def _mapping(self, options: dict[str, Any]) -> None:
        asked = Asked(
            account=options["account"],
            integration=options["integration"],
            environment=options["environment"],
            mapping=options["mapping"] or "",
            part=Part(options["part"]) if options["part"] else None,
        )
        reader = reader_from(options)
        try:
            with closing(Evaluator(workers=_cores())) as evaluator:
                if options["sample"] is not None:
                    found = on_sample(reader, asked, options["sample"], evaluator)
                else:
                    data = _json_of(options["input"])
                    found = on_payload(reader, asked, Given(data=data, bindings=_bindings_of(options)), evaluator)
        except (NoConnection, NoPart, NoSample, NotBindings) as error:
            raise CommandError(str(error)) from error
        if options["format"] == "json":
            print_json(self.stdout, found)
        else:
            self._tell(found)
        if any("error" in output for output in found["outputs"]):
            raise SystemExit(1)

    def _tell(self, found: dict[str, Any]) -> None:
        place = " · ".join(found[name] for name in ("account", "integration", "environment"))
        self.stdout.write(f"{place} · {found['mapping']} {found['part']} at {found['commit'][:12]}")
        for number, output in enumerate(found["outputs"], 1):
            self.stdout.write(f"\nrecord {number} of {len(found['outputs'])}" if found["records"] else "")
            if "error" in output:
                self.stderr.write(_failure(output))
            elif "undefined" in output:
                self.stdout.write("undefined")
            else:
                self.stdout.write(dumps(output["result"], indent=2))
                self._leaves(output["leaves"])

    def _leaves(self, leaves: list[dict[str, Any]]) -> None:
        for leaf in leaves:
            self.stdout.write(f"  {leaf['path'] or '(all)'} = {dumps(leaf['value'])}  {_where(leaf)}")
            for under in leaf["shadowed"]:
                above = f" at {under['path'] or '(all)'}" if "path" in under else ""
                self.stdout.write(f"    shadows {dumps(under['value'])}{above}  {_where(under)}")


def _where(told: dict[str, Any]) -> str:
    return f"[{told['layer']}] {told['source']['file']}:{told['source']['line']}"


def _failure(output: dict[str, Any]) -> str:
    error, source = output["error"], output["source"]
    place = f"{source['file']}:{source['line']}" + (f":{error['column']}" if error["column"] is not None else "")
    return f"{place}: {error['message']} [{error['code']}], in the expression of the {output['layer']} layer"


def _check(options: dict[str, Any]) -> None:
    """Raises CommandError, with the status of arguments that make no sense together."""
    if options["account"] is None:
        given = [name for name in _OF_MAPPING if options[name] is not None]
        if given:
            _refuse(f"--{given[0].replace('environment', 'env')} goes with --account.")
        if options["batch"] is not None and (options["input"] is not None or options["bindings"] is not None):
            _refuse("With --batch each line has its own input and bindings.")
        if [options["file"], options["input"], options["bindings"]].count("-") > 1:
            _refuse("Standard input can be read only once.")
        return
    if options["integration"] is None or options["environment"] is None:
        _refuse("--account needs --integration and --env.")
    if (options["input"] is None) == (options["sample"] is None):
        _refuse("--account needs either --input or --sample.")
    if options["mapping"] is None and options["sample"] is None:
        _refuse("--account needs --mapping, such as crm/contacts/list.")
    if options["sample"] is not None and options["bindings"] is not None:
        _refuse("A sample has its own bindings.")
    if [options["input"], options["bindings"]].count("-") > 1:
        _refuse("Standard input can be read only once.")


def _refuse(sentence: str) -> None:
    raise CommandError(sentence, returncode=2)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# --- files -----------------------------------------------------------------------------------------------
def _opened(name: str) -> AbstractContextManager[BinaryIO]:
    """Standard input is not closed. Raises CommandError."""
    if name == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.") from error


def _bytes_of(name: str) -> bytes:
    with _opened(name) as stream:
        try:
            found = stream.read(_LARGEST + 1)
        except OSError as error:  # a folder, for one
            raise CommandError(f"{name} cannot be read: {error.strerror}.") from error
    if len(found) > _LARGEST:
        raise CommandError(f"{name} has more than {_LARGEST >> 20} MiB.")
    return found


def _text_of(name: str) -> str:
    try:
        return _bytes_of(name).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError(f"{name} is not UTF-8: {error.reason} at byte {error.start + 1}.") from error


def _json_of(name: str) -> JSON:
    try:
        return parse(_bytes_of(name))
    except NotJson as error:
        raise CommandError(f"{name}: {error}") from error


def _input_of(options: dict[str, Any]) -> JSON | Undefined:
    return UNDEFINED if options["input"] is None else _json_of(options["input"])


def _bindings_of(options: dict[str, Any]) -> dict[str, JSON]:
    found = {} if options["bindings"] is None else _json_of(options["bindings"])
    if not isinstance(found, dict):
        raise CommandError(f"{options['bindings']}: bindings are an object, of variables named without the $.")
    return found
