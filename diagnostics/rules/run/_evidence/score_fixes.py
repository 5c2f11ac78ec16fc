"""What makes a score one that can be trusted, each as a change."""

from __future__ import annotations

from diagnostics import needs, series
from diagnostics.findings import Fix
from diagnostics.subjects.run_history import RunHistory

__all__ = ["SPLIT_ANEW", "as_share", "longer_inputs", "recompute"]

SPLIT_ANEW = Fix(
    text="Split anew, each sentence on one side only, with more entities to score on.",
    parameter="deduplicate_splits",
    new=True,
    how="a score that is too good means leaked, templated or too few sentences",
)


def longer_inputs(run: RunHistory) -> Fix:
    """Propose twice the maximum length, at most 512; beyond that, to score each word once."""
    length = series.whole(run.config.get("max_length"))
    if length is not None and length >= 512:
        return recompute(run, "a label on the first sub-token of each word only")
    return Fix(
        text="Raise the maximum length, and label the first sub-token of each word only.",
        parameter="max_length",
        old=length,
        new=512 if length is None else min(512, 2 * length),
        how="twice the present, at most 512",
    )


def as_share(run: RunHistory, name: str, kind: str) -> Fix:
    """Propose how a score becomes a share from 0 to 1."""
    divisors = {"a percentage": "100", "a count": "the number of examples"}
    if kind not in divisors:
        return recompute(run, "a score is a share from 0 to 1")
    return Fix(
        text=f"Divide the {name} by {divisors[kind]}.",
        parameter="compute_metrics",
        new=f"{name} / {divisors[kind]}",
        how=f"{kind} was logged instead of a share",
    )


def recompute(run: RunHistory, how: str) -> Fix:
    """Propose to compute the scores anew: over entities, unless the task has none."""
    if needs.token_classifier(run) is False or run.monitor != "f1":
        return Fix(
            text="Compute all scores in one call, with the same average for each.",
            parameter="compute_metrics",
            new="one average",
            how=how,
        )
    return Fix(
        text="Compute precision, recall and F1 over entities in one call (seqeval).",
        parameter="compute_metrics",
        new="seqeval",
        how=how,
    )
