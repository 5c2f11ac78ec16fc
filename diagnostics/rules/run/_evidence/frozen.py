"""Whether the encoder was trained at all, and what to change where it was not."""

from __future__ import annotations

from diagnostics import reference_values, series
from diagnostics.findings import Evidence, Fix
from diagnostics.rules.run._evidence.times import backward_cost
from diagnostics.rules.run._evidence.tuned import is_plain_adam, trains_adapters
from diagnostics.subjects.run_history import RunHistory

__all__ = [
    "ALL_LAYERS",
    "HEAD_RATE",
    "moves_the_head_alone",
    "told_by_times",
    "train_the_encoder_too",
]

_ENOUGH_STEPS = 100
"""Optimizer steps at a usual rate that move the training loss of every encoder. In the healthy runs
of the planted-faults benchmark, of 110 steps and more, it lost at least 70 % of its first value."""

_FORWARD_ALONE = 2.0
"""Times the cost of evaluating a sentence below which training one computed hardly a gradient.

A forward pass is 1; with a backward pass of twice its operations it is 3. In the kept runs of that
benchmark it was 1.1 to 1.5 with a frozen encoder, and 2.2 to 6.2 without (on one
core; runs that were resumed have times of their second part alone).
"""

HEAD_RATE = 1e-3
"""Learning rate of a head on a frozen encoder. Judgement: ten times that of a small encoder."""

ALL_LAYERS = Fix(
    text="Train all layers: see that none is frozen, and that the optimizer holds the parameters "
    "of the encoder.",
    parameter="frozen_layers",
    new=0,
    how="at this learning rate and after so many steps an encoder that is trained has learned more",
)


def moves_the_head_alone(run: RunHistory) -> bool:
    """Whether a run that learned little hardly trained its encoder, though the rate suits it.

    Where the times are known, a sentence must also have taken less than a forward and a backward
    pass do.
    """
    rate, steps = series.number(run.config.get("learning_rate")), series.total_steps(run)
    usual = reference_values.learning_rate_range(run)
    if rate is None or steps is None or steps < _ENOUGH_STEPS or trains_adapters(run):
        return False
    if is_plain_adam(run) is False or not usual.low <= rate <= usual.high:
        return False
    cost = backward_cost(run)
    return cost is None or cost < _FORWARD_ALONE


def told_by_times(run: RunHistory) -> tuple[Evidence, ...]:
    """Return the cost of training a sentence as evidence, where it shows that gradients lack."""
    cost = backward_cost(run)
    if cost is None or cost >= _FORWARD_ALONE or not moves_the_head_alone(run):
        return ()
    label = "cost of training a sentence (3 with gradients of the encoder, 1 without)"
    return (Evidence(label=label, value=round(cost, 2), unit="evaluations"),)


def train_the_encoder_too(run: RunHistory) -> list[Fix]:
    """Propose to train the encoder, too; else a rate that suits the head, if the present is lower.

    A head that starts at random bears larger steps than weights that were trained before.
    """
    layers = series.whole(run.config.get("frozen_layers"))
    found = [
        Fix(
            text="Train the encoder, too: its features do not fit the task without it.",
            parameter="frozen_layers",
            old=layers or None,
            new=0,
            how="no layer frozen",
        )
    ]
    rate = series.number(run.config.get("learning_rate"))
    if rate is not None and rate < HEAD_RATE:
        found.append(
            Fix(
                text="Or raise the learning rate of the head.",
                parameter="learning_rate",
                old=rate,
                new=HEAD_RATE,
                how="usual for a head that is trained alone",
            )
        )
    return found
