"""Rule R506: the run ended before its plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from diagnostics import fixes, series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.run._evidence import failures
from diagnostics.rules.run._evidence.endings import (
    end_of,
    nothing_trained,
    resume,
    stopped_in_first_epoch,
)
from diagnostics.rules.run._evidence.plateaus import past_best
from diagnostics.subjects.run_history import RunEvent, RunHistory

__all__ = ["Interrupted"]

_ON_PURPOSE = ("finished", "pruned", "failed", "infeasible")
_BY_HAND = RunEvent(kind="interrupted", message="KeyboardInterrupt")
_AGAIN = (
    "Run the same command again: it goes on from the last checkpoint, or trains the first epoch "
    "anew where there is none yet."
)
_USUAL_SAVE_STEPS = 500
"""Default of `TrainingArguments.save_steps`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted(Rule[RunHistory]):
    """The run was interrupted: it ended before its plan.

    Why it matters: the learning rate had not come down yet, so the scores are those of a model in
    motion; judged as finished, the run looks worse than its settings are.

    What to change: resume from the last checkpoint. The schedule goes on where it stood, so do not
    start a new run from the weights. A run that is past its best needs none of that, only the
    weights of its best epoch.

    Source: the steps and epochs of the log against those of the plan. Of 79 public
    `trainer_state.json` files many are checkpoints in the middle of a run.
    """

    id: ClassVar = "R506"
    name: ClassVar = "interrupted"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.CONCLUSIVE
    explains: ClassVar = ("R105", "R403")
    doubt: ClassVar = "The run goes on, or went on elsewhere, and this log was copied before."
    bad: ClassVar = {
        "a third of the plan": run_example(f1=(0.5, 0.6), max_steps=600, epochs=6),
        "a checkpoint in the middle": replace(
            run_example(
                train_loss=(0.5,), steps_per_epoch=500, max_steps=1377, epochs=2.75, steps_done=500
            ),
            source="results/checkpoint-500/trainer_state.json",
        ),
        "stopped by hand, past its best": run_example(
            f1=(0.6, 0.72, 0.7, 0.67, 0.65, 0.62), events=[_BY_HAND], max_steps=2_000, epochs=20
        ),
        "stopped by hand in its first epoch": run_example(
            events=[_BY_HAND], state="interrupted", epochs=4, epochs_done=0.4
        ),
        "stopped by hand, plan unknown": replace(
            run_example(train_loss=(0.5,), events=[_BY_HAND]),
            config={},
        ),
    }
    good: ClassVar = {
        "another cell of the notebook failed": replace(
            run_example(f1=(0.5, 0.6), events=[RunEvent(kind="error", message="NameError: x")]),
            config={},
        ),
        "went through its plan": run_example(f1=(0.5, 0.6, 0.65)),
        "the last step was not logged": run_example(f1=(0.5, 0.6), max_steps=201),
        "the last checkpoint before the end": replace(
            run_example(
                f1=(0.9, 0.93), steps_per_epoch=500, max_steps=1_068, epochs=2.136, steps_done=1_000
            ),
            source="ner/checkpoint-1000/trainer_state.json",
        ),
        "a table of evaluations every 150 steps": run_example(
            f1=(0.5, 0.6, 0.65), steps_per_epoch=150, max_steps=540, epochs=3.6
        ),
        "one evaluation, and none due after it": run_example(
            f1=(0.5,), steps_per_epoch=250, max_steps=480, epochs=1.92
        ),
        "early stopping: three evaluations past the best": run_example(
            f1=(0.5, 0.6, 0.65, 0.64, 0.64, 0.63), max_steps=2_000, epochs=20
        ),
        "early stopping, as configured": run_example(
            f1=(0.5, 0.6, 0.59), max_steps=2_000, epochs=20, early_stopping_patience=1
        ),
        "stopped by the search's pruner": run_example(
            f1=(0.1, 0.2), max_steps=2_000, epochs=20, state="pruned"
        ),
    }

    done: float = 0.98
    """Share of the plan from which the run counts as whole: the last steps may go unlogged."""

    patience: int = 2
    """Evaluations after the best one that look like early stopping, where nothing says so. The
    usual patience is 2 to 5."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Compare the steps and epochs done with those of the plan."""
        state = run.config.get("state")
        if state in _ON_PURPOSE:
            return []
        if state == "running":
            return NotApplicable(reason="the run may still be going on")
        events = [
            event
            for event in failures.events_of(run, "interrupted", "killed", "error")
            if not failures.is_overcome(event)
        ]
        share = failures.done_share(run)
        if share is None:
            # Of an error that ended the run R507 tells.
            killed = bool(events) and events[-1].kind == "killed" and not run.epochs
            if killed or (events and events[-1].kind == "interrupted"):
                return [self._finding(run, events, share)]
            return NotApplicable(reason="the run did not record its plan")
        if share >= self.done or _stopped_early(run) or (not events and _no_more_was_due(run)):
            return []
        if not events and self._looks_stopped_early(run):
            return NotApplicable(
                reason=f"the run ended at {share:.0%} of its plan, well past its best evaluation, "
                "as early stopping does"
            )
        return [self._finding(run, events, share)]

    def _looks_stopped_early(self, run: RunHistory) -> bool:
        """Whether the log ends with an evaluation, some evaluations after the best one."""
        best, evaluations = series.best_point(run), series.evaluations(run)
        if best is None or not evaluations or run.epochs[-1] != evaluations[-1]:
            return False
        return sum(point.number > best.epoch for point in evaluations) >= self.patience

    def _finding(self, run: RunHistory, events: Sequence[RunEvent], share: float | None) -> Finding:
        where = end_of(run)
        stood = where if share is None else f"{where}, {share:.0%} of its plan"
        last = f" Its last words: {failures.sentence(events[-1].message)}" if events else ""
        best = series.best_point(run) if past_best(run) else None
        over = "" if best is None else f" It was past its best (epoch {round(best.epoch, 2):g})."
        return self.finding(
            f"The run ended {stood}.{over}{last}",
            evidence=[] if share is None else [Evidence(label="share of the plan", value=share)],
            fixes=_fixes(run) if best is None else _keep(run, best),
            severity=Severity.WARNING if best is None else Severity.INFO,
        )


def _fixes(run: RunHistory) -> list[Fix]:
    if stopped_in_first_epoch(run):
        how = "there is one as soon as an epoch, or a part of a trunk, has ended"
        return [Fix(text=_AGAIN, parameter="resume_from_checkpoint", new=True, how=how)]
    if nothing_trained(run):
        return [Fix(text="Mend what the message names, and start again: nothing was trained yet.")]
    return [resume(run)]


def _keep(run: RunHistory, best: series.Point) -> list[Fix]:
    """Return how to go on with the best epoch's weights instead of training further."""
    step = next((point.step for point in run.epochs if point.number == best.epoch), None)
    name = "" if step is None else f" (checkpoint-{step}, if it was saved)"
    take = f"Take the checkpoint of the best epoch{name}; there is nothing to resume for."
    return [Fix(text=take), *fixes.keep_best_epoch(run)]


def _stopped_early(run: RunHistory) -> bool:
    """Whether the run says that it stopped early: by an event, or by its patience."""
    if failures.events_of(run, "early-stopping", "stopped", "pruned"):
        return True
    patience = series.whole(run.config.get("early_stopping_patience"))
    best = series.best_point(run)
    if patience is None or best is None:
        return run.config.get("early_stopping") is True and best is not None
    return sum(point.number > best.epoch for point in series.evaluations(run)) >= patience


def _no_more_was_due(run: RunHistory) -> bool:
    """Whether the plan has no room for another checkpoint, or for another line of the log.

    A copied checkpoint ends where it was saved, a table of evaluations with the last of them; the
    run behind either may have gone through its plan.
    """
    planned = series.whole(run.config.get("max_steps"))
    done = series.whole(run.config.get("steps_done"))
    if done is not None and planned is not None:
        every = series.whole(run.config.get("save_steps")) or _USUAL_SAVE_STEPS
        if done % every == 0 or not run.epochs or run.epochs[-1].number <= 0:
            return done % every == 0 and planned - done < every
        epochs = run.epochs[-1].number
        return abs(epochs - round(epochs)) < 0.01 and planned - done < done / epochs
    if not run.epochs:
        return False
    share = failures.done_share(run) or 1.0
    last = run.epochs[-1].number
    before = run.epochs[-2].number if len(run.epochs) > 1 else 0.0
    return last * (1 - share) / share < 0.99 * (last - before)
