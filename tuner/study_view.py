"""What a search shows while it runs and when it ends: frozen snapshots and the observer contract.

The loop builds these values and never prints; a display renders them and never decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from tuner.study_quote import QuoteCheck, StudyQuote
from tuner.trial import Scores, TrialSpec, TrialState

__all__ = [
    "Estimate",
    "Gain",
    "PrunerAudit",
    "StudyObserver",
    "StudyPlan",
    "StudySnapshot",
    "StudySummary",
    "TrialRow",
    "Winner",
]

Phase = Literal["search", "confirm", "finish", "idle"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a search is expected to cost, measured on a few steps before the first trial.

    Attributes:
        seconds_per_epoch: Time of one epoch at the recipe's batch size, evaluation included; None
            when it was not measured.
        seconds: Time of the whole study without pruning; None when not measured.
        disk_bytes: Most disk that the study folder takes at once.
        memory_bytes: Expected peak memory of a training on its device; None when unknown.
        how: How it was measured, one sentence.
    """

    seconds_per_epoch: float | None
    seconds: float | None
    disk_bytes: int
    memory_bytes: int | None
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPlan:
    """Everything a person wants to read before the first trial.

    Attributes:
        name: Name of the study.
        directory: Its folder.
        model: Model as the user named it.
        data_facts: Short lines about the data (sentences, entities, splits made, ...).
        space_lines: One (parameter, range, reason) per searched hyperparameter.
        fixed_lines: One (parameter, value, reason) per hyperparameter that is not searched.
        start_points: The specs tried first; the first of them is the recipe, trial 0.
        start_sources: For each of them the finished study that it won, or an empty text.
        trials: How many trials in total, over all restarts.
        done: How many of them are finished already (a resumed study).
        time_budget: Seconds, or None.
        confirm: Further seeds per contender.
        estimate: What it will cost, or None when it was not measured.
        device: `cuda:0 (NVIDIA H100, 80 GB)`, `cpu (2 threads)`, ...
        notes: Warnings and remarks, as sentences.
        engine: What runs the trainings, how many at once and why; empty says nothing.
        quote: What it is expected to take; of a study that goes on, what was said at its first
            start. None when nothing was said.
        elapsed: Seconds spent on it so far, by earlier sessions.
        ends_early: Whether it ends when what is left to gain is below the noise of a score.
        artifacts: Where models and checkpoints are kept besides, without secrets; empty: nowhere.
    """

    name: str
    directory: Path
    model: str
    data_facts: tuple[str, ...]
    space_lines: tuple[tuple[str, str, str], ...]
    fixed_lines: tuple[tuple[str, str, str], ...]
    start_points: tuple[TrialSpec, ...]
    trials: int
    done: int
    time_budget: float | None
    confirm: int
    estimate: Estimate | None
    device: str
    notes: tuple[str, ...] = ()
    engine: str = ""
    quote: StudyQuote | None = None
    elapsed: float = 0.0
    start_sources: tuple[str, ...] = ()
    ends_early: bool = False
    artifacts: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRow:
    """One training in the live table.

    Attributes:
        key: `0007`, or `0007-seed-43` for the re-run of a contender.
        number: Trial number in the study.
        spec: Its hyperparameters.
        state: How it stands.
        epoch: Epochs done (of `spec.epochs`).
        score: Best development F1 so far, or None before the first evaluation.
        best_epoch: Epoch of that score, or None.
        seconds: Time spent so far.
        origin: Where the settings came from: `recipe`, `known good`, `sampler`, `confirm`.
        note: Short remark (`out of memory at 64, ran as 4 x 16`, `pruned: 0.41 < 0.63 at 40 %`).
        trained: Epochs trained by a running training, the running epoch as a fraction: 2.4; at most
            `epoch` while its engine tells no steps.
        loading: Whether what trains it still loads the model and the data.
    """

    key: str
    number: int
    spec: TrialSpec
    state: TrialState
    epoch: int
    score: float | None
    best_epoch: int | None
    seconds: float
    origin: str
    note: str = ""
    trained: float = 0.0
    loading: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySnapshot:
    """The state of a search at one moment.

    Attributes:
        name: Name of the study.
        phase: `search`, `confirm` (re-running contenders with further seeds), `finish`, or `idle`
            (nobody works on it).
        trials: How many trials in total.
        finished: How many are finished, in any way.
        rows: All trainings so far, in order of their start.
        best_key: Key of the best finished training so far, or None.
        elapsed: Seconds spent on the study, over all restarts.
        remaining: Expected seconds to the end, or None while unknown.
        epochs_saved: Epochs that pruning has saved so far.
        quoted: Seconds that it was expected to take before its first trial, or None.
    """

    name: str
    phase: Phase
    trials: int
    finished: int
    rows: tuple[TrialRow, ...]
    best_key: str | None
    elapsed: float
    remaining: float | None
    epochs_saved: int
    quoted: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Winner:
    """The settings to use, with an honest score.

    Attributes:
        number: Trial number.
        spec: Its hyperparameters; `best_epoch` is where its training peaked.
        best_epoch: Epoch whose weights are saved.
        scores: Development scores of the saved model.
        seeds: Seeds it was trained with.
        seed_scores: Best development F1 per seed, in the order of `seeds`.
        mean: Mean of `seed_scores`.
        spread: Their standard deviation; None with one seed.
        interval: 95 % interval of the development F1 (sentence bootstrap, and seeds where there are
            several), or None when it could not be computed.
        fresh_mean: Mean over the seeds that took no part in the selection, or None.
    """

    number: int
    spec: TrialSpec
    best_epoch: int
    scores: Scores
    seeds: tuple[int, ...]
    seed_scores: tuple[float, ...]
    mean: float
    spread: float | None
    interval: tuple[float, float] | None
    fresh_mean: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """What tuning gained over the recipe (trial 0), in F1, on the development split.

    `interval` is a 95 % paired bootstrap interval over sentences (and seeds, if there are several).
    """

    recipe_mean: float
    winner_mean: float
    difference: float
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrunerAudit:
    """What the pruner did, and what it would have cost.

    Attributes:
        pruned: Trials stopped early.
        epochs_saved: Epochs of their plans that were not trained.
        let_run: Trials that the pruner would have stopped, but that were let run to audit it.
        wrong: How many of those ended better than the best of the others finished by then.
        verdict: One sentence for the report.
    """

    pruned: int
    epochs_saved: int
    let_run: int
    wrong: int
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySummary:
    """The end of a study: the answer, how sure it is, and what to do next.

    Attributes:
        name: Name of the study.
        directory: Its folder.
        status: `finished`; `interrupted` (resumable); `no-result` (no training succeeded).
        winner: None when nothing succeeded.
        gain: None without a finished trial 0, or when trial 0 won.
        test: Scores on the test split, read once; None when there is none or the study goes on.
        rows: All trainings.
        importances: Hyperparameter to its share in the variation of the score; empty when there are
            too few trials.
        audit: The pruner's account.
        best_directory: Folder of the saved model, or None.
        elapsed: Seconds spent, over all restarts.
        warnings: What the reader must know (development score biased upward, tiny development
            split, failures with their reasons, ...), as sentences.
        next_commands: (command, what it does) pairs to go on with.
        extra: Further figures, JSON-serialisable.
        quote: What it was expected to take against what it took; None without a quote for this
            study, and while it goes on.
    """

    name: str
    directory: Path
    status: Literal["finished", "interrupted", "no-result"]
    winner: Winner | None
    gain: Gain | None
    test: Scores | None
    rows: tuple[TrialRow, ...]
    importances: Mapping[str, float]
    audit: PrunerAudit
    best_directory: Path | None
    elapsed: float
    warnings: tuple[str, ...] = ()
    next_commands: tuple[tuple[str, str], ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    quote: QuoteCheck | None = None


class StudyObserver(Protocol):
    """Whoever watches a search: a live table, plain lines, nothing, a test."""

    def plan(self, plan: StudyPlan) -> None:
        """Called once, before the first trial."""

    def update(self, snapshot: StudySnapshot, note: str) -> None:
        """Called when something happened; `note` says what in one line."""

    def tick(self, snapshot: StudySnapshot) -> None:
        """Called a few times a second while nothing happens."""

    def finish(self, summary: StudySummary) -> None:
        """Called once at the end, also after an interruption."""
