"""What the user knows better than the log: how much data there was, and which metric counts."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from diagnostics.errors import DiagnosticsError
from diagnostics.measures.sizes import Sizes, SizesFound
from diagnostics.readers._monitor import lower_is_better
from diagnostics.readers._vocabulary import canonical_metric
from diagnostics.subjects.dataset import Dataset
from diagnostics.subjects.run_history import RunHistory

__all__ = ["available_metrics", "with_dataset", "with_metric", "with_train_size"]


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


def with_dataset(run: RunHistory, dataset: Dataset) -> RunHistory:
    """Return the run with the sizes of its data set, where the log did not tell them.

    A size that the log tells otherwise is left as it is, and a note says so: the run may have been
    trained on other data, or on a part of it.
    """
    told = dict(_sizes(dataset))
    differing = [
        f"The log speaks of {run.dataset[name]:,} {name.replace('_', ' ')}, {dataset.source} "
        f"holds {size:,}."
        for name, size in told.items()
        if isinstance(size, int) and run.dataset.get(name, size) != size
    ]
    return replace(
        run, dataset={**told, **run.dataset}, notes=(*run.notes, *differing, *dataset.notes)
    )


def _sizes(dataset: Dataset) -> Iterator[tuple[str, Any]]:
    """Yield facts by the names that readers of runs use."""
    counted = dataset.measured.get(Sizes.key())
    for name, split in dataset.splits.items():
        yield f"{name}_sentences", split.sentences
        sizes = counted.splits.get(name) if isinstance(counted, SizesFound) else None
        if sizes is not None:
            yield f"{name}_entities", sizes.entities
            if name == "train":
                labels = {label: found.entities for label, found in sizes.labels.items()}
                yield "train_entities_per_type", labels


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
    return replace(run, monitor=metric, higher_is_better=not lower_is_better(metric))
