"""What a person reads before the first trial."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from diagnostics.subjects.labelled_data import Sentence
from tests.tuner.facts import model_facts
from tuner.data import TaskData
from tuner.space import LogRange, SearchSpace, WholeRange
from tuner.study import SearchOptions, StudySpec
from tuner.study_plan import data_lines, data_warnings, study_plan
from tuner.study_view import StudyPlan
from tuner.trial import TrialSpec

SENTENCE = Sentence(tokens=("Bob", "sings"), tags=("B-PER", "O"))


def counts(sentences: int, entities: int) -> dict[str, Any]:
    return {
        "sentences": sentences,
        "tokens": 10 * sentences,
        "entities": entities,
        "per_type": {"PER": entities},
    }


DATA = TaskData(
    name="mine",
    source="mine.conll",
    train=(SENTENCE,),
    dev=(SENTENCE,),
    test=(),
    dev_made_from_train=True,
    labels=("O", "B-PER", "I-PER"),
    entity_types=("PER",),
    fingerprint="d",
    facts={"splits": {"train": counts(1200, 3000), "dev": counts(200, 500)}},
    notes=("There is no development split.",),
)
SPEC = StudySpec(
    name="mine-tiny",
    space=SearchSpace(
        parameters={
            "learning_rate": LogRange(low=1e-5, high=1e-4),
            "epochs": WholeRange(low=2, high=6),
        },
        reasons={"learning_rate": "because"},
    ),
    recipe=TrialSpec(learning_rate=2e-5, batch_size=16, epochs=4, dropout=0.2),
    options=SearchOptions(trials=10, confirm=2, contenders=3, time_budget=3600.0),
    model=model_facts(parameters=10_000_000, hidden_size=128),
    data_source="mine.conll",
    data_fingerprint="d",
)


def plan(spec: StudySpec = SPEC, **changes: Any) -> StudyPlan:
    values: dict[str, Any] = {
        "done": 0,
        "longest": 50,
        "seconds_per_epoch": 2.0,
        "peak_bytes": None,
        "how": "Measured.",
        "device": "cpu (1 thread)",
        "cut_sentences": 0,
    }
    return study_plan(spec, Path("runs/mine-tiny"), DATA, **values | changes)


def test_data_are_counted_split_by_split() -> None:
    assert data_lines(DATA) == (
        "train: 1,200 sentences, 12,000 words, 3,000 entities",
        "dev: 200 sentences, 2,000 words, 500 entities, taken out of train",
        "types: PER",
    )


def test_the_reader_is_warned_of_little_data_and_long_sentences() -> None:
    assert data_warnings(DATA) == DATA.notes
    assert "3 training sentences are longer" in data_warnings(DATA, 3)[-1]
    few = replace(DATA, facts={"splits": {"dev": counts(20, 40)}})
    assert "only 40 entities" in data_warnings(few)[-1]


def test_space_and_fixed_values_have_their_reasons() -> None:
    shown = plan(replace(SPEC, recipe=replace(SPEC.recipe, extra={"max_grad_norm": 0.5})))
    assert ("epochs", "2 … 6", "") in shown.space_lines
    assert shown.space_lines[0][2] == "because"
    fixed = {name: (value, why) for name, value, why in shown.fixed_lines}
    assert fixed["batch_size"] == ("16", "as in the recipe")
    assert fixed["dropout"][0] == "0.2"
    assert fixed["max_grad_norm"] == ("0.5", "set for every trial")
    assert set(fixed).isdisjoint({"seed", "extra", "label_smoothing", "frozen_layers", "epochs"})


@pytest.mark.parametrize("value", ["cosine", {"num_cycles": 2}, [1, 2], True, None])
def test_settings_of_any_kind_are_shown(value: object) -> None:
    recipe = replace(SPEC.recipe, extra={"lr_scheduler_kwargs": value})
    (line,) = [
        line for line in plan(replace(SPEC, recipe=recipe)).fixed_lines if "kwargs" in line[0]
    ]
    assert line[1]


def test_the_cost_counts_the_runs_with_further_seeds() -> None:
    """Ten trials of four epochs on average, then two seeds for three contenders and the recipe."""
    estimate = plan().estimate
    assert estimate is not None
    assert estimate.seconds == pytest.approx(2.0 * 4 * (10 + 2 * 4), rel=0.01)
    assert estimate.how.startswith("Measured. Memory and disk computed")
    unmeasured = plan(seconds_per_epoch=None).estimate
    assert unmeasured is not None and unmeasured.seconds is None
    assert unmeasured.disk_bytes > 2 * 4 * 10_000_000, "two models and a checkpoint at least"


@pytest.mark.parametrize(("trials", "confirmed"), [(1, 1), (2, 2), (3, 3), (4, 4), (9, 4)])
def test_no_more_trials_are_confirmed_than_there_are(trials: int, confirmed: int) -> None:
    spec = replace(SPEC, options=replace(SPEC.options, trials=trials))
    estimate = plan(spec).estimate
    assert estimate is not None
    assert estimate.seconds == pytest.approx(2.0 * 4 * (trials + 2 * confirmed), rel=0.01)


def test_measured_memory_comes_before_computed() -> None:
    estimate = plan(peak_bytes=123).estimate
    assert estimate is not None and estimate.memory_bytes == 123
    assert "Memory and disk computed" not in estimate.how
    computed = plan().estimate
    assert computed is not None and (computed.memory_bytes or 0) > 10_000_000


def test_a_study_that_goes_on_says_how_far_it_is() -> None:
    shown = plan(done=4)
    assert (shown.done, shown.trials, shown.time_budget) == (4, 10, 3600.0)
    assert shown.start_points[0] == SPEC.recipe


def test_trainings_side_by_side_are_not_promised_to_be_faster() -> None:
    alone = plan().estimate
    shared = plan(slots=4, devices=1, engine="workers, 4 trainings at once (as asked)")
    spread = plan(slots=4, devices=4).estimate
    assert alone is not None
    assert shared.estimate is not None
    assert spread is not None
    assert alone.seconds is not None
    assert shared.estimate.seconds == alone.seconds
    assert "side by side they may be faster" in shared.estimate.how
    assert spread.seconds == alone.seconds / 4
    assert "side by side" not in spread.how
    assert shared.estimate.disk_bytes == spread.disk_bytes > alone.disk_bytes
    assert shared.engine == "workers, 4 trainings at once (as asked)"
