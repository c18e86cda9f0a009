"""Analysing many expressions: side by side or here, the same is told."""

from integrations.core.analyses import analyse_here
from integrations.loader import side_by_side
from integrations.loader.analyses import FEW


def test_workers_tell_of_many_texts_what_this_process_tells():
    texts = [f'{{"a{number}": response.A{number}.b[{number}]}}' for number in range(FEW)] + ["{", '"\\ud800"', "a\x00"]
    assert side_by_side(iter([*texts, *texts])) == analyse_here(texts)
