"""Reads `all_results.json` and its like: the scores at the end of a Hugging Face training."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from diagnostics.errors import DiagnosticsError
from diagnostics.folder_listing import listing_of
from diagnostics.reader import Reader
from diagnostics.readers._documents import read_mapping
from diagnostics.readers._log_estimates import evaluated_samples
from diagnostics.readers._monitor import choose_monitor
from diagnostics.readers._percentages import as_shares
from diagnostics.readers._result_files import (
    RESULT_FILES,
    final_evaluation,
    results_in,
    sizes_of,
)
from diagnostics.readers._scores import scores_of, standard_names
from diagnostics.readers._vocabulary import figure
from diagnostics.series import whole
from diagnostics.subjects.run_history import Epoch, RunHistory

__all__ = ["ResultsJson"]

_ENDING = "_results.json"
_OF_PREDICTIONS = ("predict_results.json", "test_results.json")


class ResultsJson(Reader):
    """Result files of the Hugging Face example scripts: the one point at the end of a run."""

    name: ClassVar[str] = "results_json"
    looks_for: ClassVar[str] = "all_results.json, eval_results.json (Hugging Face result files)"
    precedence: ClassVar[int] = 25

    def find(self, path: Path) -> tuple[Path, ...]:
        """Find a result file by its name, or a folder that holds some."""
        listing = listing_of(path)
        if listing is None:
            return (path,) if path.name.endswith(_ENDING) and path.is_file() else ()
        return (path,) if any(map(listing.has_file, (*RESULT_FILES, *_OF_PREDICTIONS))) else ()

    def read(self, path: Path) -> RunHistory:
        """Read the one point that a result file tells, or those of a folder together.

        Raises:
            DiagnosticsError: Nothing can be read, or there is neither a loss nor a score.
        """
        results = _of_folder(path) if path.is_dir() else read_mapping(path)
        evaluation = final_evaluation(results)
        scores = scores_of(evaluation)
        eval_loss, train_loss = _loss(evaluation, "eval"), _loss(results, "train")
        if eval_loss is None and train_loss is None and not scores.metrics:
            raise DiagnosticsError(
                f"`{path}` holds neither a loss nor a score.",
                "Give the trainer_state.json instead.",
            )
        epoch = figure(results.get("epoch"))
        point = Epoch(
            number=epoch if epoch is not None and 0 <= epoch < 1e9 else 0.0,
            step=whole(results.get("step")),
            train_loss=train_loss,
            eval_loss=eval_loss,
            metrics=scores.metrics,
            per_type=scores.per_type,
        )
        monitor, higher = choose_monitor(
            [scores.metrics], best=None, has_loss=eval_loss is not None
        )
        notes = _notes(results, evaluation)
        return RunHistory(
            epochs=as_shares([point], notes),
            config={} if epoch is None else {"epochs": point.number},
            dataset=_dataset(results, evaluation),
            monitor=monitor,
            higher_is_better=higher,
            source=str(path),
            notes=tuple(notes),
        )


def _of_folder(folder: Path) -> dict[str, Any]:
    """Return what the result files of a folder hold; predictions only where nothing else is there.

    Raises:
        DiagnosticsError: None of them can be read.
    """
    found = results_in(folder)
    if found:
        return found
    names = (*RESULT_FILES, *_OF_PREDICTIONS)
    return read_mapping(next(folder / name for name in names if (folder / name).is_file()))


def _loss(results: dict[str, Any], split: str) -> float | None:
    return figure(results.get(f"{split}_loss"))


def _dataset(results: dict[str, Any], evaluation: dict[str, Any]) -> dict[str, Any]:
    dataset: dict[str, Any] = dict(sizes_of(results))
    count = evaluated_samples([evaluation])
    if count is not None:
        dataset.setdefault("dev_sentences", count)
    return dataset


def _notes(results: dict[str, Any], evaluation: dict[str, Any]) -> list[str]:
    notes = ["The file tells the end of the run only; how it got there is in trainer_state.json."]
    if evaluation and not any(name.startswith("eval_") for name in results):
        predicted = any(name.startswith(("predict_", "test_")) for name in results)
        notes.append(
            "The scores are those of the test split."
            if predicted
            else "The file does not say which split its scores are of; they are taken for those of "
            "the development split."
        )
    united = standard_names([evaluation])
    return [*notes, *(f"{name} was read as {standard}." for name, standard in united.items())]
