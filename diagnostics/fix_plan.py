"""Which fixes go together: one value per quantity, root causes first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from diagnostics.findings import Finding, Fix, Severity

__all__ = ["FixPlan", "PassedOver", "PlannedFix", "is_applicable", "plan_fixes", "quantity"]

_QUANTITIES = {
    "max_steps": "epochs",
    "num_train_epochs": "epochs",
    "warmup_steps": "warmup_ratio",
    "lr": "learning_rate",
    "lr_scheduler_type": "schedule",
    "optim": "optimizer",
    "per_device_train_batch_size": "batch_size",
    "train_batch_size": "batch_size",
    "max_seq_length": "max_length",
    "label_smoothing_factor": "label_smoothing",
    "fp16": "precision",
    "bf16": "precision",
}
"""Parameters that set the same quantity as another: two of them could contradict each other."""

_BY_HAND = (
    *("train_sentences", "train_entities", "dev_sentences", "dev_entities", "deduplicate_splits"),
    *(
        "compute_metrics",
        "id2label",
        "label_pad_token_id",
        "label_shift",
        "num_labels",
        "tag_scheme",
    ),
)
"""How parameters begin that no training option sets: it takes data, labels or code."""

_PACE = frozenset({"batch_size", "frozen_layers", "learning_rate", "optimizer", "schedule"})
"""Quantities that decide how fast a run learns."""

_COMPANIONS = {"batch_size": "gradient_accumulation_steps"}
"""A change that a second fix of the same finding completes: smaller batches, accumulated, are as
large as before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFix:
    """A fix, and the rule whose finding asks for it."""

    rule: str
    fix: Fix


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """A fix that is not applied because `winner` sets the same quantity, or outdates it."""

    rule: str
    fix: Fix
    winner: PlannedFix


@dataclass(frozen=True, slots=True, kw_only=True)
class FixPlan:
    """Fixes that can be applied together.

    Attributes:
        changes: Parameters to set, the root cause's first; no quantity twice.
        by_hand: What no option does, such as looking at labels.
        passed_over: Fixes that would have set a quantity a second time.
    """

    changes: tuple[PlannedFix, ...] = ()
    by_hand: tuple[PlannedFix, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()


def quantity(fix: Fix) -> str | None:
    """Return the name of what a fix sets, the same for two names of one thing."""
    return None if fix.parameter is None else _QUANTITIES.get(fix.parameter, fix.parameter)


def is_applicable(fix: Fix) -> bool:
    """Whether a training option does it."""
    if fix.parameter is None or fix.new is None:
        return False
    return not fix.parameter.startswith(_BY_HAND)


def plan_fixes(findings: Sequence[Finding]) -> FixPlan:
    """Return the fixes to apply together.

    Each root cause adds its most promising fix that sets a quantity which no graver finding has
    set; its consequences add nothing, for they go with it. Remarks count only where there is no
    error and no warning.

    Args:
        findings: Of one checkup, in its order: the gravest root cause first.
    """
    changes: list[PlannedFix] = []
    by_hand: list[PlannedFix] = []
    passed_over: list[PassedOver] = []
    for found in _roots(findings):
        for fix in found.fixes:
            planned = PlannedFix(rule=found.rule, fix=fix)
            if not is_applicable(fix) or _alone(fix, changes):
                by_hand.append(planned)
                continue
            winner = _setting(changes, fix) or _outdating(changes, fix)
            if winner is None:
                changes += [planned, *_companions(found, fix, changes)]
                break
            if (winner.fix.parameter, winner.fix.new) == (fix.parameter, fix.new):
                break  # both want the same
            passed_over.append(PassedOver(rule=found.rule, fix=fix, winner=winner))
    return FixPlan(changes=tuple(changes), by_hand=tuple(by_hand), passed_over=tuple(passed_over))


def _alone(fix: Fix, changes: Sequence[PlannedFix]) -> bool:
    """Whether a fix completes a change that is not made: by itself it would change the result."""
    mains = [main for main, companion in _COMPANIONS.items() if companion == fix.parameter]
    return bool(mains) and not any(quantity(planned.fix) in mains for planned in changes)


def _setting(changes: Sequence[PlannedFix], fix: Fix) -> PlannedFix | None:
    """Return the change that sets the same quantity as a fix."""
    same = (planned for planned in changes if quantity(planned.fix) == quantity(fix))
    return next(same, None)


def _outdating(changes: Sequence[PlannedFix], fix: Fix) -> PlannedFix | None:
    """Return the change after which the run learns so differently that a fix is out of date.

    How much shorter a training may be was read off the present curve, which another learning rate
    or optimizer bends.
    """
    if quantity(fix) != "epochs" or not _shortens(fix):
        return None
    return next((planned for planned in changes if quantity(planned.fix) in _PACE), None)


def _shortens(fix: Fix) -> bool:
    numbers = (int, float)
    return isinstance(fix.old, numbers) and isinstance(fix.new, numbers) and bool(fix.new < fix.old)


def _companions(found: Finding, fix: Fix, changes: Sequence[PlannedFix]) -> list[PlannedFix]:
    wanted = _COMPANIONS.get(quantity(fix) or "")
    return [
        PlannedFix(rule=found.rule, fix=other)
        for other in found.fixes
        if wanted is not None and other.parameter == wanted and _setting(changes, other) is None
    ][:1]


def _roots(findings: Sequence[Finding]) -> Iterator[Finding]:
    roots = [found for found in findings if found.consequence_of is None]
    # A remark that explains an error is as grave as that.
    harmful = {
        found.consequence_of or found.rule
        for found in findings
        if found.severity is not Severity.INFO
    }
    grave = [found for found in roots if found.rule in harmful]
    yield from grave or roots
