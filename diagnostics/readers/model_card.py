"""Reads model cards: the README.md that the Hugging Face Trainer and Keras write for a model."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, ClassVar

from diagnostics.errors import DiagnosticsError
from diagnostics.folder_listing import listing_of
from diagnostics.reader import Reader
from diagnostics.readers import _log_history as log
from diagnostics.readers._card_facts import Card, card_of
from diagnostics.readers._log_estimates import (
    evaluated_samples,
    samples_per_step,
    trained_samples,
)
from diagnostics.readers._markdown import read_head_text, read_text
from diagnostics.readers._monitor import choose_monitor
from diagnostics.readers._percentages import as_shares
from diagnostics.readers._type_names import labels_near, with_names_of
from diagnostics.readers._vocabulary import figure
from diagnostics.subjects.run_history import RunHistory

__all__ = ["ModelCard"]

_NAMES = ("README.md", "model_card.md", "MODEL_CARD.md", "modelcard.md")
_ENDINGS = frozenset({".md", ".markdown", ".mdx"})
_MARKS = re.compile(
    r"^(?:#+ Training (?:hyperparameters|results|logs)\b|The following hyperparameters were used\b"
    r"|\|[^\n]{0,300}\b(?:Train|Training|Val|Validation|Eval) Loss\b|model-index:"
    r"|#+ Validation Metrics\b)",
    re.MULTILINE | re.IGNORECASE,
)


class ModelCard(Reader):
    """Model cards with a list of hyperparameters and a table of training results."""

    name: ClassVar[str] = "model_card"
    looks_for: ClassVar[str] = "README.md (a model card with training results)"
    precedence: ClassVar[int] = 40

    def find(self, path: Path) -> tuple[Path, ...]:
        """Find a card by the headings and tables at its beginning."""
        listing = listing_of(path)
        if listing is not None:
            candidates = [path / name for name in _NAMES if listing.has_file(name)]
        else:
            candidates = [path] if path.suffix.lower() in _ENDINGS and path.is_file() else []
        return tuple(filter(looks_like_card, candidates))[:1]

    def read(self, path: Path) -> RunHistory:
        """Read a card; one without a table gives the one point that its list of results tells.

        Raises:
            DiagnosticsError: The card cannot be read, or tells no result.
        """
        text = read_text(path)
        card = card_of(text)
        notes = list(card.notes)
        rows = log.rows_of(card.rows)
        epochs = log.epochs_of(rows, notes)
        if not epochs:
            raise DiagnosticsError(
                f"`{path}` is a model card without results of a training: neither a table of "
                "training results nor a list of results on the evaluation set."
            )
        monitor, higher = choose_monitor(
            [point.metrics for point in epochs if point.metrics],
            best=None,
            has_loss=any(point.eval_loss is not None for point in epochs),
        )
        labels = labels_near(path, text) if any(point.per_type for point in epochs) else []
        return RunHistory(
            epochs=with_names_of(as_shares(epochs, notes), labels),
            config=card.config | _kept_epoch(card, rows),
            dataset=_dataset(card, rows),
            environment=card.environment,
            monitor=monitor,
            higher_is_better=higher,
            source=str(path),
            notes=tuple(note.removeprefix("eval_") for note in notes),
        )


def looks_like_card(path: Path) -> bool:
    """Return whether the beginning of a document is that of a model card."""
    return _MARKS.search(read_head_text(path)) is not None


def _dataset(card: Card, rows: list[dict[str, Any]]) -> dict[str, Any]:
    dataset: dict[str, Any] = {}
    if card.dataset_name:
        dataset["name"] = card.dataset_name
    dev = evaluated_samples(rows)
    if dev is not None:
        dataset["dev_sentences"] = dev
    train = trained_samples(rows, {"train_batch_size": samples_per_step(card.config)})
    if train is not None:
        dataset["train_sentences_estimated"] = train
    return dataset


def _kept_epoch(card: Card, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return that the best epoch was kept, if the card's results are those of an earlier epoch."""
    losses = [loss for row in rows if (loss := figure(row.get("eval_loss"))) is not None]
    told = figure(card.result.get("eval_loss"))
    if told is None or told not in losses[:-1] or told == losses[-1]:
        return {}
    return {"load_best_model_at_end": True}
