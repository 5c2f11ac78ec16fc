"""Token classification (named-entity recognition): IOB2 tags on words, strict entity-level F1."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy
from transformers import AutoModelForTokenClassification

from diagnostics.subjects.labelled_data import Sentence
from tuner.errors import ModelError
from tuner.training.encode import IGNORED, EncodedSplit, IntArray, SubwordEncoder, load_or_encode
from tuner.training.model_source import NO_CODE, ModelSource, guarded
from tuner.training.pristine import PristineModel
from tuner.training.scores import LabelScheme, score
from tuner.trial import Scores

__all__ = ["TokenClassification"]


class TokenClassification:
    """Labels words with IOB2 tags.

    Args:
        labels: Label list, `O` first.
    """

    name = "token-classification"

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = tuple(labels)
        self.scheme = LabelScheme.of(labels)
        self._encoder: SubwordEncoder | None = None

    def load_model(self, source: ModelSource) -> PristineModel:
        """Load the encoder with a new token-classification head.

        Raises:
            ModelError: The weights cannot be read, or the architecture has no such head.
        """
        if type(source.config) not in AutoModelForTokenClassification._model_mapping:
            raise ModelError(
                f"The architecture {source.config.model_type!r} of {source.name!r} has no "
                "token-classification head.",
                "Choose an encoder such as BERT, RoBERTa, DeBERTa, DistilBERT or ModernBERT.",
            )
        model, report = guarded(source.name, lambda: self._load(source))
        return PristineModel.of(model, self._new_parameters(model, report))

    def _load(self, source: ModelSource) -> tuple[Any, dict[str, Any]]:
        loaded: tuple[Any, dict[str, Any]] = AutoModelForTokenClassification.from_pretrained(
            source.location,
            num_labels=len(self.labels),
            id2label=dict(enumerate(self.labels)),
            label2id={label: number for number, label in enumerate(self.labels)},
            ignore_mismatched_sizes=True,  # a head for other labels is replaced, not refused
            dtype=torch.float32,
            output_loading_info=True,
            **NO_CODE,
        )
        return loaded

    def load_saved(self, folder: Path) -> Any:
        """Load a model that a training saved, head included."""
        return AutoModelForTokenClassification.from_pretrained(
            folder, dtype=torch.float32, **NO_CODE
        )

    @staticmethod
    def _new_parameters(model: Any, report: dict[str, Any]) -> list[str]:
        mismatched = [
            entry[0] if isinstance(entry, tuple) else entry for entry in report["mismatched_keys"]
        ]
        # A head that fits by chance belongs to another label list; it is never kept.
        head = [
            name for name, _ in model.named_parameters() if name.startswith(("classifier", "score"))
        ]
        known = dict(model.named_parameters())
        names = dict.fromkeys([*report["missing_keys"], *mismatched, *head])
        return [name for name in names if name in known]

    def encode(
        self,
        sentences: Sequence[Sentence],
        source: ModelSource,
        max_length: int,
        cache: Path | None,
        fingerprint: str,
    ) -> EncodedSplit:
        """Encode a split; the first sub-token of a word carries its label."""
        if self._encoder is None:
            self._encoder = SubwordEncoder(source.tokenizer, max_length)
        key = repr((self.labels, source.fingerprint, max_length, fingerprint))
        return load_or_encode(sentences, self.labels, self._encoder, cache, key)

    def loss_sum(
        self, logits: torch.Tensor, labels: torch.Tensor, label_smoothing: float
    ) -> torch.Tensor:
        """Sum the cross-entropy over all labelled sub-tokens."""
        return cross_entropy(
            logits.float().reshape(-1, logits.shape[-1]),
            labels.reshape(-1),
            ignore_index=IGNORED,
            reduction="sum",
            label_smoothing=label_smoothing,
        )

    def predictions(self, logits: torch.Tensor) -> torch.Tensor:
        """Return the likeliest label of each sub-token."""
        return logits.argmax(dim=-1)

    def score(self, predicted: IntArray, split: EncodedSplit, loss: float) -> Scores:
        """Score predicted label ids, shape (words,), strictly at the entity level."""
        return score(
            split.gold,
            predicted,
            split.sentence_of,
            self.scheme,
            sentence_count=split.sentences,
            loss=loss,
        )
