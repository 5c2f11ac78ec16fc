"""What helps where sentences are few: more passes over them, larger steps, scores on all."""

from __future__ import annotations

from diagnostics import reference_values, series
from diagnostics.findings import Fix
from diagnostics.subjects.dataset import Dataset
from diagnostics.subjects.run_history import RunHistory

__all__ = ["enough_epochs", "learn_more_from_few", "steps_per_epoch"]

_UPPER_RATE = 5e-5
"""Upper end of the usual learning rates of base encoders, for encoders of unknown size."""


def steps_per_epoch(subject: Dataset, sentences: int) -> int:
    """Return the optimizer steps of one epoch, in the planned batches or else the usual ones."""
    batch = series.whole(subject.plan.get("batch_size"))
    if batch is None or batch < 1:
        batch = reference_values.batch_size_for(sentences)
    accumulated = series.whole(subject.plan.get("gradient_accumulation_steps")) or 1
    return max(1, -(-sentences // (batch * max(1, accumulated))))


def enough_epochs(subject: Dataset, sentences: int) -> list[Fix]:
    """Return the change that gives the usual number of steps; none where enough are planned."""
    steps = steps_per_epoch(subject, sentences)
    new, old = reference_values.epochs_for_steps(steps), series.number(subject.plan.get("epochs"))
    if old is not None and old >= new:
        return []
    return [
        Fix(
            text=f"Train for {new} epochs, and keep the best one.",
            parameter="epochs",
            old=subject.plan.get("epochs"),
            new=new,
            how=f"{reference_values.USUAL_STEPS} steps / {steps} per epoch, from 3 to 30",
        )
    ]


def learn_more_from_few(subject: Dataset, sentences: int) -> list[Fix]:
    """Return what makes the most of few sentences, until there are more."""
    return [
        *enough_epochs(subject, sentences),
        *_upper_rate(subject),
        Fix(
            text="Score by 5-fold cross-validation: every sentence is then scored once, by a model "
            "that has not seen it."
        ),
    ]


def _upper_rate(subject: Dataset) -> list[Fix]:
    new, kind = _UPPER_RATE, "base encoder"
    if series.number(subject.model.get("parameters")) is not None:
        model = RunHistory(epochs=(), config={"parameters": subject.model["parameters"]})
        usual = reference_values.learning_rate_range(model)
        new, kind = usual.high, usual.kind
    old = series.number(subject.plan.get("learning_rate"))
    if old is not None and old >= new:
        return []
    return [
        Fix(
            text=f"Take a learning rate at the upper end of what is usual, {new:g}.",
            parameter="learning_rate",
            old=subject.plan.get("learning_rate"),
            new=new,
            how=f"upper end for a {kind}",
        )
    ]
