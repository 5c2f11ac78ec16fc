"""Sizes as evidence."""

from __future__ import annotations

__all__ = ["gibibytes"]


def gibibytes(count: int) -> float:
    """Return bytes in GiB, with as many digits as a person reads."""
    return round(count / 2**30, 2)
