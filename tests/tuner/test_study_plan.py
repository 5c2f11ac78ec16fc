"""What a person reads before the first trial."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from diagnostics.subjects.labelled_data import Sentence
from tests.tuner.facts import model_facts
from tuner.data import TaskData
from tuner.epoch_cost import EpochCost
from tuner.search.expected_epochs import chosen_epochs, contender_epochs
from tuner.search.study_cost import CHOOSE_SECONDS, START_SECONDS
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


def seconds_of(trials: int, *, again: float) -> float:
    """Seconds of a study: the recipe's 4 epochs, those that the sampler chooses, and the best's."""
    chosen = (trials - 1) * (CHOOSE_SECONDS + 2.0 * chosen_epochs(SPEC))
    best = 4 if trials == 1 else contender_epochs(SPEC)
    return START_SECONDS + 2.0 * 4 + chosen + again * 2.0 * best


def plan(spec: StudySpec = SPEC, **changes: Any) -> StudyPlan:
    values: dict[str, Any] = {
        "done": 0,
        "longest": 50,
        "cost": EpochCost(per_epoch=2.0, per_step=0.0, rows=1200),
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
    # In three studies of ten the recipe is a contender itself.
    assert estimate.seconds == pytest.approx(seconds_of(10, again=2 * 3.7))
    assert estimate.how.startswith("Measured. Memory and disk computed")
    unmeasured = plan(cost=None).estimate
    assert unmeasured is not None and unmeasured.seconds is None
    assert unmeasured.disk_bytes > 2 * 4 * 10_000_000, "two models and a checkpoint at least"


@pytest.mark.parametrize(
    ("trials", "confirmed"), [(1, 1), (2, 2), (3, 3), (4, 3.25), (9, 3 + 2 / 3)]
)
def test_no_more_trials_are_confirmed_than_there_are(trials: int, confirmed: float) -> None:
    spec = replace(SPEC, options=replace(SPEC.options, trials=trials))
    estimate = plan(spec).estimate
    assert estimate is not None
    assert estimate.seconds == pytest.approx(seconds_of(trials, again=2 * confirmed))


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
    # Ten trials on four devices take three rounds, eight runs with further seeds two.
    search = (seconds_of(10, again=0) - START_SECONDS) / 10
    again = 2.0 * contender_epochs(SPEC)
    assert spread.seconds == pytest.approx(START_SECONDS + 3 * search + 2 * again)
    assert "side by side" not in spread.how
    assert shared.estimate.disk_bytes == spread.disk_bytes > alone.disk_bytes
    assert shared.engine == "workers, 4 trainings at once (as asked)"


def test_quote_is_made_at_the_first_start_and_kept_afterwards() -> None:
    first = plan(memory_available=2**34).quote
    assert first is not None
    assert first.expected is not None
    assert first.memory_available == 2**34
    assert plan(done=3).quote is None, "what was not quoted at the start is not quoted later"
    again = plan(done=3, cost=None, quoted=first, elapsed=12.0)
    assert (again.quote, again.elapsed) == (first, 12.0)


def test_only_a_study_that_goes_on_says_what_is_spent() -> None:
    fresh = plan(elapsed=0.001)
    assert fresh.elapsed == 0.0
    again = plan(quoted=fresh.quote, elapsed=12.0)
    assert again.elapsed == 12.0


def test_nothing_is_quoted_where_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise AssertionError("a quote was made")

    monkeypatch.setattr("tuner.plan_cost.study_quote", fails)
    assert plan(done=3).quote is None


def test_time_is_not_quoted_where_other_processes_may_share_the_trials() -> None:
    options = replace(SPEC.options, storage="postgresql://host/db", stop_when_flat=True)
    shared = plan(replace(SPEC, options=options))
    assert shared.quote is not None
    assert shared.quote.seconds is None
    assert "Other processes" in shared.quote.untimed
    assert any("does not end early" in note for note in shared.notes)
    alone = replace(SPEC.options, stop_when_flat=True)
    assert not any("end early" in note for note in plan(replace(SPEC, options=alone)).notes)


def test_a_plan_tells_how_it_may_end_and_where_its_models_go() -> None:
    options = SearchOptions(stop_when_flat=True, artifacts="s3://key:secret@laboratory/models")
    point = replace(SPEC.recipe, learning_rate=9e-5)
    spec = replace(SPEC, options=options, start_points=(point,), start_sources=("earlier",))
    told = plan(spec)
    assert (told.ends_early, told.start_sources) == (True, ("", "earlier"))
    assert told.artifacts.startswith("s3://") and "secret" not in told.artifacts
    shared = replace(options, storage="postgresql://server/studies")
    assert not plan(replace(spec, options=shared)).ends_early, "several processes do not end early"
    assert (plan().ends_early, plan().artifacts) == (False, "")
