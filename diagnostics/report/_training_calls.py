"""What changes of a training are called in its library: where they are written, and how."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from diagnostics.findings import Value
from diagnostics.report._text import clean
from diagnostics.subjects.run_history import RunHistory
from diagnostics.training_library import library_of_reader, library_that_trained

__all__ = ["LIBRARIES", "Place", "is_name", "library_of", "python"]

Writer = Callable[[Value, RunHistory], "str | None"]
"""Gives the argument of a new value, as `name=value`; None where the library has none for it."""

_OF_READERS = {
    "": "transformers",  # a callback of the Trainer judges while it trains
    "model_card": "transformers",  # most cards are the Trainer's
}
"""What is assumed of readers whose logs several libraries write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A call, or the section of a file, in which a library is told about a training.

    Attributes:
        opening: Its first line.
        closing: Its last line; empty for the section of a file.
        arguments: Standard name of a parameter to what writes it here.
    """

    opening: str
    closing: str = ""
    arguments: Mapping[str, Writer]


def library_of(run: RunHistory, reader: str) -> str:
    """Return the library that wrote a log, empty where nothing tells."""
    told = library_that_trained(run)
    if reader == "spacy_table" or run.environment.get("library") is not None:
        return told or "spacy"
    if run.config.get("architecture") == "SequenceTagger":
        return "flair"
    return library_of_reader(reader) or _OF_READERS.get(reader, told)


def python(value: Value) -> str:
    """Return a value as Python writes it, whatever strangers put into it."""
    if isinstance(value, float) and not isinstance(value, bool):
        return f"{value:g}"
    return json.dumps(clean(value)) if isinstance(value, str) else repr(value)


def _as(name: str) -> Writer:
    return lambda value, run: f"{name}={python(value)}"


def _option(name: str) -> Writer:
    """Write a line of a configuration file, in which strings are quoted as in JSON."""
    return lambda value, run: f"{name} = {json.dumps(value)}"


def _monitored(run: RunHistory) -> tuple[str, str]:
    """Return the name under which the metric is watched, and which way is better."""
    return python(f"val_{run.monitor or 'loss'}"), "max" if run.higher_is_better else "min"


def _checkpoint(value: Value, run: RunHistory) -> str | None:
    name, mode = _monitored(run)
    return f'callbacks=[ModelCheckpoint(monitor={name}, mode="{mode}")]' if value else None


def _restored(value: Value, run: RunHistory) -> str | None:
    name, mode = _monitored(run)
    watched = f'"best.keras", monitor={name}, mode="{mode}", save_best_only=True'
    return f"callbacks=[ModelCheckpoint({watched})]" if value else None


def _of_lightning(value: Value, run: RunHistory) -> str | None:
    del run
    names = {"bf16": "bf16-mixed", "fp16": "16-mixed", "fp32": "32-true"}
    return f'precision="{names[value]}"' if isinstance(value, str) and value in names else None


def _each_epoch(value: Value, run: RunHistory) -> str | None:
    del run
    return "check_val_every_n_epoch=1" if value == "epoch" else None


def _best_of_flair(value: Value, run: RunHistory) -> str | None:
    del run
    return "use_final_model_for_eval=False" if value else None


def _same(*names: str) -> dict[str, Writer]:
    return {name: _as(name) for name in names}


LIBRARIES: dict[str, tuple[Place, ...]] = {
    "lightning": (
        Place(
            opening="Trainer(",
            closing=")",
            arguments={
                **_same("max_steps"),
                "epochs": _as("max_epochs"),
                "gradient_accumulation_steps": _as("accumulate_grad_batches"),
                "max_grad_norm": _as("gradient_clip_val"),
                "logging_steps": _as("log_every_n_steps"),
                "precision": _of_lightning,
                "eval_strategy": _each_epoch,
                "load_best_model_at_end": _checkpoint,
                "steps_between_logs": _as("log_every_n_steps"),
                "evaluate_every": _each_epoch,
                "keep_best_epoch": _checkpoint,
            },
        ),
        Place(
            opening="torch.optim.AdamW(  # in configure_optimizers",
            closing=")",
            arguments={"learning_rate": _as("lr"), "weight_decay": _as("weight_decay")},
        ),
        Place(
            opening="DataLoader(  # of the training",
            closing=")",
            arguments={
                **_same("batch_size"),
                "dataloader_num_workers": _as("num_workers"),
                "loader_workers": _as("num_workers"),
            },
        ),
    ),
    "keras": (
        Place(
            opening="optimizer = keras.optimizers.AdamW(  # for model.compile",
            closing=")",
            arguments={**_same("learning_rate", "weight_decay"), "max_grad_norm": _as("clipnorm")},
        ),
        Place(
            opening="model.fit(",
            closing=")",
            arguments={
                **_same("epochs", "batch_size"),
                "load_best_model_at_end": _restored,
                "keep_best_epoch": _restored,
            },
        ),
    ),
    "flair": (
        Place(
            opening="trainer.fine_tune(",
            closing=")",
            arguments={
                **_same("learning_rate"),
                "epochs": _as("max_epochs"),
                "batch_size": _as("mini_batch_size"),
                "warmup_ratio": _as("warmup_fraction"),
                "load_best_model_at_end": _best_of_flair,
                "keep_best_epoch": _best_of_flair,
            },
        ),
    ),
    "spacy": (
        Place(
            opening="[training]",
            arguments={
                "epochs": _option("max_epochs"),
                "max_steps": _option("max_steps"),
                "gradient_accumulation_steps": _option("accumulate_gradient"),
                "dropout": _option("dropout"),
                "eval_steps": _option("eval_frequency"),
                "steps_between_evaluations": _option("eval_frequency"),
                "seed": _option("seed"),
            },
        ),
        Place(
            opening="[training.optimizer]",
            arguments={
                "learning_rate": _option("learn_rate"),
                "weight_decay": _option("L2"),
                "max_grad_norm": _option("grad_clip"),
            },
        ),
    ),
}
"""Library to the places of its settings. What none of the places takes is said in a comment."""


def is_name(parameter: Any) -> bool:
    """Whether a parameter has a name that can stand on the left of an assignment."""
    return isinstance(parameter, str) and parameter.isascii() and parameter.isidentifier()
