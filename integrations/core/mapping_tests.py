"""Mapping tests: what each sample is run against, and whether what came out is what it expects.

A sample is run against the effective part of its account's mapping, or of the platform's where it names none; in its
environment, or in every one that has the mapping. Environments in which the same expressions are in force are one
case. Every kept layer is evaluated on the same input (`runs`), and `judge` makes a result of the outcomes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

import msgspec

from integrations.core.documents import (
    JSON,
    Layer,
    ModelDocument,
    Part,
    SampleDocument,
    Source,
    digest,
)
from integrations.core.outcomes import Fault, Outcome, Result
from integrations.core.output_difference import OutputDifference, keepable, output_differences, whole
from integrations.core.outputs import LayerOutcome, Output, merge_outcomes, records_of, source_of_fault
from integrations.core.parts import EffectivePart, LayerExpression
from integrations.core.pointer import ABSENT
from integrations.core.text import child
from integrations.core.validation import TooMuch, errors

MOST_DIFFERENCES = 50  # of one case that are kept: more say nothing new
_MOST_BREACHES = 20
_LONGEST = 400  # characters of a breach: jsonschema repeats the value in it
_VERSION = 1  # of judging: raised when the same outcomes get another verdict, so that no old one is reused


class Verdict(StrEnum):
    """A later one outweighs an earlier: an output that breaks the schema is that, whatever was expected."""

    PASSED = "passed"
    FAILED = "failed"
    BREACH = "breach"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One sample against the expressions that are in force for it in `environments`; without any, nothing maps it."""

    sample: SampleDocument
    environments: tuple[str, ...]
    layers: tuple[LayerExpression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerRun:
    """One evaluation that a case needs. `bindings` are variables, named without the `$`."""

    expression: str
    data: JSON
    bindings: Mapping[str, JSON]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestFault:
    """Why there is no output. `source` is the file and line at fault, `column` None where only the line is known."""

    code: str
    message: str
    layer: Layer | None = None
    source: Source | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaBreach:
    """What the model's schema has against the output at `path`."""

    path: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """What came of one case. `source` is the sample's.

    `further` counts the differences that are not kept. `seen` has each leaf of the output with its layer, without
    the position of a record. `key` names all that the result was made of (see `content_key`).
    """

    __test__ = False  # not a class of tests

    sample: str
    integration: str
    mapping: str
    part: Part
    account: str | None
    environments: tuple[str, ...]
    source: Source
    verdict: Verdict
    differences: tuple[OutputDifference, ...] = ()
    further: int = 0
    fault: TestFault | None = None
    breaches: tuple[SchemaBreach, ...] = ()
    seen: tuple[tuple[Layer, str], ...] = ()
    key: str = field(default="", compare=False)


def cases(sample: SampleDocument, parts: Mapping[str, EffectivePart | None]) -> list[Case]:
    """The cases of a sample. `parts`: each environment's effective part for the sample's account, None for none."""
    wanted = [sample.environment] if sample.environment is not None else list(parts)
    found: dict[tuple[tuple[Layer, str], ...], list[str]] = {}
    layers: dict[tuple[tuple[Layer, str], ...], tuple[LayerExpression, ...]] = {}
    for environment in wanted:
        part = parts.get(environment)
        if part is None or not part.layers:
            continue
        same = tuple((said.layer, said.expression.text) for said in part.layers)
        found.setdefault(same, []).append(environment)
        layers.setdefault(same, part.layers)
    if not found:
        return [Case(sample=sample, environments=tuple(wanted), layers=())]
    return [Case(sample=sample, environments=tuple(names), layers=layers[same]) for same, names in found.items()]


def inputs(sample: SampleDocument) -> list[JSON]:
    """What the sample's expressions are evaluated on: its input, or one per record (`outputs.records_of`)."""
    records = records_of(sample.key, sample.part, sample.input)
    return [sample.input] if records is None else records


def has_records(sample: SampleDocument) -> bool:
    """Whether the sample's response is a list of records, so that its output is a list too."""
    return records_of(sample.key, sample.part, sample.input) is not None


def runs(case: Case) -> Iterator[LayerRun]:
    """Every evaluation of the case: each input with each layer, lowest first."""
    for data in inputs(case.sample):
        for said in case.layers:
            yield LayerRun(expression=said.expression.text, data=data, bindings=case.sample.bindings)


def judge(case: Case, outcomes: Sequence[Outcome], model: ModelDocument | None) -> TestResult:
    """The result of a case. `outcomes` are those of its `runs`, in order; `model` is that of its resource."""
    if not case.layers:
        return result_of(case, Verdict.ERROR, fault=_unmapped(case))
    width = len(case.layers)
    outputs = [_merged(case, outcomes[start : start + width]) for start in range(0, len(outcomes), width)]
    for output in outputs:
        if isinstance(output.outcome, Fault):
            return result_of(case, Verdict.ERROR, fault=_located(case, output))
    try:
        differences = list(islice(_differences(case, outputs), 10 * MOST_DIFFERENCES))
    except RecursionError:
        fault = TestFault(code="", message="The output is nested too deeply to be compared with what is expected.")
        return result_of(case, Verdict.ERROR, fault=fault)
    breaches = tuple(islice(_breaches(case.sample, outputs, model), _MOST_BREACHES))
    verdict = Verdict.BREACH if breaches else Verdict.FAILED if differences else Verdict.PASSED
    return result_of(
        case,
        verdict,
        differences=tuple(keepable(difference) for difference in differences[:MOST_DIFFERENCES]),
        further=len(differences[MOST_DIFFERENCES:]),
        breaches=breaches,
        seen=tuple(sorted({(leaf.layer, whole(leaf.path)) for output in outputs for leaf in output.leaves})),
    )


def content_key(case: Case, model: ModelDocument | None, *, engine: str, with_places: bool = False) -> str:
    """Names all that the outcome of a case hangs on: cases with one key have one verdict.

    `with_places` has the lines of the expressions in it too, which a result names. `engine`: which evaluator runs it.
    """
    told: list[JSON] = [_VERSION, engine, digest(case.sample), digest(model) if model is not None else None]
    for said in case.layers:
        source = said.expression.source
        told += [said.layer, said.expression.text, *([source.file, source.line] if with_places else [])]
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


def result_of(
    case: Case,
    verdict: Verdict,
    *,
    differences: tuple[OutputDifference, ...] = (),
    further: int = 0,
    fault: TestFault | None = None,
    breaches: tuple[SchemaBreach, ...] = (),
    seen: tuple[tuple[Layer, str], ...] = (),
) -> TestResult:
    sample = case.sample
    return TestResult(
        sample=sample.name,
        integration=sample.integration,
        mapping=str(sample.key),
        part=sample.part,
        account=sample.account,
        environments=case.environments,
        source=sample.source,
        verdict=verdict,
        differences=differences,
        further=further,
        fault=fault,
        breaches=breaches,
        seen=seen,
    )


def _merged(case: Case, outcomes: Sequence[Outcome]) -> Output:
    said = [
        LayerOutcome(layer=each.layer, outcome=outcome) for each, outcome in zip(case.layers, outcomes, strict=True)
    ]
    return merge_outcomes(said)


def _differences(case: Case, outputs: Sequence[Output]) -> Iterator[OutputDifference]:
    expected = case.sample.expected
    if not has_records(case.sample):
        yield from _compared(case, expected, outputs[0], "")
        return
    wanted: list[JSON] = expected if isinstance(expected, list) else [expected]
    for index in range(max(len(wanted), len(outputs))):
        record = wanted[index] if index < len(wanted) else ABSENT
        if index < len(outputs):
            yield from _compared(case, record, outputs[index], f"/{index}")
        else:
            yield from output_differences(record, ABSENT, case.layers, (), path=f"/{index}")


def _compared(case: Case, expected: JSON, output: Output, path: str) -> Iterator[OutputDifference]:
    got = output.outcome.value if isinstance(output.outcome, Result) else ABSENT
    # Undefined cannot be written down, so an expected null stands for it where it is the whole output.
    if got is ABSENT and expected is None:
        return
    yield from output_differences(expected, got, case.layers, output.leaves, path=path)


def _breaches(sample: SampleDocument, outputs: Sequence[Output], model: ModelDocument | None) -> Iterator[SchemaBreach]:
    if model is None or sample.part is not Part.RESPONSE:
        return
    for index, output in enumerate(outputs):
        if not isinstance(output.outcome, Result):
            continue
        start = f"/{index}" if has_records(sample) else ""
        try:
            for path, message in errors(output.outcome.value, model.schema):
                pointer = start
                for step in path:
                    pointer = child(pointer, str(step))
                yield SchemaBreach(path=whole(pointer), message=whole(message[:_LONGEST]))
        except TooMuch as reason:
            yield SchemaBreach(path=start, message=str(reason))


def _located(case: Case, output: Output) -> TestFault:
    fault = output.outcome
    assert isinstance(fault, Fault)
    said = next(each for each in case.layers if each.layer is output.failed)
    source = source_of_fault(said, fault)
    return TestFault(
        code=fault.code,
        message=whole(fault.message),
        layer=said.layer,
        source=source,
        # Where the expression stands within HCL or YAML, what is before it in its line is not known.
        column=fault.column if source.file.endswith(".jsonata") else None,
    )


def _unmapped(case: Case) -> TestFault:
    sample = case.sample
    where = f" in {' or '.join(case.environments)}" if case.environments else ""
    whose = f" for {sample.account}" if sample.account else ""
    message = f"{sample.integration} has no {sample.part} expression for {sample.key}{whose}{where}."
    return TestFault(code="unmapped", message=message, source=sample.source)
