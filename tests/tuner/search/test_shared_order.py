"""What the order of a shared study says of each trial, and how its steps are written."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tuner.search.completion_order import OrderStep, read_order
from tuner.search.folder import StudyFolder
from tuner.search.shared.facts import StudyFacts
from tuner.search.shared.order import SharedOrder

steps = st.builds(
    OrderStep,
    kind=st.sampled_from(["asked", "ended"]),
    number=st.integers(0, 10**6),
    seen=st.none() | st.integers(0, 10**6),
    again=st.booleans(),
    sampler=st.none() | st.sampled_from(["gp", "tpe"]),
    seed=st.none() | st.integers(0, 2**32 - 1),
)


def asked(number: int, seen: int | None) -> OrderStep:
    return OrderStep(kind="asked", number=number, seen=seen)


def ended(number: int) -> OrderStep:
    return OrderStep(kind="ended", number=number)


def test_a_trial_says_how_many_had_ended_when_its_settings_were_chosen(tmp_path: Path) -> None:
    """What others did between the choice and its entry was not known."""
    facts = StudyFacts()
    order = SharedOrder(StudyFolder(tmp_path), facts)
    facts.order += [asked(0, 0)]
    assert order.asked(0) == 0
    facts.order += [asked(1, 1), ended(0)]
    assert order.asked(1) == 0
    facts.order += [asked(2, 3), asked(3, 2), ended(1)]
    assert [order.asked(number) for number in (0, 1, 2, 3)] == [0, 0, 1, 0]
    facts.order += [asked(4, None), ended(2), asked(5, 10**9)]
    assert order.asked(4) == 2, "entries of old do not say what was known"
    assert order.asked(5) == 3
    order.write()
    assert read_order(tmp_path) == tuple(facts.order)


@given(steps)
def test_a_step_comes_back_from_its_line(step: OrderStep) -> None:
    assert OrderStep.from_line(json.loads(json.dumps(step.to_line()))) == step


@given(
    st.dictionaries(
        st.sampled_from(["asked", "ended", "seen", "again", "sampler", "seed", "x"]),
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3)),
    )
)
def test_a_foreign_line_says_nothing_or_something_sensible(line: dict[str, object]) -> None:
    step = OrderStep.from_line(line)
    if step is not None:
        assert step.number >= 0
        assert step.seen is None or step.seen >= 0
        assert line[step.kind] == step.number
