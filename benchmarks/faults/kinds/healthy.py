"""Nothing is wrong here: the plain run, and runs that are unusual but fine."""

from __future__ import annotations

from benchmarks.faults import changes
from benchmarks.faults.setup import Kind, Setup

__all__ = ["KINDS"]

_BEST_F1_KEPT = {
    "save_strategy": "epoch",
    "load_best_model_at_end": True,
    "metric_for_best_model": "f1",
}

KINDS = (
    Kind(name="healthy", does="nothing", setup=Setup(), predictions=True),
    Kind(name="per-type-scores", does="scores of each type", setup=Setup(per_type=True)),
    Kind(
        name="logged-every-step",
        does="a log of every step",
        setup=Setup(arguments={"logging_steps": 1}),
    ),
    Kind(
        name="constant-rate",
        does="a constant learning rate",
        setup=Setup(arguments={"lr_scheduler_type": "constant"}, warmup_steps=0),
    ),
    Kind(
        name="cosine-restarts",
        does="a cosine schedule with restarts",
        setup=Setup(
            arguments={
                "lr_scheduler_type": "cosine_with_restarts",
                "lr_scheduler_kwargs": {"num_cycles": 2},
            }
        ),
    ),
    Kind(name="no-warmup", does="no warm-up", setup=Setup(warmup_steps=0)),
    Kind(
        name="low-rate-more-epochs",
        does="learning rate 1e-4, the low end for small encoders, over 16 epochs",
        setup=Setup(learning_rate=1e-4, epochs=16),
    ),
    Kind(
        name="rate-above-usual",
        does="learning rate 8e-4, above what is usual, which works here",
        setup=Setup(learning_rate=8e-4),
    ),
    Kind(
        name="two-epochs-of-small-batches",
        does="2 epochs of 220 sentences in batches of 2",
        setup=Setup(sentences=220, batch_size=2, epochs=2),
    ),
    Kind(
        name="one-epoch-of-plenty",
        does="one epoch of 220 sentences, one at a time",
        setup=Setup(sentences=220, batch_size=1, epochs=1, learning_rate=2e-4),
    ),
    Kind(
        name="classes-without-o",
        does="a class for every word, as parts of speech have; accuracy as the score",
        setup=Setup(change=changes.word_classes, accuracy_only=True),
    ),
    Kind(name="many-epochs", does="20 epochs", setup=Setup(epochs=20)),
    Kind(
        name="label-smoothing",
        does="label smoothing 0.1, which keeps the loss high",
        setup=Setup(arguments={"label_smoothing_factor": 0.1}),
    ),
    Kind(name="no-dropout", does="dropout 0", setup=Setup(dropout=0.0)),
    Kind(
        name="batch-of-2",
        does="batches of 2 sentences",
        setup=Setup(batch_size=2, epochs=5, learning_rate=2e-4),
    ),
    Kind(
        name="batch-of-32",
        does="batches of 32 sentences over 24 epochs",
        setup=Setup(batch_size=32, epochs=24, learning_rate=6e-4),
    ),
    Kind(
        name="slow-start",
        does="a warm-up over 40 % of 10 epochs: F1 is 0 at first",
        setup=Setup(warmup_steps=0.4, epochs=10),
    ),
    Kind(
        name="stopped-early",
        does="30 epochs planned, stopped when F1 had not risen for 3",
        setup=Setup(epochs=30, patience=3, learning_rate=6e-4, arguments=_BEST_F1_KEPT),
    ),
    Kind(
        name="resumed",
        does="ended halfway and taken up again",
        setup=Setup(resume_at=0.5, arguments={"save_strategy": "epoch"}),
    ),
    Kind(
        name="dev-of-40",
        does="40 development sentences",
        setup=Setup(dev_sentences=40),
        allowed=frozenset({"dev-set-too-small"}),
    ),
    Kind(
        name="two-types",
        does="persons and organisations only",
        setup=Setup(change=changes.only_types),
    ),
    Kind(
        name="evaluated-by-steps",
        does="evaluations every 10 steps",
        setup=Setup(arguments={"eval_strategy": "steps", "eval_steps": 10}),
    ),
    Kind(
        name="accuracy-alone",
        does="the accuracy as the only score",
        setup=Setup(accuracy_only=True),
    ),
)
