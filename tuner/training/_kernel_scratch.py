"""What kernels take for themselves and give back, which no operator returns.

Found by comparing what operators return with what PyTorch's allocators are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuner.training._allocation_record import Scratch

__all__ = ["scratch_of"]


def _safe_softmax(out: Any, args: tuple[Any, ...]) -> int:
    """A softmax, and where it is -inf everywhere, besides the result."""
    return int(out.numel() * (out.element_size() + 1))


def _random_integers(out: Any, args: tuple[Any, ...]) -> int:
    """MKL draws 32-bit integers first (`bernoulli_mkl_kernel`)."""
    return int(4 * out.numel())


def _sorted_indices(out: Any, args: tuple[Any, ...]) -> int:
    """Indices, sorted and counted (`embedding_dense_backward_cuda`)."""
    return int(4 * 8 * args[1].numel())


def _accumulators(out: Any, args: tuple[Any, ...]) -> int:
    """Gradients of query, key and value in fp32, where the tensors are narrower."""
    query = args[1]
    return int(3 * 4 * query.numel()) if query.element_size() < 4 else 0


_CPU_SCRATCH: Mapping[str, Scratch] = {
    "aten._safe_softmax": _safe_softmax,
    "aten.bernoulli_": _random_integers,
}
_CUDA_SCRATCH: Mapping[str, Scratch] = {
    "aten._safe_softmax": _safe_softmax,
    "aten.embedding_dense_backward": _sorted_indices,
    "aten._scaled_dot_product_efficient_attention_backward": _accumulators,
}


def scratch_of(device: str) -> Mapping[str, Scratch]:
    """Return what operators of a kind of device take for themselves and give back."""
    return _CUDA_SCRATCH if device == "cuda" else _CPU_SCRATCH
