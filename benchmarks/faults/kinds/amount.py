"""Faults of the amount: too few steps, sentences or development sentences."""

from __future__ import annotations

from benchmarks.faults.setup import CONFIGURATION, Kind, Setup

__all__ = ["KINDS"]

KINDS = (
    Kind(
        name="batch-of-half-the-data",
        does="batches of 64 sentences: 2 steps per epoch",
        setup=Setup(batch_size=64),
        causes=frozenset({"too-few-steps"}),
        fixes=frozenset({"batch_size", "epochs", "max_steps"}),
    ),
    Kind(
        name="three-epochs",
        does="3 epochs of 8 steps",
        setup=Setup(epochs=3, batch_size=16),
        causes=frozenset({"too-few-steps"}),
        fixes=frozenset({"batch_size", "epochs", "max_steps"}),
    ),
    Kind(
        name="one-epoch",
        does="one epoch of 15 steps",
        setup=Setup(epochs=1),
        causes=frozenset({"too-few-steps"}),
        fixes=frozenset({"batch_size", "epochs", "max_steps"}),
    ),
    Kind(
        name="24-sentences",
        does="24 training sentences",
        setup=Setup(sentences=24),
        causes=frozenset({"too-few-examples", "too-few-steps"}),
        fixes=frozenset({"train_sentences", "epochs", "batch_size"}),
    ),
    Kind(
        name="dev-of-12",
        does="12 development sentences",
        setup=Setup(dev_sentences=12),
        causes=frozenset({"dev-set-too-small"}),
        fixes=frozenset({"dev_sentences", "dev_entities"}),
        evidence=CONFIGURATION,
    ),
)
