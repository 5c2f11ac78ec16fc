"""A Trainer as a stranger sets it up, with whatever is planted in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModelForTokenClassification,
    AutoTokenizer,
    EarlyStoppingCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    get_scheduler,
    set_seed,
)

from benchmarks.faults.corpora import Splits
from benchmarks.faults.mishaps import mishaps_of
from benchmarks.faults.rows import Collator, encoded
from benchmarks.faults.run_scores import metrics_of
from benchmarks.faults.setup import Setup

__all__ = ["Material", "new_trainer"]

LAYERS = 2
"""Layers of the encoder that are kept: two learn the corpora in seconds on one core."""

EVALUATION_BATCH = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What one training works on.

    Attributes:
        model: Folder of the encoder.
        corpus: Name of the corpus.
        seed: Decides the sentences, the new head and the order of the sentences.
        setup: The training.
        predictions: Whether to predict the tags of the development sentences at the end.
    """

    model: Path
    corpus: str
    seed: int
    setup: Setup
    predictions: bool = False


def new_trainer(
    material: Material, splits: Splits, labels: tuple[str, ...], folder: Path
) -> Trainer:
    """Return the Trainer of a training, ready to begin, for sentences changed as planned."""
    setup = material.setup
    set_seed(material.seed)
    tokenizer = AutoTokenizer.from_pretrained(str(material.model))
    dev_labels = labels if setup.dev_labels is None else setup.dev_labels(labels)
    arguments = _arguments(material, folder)
    model = _model(material, labels)
    train_rows = encoded(splits.train, labels, tokenizer, setup)
    callbacks: list[TrainerCallback] = list(mishaps_of(setup))
    if setup.patience is not None:
        callbacks.append(EarlyStoppingCallback(setup.patience))
    return Trainer(
        model=model,
        args=arguments,
        train_dataset=train_rows,
        eval_dataset=encoded(splits.dev, dev_labels, tokenizer, setup),
        data_collator=Collator(tokenizer.pad_token_id, setup.pad_label),
        processing_class=tokenizer,
        compute_metrics=metrics_of(setup, labels),
        callbacks=callbacks,
        optimizers=_optimizers(model, setup, len(train_rows)),
    )


def _arguments(material: Material, folder: Path) -> TrainingArguments:
    setup = material.setup
    return TrainingArguments(
        **{
            "output_dir": str(folder),
            "learning_rate": setup.learning_rate,
            "num_train_epochs": setup.epochs,
            "per_device_train_batch_size": setup.batch_size,
            "per_device_eval_batch_size": EVALUATION_BATCH,
            "warmup_steps": setup.warmup_steps,
            "weight_decay": 0.01,
            "eval_strategy": "epoch",
            "save_strategy": "no",
            "logging_steps": 10,
            "seed": material.seed,
            "use_cpu": True,
            "report_to": "none",
            "disable_tqdm": True,
            "save_only_model": setup.resume_at is None,
            "save_total_limit": 1,
            **setup.arguments,
        }
    )


def _model(material: Material, labels: tuple[str, ...]) -> Any:
    dropout = material.setup.dropout
    model: Any = AutoModelForTokenClassification.from_pretrained(
        str(material.model),
        num_hidden_layers=LAYERS,
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
        dtype=torch.float32,
    )
    still = model.base_model if material.setup.frozen else model.base_model.embeddings
    for weights in still.parameters():
        weights.requires_grad = False
    return model


def _optimizers(model: Any, setup: Setup, rows: int) -> tuple[Any, Any]:
    """Return an optimizer and a schedule of the wrong length, as hand-written scripts have them."""
    if setup.schedule_share == 1.0:
        return None, None
    weights = [each for each in model.parameters() if each.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=setup.learning_rate, weight_decay=0.01)
    steps = int(-(-rows // setup.batch_size) * setup.epochs * setup.schedule_share)
    return optimizer, get_scheduler("linear", optimizer, int(steps * 0.1), steps)
