"""Where the library of one run is told about its settings, as far as its log tells how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from diagnostics import series
from diagnostics.report._training_calls import LIBRARIES, Place
from diagnostics.subjects.run_history import RunHistory

__all__ = ["places_of"]

_FINE_TUNING = 1e-3
"""Learning rate from which on flair's `fine_tune`, made for transformers, is not what ran."""


def places_of(library: str, run: RunHistory) -> Sequence[Place]:
    """Return the places of a library; calls that the log does not tell of are left open."""
    places = LIBRARIES.get(library, ())
    if library == "flair" and not _fine_tunes(run):
        arguments = {n: write for n, write in places[0].arguments.items() if n != "warmup_ratio"}
        return (replace(places[0], opening="trainer.train(", arguments=arguments),)
    if library == "keras" and "adamw" not in str(run.config.get("optimizer", "")).lower():
        opening = "optimizer = YourOptimizer(  # the one that model.compile takes"
        return (replace(places[0], opening=opening), *places[1:])
    return places


def _fine_tunes(run: RunHistory) -> bool:
    """Whether flair fine-tuned: at a small rate, without the patience of its annealing."""
    rate = series.number(run.config.get("learning_rate"))
    anneals = any("BAD_EPOCHS" in note for note in run.notes)
    return rate is not None and rate < _FINE_TUNING and not anneals
