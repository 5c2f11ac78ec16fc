"""Checkups that the tests of several reports look at.

Their findings are written here, so that no change of a rule's words changes what a report is
compared with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from diagnostics.checkup import Checkup, Examination, examination
from diagnostics.examples import run_example
from diagnostics.findings import (
    Clear,
    Evidence,
    Finding,
    Fix,
    Flagged,
    NotApplicable,
    Outcome,
    Severity,
    Tier,
)
from diagnostics.rule import Rule
from diagnostics.selection import Selection
from diagnostics.subjects.run_history import RunHistory


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn(Rule[RunHistory]):
    """A short title.

    Why it matters: it does.
    """

    bad: ClassVar[dict[str, RunHistory]] = {}
    good: ClassVar[dict[str, RunHistory]] = {}

    def check(self, subject: RunHistory) -> Sequence[Finding]:
        raise NotImplementedError

    def judge(self, subject: RunHistory) -> Outcome:
        """Say what is written for the run and this rule below."""
        return OUTCOMES[str(subject.config["example"])].get(self.id, Clear())


def stand_in(
    identifier: str, label: str, severity: Severity, tier: Tier, explains: Sequence[str] = ()
) -> Rule[RunHistory]:
    """Return a rule that says what is written below."""
    members: dict[str, Any] = {"id": identifier, "name": label, "severity": severity}
    members |= {"tier": tier, "explains": tuple(explains), "__slots__": ()}
    members["__doc__"] = StandIn.__doc__
    made: type[StandIn] = type(f"StandIn{identifier}", (StandIn,), members)
    return made()


RULES = (
    stand_in("R106", "wasted-epochs", Severity.INFO, Tier.HEURISTIC),
    stand_in("R201", "overfits-metric", Severity.WARNING, Tier.STATISTICAL, ["R106"]),
    stand_in("R202", "loss-rises-metric-holds", Severity.INFO, Tier.STATISTICAL),
    stand_in("R301", "all-o-collapse", Severity.ERROR, Tier.CONCLUSIVE),
    stand_in("R402", "dev-set-too-small", Severity.WARNING, Tier.STATISTICAL),
    stand_in("R403", "too-few-steps", Severity.WARNING, Tier.HEURISTIC, ["R301"]),
    stand_in("R603", "blind-logging", Severity.INFO, Tier.CONCLUSIVE),
)


def _flagged(
    identifier: str,
    message: str,
    fixes: Sequence[Fix],
    *evidence: Evidence,
    doubt: str = "A second seed tells.",
) -> dict[str, Outcome]:
    (rule,) = [each for each in RULES if each.id == identifier]
    found = Finding(
        rule=rule.id,
        name=rule.name,
        severity=rule.severity,
        tier=rule.tier,
        message=message,
        evidence=tuple(evidence),
        fixes=tuple(fixes),
        doubt=doubt,
    )
    return {identifier: Flagged(findings=(found,))}


def _epochs(old: int, new: int, how: str) -> Fix:
    return Fix(text="Change the length.", parameter="epochs", old=old, new=new, how=how)


BEST = Fix(
    text="Keep the weights of the best epoch instead of the last.",
    parameter="load_best_model_at_end",
    new=True,
    how="with metric_for_best_model=f1",
)
DECAY = Fix(text="Regularise more.", parameter="weight_decay", new=0.1, how="at least 0.1")
BATCH = Fix(text="Train in smaller batches.", parameter="batch_size", old=16, new=8)
SPLIT = Fix(text="Score on more entities.", parameter="dev_entities", old=60, new=770)
LOG = Fix(text="Log more often.", parameter="logging_steps", old=500, new=20, how="5 per epoch")

OUTCOMES: Mapping[str, Mapping[str, Outcome]] = {
    "overfitted": {
        **_flagged(
            "R201",
            "F1 falls from 0.710 at epoch 3 to 0.610 at the end (median of the last 3), more than "
            "its noise of 0.021.",
            [BEST, _epochs(8, 4, "1.2 x the best epoch (3)"), DECAY],
            Evidence(label="best score", value=0.71, epochs=(3.0,)),
            Evidence(label="score at the end", value=0.61, epochs=(6.0, 7.0, 8.0)),
            Evidence(label="p of the fall", value=0.008333),
        ),
        **_flagged(
            "R106",
            "F1 came within 0.021 of its best (0.710) at epoch 3; the 5 epochs after it added "
            "nothing.",
            [_epochs(8, 4, "1.3 x epoch 3")],
        ),
        **_flagged(
            "R402",
            "F1 0.71 was measured on 60 entities and is uncertain by +-0.18 (95 %).",
            [SPLIT],
            Evidence(label="half width", value=17.9, unit="points"),
            doubt="",
        ),
        **_flagged("R202", "The evaluation loss rises from 0.2 to 0.66.", [LOG]),
        "R301": NotApplicable(reason="the run logged no precision and recall"),
    },
    "collapsed": {
        **_flagged(
            "R403",
            "The run made only 39 optimizer steps (13 per epoch).",
            [_epochs(3, 30, "400 / 13 steps per epoch, from 3 to 30"), BATCH],
            Evidence(label="optimizer steps", value=39),
            doubt="F1 still near 0 after 400 steps.",
        ),
        **_flagged(
            "R301",
            "F1 is 0 from epoch 1 to the end: the model predicts O for (nearly) every word.",
            [_epochs(3, 31, "400 steps")],
            Evidence(label="F1 at the end", value=0.0, epochs=(3.0,)),
        ),
        "R106": NotApplicable(reason="the run logged 3 evaluations, and this needs 6"),
        "R201": NotApplicable(reason="the run logged 3 evaluations, and this needs 4"),
        "R202": NotApplicable(reason="the run logged 3 evaluations, and this needs 4"),
        "R402": NotApplicable(reason="the size of the development split is unknown"),
        "R603": NotApplicable(reason="the run logged no steps"),
    },
    "healthy": {"R106": NotApplicable(reason="the run logged 5 evaluations, and this needs 6")},
    "remarks": {
        **_flagged("R106", "Epochs 4 to 8 added nothing.", [_epochs(8, 4, "1.3 x epoch 3")]),
        **_flagged("R603", "No training loss was logged.", [LOG]),
    },
}


def judged(
    run: RunHistory,
    *,
    select: Sequence[str] = (),
    ignore: Mapping[str, str] | None = None,
    reader: str = "trainer_state",
) -> Checkup[RunHistory]:
    """Return what is written above for a run."""
    selection = Selection(select=tuple(select), ignore=ignore or {})
    rules, switched_off = selection.choose(RULES)
    return Examination(rules=rules, switched_off=switched_off).judge(run, reader=reader)


def judged_by_all(run: RunHistory) -> Checkup[RunHistory]:
    """Judge a run by the real rules, those in preview too."""
    return examination(preview=True).judge(run, reader="trainer_state")


def overfitted(source: str = "runs/overfits/trainer_state.json") -> RunHistory:
    """A run whose F1 falls after epoch 3, on a small development split."""
    run = run_example(
        f1=(0.52, 0.68, 0.71, 0.70, 0.69, 0.66, 0.61, 0.59),
        eval_loss=(0.4, 0.2, 0.2, 0.3, 0.4, 0.5, 0.6, 0.66),
        train_loss=(0.7, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01, 0.01),
        learning_rate=5e-5,
        batch_size=16,
        model="bert-base-cased",
        dataset={"train_sentences": 960, "dev_entities": 60},
        example="overfitted",
    )
    return replace(run, source=source)


def collapsed(source: str = "runs/collapsed/trainer_state.json") -> RunHistory:
    """A run that ended at F1 = 0 for want of steps."""
    zeros = (0.0, 0.0, 0.0)
    run = run_example(
        f1=zeros,
        precision=zeros,
        recall=zeros,
        accuracy=(0.85, 0.85, 0.85),
        steps_per_epoch=13,
        learning_rate=2e-5,
        batch_size=16,
        example="collapsed",
    )
    return replace(run, source=source)


def healthy(source: str = "runs/healthy/trainer_state.json") -> RunHistory:
    """A run with nothing to say about it."""
    run = run_example(
        f1=(0.6, 0.8, 0.86, 0.88, 0.89),
        eval_loss=(0.4, 0.2, 0.16, 0.15, 0.15),
        train_loss=(0.7, 0.3, 0.2, 0.15, 0.12),
        learning_rate=3e-5,
        steps_per_epoch=500,
        dataset={"dev_entities": 9000},
        example="healthy",
    )
    return replace(run, source=source)


def remarkable(source: str = "runs/remarks/trainer_state.json") -> RunHistory:
    """A run with two remarks and nothing worse."""
    run = overfitted(source)
    return replace(run, config={**run.config, "example": "remarks"})
