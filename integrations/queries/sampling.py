"""A mapping of one connection, evaluated on a payload or a sample: every leaf of the output with its layer."""

from __future__ import annotations

from dataclasses import dataclass, replace

from integrations.core.documents import JSON, MappingKey, Part, SampleDocument
from integrations.core.effective import Effective
from integrations.core.outputs import Output, records_of
from integrations.core.parts import EffectivePart
from integrations.queries.effective import effective
from integrations.queries.outputs import (
    Evaluates,
    Given,
    inputs_of,
    output_as_json,
    outputs_of,
    part_of,
)
from integrations.queries.reading import Reader, Visible

VERSION = 1  # of the answer's shape


class NoSample(Exception):
    """The repository has no such sample, or it is of another mapping or part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A mapping's part of one connection. Of a sample the mapping and part may be left open: "" and None."""

    account: str
    integration: str
    environment: str
    mapping: str = ""
    part: Part | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """`outputs`: one, or one per record where the input binds a `list` mapping's response to a list (`is_records`).

    `records`: how many there are, of which `outputs` may be the first ones only.
    """

    part: EffectivePart
    outputs: tuple[Output, ...]
    is_records: bool
    records: int


def sampled(
    found: Effective, mapping: str, part: Part, given: Given, evaluator: Evaluates, *, most: int | None = None
) -> Sampled:
    """The part's outputs, of at most the first `most` records. Raises NoPart, NotBindings."""
    in_force = part_of(found, mapping, part)
    key = MappingKey.parse(mapping)
    inputs = inputs_of(key, part, given)
    return Sampled(
        part=in_force,
        outputs=tuple(outputs_of(in_force, inputs[:most], evaluator)),
        is_records=records_of(key, part, given.data) is not None,
        records=len(inputs),
    )


def on_payload(reader: Reader, asked: Asked, given: Given, evaluator: Evaluates) -> dict[str, JSON]:
    """The documented answer for an input. Raises NoConnection, NoPart, NotBindings."""
    return _answer(reader, asked, given, evaluator)


def on_sample(reader: Reader, asked: Asked, file: str, evaluator: Evaluates) -> dict[str, JSON]:
    """The documented answer for a sample of the repository. Raises NoConnection, NoPart, NoSample, NotBindings."""
    sample = next((each for each in reader.samples(asked.integration) if each.source.file == file), None)
    if sample is None:
        raise NoSample(f"{asked.integration} has no sample {file[:200]} at this commit.")
    if asked.mapping not in {"", str(sample.key)} or asked.part not in {None, sample.part}:
        raise NoSample(f"{file} is a sample of {sample.key} {sample.part}.")
    whole = replace(asked, mapping=str(sample.key), part=sample.part)
    given = Given(data=sample.input, bindings=sample.bindings)
    return {**_answer(reader, whole, given, evaluator), "sample": file}


def samples_of(
    reader: Reader, integration: str, mapping: str, part: Part, *, account: str, environment: str, visible: Visible
) -> list[SampleDocument]:
    """The samples of one part that may be seen: the account's own first, then everyone's, then other accounts'.

    Within each, those for this environment, or for all, before those for another.
    """
    found = [
        sample
        for sample in reader.samples(integration)
        if str(sample.key) == mapping and sample.part is part
        if sample.account is None or visible is None or sample.account in visible
    ]
    return sorted(
        found,
        key=lambda sample: (
            0 if sample.account == account else 1 if sample.account is None else 2,
            sample.environment not in {None, environment},
            sample.source,
        ),
    )


def _answer(reader: Reader, asked: Asked, given: Given, evaluator: Evaluates) -> dict[str, JSON]:
    part = asked.part or Part.RESPONSE
    found = effective(reader, asked.account, asked.integration, asked.environment)
    told = sampled(found, asked.mapping, part, given, evaluator)
    return {
        "version": VERSION,
        "account": asked.account,
        "integration": asked.integration,
        "environment": asked.environment,
        "commit": reader.commit,
        "mapping": asked.mapping,
        "part": str(part),
        "sample": None,
        "records": told.is_records,
        "outputs": [output_as_json(told.part, output) for output in told.outputs],
    }
