"""A person's evaluation in a web process: their share of the minute, one at a time, and a slot of the machine.

Whatever a page or the API evaluates goes through `turn`, so that neither one person nor many can keep the console
from answering the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.http import HttpRequest

from console.limits import EVALUATION, Uncounted, evaluation_of, take_share, who_asks
from integrations.sandbox.evaluator import Evaluator, evaluator
from integrations.sandbox.slots import Busy


class NotNow(Exception):
    """Nothing is wrong with what was asked, and nothing was evaluated. `retry_after`: seconds, after which to try."""

    def __init__(self, sentence: str, retry_after: int) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


@contextmanager
def turn(request: HttpRequest) -> Iterator[Evaluator]:
    """The evaluator, for one evaluation of the person who asks. Raises limits.TooMany, or NotNow."""
    who = who_asks(request)
    try:
        take_share(EVALUATION, who, per_minute=settings.EVALUATIONS_PER_MINUTE)
        with evaluation_of(who):
            yield evaluator()
    except Uncounted as error:
        raise NotNow("The console cannot count evaluations just now, so it makes none; try again.", 5) from error
    except Busy as error:
        raise NotNow("Others' evaluations keep the console busy; try again in a moment.", 1) from error
