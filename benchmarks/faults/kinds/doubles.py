"""Two faults at once: does the report name both, whichever comes first?"""

from __future__ import annotations

from benchmarks.faults import changes
from benchmarks.faults.setup import Kind, Setup

__all__ = ["KINDS"]

_HIGH = frozenset({"illogical-hyperparameter", "unusual-hyperparameter", "learning-rate-too-high"})
_LOW = frozenset({"illogical-hyperparameter", "unusual-hyperparameter", "learning-rate-too-low"})
_KEPT = {"save_strategy": "epoch", "load_best_model_at_end": True, "metric_for_best_model": "f1"}


def _double(
    name: str, does: str, setup: Setup, first: frozenset[str], second: frozenset[str], **more: bool
) -> Kind:
    return Kind(
        name=name,
        does=does,
        setup=setup,
        causes=first | second,
        planted=(first, second),
        fixes=frozenset({"learning_rate", "epochs", "tag_scheme", "dev_sentences"}),
        predictions=more.get("predictions", False),
        arguments_kept=more.get("arguments_kept", False),
    )


KINDS = (
    _double(
        "few-steps-and-tiny-dev",
        "3 epochs of 8 steps, scored on 12 sentences",
        Setup(epochs=3, batch_size=16, dev_sentences=12),
        frozenset({"too-few-steps"}),
        frozenset({"dev-set-too-small"}),
    ),
    _double(
        "high-rate-and-iob1",
        "30 times the learning rate, and IOB1 tags scored strictly",
        Setup(learning_rate=9e-3, change=changes.iob1, strict=True),
        _HIGH,
        frozenset({"scheme-mismatch"}),
        predictions=True,
    ),
    _double(
        "low-rate-and-bare-types",
        "a hundredth of the learning rate, and labels without B- and I-",
        Setup(learning_rate=3e-6, change=changes.bare_types),
        _LOW,
        frozenset({"labels-are-not-chunks"}),
    ),
    _double(
        "short-schedule-and-unlabelled",
        "a schedule of a quarter of the steps, and half of the entities unlabelled",
        Setup(schedule_share=0.25, change=changes.entities_dropped),
        frozenset({"schedule-dead-tail"}),
        frozenset({"entities-left-unlabelled", "precision-far-above-recall"}),
        predictions=True,
    ),
    _double(
        "worst-epoch-and-leak",
        "the epoch with the lowest F1 is kept, scored on sentences that are trained on",
        Setup(
            change=changes.dev_from_train,
            epochs=12,
            arguments={**_KEPT, "greater_is_better": False},
        ),
        frozenset({"conflicting-settings", "wrong-checkpoint-kept"}),
        frozenset({"metric-suspect"}),
        arguments_kept=True,
    ),
)
