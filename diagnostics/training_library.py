"""Which library trained a run, as far as the history itself tells."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath

from diagnostics.subjects.run_history import RunHistory

__all__ = ["has_another_library", "library_of_reader", "library_that_trained", "with_reader"]

_OF_READERS = {
    "live": "transformers",  # a callback of the Trainer
    "tuner_run": "tuner",
    "trainer_state": "transformers",
    "results_json": "transformers",
    "lightning_metrics": "lightning",
    "keras_csv": "keras",
    "keras_history": "keras",
    "spacy_table": "spacy",
    "flair_loss": "flair",
}
"""Readers of what one library alone writes."""

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


_OF_THE_PROJECT = "tuner"
"""Trains by the Trainer, whose settings have other names here."""


def library_of_reader(reader: str) -> str:
    """Return the library whose logs alone a reader reads; empty for a reader of several."""
    return _OF_READERS.get(reader, "")


def with_reader(run: RunHistory, reader: str) -> RunHistory:
    """Return a run that tells its library as far as the reader of its log does.

    Rules see the run alone: without this they would advise whoever trains by Keras to set an
    argument of the Trainer. What the log itself tells comes first.
    """
    library = library_of_reader(reader)
    told = library_that_trained(run)
    if not library or library == _OF_THE_PROJECT or told:
        return run
    return replace(run, environment={**run.environment, "library": library})


def has_another_library(run: RunHistory) -> bool:
    """Whether a library other than transformers trained the run, so that its words say nothing."""
    return library_that_trained(run) not in ("", "transformers", _OF_THE_PROJECT)


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
