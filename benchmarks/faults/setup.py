"""What one training of the benchmark is made of, and how a kind of fault changes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from benchmarks.faults.corpora import Splits

__all__ = ["CONFIGURATION", "RECORD", "SCORE", "Kind", "Setup"]

SCORE = "score"
CONFIGURATION = "configuration"
RECORD = "record"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """One training: the healthy one by default.

    Attributes:
        sentences: Training sentences drawn from the corpus.
        dev_sentences: Development sentences, the same for every seed.
        epochs: Epochs planned; whole.
        learning_rate: Peak of the schedule.
        batch_size: Sentences per step.
        warmup_steps: Steps, or a share of them below 1, as `TrainingArguments` takes it.
        max_length: Most sub-tokens of a sentence.
        dropout: Of the encoder's hidden layers and attention.
        frozen: Whether only the head is trained.
        arguments: Further training arguments, by their names in `TrainingArguments`.
        schedule_share: Share of the steps after which the schedule reaches its end.
        patience: Evaluations without a gain before the run stops; None: no early stopping.
        change: Changes the drawn sentences; gets the randomness of the seed.
        dev_labels: Order in which the development split numbers its labels, given the right one.
        all_pieces: Label every sub-token of a word, not the first alone.
        pad_label: Label of padding.
        strict: Score in seqeval's strict mode.
        per_type: Log the scores of each type, too.
        accuracy_only: Log the accuracy as the only score.
        nan_at: Share of the steps at which the weights become NaN; None: never.
        stop_at: Share of the steps at which the process ends, its state as last saved; None: never.
        resume_at: Share of the steps at which it ends and is taken up again; None: never.
        failure: Name of what is raised at a tenth of the steps; None: nothing.
    """

    sentences: int = 120
    dev_sentences: int = 80
    epochs: int = 8
    learning_rate: float = 3e-4
    batch_size: int = 8
    warmup_steps: float = 0.1
    max_length: int = 64
    dropout: float = 0.1
    frozen: bool = False
    arguments: Mapping[str, Any] = field(default_factory=dict)
    schedule_share: float = 1.0
    patience: int | None = None
    change: Callable[[Splits, Random], Splits] | None = None
    dev_labels: Callable[[tuple[str, ...]], tuple[str, ...]] | None = None
    all_pieces: bool = False
    pad_label: int = -100
    strict: bool = False
    per_type: bool = False
    accuracy_only: bool = False
    nan_at: float | None = None
    stop_at: float | None = None
    resume_at: float | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A planted fault, or a healthy run.

    Attributes:
        name: Its folder below `histories/`.
        does: What is done to the training, as a clause.
        setup: The training.
        causes: Rules whose finding names the fault; empty for a healthy run.
        planted: For several faults at once the rules that mean each of them; else empty.
        allowed: Further rules that say something true of this run, so that they are no false
            warning; those of consequences need not be listed.
        fixes: Parameters whose change mends it.
        evidence: What shows the harm: `SCORE`, where F1 must have suffered, `CONFIGURATION` or
            `RECORD`, where the settings or an event are the fault themselves.
        twin: The healthy kind with the same corpus, size and seed.
        predictions: Whether the tags of the development split are kept.
        arguments_kept: Whether the training arguments lie beside the log, as plain JSON.
    """

    name: str
    does: str
    setup: Setup
    causes: frozenset[str] = frozenset()
    planted: tuple[frozenset[str], ...] = ()
    allowed: frozenset[str] = frozenset()
    fixes: frozenset[str] = frozenset()
    evidence: str = SCORE
    twin: str = "healthy"
    predictions: bool = False
    arguments_kept: bool = False

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.causes
