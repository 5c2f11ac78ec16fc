"""Rule R203: the run was never evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunHistory

__all__ = ["NoEvaluation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoEvaluation(Rule[RunHistory]):
    """The run was never evaluated: nobody can say how good it is.

    Why it matters: a training loss falls for a model that learns and for one that learns by heart.
    Without scores on unseen data neither the best epoch nor an error of the set-up can be seen.

    What to change: evaluate after every epoch, or ten times over the run.

    Source: 26 of 103 public `trainer_state.json` files hold no evaluation; the Hugging Face default
    is `eval_strategy="no"`.
    """

    id: ClassVar = "R203"
    name: ClassVar = "no-evaluation"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.CONCLUSIVE
    doubt: ClassVar = "Scores may have been written elsewhere, after the training."
    bad: ClassVar = {
        "three epochs of training loss": run_example(train_loss=(0.9, 0.4, 0.2)),
    }
    good: ClassVar = {
        "one evaluation is one": run_example(train_loss=(0.9, 0.4, 0.2), f1=(0.6,)),
    }

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look for a run that did steps and logged no evaluation."""
        steps = series.total_steps(run) or series.whole(run.config.get("steps_done"))
        if series.evaluations(run):
            return []
        if not run.epochs and steps is None:
            return NotApplicable(reason="the run logged nothing at all")
        share = series.plan_share(run)
        if len(run.epochs) == 1 and (share is None or share < 0.5):
            return NotApplicable(reason="the run had hardly begun")
        done = "the run" if steps is None else f"{steps} steps"
        every = None if steps is None else max(1, steps // 10)
        fix = Fix(
            text="Evaluate after every epoch"
            + (f", or every {every} steps." if every is not None and every > 1 else "."),
            parameter="eval_strategy",
            old="no",
            new="epoch",
            how="one evaluation per epoch is the least from which a best epoch can be chosen",
        )
        return [
            self.finding(
                f"No evaluation was logged in {done}: there is no score on unseen data.",
                evidence=[Evidence(label="evaluations", value=0)],
                fixes=[fix],
            )
        ]
