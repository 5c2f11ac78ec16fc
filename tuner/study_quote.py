"""The quote of a study, and how true it was: plain values between search and display."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["QuoteCheck", "StudyQuote", "rough_time"]

MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyQuote:
    """What a study is expected to take, said before its first trial.

    Attributes:
        trials: Trials that it is for.
        confirm: Further seeds per contender that it is for.
        prune: Whether trials are pruned.
        time_budget: Seconds after which the study ends anyhow, or None.
        seconds: Expected without pruning; None when it cannot be said, as the next three.
        low: Lower end of it.
        high: Upper end.
        seconds_pruned: Expected with pruning; None also where nothing is pruned.
        disk_bytes: Most disk that it takes at once.
        memory_bytes: Peak memory of a training on its device; None when unknown.
        memory_available: Memory of that device; None when unknown.
        untimed: Why there are no seconds, as a sentence; empty where there are.
    """

    trials: int
    confirm: int
    prune: bool
    time_budget: float | None
    seconds: float | None
    low: float | None
    high: float | None
    seconds_pruned: float | None
    disk_bytes: int
    memory_bytes: int | None
    memory_available: int | None
    untimed: str = ""

    @property
    def expected(self) -> float | None:
        """Seconds to expect: with pruning where trials are pruned; None when it cannot be said."""
        return self.seconds if self.seconds_pruned is None else self.seconds_pruned


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteCheck:
    """A quote against what the study took.

    Attributes:
        quoted: Seconds that were quoted: with pruning where trials were pruned.
        actual: Seconds that it took, over all sessions.
        ratio: Actual / quoted.
        close: Whether they differ by at most a quarter.
    """

    quoted: float
    actual: float
    ratio: float
    close: bool

    @property
    def sentence(self) -> str:
        """Both in words."""
        return f"quoted {rough_time(self.quoted)}, took {rough_time(self.actual)}"


def rough_time(seconds: float) -> str:
    """Return a time span as exactly as a forecast can be: `40 s`, `55 min`, `2 h 10 min`.

    Minutes below ten are told with their tens of seconds, hours with every fifth minute.
    """
    if seconds < 100:
        return f"{max(round(seconds), 1)} s" if seconds < 20 else f"{_rounded(seconds, 5)} s"
    if seconds < 10 * MINUTE:
        return _parts(_rounded(seconds, 10), MINUTE, "min", 1, "s")
    if seconds < HOUR - MINUTE / 2:
        return f"{round(seconds / MINUTE)} min"
    if _rounded(seconds, 5 * MINUTE) < DAY:
        return _parts(_rounded(seconds, 5 * MINUTE), HOUR, "h", MINUTE, "min")
    return _parts(_rounded(seconds, HOUR), DAY, "d", HOUR, "h")


def _rounded(seconds: float, step: int) -> int:
    return round(seconds / step) * step


def _parts(seconds: int, large: int, unit: str, small: int, smaller: str) -> str:
    whole, rest = divmod(seconds, large)
    return f"{whole} {unit}" if not rest else f"{whole} {unit} {rest // small} {smaller}"
