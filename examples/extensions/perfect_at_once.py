"""Rule R499: the score is perfect from the first evaluation on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import needs, series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunHistory

__all__ = ["PerfectAtOnce"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PerfectAtOnce(Rule[RunHistory]):
    """The score is perfect from the first evaluation on: the splits probably overlap.

    Why it matters: the score says nothing about sentences that the model has not seen.

    What to change: remove the sentences of the development split from the training split.

    Source: judgement.
    """

    id: ClassVar = "R499"
    name: ClassVar = "perfect-at-once"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.HEURISTIC
    needs: ClassVar = (needs.task_metric,)
    doubt: ClassVar = "A task so easy that the encoder needs one epoch."
    bad: ClassVar = {"1.0 in both epochs": run_example(f1=(1.0, 1.0))}
    good: ClassVar = {"1.0 after four epochs": run_example(f1=(0.5, 0.8, 0.9, 1.0))}

    perfect: float = 0.999
    """Score from which it counts as perfect, from 0 to 1."""

    def check(self, run: RunHistory) -> Sequence[Finding]:
        """Look at the first evaluation."""
        first = series.scores(run)[0]
        if first.value < self.perfect:
            return []
        seen = Evidence(label="first score", value=first.value, epochs=(first.epoch,))
        fix = Fix(text="Take the development sentences out of the training split.")
        return [self.finding("The first score is perfect.", evidence=[seen], fixes=[fix])]
