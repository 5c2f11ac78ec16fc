"""How busy a GPU is and how much of its memory is taken, as `nvidia-smi` says, twice a second."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import threading
from types import TracebackType
from typing import Self

__all__ = ["GpuWatch"]

SECONDS = 0.5
_QUERY = ("--query-gpu=utilization.gpu,memory.used", "--format=csv,noheader,nounits")


class GpuWatch:
    """Looks at a GPU in a thread while the block runs.

    Args:
        index: Number of the GPU; None looks at nothing, as on a machine without `nvidia-smi`.
    """

    def __init__(self, index: int | None) -> None:
        program = shutil.which("nvidia-smi")
        named = index is not None and program is not None
        self._command = [program or "", f"--id={index}", *_QUERY] if named else None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._looks: list[tuple[float, float]] = []
        self._before = self._look()

    @property
    def utilisation(self) -> float | None:
        """Mean share of the time in which any kernel ran, 0 to 1; None if nothing was seen."""
        return statistics.mean(busy for busy, _ in self._looks) / 100 if self._looks else None

    @property
    def most_bytes(self) -> int | None:
        """Most memory taken beside what was taken before; None if nothing was seen."""
        if not self._looks or self._before is None:
            return None
        return int((max(used for _, used in self._looks) - self._before[1]) * 2**20)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(SECONDS):
            if (look := self._look()) is not None:
                self._looks.append(look)

    def _look(self) -> tuple[float, float] | None:
        if self._command is None:
            return None
        done = subprocess.run(self._command, capture_output=True, text=True, check=False)
        try:
            busy, used = (float(cell) for cell in done.stdout.strip().split(","))
        except ValueError:
            return None
        return busy, used
