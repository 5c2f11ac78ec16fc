"""The alternative: transformers' own Trainer, set up as its documentation does.

It gets the same encoded rows as ours and scores with the same function, so that only the loop
differs. Nothing is taken from it; two counters are added.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from transformers import (
    AutoModelForTokenClassification,
    DataCollatorForTokenClassification,
    EvalPrediction,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)
from transformers.trainer_callback import PrinterCallback

from benchmarks.support.setting import Material
from tuner.tasks.token_classification import TokenClassification
from tuner.training.encode import IGNORED, EncodedSplit
from tuner.training.scores import score
from tuner.trial import Scores

__all__ = ["CountingTrainer", "EpochScores", "new_model", "plain_arguments", "plain_trainer"]


class CountingTrainer(Trainer):
    """The Trainer, which also counts the tokens that it trains on.

    Attributes:
        padded_tokens: Tokens trained on so far, padding included.
    """

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.padded_tokens = 0
        self._real = torch.zeros((), dtype=torch.long)

    @property
    def tokens(self) -> int:
        """Tokens trained on so far, without padding."""
        return int(self._real)

    def training_step(
        self,
        model: torch.nn.Module,
        inputs: dict[str, torch.Tensor | Any],
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor:
        """Count, then do as ever."""
        mask = inputs["attention_mask"]
        self.padded_tokens += mask.numel()
        self._real = self._real.to(mask.device) + mask.sum()
        return super().training_step(model, inputs, num_items_in_batch)


class EpochScores(TrainerCallback):
    """Keeps the F1 of every evaluation, and hands it to whoever wants to know."""

    def __init__(self, on_score: Callable[[float], None] | None = None) -> None:
        self.f1s: list[float] = []
        self.on_score = on_score

    def on_evaluate(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Take note of an evaluation."""
        f1 = float(kwargs["metrics"]["eval_f1"])
        self.f1s.append(f1)
        if self.on_score is not None:
            self.on_score(f1)


def plain_arguments(material: Material, folder: Path, **settings: Any) -> TrainingArguments:
    """Return training arguments that are the defaults, but for `settings` and silence.

    Evaluated after every epoch and never saved, on the same device and in the same precision as
    ours.
    """
    device = material.device
    return TrainingArguments(
        **{
            "output_dir": str(folder),
            "eval_strategy": "epoch",
            "save_strategy": "no",
            "bf16": device.bf16,
            "tf32": True if device.tf32 else None,
            "use_cpu": device.kind == "cpu",
            "report_to": "none",
            "disable_tqdm": True,
            "log_level": "error",
            **settings,
        }
    )


def new_model(material: Material) -> Any:
    """Load the pretrained encoder with a new head."""
    labels = material.task.labels
    return AutoModelForTokenClassification.from_pretrained(
        material.source.location,
        num_labels=len(labels),
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
        dtype=torch.float32,
    )


def plain_trainer(
    material: Material,
    arguments: TrainingArguments,
    *,
    searches: bool = False,
    callbacks: Sequence[TrainerCallback] = (),
) -> CountingTrainer:
    """Return a Trainer with the standard collator.

    Args:
        material: Data and model.
        arguments: Training arguments.
        searches: Load the model anew for each training, as `hyperparameter_search` asks for.
        callbacks: Further callbacks.
    """
    tokenizer = material.source.tokenizer
    trainer = CountingTrainer(
        model=None if searches else new_model(material),
        model_init=(lambda: new_model(material)) if searches else None,
        args=arguments,
        train_dataset=_rows(material.train),
        eval_dataset=_rows(material.dev),
        data_collator=DataCollatorForTokenClassification(tokenizer),
        processing_class=tokenizer,
        compute_metrics=_metrics(material.task),
        callbacks=list(callbacks),
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _rows(split: EncodedSplit) -> Dataset:
    windows = [split[number] for number in range(len(split))]
    return Dataset.from_dict(
        {
            "input_ids": [ids.tolist() for ids, _ in windows],
            "attention_mask": [[1] * ids.size for ids, _ in windows],
            "labels": [labels.tolist() for _, labels in windows],
        }
    )


def _metrics(task: TokenClassification) -> Callable[[EvalPrediction], dict[str, float]]:
    def compute(prediction: EvalPrediction) -> dict[str, float]:
        scores = _scores(task, np.asarray(prediction.predictions), np.asarray(prediction.label_ids))
        return {
            "precision": scores.precision,
            "recall": scores.recall,
            "f1": scores.f1,
            "accuracy": scores.accuracy,
        }

    return compute


def _scores(task: TokenClassification, logits: Any, labels: Any) -> Scores:
    """Score by our own function, which equals seqeval's strict mode.

    Rows may come in any order (length groups are shuffled in evaluation too); each counts as a
    sentence, which holds as long as none had to be cut into windows.
    """
    marked = labels != IGNORED
    return score(
        labels[marked].astype(np.int64),
        logits.argmax(axis=-1)[marked].astype(np.int64),
        np.nonzero(marked)[0].astype(np.int64),
        task.scheme,
        sentence_count=len(labels),
    )
