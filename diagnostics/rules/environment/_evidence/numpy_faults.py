"""Errors of imports that come from a module built for another NumPy."""

from __future__ import annotations

__all__ = ["is_numpy_fault"]

_SIGNS = (
    "compiled using numpy 1",
    "numpy.dtype size changed",
    "_array_api not found",
    "numpy.core.multiarray failed to import",
    "numpy is not available",
    "compiled against abi version",
    "compiled against api version",
    "requires numpy",
)


def is_numpy_fault(fault: str) -> bool:
    """Whether the last line of an error says so."""
    lowered = fault.lower()
    return any(sign in lowered for sign in _SIGNS)
