"""The result files of the Hugging Face example scripts: scores and sizes at the end of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from diagnostics.readers._documents import mapping, optional_mapping
from diagnostics.readers._vocabulary import KNOWN_METRICS, canonical_metric, figure
from diagnostics.series import whole

__all__ = ["RESULT_FILES", "final_evaluation", "results_in", "sizes_of"]

RESULT_FILES = ("all_results.json", "eval_results.json", "train_results.json")
_SIZES = (("train_samples", "train_sentences"), ("eval_samples", "dev_sentences"))
_NO_SCORE = frozenset({"epoch", "step", "total_flos"})
_NESTED = ("metrics", "eval", "evaluation", "results")


def results_in(folder: Path) -> dict[str, Any]:
    """Return what the result files of a folder hold together; empty when there are none."""
    found: dict[str, Any] = {}
    for name in RESULT_FILES:
        found = optional_mapping(folder / name) | found
    return found


def sizes_of(results: Mapping[str, Any]) -> dict[str, int]:
    """Return the exact sizes of the splits, as far as given."""
    sizes = ((standard, whole(results.get(name))) for name, standard in _SIZES)
    return {standard: count for standard, count in sizes if count is not None}


def final_evaluation(results: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `eval_...` entries of a result file; those of predictions where it has no others.

    Scores without a prefix, at the top or under `metrics`, are taken for those of an evaluation if
    any bears the name of a known metric.
    """
    for prefix in ("eval_", "predict_", "test_"):
        found = {
            f"eval_{name.removeprefix(prefix)}": value
            for name, value in results.items()
            if name.startswith(prefix)
        }
        if _has_figure(found.values()):
            return found
    holder = next((mapping(results[name]) for name in _NESTED if mapping(results.get(name))), None)
    plain = {
        f"eval_{name.removeprefix('eval_')}": value
        for name, value in (results if holder is None else holder).items()
        if name not in _NO_SCORE and not name.startswith(("train_", "init_"))
    }
    known = KNOWN_METRICS & {canonical_metric(name) for name in plain}
    return plain if known else {}


def _has_figure(values: Iterable[Any]) -> bool:
    return any(figure(value) is not None or isinstance(value, dict) for value in values)
