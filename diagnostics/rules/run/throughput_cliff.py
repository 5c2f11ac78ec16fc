"""Rule R505: the run became much slower on its way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import ClassVar

from diagnostics import series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.run._evidence.times import shown_time, timed
from diagnostics.subjects.run_history import RunHistory

__all__ = ["ThroughputCliff"]

_TEN = (0.5, 0.55, 0.6, 0.62, 0.64, 0.65, 0.66, 0.66, 0.67, 0.67)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThroughputCliff(Rule[RunHistory]):
    """The run became much slower on its way, and stayed so.

    Why it matters: the model does the same work in every epoch. If an epoch suddenly takes half as
    long again, something piles up (losses kept with their graph, a growing cache, main memory that
    is swapped) or somebody else took a share of the machine.

    What to change: keep numbers instead of tensors (`loss.item()`), let fewer processes load the
    data, and look at what else runs on the machine.

    Source: the median time per step before and after the best cut; every later epoch must be slower
    than every earlier one, which among 4 and 4 epochs happens by chance in 3 of 70 orders (there
    are three places to cut). The factor 1.4 is that of published log checkers.
    """

    id: ClassVar = "R505"
    name: ClassVar = "throughput-cliff"
    severity: ClassVar = Severity.INFO
    tier: ClassVar = Tier.STATISTICAL
    doubt: ClassVar = "Another program, or a processor that grew hot, slowed the machine."
    bad: ClassVar = {
        "twice as long from epoch 5 on": timed(
            run_example(f1=_TEN), 60, 61, 60, 62, 120, 121, 119, 122, 120
        ),
    }
    good: ClassVar = {
        "the first epoch compiles": timed(run_example(f1=_TEN), 200, 60, 61, 60, 62, 60),
        "one slow epoch": timed(run_example(f1=_TEN), 60, 61, 60, 62, 190, 61, 60, 61),
        "a bit slower at the end": timed(run_example(f1=_TEN), 60, 61, 60, 62, 70, 71, 72, 71),
        "two slow epochs at the end": timed(
            run_example(f1=_TEN), 60, 61, 60, 62, 61, 62, 60, 61, 99, 99
        ),
    }

    factor: float = 1.4
    """Rise of the time per step from which it is a cliff. The value of published log checkers."""

    least: int = 3
    """Epochs before and after the cut, in epochs: fewer happen by chance."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look for a cut after which every epoch is much slower than every one before."""
        times = _times_per_step(run)[1:]  # the first epoch compiles and fills caches
        if len(times) < 2 * self.least:
            return NotApplicable(
                reason=f"the run logged the time of {len(times)} epochs after its first, and this "
                f"needs {2 * self.least}"
            )
        cut = self._cut([seconds for _, seconds in times])
        if cut is None:
            return []
        before = median(seconds for _, seconds in times[:cut])
        after = median(seconds for _, seconds in times[cut:])
        cuts = len(times) - 2 * self.least + 1
        chance = min(1.0, cuts / math.comb(len(times), cut))
        if chance >= 0.05:
            return []
        return [
            self.finding(
                f"From epoch {times[cut][0]:g} on a step takes {shown_time(after)} instead of "
                f"{shown_time(before)} ({after / before:.1f} times as long, p = {chance:.2g}).",
                evidence=[
                    Evidence(label="time per step before", value=before, unit="s"),
                    Evidence(
                        label="time per step after", value=after, unit="s", epochs=(times[cut][0],)
                    ),
                ],
                fixes=_fixes(run),
            )
        ]

    def _cut(self, times: Sequence[float]) -> int | None:
        """Return where the times jump the most, None where they do not jump cleanly."""
        cuts = range(self.least, len(times) - self.least + 1)
        clean = [cut for cut in cuts if min(times[cut:]) > max(times[:cut])]
        best = max(clean, key=lambda cut: min(times[cut:]) / max(times[:cut]), default=None)
        if best is None or median(times[best:]) < self.factor * median(times[:best]):
            return None
        return best


def _times_per_step(run: RunHistory) -> list[tuple[float, float]]:
    """Return (epoch, seconds per step) of each evaluated stretch whose time was logged."""
    found = []
    step, epoch = 0, 0.0
    for point in run.epochs:
        seconds = series.number(point.seconds)
        steps = point.number - epoch if point.step is None else float(point.step - step)
        if seconds is not None and seconds > 0 and steps > 0:
            found.append((point.number, seconds / steps))
        step, epoch = point.step if point.step is not None else step, point.number
    return found


def _fixes(run: RunHistory) -> list[Fix]:
    old = series.number(run.config.get("dataloader_num_workers"))
    new = 0 if old is None or old > 2 else 2
    workers = Fix(
        text="Change how many processes load the data, and see whether the cliff goes.",
        parameter="dataloader_num_workers",
        old=None if old is None else int(old),
        new=min(2, new) if old != new else 1,
        how="0 loads in the training process; each worker keeps a copy of the data",
    )
    numbers = Fix(text="Collect loss.item() and not the loss, which keeps its whole graph alive.")
    return [workers, numbers]
