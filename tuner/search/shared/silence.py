"""For how long processes have given no sign of life."""

from __future__ import annotations

from collections.abc import Mapping

from tuner.search.shared.log import Pulse

__all__ = ["Silence"]


class Silence:
    """Counts for how long processes gave no sign although one could have been seen.

    Args:
        step: Most seconds that count between two looks: what lies between them may be an outage.
    """

    def __init__(self, step: float) -> None:
        self._step = step
        self._last: float | None = None
        self._seen: dict[str, tuple[int, float]] = {}

    def is_fresh(self, now: float, seconds: float) -> bool:
        """Whether the last look was so many seconds ago at most."""
        return self._last is not None and 0 <= now - self._last < seconds

    def note(self, pulses: Mapping[str, Pulse], now: float) -> None:
        """Take note of the latest signs of life."""
        passed = 0.0 if self._last is None else min(max(0.0, now - self._last), self._step)
        self._last = now
        for name, pulse in pulses.items():
            beats, silent = self._seen.get(name, (pulse.beats, 0.0))
            self._seen[name] = (pulse.beats, silent + passed if beats == pulse.beats else 0.0)

    def of(self, name: str) -> float:
        """Return the seconds of silence of a process; 0 for one that was never seen."""
        return self._seen.get(name, (0, 0.0))[1]
