"""Which library trained a run, as far as the history itself tells."""

from __future__ import annotations

from pathlib import PurePath

from diagnostics.subjects.run_history import RunHistory

__all__ = ["library_that_trained"]

_OF_THE_TRAINER = frozenset(
    ("eval_strategy", "save_strategy", "logging_strategy", "load_best_model_at_end", "save_steps")
)
"""Settings that only logs of the Trainer record."""

_OF_FILES = {
    "loss.tsv": "flair",
    "metrics.csv": "lightning",
    "trainer_state.json": "transformers",
}
"""Names of logs that one library alone writes."""

_OF_COLUMNS = {
    "train/global_step": "transformers",
    "BAD_EPOCHS": "flair",
}
"""Columns that the reader mapped or left out, and whose they are."""


def library_that_trained(run: RunHistory) -> str:
    """Return `transformers`, `flair`, `spacy`, `keras`, `lightning`; empty where nothing tells."""
    for told in (run.environment.get("library"), run.config.get("library")):
        if isinstance(told, str):
            return told
    if run.config.get("architecture") == "SequenceTagger":
        return "flair"
    if any(name in run.config for name in _OF_THE_TRAINER):
        return "transformers"
    source = PurePath(run.source)
    if source.name in _OF_FILES:
        return _OF_FILES[source.name]
    if any(part.startswith("checkpoint-") for part in source.parts):
        return "transformers"
    notes = "\n".join(run.notes)
    return next((library for column, library in _OF_COLUMNS.items() if column in notes), "")
