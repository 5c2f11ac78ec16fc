"""What the user knows better than the log: how much data there was, and which metric counts."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from diagnostics import series
from diagnostics.errors import DiagnosticsError
from diagnostics.measures.sizes import Sizes, SizesFound
from diagnostics.readers._monitor import lower_is_better
from diagnostics.readers._vocabulary import canonical_metric
from diagnostics.step_series import steps_per_epoch
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

    A size that the log tells otherwise is left as it is, and a note says so. Where the sizes differ
    by far, this is not the data of the run: nothing is taken from it, and the first note says so.
    """
    told = dict(_sizes(dataset))
    other = _other_data(run, told)
    if other is not None:
        name, size = other
        part = ", or the run saw a part of it only" if size < told[name] else ""
        note = (
            f"This is not the data of this run{part}: the log speaks of {size:,} "
            f"{name.replace('_', ' ')}, {dataset.source} holds {told[name]:,}."
        )
        facts = {**run.dataset, "path": dataset.source, "other_data": note}
        return replace(run, dataset=facts, notes=(note, *run.notes, *dataset.notes))
    differing = [
        f"The log speaks of {run.dataset[name]:,} {name.replace('_', ' ')}, {dataset.source} "
        f"holds {size:,}."
        for name, size in told.items()
        if isinstance(size, int) and run.dataset.get(name, size) != size
    ]
    facts = {**told, **run.dataset, "path": dataset.source}
    return replace(run, dataset=facts, notes=(*run.notes, *differing, *dataset.notes))


_FAR, _FAR_BELOW_ESTIMATE, _FAR_ABOVE_ESTIMATE = 2.0, 3.0, 16.0
"""Factors by which sizes differ that are not of one data set. An estimate from steps and batch
counts a long sentence that was cut several times, and the work of one device only. Judgement."""


def _other_data(run: RunHistory, told: Mapping[str, Any]) -> tuple[str, int] | None:
    """Return the size that the log tells and that is far from that of the data, by its name."""
    for name in ("train_sentences", "dev_sentences"):
        logged, size = series.whole(run.dataset.get(name)), series.whole(told.get(name))
        if size and logged and not 1 / _FAR < size / logged < _FAR:
            return name, logged
    size, logged = series.whole(told.get("train_sentences")), _estimated(run)
    if size and logged and not 1 / _FAR_BELOW_ESTIMATE < size / logged < _FAR_ABOVE_ESTIMATE:
        return "train_sentences", logged
    return None


def _estimated(run: RunHistory) -> int | None:
    """Return training samples per epoch; None where the log tells the sentences, or too little."""
    if "train_sentences" in run.dataset:
        return None
    read = series.whole(run.dataset.get("train_sentences_estimated"))
    batch, steps = series.whole(run.config.get("batch_size")), steps_per_epoch(run)
    if read is not None or batch is None or steps is None:
        return read
    gathered = series.whole(run.config.get("gradient_accumulation_steps")) or 1
    return round(batch * gathered * steps)


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
