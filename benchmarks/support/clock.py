"""The clocks by which a comparison can be made."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping

__all__ = ["CLOCKS", "PROCESSOR", "WALL", "add_clock"]

WALL = "wall"
PROCESSOR = "processor"

CLOCKS: Mapping[str, Callable[[], float]] = {
    WALL: time.perf_counter,
    PROCESSOR: time.process_time,
}
"""Name to seconds: of the day, or of processor time in all threads of this process. On a machine
that is shared with others the second says more; it leaves out what waits for a disk."""


def add_clock(parser: argparse.ArgumentParser) -> None:
    """Add the option that chooses the clock."""
    parser.add_argument(
        "--clock",
        choices=tuple(CLOCKS),
        default=WALL,
        help="what budgets and costs are counted in; `processor` for a busy machine (%(default)s)",
    )
