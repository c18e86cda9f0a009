"""The states of a proposal: only the listed ways, none out of an end, and each says what it waits for."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from integrations.core.proposals import (
    FOLLOWED,
    TERMINAL,
    UNDECIDED,
    BadTransition,
    State,
    Wait,
    check_transition,
    sentence_of,
    waits_for,
    ways_from,
)


class Walk(RuleBasedStateMachine):
    """Takes any way that the table offers, and tries every other one."""

    @initialize()
    def begin(self) -> None:
        self.state = State.QUEUED
        self.path = [self.state]

    @rule(data=st.data())
    @precondition(lambda self: self.state not in TERMINAL)
    def go_on(self, data) -> None:
        self.state = data.draw(st.sampled_from(sorted(ways_from(self.path[-1]))))
        check_transition(self.path[-1], self.state)
        self.path.append(self.state)

    @rule(wanted=st.sampled_from(State))
    def stray(self, wanted: State) -> None:
        if wanted not in ways_from(self.state):
            with pytest.raises(BadTransition, match=f"{self.state} cannot become {wanted}"):
                check_transition(self.state, wanted)

    @invariant()
    def an_end_is_an_end(self) -> None:
        assert all(state not in TERMINAL for state in self.path[:-1])

    @invariant()
    def what_is_in_force_was_merged_and_what_was_merged_is_never_withdrawn(self) -> None:
        if State.IN_FORCE in self.path:
            assert self.path[-2:] == [State.MERGED, State.IN_FORCE]
        if State.MERGED in self.path:
            assert State.WITHDRAWN not in self.path

    @invariant()
    def only_what_waits_for_a_worker_is_claimed_by_one(self) -> None:
        claims = [before for before, after in zip(self.path, self.path[1:], strict=False) if after is State.PUBLISHING]
        assert set(claims) <= {State.QUEUED}

    @invariant()
    def it_says_what_it_waits_for(self) -> None:
        assert (waits_for(self.state) is Wait.NOTHING) == (self.state in TERMINAL)
        assert sentence_of(self.state).endswith(".")


TestWalk = Walk.TestCase


@pytest.mark.parametrize("state", State)
def test_every_state_leads_to_an_end(state: State) -> None:
    reached, waiting = {state}, [state]
    while waiting:
        for after in ways_from(waiting.pop()) - reached:
            reached.add(after)
            waiting.append(after)
    assert reached & TERMINAL


def test_whoever_proposes_can_withdraw_until_it_is_merged() -> None:
    assert {State.WITHDRAWN in ways_from(state) for state in UNDECIDED} == {True}
    assert not any(State.WITHDRAWN in ways_from(state) for state in set(State) - UNDECIDED)
    assert FOLLOWED < UNDECIDED
