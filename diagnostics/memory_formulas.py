"""The arithmetic of memory: what a model needs before the first sentence, and what batch fits.

Everything is in bytes. PyTorch's allocator reports what was allocated when an allocation failed;
what is beyond weights and optimizer is taken to grow with the sentences of a batch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = [
    "MemoryPlan",
    "accumulation_for",
    "fixed_bytes",
    "logits_bytes",
    "plan_batch",
    "shown_bytes",
]

USABLE = 0.9
"""Share of the capacity that a batch may fill: the rest goes to fragments and to longer sentences.
Judgement; it makes the failing batch itself not fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryPlan:
    """What fits, by the figures of a failed allocation.

    Attributes:
        batch: Largest power of two of sentences that fits, 0 when not even one does.
        fixed: Bytes for weights, gradients and optimizer.
        per_sentence: Bytes for the activations of one sentence.
        available: Bytes left for activations; negative when the fixed part alone is too large.
    """

    batch: int
    fixed: float
    per_sentence: float
    available: float

    @property
    def how(self) -> str:
        """The arithmetic as a phrase."""
        return (
            f"({shown_bytes(self.available)} free for activations) / "
            f"({shown_bytes(self.per_sentence)} per sentence), rounded down to a power of two"
        )


def fixed_bytes(parameters: float, *, mixed: bool = False) -> float:
    """Return the bytes of weights, gradients and the two moments of AdamW.

    4 + 4 + 8 bytes per parameter in fp32; mixed precision adds a copy of the weights in 16 bits.
    """
    return (18 if mixed else 16) * parameters


def plan_batch(
    batch: int,
    *,
    needed: float,
    capacity: float,
    fixed: float,
    others: float = 0.0,
) -> MemoryPlan:
    """Return what batch would have fitted.

    Args:
        batch: Sentences in the batch that did not fit, at least 1.
        needed: Bytes that it asked for: allocated plus the request that failed. The batch was not
            through yet, so this is a lower bound and the result an upper one.
        capacity: Bytes of the device.
        fixed: Bytes for weights, gradients and optimizer; 0 when the parameters are unknown.
        others: Bytes that other programs hold.
    """
    per_sentence = max(needed - fixed, 1.0) / batch
    available = USABLE * capacity - fixed - others
    fits = math.floor(available / per_sentence)
    # What has just failed does not fit, whatever a lower bound says.
    most = (batch - 1) if fits >= batch else fits
    return MemoryPlan(
        batch=2 ** math.floor(math.log2(most)) if most >= 1 else 0,
        fixed=fixed,
        per_sentence=per_sentence,
        available=available,
    )


def accumulation_for(effective: int, micro: int) -> int:
    """Return how many batches of `micro` sentences make at least `effective`, both at least 1."""
    return math.ceil(effective / micro)


def logits_bytes(sentences: int, length: int, labels: int) -> int:
    """Return the bytes of all logits of an evaluation, as 4-byte numbers."""
    return 4 * sentences * length * labels


def shown_bytes(count: float) -> str:
    """Return a number of bytes for people, such as `7.6 GiB`."""
    for unit, power in (("GiB", 3), ("MiB", 2), ("KiB", 1)):
        if abs(count) >= 1024**power:
            size = count / 1024**power
            return f"{size:,.0f} {unit}" if abs(size) >= 999.5 else f"{size:.3g} {unit}"
    return f"{count:.0f} bytes"
