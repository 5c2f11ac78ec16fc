"""Trainings that answer for many epoch counts: which counts, and what they cost.

Epochs are counted twice here. *Counts* are those that a branch stands for: 5 is a training of five
epochs. *Trained epochs* are those that the machine has to do for it, the trunk and all branches.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tuner.problems import Problem
from tuner.trial import TRUNK, TrialSpec, TrunkPlan

__all__ = [
    "branch_spec",
    "is_trunk",
    "plan_of",
    "planned_epochs",
    "share_again",
    "trained_epochs",
    "trained_since",
    "trunk_counts",
    "trunk_problems",
]

NEAREST = 1.25
"""Counts that lie closer together than by this factor tell hardly more than one of them."""


def is_trunk(spec: TrialSpec) -> bool:
    """Whether a training answers for several epoch counts."""
    return spec.schedule == TRUNK


def trunk_counts(low: int, high: int) -> tuple[int, ...]:
    """Choose the epoch counts of a trunk: the ends, and Fibonacci numbers between them.

    Each is about 1.6 times the one before, so that a branch for each of them costs less than twice
    the longest training.

    Args:
        low: Smallest count of interest, at least 1.
        high: Largest one.
    """
    counts = [low]
    before, number = 1, 2
    while number * NEAREST <= high:
        if number >= low * NEAREST:
            counts.append(number)
        before, number = number, before + number
    return (*counts, high) if high > low else (low,)


def plan_of(spec: TrialSpec) -> TrunkPlan:
    """Return the plan of a trunk; one that names no counts gets those from 1 to its epochs."""
    return spec.trunk or TrunkPlan(counts=trunk_counts(1, spec.epochs))


def branch_spec(spec: TrialSpec, count: int) -> TrialSpec:
    """Return the training that makes one branch of a trunk and nothing else.

    Its trunk ends where the branch begins; the warm-up keeps its steps. With the same seed it makes
    the same weights, with another one it repeats the branch. Other schedules are returned as they
    are.

    Args:
        spec: A training.
        count: The epoch count that the branch stands for.
    """
    if not is_trunk(spec):
        return spec
    plan = plan_of(spec)
    return replace(
        spec,
        epochs=count,
        warmup_ratio=spec.warmup_ratio * plan.counts[0] / count,
        trunk=replace(plan, counts=(count,)),
    )


def trained_epochs(spec: TrialSpec, done: int) -> float:
    """Return the epochs trained up to a report: those of all branches, and of the trunk.

    Args:
        spec: The training.
        done: The epoch of its last report; 0 before the first.
    """
    if not is_trunk(spec):
        return float(done)
    plan = plan_of(spec)
    branches = sum(count for count in plan.counts if count <= done)
    return (1 - plan.cooldown) * done + plan.cooldown * branches


def trained_since(spec: TrialSpec, done: int, told: float) -> float:
    """Return the epochs trained after a report, from how far the training says it has come.

    Args:
        spec: The training.
        done: The epoch of its last report; 0 before the first.
        told: Epochs trained on the scale of the reports, such as 2.4.
    """
    following = done + 1
    if is_trunk(spec):
        following = next((count for count in plan_of(spec).counts if count > done), following)
    share = min(max((told - done) / (following - done), 0.0), 1.0)
    return share * (trained_epochs(spec, following) - trained_epochs(spec, done))


def planned_epochs(spec: TrialSpec) -> float:
    """Return the epochs that the whole plan trains, branches included."""
    return trained_epochs(spec, spec.epochs)


def share_again(spec: TrialSpec) -> float:
    """Return what a run with a further seed costs, as a share of the whole plan.

    Of a trunk it is one branch alone, as long as its counts are on average.
    """
    if not is_trunk(spec):
        return 1.0
    counts = plan_of(spec).counts
    return sum(counts) / len(counts) / planned_epochs(spec)


def trunk_problems(spec: TrialSpec, section: str = "recipe") -> Iterator[Problem]:
    """Find what cannot be right about the plan of a trunk, or about a plan without a trunk."""
    if not is_trunk(spec):
        if spec.trunk is not None:
            yield _problem(
                section,
                f"`--counts` are those of a trunk, but got `--counts {_told(spec.trunk)}` with "
                f"`--schedule {spec.schedule}`",
                f"Use `--schedule {TRUNK}`, or leave `--counts` out.",
            )
        return
    for name in ("lr_scheduler_type", "lr_scheduler_kwargs"):
        if name in spec.extra:
            message = f"a trunk has its own schedule, but got `--set {name}=...` beside it"
            yield _problem(section, message, "Leave it out, or choose another schedule.")
    plan = plan_of(spec)
    if not 0 < plan.cooldown < 1:
        message = f"a trunk's cooldown must lie between 0 and 1, but got {plan.cooldown:g}"
        yield _problem(section, message, "Use 0.2, a fifth of each branch.")
    if (way_out := _counts_way_out(plan.counts, spec.epochs)) is not None:
        yield _problem(
            section,
            f"`--counts` must rise from 1 or more to `--epochs`, but got "
            f"`--counts {_told(plan)}` with `--epochs {spec.epochs}`",
            way_out,
        )


def _counts_way_out(counts: Sequence[int], epochs: int) -> str | None:
    """Say how to mend counts; None when they are sound."""
    rising = all(one < other for one, other in itertools.pairwise(counts))
    if not counts or not rising or counts[0] < 1:
        return f"Write e.g. `--counts {','.join(map(str, trunk_counts(1, max(epochs, 1))))}`."
    if counts[-1] == epochs:
        return None
    return f"Use `--epochs {counts[-1]}`, or end the counts with {epochs}."


def _told(plan: TrunkPlan) -> str:
    return ",".join(map(str, plan.counts)) or "none"


def _problem(section: str, message: str, hint: str) -> Problem:
    return Problem(message=message, hint=hint, section=section, key="schedule" if section else "")
