"""The operators of another device: what a GPU would call, on tensors that claim to be on a CPU.

A build of PyTorch without CUDA cannot even pretend to have CUDA tensors. Their memory differs from
a CPU's in three places: dropout keeps a mask of bytes, attention runs in a fused kernel, and mixed
precision keeps other operators in fp32.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

__all__ = ["KERNELS", "Kernels"]

aten = torch.ops.aten

_BIAS_ALIGNMENT = 8
"""Elements to which the memory-efficient attention pads its bias (`preprocess_mask` in PyTorch's
`aten/src/ATen/native/transformers/attention.cpp`)."""

_HEAD_ALIGNMENT = 8
"""Of the width of a head, without which a 16-bit fused kernel cannot be used (`sdp_utils.cpp`)."""

_KEPT_IN_FP32 = frozenset({
    "layer_norm", "group_norm", "softmax", "log_softmax", "cross_entropy", "nll_loss", "pow",
    "__pow__", "rsqrt", "reciprocal", "exp", "log", "sum", "cumsum", "prod", "norm", "logsumexp",
    "cosine_similarity",
})  # fmt: skip
"""Operators of encoders that autocast runs in fp32 on CUDA (PyTorch, "CUDA Ops that can autocast to
float32"), and not all of them on a CPU."""


class Kernels(TorchFunctionMode):
    """The operators of a CPU: nothing is exchanged but what shapes without data hide.

    PyTorch takes the plain attention for tensors without data; a CPU takes the fused one where
    there is no dropout on the attention.
    """

    def __torch_function__(
        self,
        func: Any,
        types: Iterable[Any],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call the operator that the device would call."""
        given = dict(kwargs or {})
        if func is functional.scaled_dot_product_attention:
            return self.attention(*args, **given)
        if func is functional.dropout:
            tensor = given.pop("input") if "input" in given else args[0]
            return self.dropout(tensor, *args[1:], **given)
        return self.other(func, args, given)

    def attention(
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attn_mask: torch.Tensor | None = None,
        dropout_p: float = 0.0,
        is_causal: bool = False,
        **rest: Any,
    ) -> Any:
        """Attend, fused where a CPU can (`use_flash_attention_cpp` in `sdp_utils_cpp.cpp`)."""
        if dropout_p > 0 or query.shape[-1] != value.shape[-1] or rest.get("enable_gqa"):
            return functional.scaled_dot_product_attention(
                query, key, value, attn_mask, dropout_p, is_causal, **rest
            )
        query, key, value = (_autocast(tensor) for tensor in (query, key, value))
        bias = _bias(attn_mask, query.dtype)
        scale = rest.get("scale")
        return aten._scaled_dot_product_flash_attention_for_cpu(
            query, key, value, 0.0, is_causal, attn_mask=bias, scale=scale
        )[0]

    def dropout(self, tensor: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        """Drop out; on a CPU the scaled mask is kept in the precision of the input."""
        return functional.dropout(tensor, *args, **kwargs)

    def other(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call any other operator."""
        return func(*args, **kwargs)


class _PlainKernels(Kernels):
    """Attention without a fused kernel, as on Apple's GPUs in training."""

    def attention(self, *args: Any, **kwargs: Any) -> Any:
        return functional.scaled_dot_product_attention(*args, **kwargs)


class _CudaKernels(Kernels):
    """Fused dropout, memory-efficient attention (which takes a mask), fp32 where CUDA keeps it."""

    def attention(
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attn_mask: torch.Tensor | None = None,
        dropout_p: float = 0.0,
        is_causal: bool = False,
        **rest: Any,
    ) -> Any:
        if rest.get("enable_gqa") or query.shape[-1] % _HEAD_ALIGNMENT:
            return functional.scaled_dot_product_attention(
                query, key, value, attn_mask, dropout_p, is_causal, **rest
            )
        query, key, value = (_autocast(tensor) for tensor in (query, key, value))
        bias = _bias(attn_mask, query.dtype)
        if bias is not None:
            missing = -bias.shape[-1] % _BIAS_ALIGNMENT
            if missing:
                bias = functional.pad(bias, (0, missing))[..., : key.shape[-2]]
            bias = bias.expand(*query.shape[:-1], key.shape[-2])
        return aten._scaled_dot_product_efficient_attention(
            query, key, value, bias, True, dropout_p, is_causal, scale=rest.get("scale")
        )[0]

    def dropout(self, tensor: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        names = dict(zip(("p", "training", "inplace"), args, strict=False)) | kwargs
        share, inplace = names.get("p", 0.5), names.get("inplace", False)
        if not names.get("training", True) or not 0 < share < 1 or inplace:
            return functional.dropout(tensor, *args, **kwargs)
        return torch.native_dropout(tensor, share, True)[0]

    def other(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if torch.is_autocast_enabled("cpu") and getattr(func, "__name__", "") in _KEPT_IN_FP32:
            args = tuple(_widened(value) for value in args)
        return func(*args, **kwargs)


def _widened(value: Any) -> Any:
    half = isinstance(value, torch.Tensor) and value.dtype is torch.bfloat16
    return value.float() if half else value


def _autocast(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.to(torch.bfloat16) if torch.is_autocast_enabled("cpu") else tensor


def _bias(mask: torch.Tensor | None, dtype: torch.dtype) -> torch.Tensor | None:
    """Turn a mask into what is added to the scores, as PyTorch does before its fused kernels."""
    if mask is None or mask.dtype is not torch.bool:
        return mask if mask is None else mask.to(dtype)
    bias = torch.zeros_like(mask, dtype=dtype)
    return bias.masked_fill_(mask.logical_not(), -math.inf)


KERNELS: Mapping[str, type[Kernels]] = MappingProxyType(
    {"cpu": Kernels, "cuda": _CudaKernels, "mps": _PlainKernels}
)
"""Kind of device to its operators."""
