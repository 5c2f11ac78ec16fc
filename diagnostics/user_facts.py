"""What the user knows better than the log: how much data there was, and which metric counts."""

from __future__ import annotations

import difflib
from dataclasses import replace

from diagnostics.errors import DiagnosticsError
from diagnostics.readers._vocabulary import canonical_metric, choose_monitor
from diagnostics.subjects.run_history import RunHistory

__all__ = ["available_metrics", "with_metric", "with_train_size"]

_LOWER_IS_BETTER = ("loss", "error", "perplexity")


def with_train_size(run: RunHistory, sentences: int) -> RunHistory:
    """Return the run with the number of its training sentences, in place of what was read.

    Raises:
        DiagnosticsError: The number is below 1.
    """
    if sentences < 1:
        raise DiagnosticsError(
            f"A training set has at least 1 sentence, but the size given is {sentences}.",
            "Give the number of training sentences.",
        )
    return replace(run, dataset={**run.dataset, "train_sentences": sentences})


def available_metrics(run: RunHistory) -> tuple[str, ...]:
    """Return the names of what the run logged at its evaluations, the loss last."""
    names = sorted({name for point in run.epochs for name in point.metrics})
    has_loss = any(point.eval_loss is not None for point in run.epochs)
    return (*names, "loss") if has_loss else tuple(names)


def with_metric(run: RunHistory, name: str) -> RunHistory:
    """Return the run with another metric deciding which epoch is best.

    Lower is taken for better where the name says a loss, an error or a perplexity, and for the
    error rates that are known by name.

    Raises:
        DiagnosticsError: The run did not log it; the message lists what it logged.
    """
    metric, known = canonical_metric(name), available_metrics(run)
    if metric not in known:
        near = difflib.get_close_matches(metric, known, n=1)
        suggestion = f"Did you mean `{near[0]}`? " if near else ""
        logged = f"It logged {', '.join(known)}." if known else "It logged no metric at all."
        raise DiagnosticsError(
            f"The run in `{run.source}` logged no metric `{name}`.", suggestion + logged
        )
    _, higher = choose_monitor([{metric: 0.0}], best=None, has_loss=False)
    lower = any(word in metric for word in _LOWER_IS_BETTER)
    return replace(run, monitor=metric, higher_is_better=higher and not lower)
