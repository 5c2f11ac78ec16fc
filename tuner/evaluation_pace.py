"""How often a training is scored: a large development split must not eat the time of training."""

from __future__ import annotations

from tuner.trial import TrialSpec
from tuner.trunk import is_trunk

__all__ = ["LEAST_EVALUATIONS", "TRAINING_COST", "epochs_between"]

TRAINING_COST = 3
"""Operations per token of a training step over those of an evaluation: a backward pass takes twice
a forward pass (Kaplan et al. 2020, arXiv:2001.08361, section 2.1)."""

LEAST_EVALUATIONS = 4
"""A training is scored at least so often if it has so many epochs: early stopping judges from a
quarter of the plan on."""


def epochs_between(train_tokens: int, dev_tokens: int, spec: TrialSpec) -> int:
    """Give the number of epochs from one evaluation to the next, so that none costs more than they.

    It depends on the data and the plan alone, not on measured times, so that a study that is
    repeated or resumed on another machine is the same. 1 unless the development split has more than
    three times the sub-tokens of the training split.

    Args:
        train_tokens: Sub-tokens of the training split, which is not empty.
        dev_tokens: Sub-tokens of the development split.
        spec: Hyperparameters; the last of the epochs is always scored, of a trunk every branch.
    """
    if is_trunk(spec):
        return 1
    needed = -(-dev_tokens // max(1, TRAINING_COST * train_tokens))
    return max(1, min(needed, spec.epochs // LEAST_EVALUATIONS))
