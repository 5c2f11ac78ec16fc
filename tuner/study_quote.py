"""The quote of a study, and how true it was: plain values between search and display."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["QuoteCheck", "QuoteParts", "StudyQuote", "rough_time"]

MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteParts:
    """What a quote is made of, so that a part of a study can be held against it.

    Attributes:
        start: Seconds until the first trial begins.
        first: Seconds of the trials whose settings are known, in their order, without pruning.
        chosen: Seconds of a trial whose settings the sampler chooses, without pruning.
        again: Seconds of a run with a further seed.
        reruns: How many such runs are expected.
        end: Seconds after the last training: reading the test split.
    """

    start: float
    first: tuple[float, ...]
    chosen: float
    again: float
    reruns: float
    end: float = 0.0


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
        devices: Devices that it is for.
        side_by_side: Trainings at once on each of them that it is for. What they gain is not known:
            `seconds` and `high` expect nothing, `low` that each is as fast as alone.
        parts: What the seconds are made of; None without them.
        void: Why it is no longer held against what the study takes, as a sentence; empty while it
            is.
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
    devices: int = 1
    side_by_side: int = 1
    parts: QuoteParts | None = None
    void: str = ""

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
        close: Whether they differ by at most a quarter; for trainings side by side, whether it took
            from a quarter less than `quoted_low` to a quarter more than `quoted`.
        quoted_low: What was quoted if trainings side by side do not slow each other down; None for
            one training per device.
        compared: What `quoted` is for, where that is not the whole study as it was planned, such as
            `for the 12 trials that ran`; else empty.
    """

    quoted: float
    actual: float
    ratio: float
    close: bool
    quoted_low: float | None = None
    compared: str = ""

    @property
    def sentence(self) -> str:
        """Both in words."""
        quoted = rough_time(self.quoted)
        if self.quoted_low is not None:
            quoted = f"{rough_time(self.quoted_low)} to {quoted}"
        words = " ".join(filter(None, ("quoted", quoted, self.compared)))
        return f"{words}, took {rough_time(self.actual)}"


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
