"""The kinds of runs: each module of this package lists some in `KINDS`."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from benchmarks.faults.setup import Kind

__all__ = ["all_kinds"]


@cache
def all_kinds() -> dict[str, Kind]:
    """Return all kinds by their names, healthy ones last."""
    modules = sorted(each.name for each in pkgutil.iter_modules(__path__))
    found = [
        kind for name in modules for kind in importlib.import_module(f"{__name__}.{name}").KINDS
    ]
    return {kind.name: kind for kind in sorted(found, key=lambda kind: kind.healthy)}
