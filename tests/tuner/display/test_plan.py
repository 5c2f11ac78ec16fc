"""What is shown before the first trial or epoch."""

# ruff: noqa: E501  # what is shown at 120 columns is 120 columns wide

from __future__ import annotations

import dataclasses

import pytest
from inline_snapshot import snapshot

from tests.tuner.display import examples
from tuner.display.canvas import Canvas
from tuner.display.plan import plan_view, quote_text, run_view
from tuner.display.testing import render
from tuner.study_quote import StudyQuote
from tuner.study_view import StudyPlan


def shown(plan: StudyPlan, width: int = 80) -> str:
    return render(plan_view(plan, Canvas(width=width)), width)


def test_a_plan_at_80_columns() -> None:
    assert shown(examples.plan(), 80) == snapshot("""\
Study fin ──────────────────────────────────────────────────────────────────────
Folder  runs/fin
Data    CoNLL file train.txt: 986 training and 174 development sentences, 305
        test sentences
        4 entity types: PER 962, ORG 421, LOC 374, MISC 14
Model   bert-base-cased
Device  cpu (2 threads)
Plan    20 trials, at most 2h 00m, then 2 more seeds for the best
Cost    about 25m 10s without pruning, 19s per epoch, 1.3 GB of disk, 2.1 GB of
        memory
        Measured on 8 training and 2 evaluation steps.

Searched        Range               Why
────────────────────────────────────────────────────────────────────────────────
learning rate   5e-6 to 2e-4, log   a model of 108 million parameters
batch size      8, 16, 32, 64       986 sentences: at least 15 steps per epoch
                                    at 64
epochs          2 to 6              fewer than 1,000 sentences need more passes

Fixed           Value    Why
───────────────────────────────────
warm-up ratio   0.1      the recipe
weight decay    0.01     the recipe
schedule        linear   the recipe

Tried first
trial 0  learning rate 2e-5, batch size 16, 3 epochs (the recipe)
trial 1  learning rate 5e-5, batch size 16, 4 epochs

• A development split of 15 % was made from the training data with seed 42.\
""")


def test_a_plan_at_120_columns() -> None:
    assert shown(examples.plan(), 120) == snapshot("""\
Study fin ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
Folder  runs/fin
Data    CoNLL file train.txt: 986 training and 174 development sentences, 305 test sentences
        4 entity types: PER 962, ORG 421, LOC 374, MISC 14
Model   bert-base-cased
Device  cpu (2 threads)
Plan    20 trials, at most 2h 00m, then 2 more seeds for the best
Cost    about 25m 10s without pruning, 19s per epoch, 1.3 GB of disk, 2.1 GB of memory
        Measured on 8 training and 2 evaluation steps.

Searched        Range               Why
────────────────────────────────────────────────────────────────────────────────────
learning rate   5e-6 to 2e-4, log   a model of 108 million parameters
batch size      8, 16, 32, 64       986 sentences: at least 15 steps per epoch at 64
epochs          2 to 6              fewer than 1,000 sentences need more passes

Fixed           Value    Why
───────────────────────────────────
warm-up ratio   0.1      the recipe
weight decay    0.01     the recipe
schedule        linear   the recipe

Tried first
trial 0  learning rate 2e-5, batch size 16, 3 epochs (the recipe)
trial 1  learning rate 5e-5, batch size 16, 4 epochs

• A development split of 15 % was made from the training data with seed 42.\
""")


def test_a_resumed_study_says_what_is_done() -> None:
    plan = dataclasses.replace(examples.plan(), done=7, time_budget=None, confirm=0, estimate=None)
    resumed = shown(plan)
    assert "20 trials, 7 of them done already" in resumed
    assert "Tried first" not in resumed
    assert "Cost" not in resumed


def test_many_start_points_are_cut_and_say_so() -> None:
    plan = dataclasses.replace(examples.plan(), start_points=examples.plan().start_points * 4)
    assert "4 more" in shown(plan)


def test_an_estimate_without_measurement_shows_only_what_is_known() -> None:
    estimate = examples.plan().estimate
    assert estimate is not None
    unknown = dataclasses.replace(
        estimate, seconds=None, seconds_per_epoch=None, memory_bytes=None, how=""
    )
    assert "Cost    1.3 GB of disk\n" in shown(
        dataclasses.replace(examples.plan(), estimate=unknown)
    )


def test_a_training_at_80_columns() -> None:
    assert render(run_view(examples.run_facts(), Canvas()), 80) == snapshot("""\
Training fin-train ─────────────────────────────────────────────────────────────
Folder    runs/fin-train
Data      986 training, 174 development and 305 test sentences
Model     bert-base-cased
Device    cpu (2 threads)
Settings  learning rate 2e-5, batch size 16, 3 epochs
Further   warm-up ratio 0.1, weight decay 0.01, schedule linear
Size      986 training sentences, 62 steps per epoch
• 2 sentences were longer than 128 sub-tokens and cut into windows.\
""")


def test_the_engine_has_a_line_of_its_own() -> None:
    engine = "workers, 4 trainings at once (this machine has 4 GPUs)"
    shown = render(plan_view(dataclasses.replace(examples.plan(), engine=engine), Canvas()), 80)
    assert f"Engine  {engine}" in shown


QUOTE = StudyQuote(
    trials=40,
    confirm=2,
    prune=True,
    time_budget=None,
    seconds=7800.0,
    low=6000.0,
    high=10200.0,
    seconds_pruned=3300.0,
    disk_bytes=3_100_000_000,
    memory_bytes=5_583_457_484,
    memory_available=2**34,
)


def test_a_quote_in_one_line() -> None:
    assert quote_text(QUOTE) == (
        "40 trials: 2 h 10 min (1 h 40 min to 2 h 50 min), with pruning about 55 min; "
        "3.1 GB disk; needs 5.2 of 16 GiB"
    )


@pytest.mark.parametrize(
    ("needed", "available", "words"),
    [
        (96 * 2**20, 16 * 2**30, "needs 96 MiB of 16 GiB"),
        (100, None, "needs 1 MiB"),
        (2**29, 16 * 2**30, "needs 0.5 of 16 GiB"),
        (3 * 2**30, None, "needs 3.0 GiB"),
    ],
)
def test_memory_is_told_in_a_unit_that_fits(needed: int, available: int | None, words: str) -> None:
    quote = dataclasses.replace(QUOTE, memory_bytes=needed, memory_available=available)
    assert quote_text(quote).endswith(f"; {words}")


def test_a_quote_that_no_longer_holds_says_so() -> None:
    void = dataclasses.replace(QUOTE, void="It was moved.")
    assert quote_text(void, 40.0).endswith("40 s are spent.\nIt was moved.")


def test_a_quote_without_time_says_why() -> None:
    unknown = dataclasses.replace(
        QUOTE,
        seconds=None,
        low=None,
        high=None,
        seconds_pruned=None,
        memory_bytes=None,
        untimed="Other processes may share the trials.",
    )
    assert quote_text(unknown) == ("40 trials; 3.1 GB disk\nOther processes may share the trials.")


def test_a_time_budget_ends_the_quote() -> None:
    within = dataclasses.replace(QUOTE, time_budget=7200.0, seconds=7200.0, memory_available=None)
    assert quote_text(within) == (
        "40 trials: 2 h (the time budget), with pruning about 55 min; 3.1 GB disk; needs 5.2 GiB"
    )


def test_the_plan_shows_the_quote_and_no_second_estimate() -> None:
    seen = shown(dataclasses.replace(examples.plan(), quote=QUOTE), 120)
    assert "Quote   40 trials: 2 h 10 min (1 h 40 min to 2 h 50 min)" in seen
    assert "Cost    19s per epoch\n" in seen
    assert "without pruning" not in seen
    again = dataclasses.replace(examples.plan(), quote=QUOTE, done=3, elapsed=725.0)
    assert "Said at its first start; 12 min are spent." in shown(again, 120)


def test_a_plan_names_what_else_was_asked_for_and_where_first_settings_come_from() -> None:
    points = examples.plan().start_points
    plan = dataclasses.replace(
        examples.plan(),
        start_points=(*points, dataclasses.replace(points[0], learning_rate=1e-4)),
        start_sources=("", "wnut-[red]bert", ""),
        ends_early=True,
        artifacts="s3://laboratory/models",
    )
    assert shown(plan).splitlines()[7:11] == snapshot(
        [
            "Plan       20 trials, at most 2h 00m, then 2 more seeds for the best",
            "Early end  when what is left to gain is below the noise of a score",
            "           (--stop-when-flat)",
            "Artifacts  also kept in s3://laboratory/models",
        ]
    )
    assert shown(plan).split("Tried first\n")[1].splitlines()[:4] == snapshot(
        [
            "trial 0  learning rate 2e-5, batch size 16, 3 epochs (the recipe)",
            "trial 1  learning rate 5e-5, batch size 16, 4 epochs (won the study",
            "         wnut-[red]bert)",
            "trial 2  learning rate 1e-4, batch size 16, 3 epochs",
        ]
    )


def test_without_them_nothing_is_said() -> None:
    assert not {"Early end", "Artifacts", "won"} & set(shown(examples.plan()).split())
