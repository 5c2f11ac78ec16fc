"""The Python interface: `search` and `train`, which the commands call too."""

from __future__ import annotations

from tuner.fine_tuning import train
from tuner.searching import search

__all__ = ["search", "train"]
