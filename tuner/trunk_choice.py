"""What becomes of space and recipe when one training shall answer for all epoch counts."""

from __future__ import annotations

from dataclasses import replace

from tuner.errors import UsageError
from tuner.space import Choice, SearchSpace
from tuner.trial import TRUNK, TrialSpec, TrunkPlan
from tuner.trunk import is_trunk, plan_of, trunk_counts

__all__ = ["as_trunk", "on_schedule", "trunk_study"]


def on_schedule(recipe: TrialSpec, schedule: str | None) -> TrialSpec:
    """Return a recipe on the schedule that the user named; None keeps its own."""
    if schedule is None or schedule == recipe.schedule:
        return recipe
    return replace(recipe, schedule=schedule, trunk=None)


def as_trunk(spec: TrialSpec) -> TrialSpec:
    """Write the counts of a trunk into its settings; other trainings are returned as they are."""
    return replace(spec, trunk=plan_of(spec)) if is_trunk(spec) else spec


def trunk_study(
    space: SearchSpace, recipe: TrialSpec, epochs: int | None = None
) -> tuple[SearchSpace, TrialSpec]:
    """Take the epochs out of the space of a trunk study: every trial answers for all counts.

    Args:
        space: What is searched.
        recipe: Settings of trial 0; nothing is changed when it is no trunk.
        epochs: The highest count, and 1 the lowest; None: the ends of the space, or 1 and the
            recipe's when epochs are not searched.

    Raises:
        UsageError: Epochs were named without a trunk or below 1, or the schedule is searched
            beside it.
    """
    if not is_trunk(recipe):
        if epochs is not None:
            raise UsageError(
                f"`--epochs` is the highest count of a trunk, but got {epochs} with the schedule "
                f"`{recipe.schedule}`, whose epochs are searched.",
                "Add `--schedule trunk`, or write the range into a study file.",
            )
        _refuse_mixture(space)
        return space, recipe
    if "schedule" in space.parameters:
        raise UsageError(
            "`--schedule trunk` is one schedule for all trials, but `schedule` is searched.",
            "Leave one of the two out: trunks are compared with trunks only.",
        )
    counts = trunk_counts(*_ends(space, recipe, epochs))
    if recipe.trunk is not None and epochs is None and "epochs" not in space.parameters:
        counts = recipe.trunk.counts
    cooldown = plan_of(recipe).cooldown
    recipe = replace(recipe, epochs=counts[-1], trunk=TrunkPlan(counts=counts, cooldown=cooldown))
    return _without_epochs(space), recipe


def _refuse_mixture(space: SearchSpace) -> None:
    """Refuse to draw the schedule from choices of which one is a trunk."""
    searched = space.parameters.get("schedule")
    if isinstance(searched, Choice) and TRUNK in searched.values:
        raise UsageError(
            f"A study is of trunks or of none, but its space has `schedule` in {searched}.",
            f"Take `{TRUNK}` out of the choices, or search with `--schedule {TRUNK}`.",
        )


def _ends(space: SearchSpace, recipe: TrialSpec, epochs: int | None) -> tuple[int, int]:
    if epochs is not None:
        if epochs < 1:
            raise UsageError(
                f"`epochs >= 1` must hold, but got epochs={epochs} as a trunk's highest count.",
                "Name the most epochs that you would train, e.g. 12.",
            )
        return 1, epochs
    searched = space.parameters.get("epochs")
    if searched is None:
        return 1, recipe.epochs
    ends = searched.values if isinstance(searched, Choice) else (searched.low, searched.high)
    return int(min(ends)), int(max(ends))


def _without_epochs(space: SearchSpace) -> SearchSpace:
    parameters = {name: value for name, value in space.parameters.items() if name != "epochs"}
    if not parameters:
        raise UsageError(
            "A trunk answers for all epoch counts, so that nothing is left to search.",
            "Search the learning rate, too, or use `tuner train --schedule trunk`.",
        )
    reasons = {name: reason for name, reason in space.reasons.items() if name in parameters}
    return SearchSpace(parameters=parameters, reasons=reasons)
