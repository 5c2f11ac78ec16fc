"""A made-up study and training that the tests of the display show."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from tuner.study_view import (
    Estimate,
    Gain,
    PrunerAudit,
    StudyPlan,
    StudySnapshot,
    StudySummary,
    TrialRow,
    Winner,
)
from tuner.train_view import RunFacts, TrainResult
from tuner.trial import EpochReport, Scores, TrialSpec, TrialState, TypeScores

FINISHED = (
    # learning rate, batch size, epochs, epochs done, state, score, seconds, remark
    (2e-5, 16, 3, 3, TrialState.FINISHED, 0.8412, 61.2, ""),
    (5e-5, 16, 4, 4, TrialState.FINISHED, 0.8655, 80.5, ""),
    (1e-3, 8, 5, 2, TrialState.PRUNED, 0.0, 39.0, "pruned: 0.00 < 0.62 at 40 %"),
    (3.17e-4, 64, 2, 0, TrialState.FAILED, None, 4.1, "the loss became NaN at step 17"),
    (1.2e-4, 32, 5, 5, TrialState.FINISHED, 0.8731, 97.4, "out of memory at 32, ran as 2 x 16"),
    (7.7e-6, 8, 3, 1, TrialState.PRUNED, 0.3120, 22.8, "pruned: 0.31 < 0.63 at 33 %"),
    (8.9e-5, 128, 4, 4, TrialState.FINISHED, 0.8590, 71.0, ""),
)


def trial_rows(running: bool = True) -> tuple[TrialRow, ...]:
    """Return seven trainings that ended and, on request, one that runs."""
    rows = [
        TrialRow(
            key=f"{number:04d}",
            number=number,
            spec=TrialSpec(learning_rate=rate, batch_size=batch, epochs=epochs),
            state=state,
            epoch=done,
            score=score,
            best_epoch=done or None,
            seconds=seconds,
            origin="recipe" if number == 0 else "sampler",
            note=note,
        )
        for number, (rate, batch, epochs, done, state, score, seconds, note) in enumerate(FINISHED)
    ]
    if running:
        rows.append(
            TrialRow(
                key="0007",
                number=7,
                spec=TrialSpec(learning_rate=1.05e-4, batch_size=32, epochs=5),
                state=TrialState.RUNNING,
                epoch=2,
                score=0.8102,
                best_epoch=2,
                seconds=38.3,
                origin="sampler",
            )
        )
    return tuple(rows)


def many_rows(count: int) -> tuple[TrialRow, ...]:
    """Return `count` trainings, the last of them running."""
    seven = trial_rows(running=False)
    rows = [
        dataclasses.replace(seven[n % 7], key=f"{n:04d}", number=n, seconds=10.0 + n)
        for n in range(count - 1)
    ]
    last = trial_rows()[-1]
    return (*rows, dataclasses.replace(last, key=f"{count - 1:04d}", number=count - 1))


def four_running() -> tuple[TrialRow, ...]:
    """Return seven trainings that ended and four that run side by side."""
    ended, last = trial_rows(running=False), trial_rows()[-1]
    further = ((7, 2, 0.8102, 2.6), (8, 0, None, 0.3), (9, 1, 0.4571, 1.0), (10, 4, 0.8733, 4.9))
    running = [
        dataclasses.replace(
            last, key=f"{number:04d}", number=number, epoch=epoch, score=score, trained=trained
        )
        for number, epoch, score, trained in further
    ]
    return (*ended, *running)


def snapshot(rows: tuple[TrialRow, ...] | None = None) -> StudySnapshot:
    """Return a search in its eighth trial."""
    return StudySnapshot(
        name="fin",
        phase="search",
        trials=20,
        finished=7,
        rows=trial_rows() if rows is None else rows,
        best_key="0004",
        elapsed=414.0,
        remaining=812.0,
        epochs_saved=5,
    )


def plan() -> StudyPlan:
    """Return the plan of the study."""
    return StudyPlan(
        name="fin",
        directory=Path("runs/fin"),
        model="bert-base-cased",
        data_facts=(
            "CoNLL file train.txt: 986 training and 174 development sentences, 305 test sentences",
            "4 entity types: PER 962, ORG 421, LOC 374, MISC 14",
        ),
        space_lines=(
            ("learning_rate", "5e-6 to 2e-4, log", "a model of 108 million parameters"),
            ("batch_size", "8, 16, 32, 64", "986 sentences: at least 15 steps per epoch at 64"),
            ("epochs", "2 to 6", "fewer than 1,000 sentences need more passes"),
        ),
        fixed_lines=(
            ("warmup_ratio", "0.1", "the recipe"),
            ("weight_decay", "0.01", "the recipe"),
            ("schedule", "linear", "the recipe"),
        ),
        start_points=(
            TrialSpec(learning_rate=2e-5, batch_size=16, epochs=3),
            TrialSpec(learning_rate=5e-5, batch_size=16, epochs=4),
        ),
        trials=20,
        done=0,
        time_budget=7200.0,
        confirm=2,
        estimate=Estimate(
            seconds_per_epoch=19.4,
            seconds=1510.0,
            disk_bytes=1_300_000_000,
            memory_bytes=2_100_000_000,
            how="Measured on 8 training and 2 evaluation steps.",
        ),
        device="cpu (2 threads)",
        notes=("A development split of 15 % was made from the training data with seed 42.",),
    )


def scores(f1: float = 0.8731, *, types: int = 4) -> Scores:
    """Return an evaluation with some entity types."""
    names = ("PER", "ORG", "LOC", "MISC")
    per_type = {
        name: TypeScores(precision=f1, recall=f1 - 0.05 * place, f1=f1 - 0.03 * place, support=n)
        for place, (name, n) in enumerate(zip(names[:types], (962, 421, 374, 14), strict=False))
    }
    return Scores(
        loss=0.0871,
        precision=f1 - 0.008,
        recall=f1 + 0.008,
        f1=f1,
        accuracy=0.9756,
        per_type=per_type,
    )


def winner() -> Winner:
    """Return the winning trial, confirmed with two further seeds."""
    return Winner(
        number=4,
        spec=TrialSpec(learning_rate=1.2e-4, batch_size=32, epochs=5),
        best_epoch=4,
        scores=scores(),
        seeds=(42, 43, 44),
        seed_scores=(0.8731, 0.8689, 0.8702),
        mean=0.8707,
        spread=0.0021,
        interval=(0.8492, 0.8911),
        fresh_mean=0.8696,
    )


def summary() -> StudySummary:
    """Return the end of the study."""
    return StudySummary(
        name="fin",
        directory=Path("runs/fin"),
        status="finished",
        winner=winner(),
        gain=Gain(
            recipe_mean=0.8412, winner_mean=0.8707, difference=0.0295, interval=(0.011, 0.0482)
        ),
        test=scores(0.8612),
        rows=trial_rows(running=False),
        importances={"learning_rate": 0.71, "epochs": 0.2, "batch_size": 0.09},
        audit=PrunerAudit(
            pruned=2,
            epochs_saved=5,
            let_run=1,
            wrong=0,
            verdict="1 trial that pruning would have stopped was let run: it did not win.",
        ),
        best_directory=Path("runs/fin/best"),
        elapsed=1382.0,
        warnings=(
            "The development score is biased upward: the best of 7 trials was chosen by it.",
        ),
        next_commands=(
            ("tuner show fin --trial 4", "the winning trial, epoch by epoch"),
            ("tuner search train.txt --model bert-base-cased --trials 40", "go on to 40 trials"),
        ),
    )


def reports(epochs: int = 3) -> tuple[EpochReport, ...]:
    """Return the epochs of a training whose second epoch is the best."""
    f1 = (0.612, 0.8731, 0.8702)
    return tuple(
        EpochReport(
            epoch=epoch,
            epochs=epochs,
            step=62 * epoch,
            train_loss=0.9 / epoch,
            scores=scores(f1[(epoch - 1) % 3]),
            seconds=19.0,
        )
        for epoch in range(1, epochs + 1)
    )


def run_facts() -> RunFacts:
    """Return what a training is about."""
    return RunFacts(
        name="fin-train",
        directory=Path("runs/fin-train"),
        model="bert-base-cased",
        data_facts=("986 training, 174 development and 305 test sentences",),
        spec=TrialSpec(learning_rate=2e-5, batch_size=16, epochs=3),
        device="cpu (2 threads)",
        train_sentences=986,
        steps_per_epoch=62,
        notes=("2 sentences were longer than 128 sub-tokens and cut into windows.",),
    )


def train_result() -> TrainResult:
    """Return the end of the training."""
    return TrainResult(
        name="fin-train",
        directory=Path("runs/fin-train"),
        state=TrialState.FINISHED,
        reason="",
        reports=reports(),
        best_epoch=2,
        dev=scores(),
        test=scores(0.8612),
        best_directory=Path("runs/fin-train/best"),
        warnings=("The development split holds 14 entities of MISC: too few to judge it.",),
        next_commands=(("tuner search train.txt --model bert-base-cased", "find better settings"),),
    )
