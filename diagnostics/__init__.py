"""Reads, judges and reports on training data and training runs, without importing `tuner`.

from diagnostics import diagnose

checkup = diagnose("runs/x")
for finding in checkup.findings:
    print(finding.severity, finding.name, finding.message)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from diagnostics.checkup import Checkup as Checkup
    from diagnostics.checkup import diagnose as diagnose

__all__ = ["Checkup", "diagnose"]


def __getattr__(name: str) -> Any:
    """Load what `__all__` offers on first use, so that importing a submodule loads only that."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from diagnostics import checkup

    return getattr(checkup, name)
