"""What a forecast of memory says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["MemoryForecast", "MicroBatchForecast"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryForecast:
    """Peak memory of a training, in bytes.

    Attributes:
        batch_size: Sentences in one forward pass.
        length: Sub-tokens per sentence, padding included.
        parameters: Parameters of the model with its head.
        parts: What the memory holds at the moment of the peak, name to bytes, the largest first:
            `weights`, `gradients`, `optimizer`, `activations`, `weight copies` (of mixed
            precision), `logits and loss`, `temporaries`, `inputs`, and beside the tensors
            `allocator` (rounding and gaps) and `framework`. A part that holds nothing is absent.
        peak: All tensors at the peak: on a GPU what `torch.cuda.max_memory_allocated` reports.
        total: Sum of the parts: what the process will take.
        upper: Upper end of the forecast: a run fits where so much is free before it starts.
        assumptions: What was assumed about kernels and device, one sentence each.
    """

    batch_size: int
    length: int
    parameters: int
    parts: Mapping[str, int]
    peak: int
    total: int
    upper: int
    assumptions: tuple[str, ...]

    def fits(self, free_bytes: int) -> bool:
        """Tell whether the upper end of the forecast is within the free memory."""
        return self.upper <= free_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MicroBatchForecast:
    """The largest batch that goes through the model at once.

    Attributes:
        batch_size: Sentences; 0 when not even one fits.
        forecast: The forecast of that batch, or of one sentence when none fits.
        next_forecast: The forecast of one sentence more, which does not fit; None when the limit
            `most` was reached, or when none fits.
    """

    batch_size: int
    forecast: MemoryForecast
    next_forecast: MemoryForecast | None
