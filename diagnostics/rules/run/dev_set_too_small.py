"""Rule R402: the development split is too small to tell settings apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import needs, score_noise, series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunHistory

__all__ = ["DevSetTooSmall"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DevSetTooSmall(Rule[RunHistory]):
    """The development split is too small: its score is a rough guess.

    Why it matters: a score on 40 entities is uncertain by more than a tenth either way. Choosing
    settings or epochs by it is choosing luck.

    What to change: score on more labelled entities, by cross-validation if no more can be labelled;
    compare settings over several seeds.

    Source: the standard error of entity-level F1 is 0.78 sqrt(F (1 - F) / entities) by simulation,
    and up to twice that because entities of a sentence fail together; sentence bootstraps agree.
    The interval is Wilson's, which holds for scores of 0 and 1 on few.
    """

    id: ClassVar = "R402"
    name: ClassVar = "dev-set-too-small"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.STATISTICAL
    needs: ClassVar = (needs.task_metric,)
    explains: ClassVar = ("R107", "R206", "R307")
    doubt: ClassVar = "The same ranking of settings on another split."
    bad: ClassVar = {
        "43 entities": run_example(f1=(0.5, 0.7, 0.73), dataset={"dev_entities": 43}),
        "perfect on 3 entities": run_example(f1=(0.5, 1.0), dataset={"dev_entities": 3}),
        "0 on 3 entities": run_example(f1=(0.0, 0.0), dataset={"dev_entities": 3}),
    }
    good: ClassVar = {
        "0 on 100 entities is 0": run_example(f1=(0.0, 0.0), dataset={"dev_entities": 100}),
        "1,000 entities": run_example(f1=(0.5, 0.7, 0.73), dataset={"dev_entities": 1000}),
    }

    rough: float = 0.15
    """Half width of the 95 % interval that calls for a warning, in score. Judgement."""

    coarse: float = 0.08
    """Half width of the 95 % interval that is worth a line, in score. Judgement."""

    wanted: float = 0.05
    """Half width of the 95 % interval that the fix aims at, in score."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Compare the uncertainty of the best score with what telling settings apart needs."""
        best, size = series.best_point(run), _size(run)
        interval = None if best is None else score_noise.score_interval(run, best.value)
        if best is None or size is None or interval is None:
            return NotApplicable(reason="the run did not record the size of its development split")
        unit, count = size
        low, high = interval
        half = (high - low) / 2
        if half <= self.coarse:
            return []
        needed = math.ceil(count * (half / self.wanted) ** 2)
        fix = Fix(
            text=f"Score on more {unit} (cross-validation counts), or compare settings over seeds.",
            parameter=f"dev_{unit}",
            old=count,
            new=needed,
            how=f"the interval shrinks with the square root: +-{self.wanted:.2f} needs {needed}",
        )
        label = series.score_label(run)
        return [
            self.finding(
                f"{label} {best.value:.2f} was measured on {count} {unit}: the true one lies "
                f"between {low:.2f} and {high:.2f} (95 %), and smaller differences between "
                "settings are not news.",
                evidence=[
                    Evidence(label=f"development {unit}", value=count),
                    Evidence(label="half width of the 95 % interval", value=half),
                ],
                fixes=[fix],
                severity=Severity.WARNING if half > self.rough else Severity.INFO,
            )
        ]


def _size(run: RunHistory) -> tuple[str, int] | None:
    """Return what the development split counts, and how many; entities where they are known."""
    for unit in ("entities", "sentences"):
        count = series.whole(run.dataset.get(f"dev_{unit}"))
        if count is not None:
            return unit, count
    return None
