"""The figures in the messages of frameworks whose memory ran out, in bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["memory_figures"]

_SIZE = r"(\d{1,15}(?:\.\d{1,6})?) ?(bytes|[KMGT]i?B|[KMGT])\b"

_FIGURES: Mapping[str, re.Pattern[str]] = {
    "requested_bytes": re.compile(rf"to (?:allocate|reserve) {_SIZE}"),
    "capacity_bytes": re.compile(
        rf"{_SIZE} total capacity|total capac\w{{1,4}} of {_SIZE}|max allowed: {_SIZE}"
        rf"|of {_SIZE} (?:hbm|vmem)"
    ),
    "allocated_bytes": re.compile(
        rf"{_SIZE} already allocated|{_SIZE} is allocated by PyTorch|MPS allocated: {_SIZE}"
        rf"|Used {_SIZE} of"
    ),
    "free_bytes": re.compile(rf"{_SIZE} free\b|of which {_SIZE} is free"),
    "reserved_bytes": re.compile(rf"{_SIZE} reserved in total"),
}

_IDLE = re.compile(rf"{_SIZE} (?:is reserved by PyTorch but unallocated|cached)")
"""What PyTorch holds beyond what it uses; up to 1.3 the message calls it "cached"."""

_OTHERS = re.compile(rf"Process \d{{1,10}} has {_SIZE} memory in use|other allocations: {_SIZE}")

_POWERS = {"b": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def memory_figures(text: str) -> dict[str, int]:
    """Return the figures that a message tells, as whole bytes.

    Every framework divides by 1,024, also those that write "GB".

    Returns:
        `requested_bytes`, `capacity_bytes`, `allocated_bytes`, `free_bytes`, `reserved_bytes` (what
        PyTorch holds, used or not) and `other_processes_bytes`; what was not told is absent.
    """
    found = {
        name: _bytes(match)
        for name, pattern in _FIGURES.items()
        if (match := pattern.search(text)) is not None
    }
    idle = _IDLE.search(text)
    if idle is not None and "allocated_bytes" in found:
        found.setdefault("reserved_bytes", found["allocated_bytes"] + _bytes(idle))
    others = [_bytes(match) for match in _OTHERS.finditer(text)]
    if others:
        found["other_processes_bytes"] = sum(others)
    return found


def _bytes(match: re.Match[str]) -> int:
    amount, unit = (group for group in match.groups() if group is not None)
    return int(float(amount) * 1024 ** _POWERS[unit[0].lower()])
