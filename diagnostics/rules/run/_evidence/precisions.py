"""Number formats that a device computes in by itself."""

from __future__ import annotations

import re

from diagnostics.subjects.run_history import RunHistory

__all__ = ["lacks_bf16"]

_BEFORE_AMPERE = re.compile(
    r"\b(?:T4|V100|P100|P40|P4|K80|M60|K40|GTX|TITAN|RTX\s?20\d\d|Quadro RTX|T1000|T2000)", re.I
)
"""GPUs of NVIDIA below compute capability 8.0, from which on there is bf16."""


def lacks_bf16(run: RunHistory) -> bool:
    """Whether the device is known and has no bf16 of its own."""
    device = run.environment.get("device")
    return isinstance(device, str) and _BEFORE_AMPERE.search(device[:200]) is not None
