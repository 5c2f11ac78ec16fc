"""Facts about data and model that lie around a run of `tuner`: counts, sizes, descriptions."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from diagnostics.errors import DiagnosticsError
from diagnostics.readers._documents import mapping, optional_mapping, read_bytes
from diagnostics.series import whole

__all__ = ["dataset_of", "model_of"]

_SPLITS = ("train", "dev", "test")
_MOST_TYPES = 1_000
Counts = tuple[int, int, int]
"""Correct, predicted and gold entities of one sentence."""


def dataset_of(folder: Path) -> dict[str, Any]:
    """Return the sizes of the splits, and the sampling error of F1 where counts were kept."""
    facts: dict[str, Any] = {}
    for source in _descriptions(folder):
        for name, value in _sizes(source):
            facts.setdefault(name, value)
        types = _types_of_training(source)
        if types:
            facts.setdefault("train_entities_per_type", types)
    counts = _counts(folder / "dev_counts.json")
    if counts:
        facts["dev_sentences"] = len(counts)
        facts["dev_entities"] = sum(gold for _, _, gold in counts)
        error = f1_error_of_counts(counts)
        if error is not None:
            facts["f1_standard_error"] = error
    return facts


def model_of(folder: Path, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return name and number of parameters of the encoder, where known."""
    found: dict[str, Any] = {}
    for source in (config, *_descriptions(folder)):
        model = source.get("model")
        facts = mapping(model)
        name = model if isinstance(model, str) else facts.get("name")
        if isinstance(name, str):
            found.setdefault("model", name)
        parameters = whole(facts.get("parameters", source.get("parameters")))
        if parameters is not None:
            found.setdefault("parameters", parameters)
    return found


def f1_error_of_counts(counts: Sequence[Counts]) -> float | None:
    """Return the standard error of micro F1 over sentences, by linearisation.

    F1 = 2 C / (P + G) is a ratio of sums over sentences; the residual of a sentence is
    2 c - F1 (p + g). This is what a bootstrap over sentences converges to. None when nothing was
    found and nothing was there to find, and when every sentence fits alike.
    """
    total = sum(predicted + gold for _, predicted, gold in counts)
    if total == 0 or len(counts) < 2:
        return None
    f1 = 2 * sum(correct for correct, _, _ in counts) / total
    squares = sum((2 * c - f1 * (p + g)) ** 2 for c, p, g in counts)
    size = len(counts)
    return math.sqrt(size / (size - 1) * squares) / total or None


def _counts(path: Path) -> list[Counts]:
    try:
        rows = json.loads(read_bytes(path)) if path.is_file() else []
        counts = [tuple(map(int, row)) for row in rows]
    except (DiagnosticsError, ValueError, TypeError, OverflowError, RecursionError):
        return []
    whole_rows = [row for row in counts if len(row) == 3 and min(row) >= 0 and max(row) < 10**6]
    return [(c, p, g) for c, p, g in whole_rows] if len(whole_rows) == len(counts) else []


def _descriptions(folder: Path) -> Iterator[Mapping[str, Any]]:
    """Yield what describes the run, nearest first: its own configuration, then its study's."""
    yield optional_mapping(folder / "config.json")
    for place in (folder, folder.parent.parent):
        described = optional_mapping(place / "study.json")
        yield mapping(described.get("spec"))
        yield described


def _sizes(source: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Yield `train_sentences`, `dev_entities`, ... from facts as a data loader writes them."""
    for holder in _holders(source):
        for split in _SPLITS:
            for unit in ("sentences", "entities"):
                count = whole(mapping(holder.get(split)).get(unit))
                if count is not None:
                    yield f"{split}_{unit}", count


def _types_of_training(source: Mapping[str, Any]) -> dict[str, int]:
    """Return how many training entities each type has, as a data loader writes it."""
    listed = (mapping(mapping(holder.get("train")).get("per_type")) for holder in _holders(source))
    types = next((found for found in listed if found), {})
    counts = {name: whole(count) for name, count in list(types.items())[:_MOST_TYPES]}
    return {name: count for name, count in counts.items() if count is not None}


def _holders(source: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Return where the facts about splits may stand."""
    facts = mapping(source.get("data_facts")) or mapping(source.get("data")) or source
    return facts, mapping(facts.get("splits")), mapping(facts.get("counts"))
