"""The part of the effective page that evaluates a mapping on a sample: each leaf of the output with its layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from console.context import Page
from console.evaluations import NotNow, turn
from console.limits import TooMany
from console.presentation.addresses import source_addresses
from console.presentation.outputs import OutputView, output_view
from console.visit import visit
from integrations.core.documents import Part, SampleDocument
from integrations.core.parts import EffectivePart
from integrations.queries.outputs import Given, NotBindings
from integrations.queries.sampling import Sampled, sampled, samples_of

if TYPE_CHECKING:  # the page's view uses this module
    from console.views.effective import Subject

MOST_RECORDS = 20  # of a `list` mapping's sample; more would be a page that nobody reads


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A sample that may be chosen. `group`: whose it is, as the list says."""

    file: str
    label: str
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OnSample:
    """What the page draws. `part` is the chosen one; `in_force` None: nothing of the mapping is evaluated here.

    `here` is the page's address with all that was chosen, be it by the person or for want of a choice.
    `sample` None: none was chosen, or there is none. `trouble`: why nothing was evaluated, as a sentence.
    """

    mapping: str
    mappings: tuple[str, ...]
    part: Part
    parts: tuple[Part, ...]
    in_force: EffectivePart | None
    choices: tuple[Choice, ...]
    sample: SampleDocument | None
    notice: str
    trouble: str
    outputs: tuple[OutputView, ...]
    is_records: bool
    records: int
    here: str
    playground: str
    links: dict[str, str]


def on_sample(request: HttpRequest, subject: Subject, page: Page) -> OnSample:
    """Evaluates, if there is a sample and the person has something left of their share."""
    found = subject.present
    mapped = {key: [part for part, each in parts.items() if each.layers] for key, parts in found.mappings.items()}
    mappings = tuple(key for key, parts in mapped.items() if parts)
    mapping, asked_part = request.GET.get("mapping", "")[:200], request.GET.get("part", "")
    if not mapping:
        mapping, asked_part = _first_with_a_sample(request, subject, mapped) or (next(iter(mappings), ""), asked_part)
    parts = tuple(mapped.get(mapping, ()))
    part = _part(asked_part, parts)
    in_force = found.mappings[mapping][part] if part in parts else None
    samples = samples_of(
        subject.reader,
        subject.integration,
        mapping,
        part,
        account=subject.account,
        environment=subject.environment,
        visible=visit(request).visible,
    )
    asked = request.GET.get("sample", "")[:500]
    sample = next((each for each in samples if each.source.file == asked), samples[0] if samples else None)
    # Whoever chooses another mapping in the form sends the old one's sample along.
    is_swap = request.headers.get("HX-Request") == "true"
    told, trouble = _evaluated(request, subject, mapping, part, sample if in_force else None)
    outputs = tuple(output_view(told.part, output) for output in told.outputs) if told else ()
    return OnSample(
        mapping=mapping,
        mappings=mappings,
        part=part,
        parts=parts,
        in_force=in_force,
        choices=tuple(_choice(each, subject) for each in samples),
        sample=sample,
        notice=_notice("" if is_swap else asked, sample, subject),
        trouble=trouble,
        outputs=outputs,
        is_records=told.is_records if told else False,
        records=told.records if told else 0,
        here=_here(page, mapping, part, sample),
        playground=_playground(page, subject, mapping, part, sample),
        links=source_addresses({file for output in outputs for file in output.files}, page.carried),
    )


def _first_with_a_sample(
    request: HttpRequest, subject: Subject, mapped: Mapping[str, Sequence[Part]]
) -> tuple[str, str] | None:
    """The first mapping, and its part, that can be shown on a sample: on one of the account's own, if there is any."""
    visible = visit(request).visible
    found = [
        (sample.account is None, str(sample.key), sample.part)
        for sample in subject.reader.samples(subject.integration)
        if sample.account in {None, subject.account} and sample.part in mapped.get(str(sample.key), ())
        if sample.account is None or visible is None or sample.account in visible
    ]
    return min(found)[1:] if found else None


def _part(asked: str, parts: Sequence[Part]) -> Part:
    """The part that is asked for, mapped or not; else the response, or the first that is mapped."""
    if asked in {part.value for part in Part}:
        return Part(asked)
    return Part.RESPONSE if Part.RESPONSE in parts or not parts else parts[0]


def _evaluated(
    request: HttpRequest, subject: Subject, mapping: str, part: Part, sample: SampleDocument | None
) -> tuple[Sampled | None, str]:
    """What the sample gives, or a sentence why it was not evaluated."""
    if sample is None:
        return None, ""
    given = Given(data=sample.input, bindings=sample.bindings)
    try:
        with turn(request) as evaluator:
            return sampled(subject.present, mapping, part, given, evaluator, most=MOST_RECORDS), ""
    except (TooMany, NotNow, NotBindings) as error:
        return None, str(error)


def _choice(sample: SampleDocument, subject: Subject) -> Choice:
    label = sample.source.file.removeprefix(f"samples/{subject.integration}/")
    if sample.environment not in {None, subject.environment}:
        label = f"{label} ({sample.environment})"
    if sample.account is None:
        return Choice(file=sample.source.file, label=label, group="For every account")
    if sample.account == subject.account:
        return Choice(file=sample.source.file, label=label, group=f"For {subject.detail.document.name}")
    return Choice(file=sample.source.file, label=f"{label}, {sample.account}", group="For other accounts")


def _notice(asked: str, sample: SampleDocument | None, subject: Subject) -> str:
    """What should be known of the sample before its output is believed."""
    if asked and sample is not None and sample.source.file != asked:
        return f"{asked} is no sample of this part at this commit; another one is shown."
    if sample is not None and sample.account not in {None, subject.account}:
        return f"This sample was written for {sample.account}, and is evaluated here with this account's mapping."
    if sample is not None and sample.environment not in {None, subject.environment}:
        return f"This sample was written for {sample.environment}."
    return ""


def _here(page: Page, mapping: str, part: Part, sample: SampleDocument | None) -> str:
    return page.here(mapping=mapping, part=part.value, sample=sample.source.file if sample else None)


def _playground(page: Page, subject: Subject, mapping: str, part: Part, sample: SampleDocument | None) -> str:
    query = {
        "account": subject.account,
        "integration": subject.integration,
        "environment": subject.environment,
        "mapping": mapping,
        "part": part.value,
        **({"sample": sample.source.file} if sample else {}),
        **{key: value for key, value in page.carried.items() if key != "environment"},
    }
    return f"{reverse('playground')}?{urlencode(query)}"
