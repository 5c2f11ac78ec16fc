"""Frozen values go through JSON unchanged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.trial import EpochReport, Scores, TrialOutcome, TrialSpec, TrialState, TypeScores
from tuner.values import from_plain, to_plain

finite = st.floats(allow_nan=False, allow_infinity=False)
type_scores = st.builds(
    TypeScores, precision=finite, recall=finite, f1=finite, support=st.integers()
)
scores = st.builds(
    Scores,
    loss=st.none() | finite,
    precision=finite,
    recall=finite,
    f1=finite,
    accuracy=finite,
    per_type=st.dictionaries(st.text(), type_scores, max_size=3),
    counts=st.none() | st.lists(st.tuples(*[st.integers()] * 3), max_size=3).map(tuple),
)


@given(value=scores)
def test_scores(value: Scores) -> None:
    assert from_plain(Scores, json.loads(json.dumps(to_plain(value)))) == value


@given(
    value=st.builds(
        EpochReport,
        epoch=st.integers(),
        epochs=st.integers(),
        step=st.integers(),
        train_loss=finite,
        scores=scores,
        learning_rate=st.none() | finite,
    )
)
def test_reports(value: EpochReport) -> None:
    assert from_plain(EpochReport, json.loads(json.dumps(to_plain(value)))) == value


def test_missing_values_take_their_defaults_and_unknown_ones_are_ignored() -> None:
    data = {"learning_rate": 1, "batch_size": 8, "epochs": 2, "from_the_future": True}
    spec = from_plain(TrialSpec, data)
    assert spec == TrialSpec(learning_rate=1.0, batch_size=8, epochs=2)
    assert isinstance(spec.learning_rate, float)


def test_what_is_missing_or_unknown_is_an_error() -> None:
    with pytest.raises(TypeError):
        from_plain(TrialSpec, {"batch_size": 8})
    with pytest.raises(TypeError):
        from_plain(Scores, [])
    with pytest.raises(ValueError):
        from_plain(TrialOutcome, {"state": "asleep"})


def test_odd_values_become_plain() -> None:
    class Number:
        def item(self) -> float:
            return 0.5

    assert to_plain({1: Number(), "state": TrialState.FAILED, "path": Path("a/b"), "set": {3}}) == {
        "1": 0.5,
        "state": "failed",
        "path": str(Path("a/b")),
        "set": [3],
    }
