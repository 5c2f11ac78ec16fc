"""Hyperparameters as the Hugging Face Trainer writes them: its arguments, and lists in cards."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from diagnostics.readers._literal_mapping import Figures, number, printed_mapping
from diagnostics.readers._vocabulary import HYPERPARAMETERS, known_hyperparameters

__all__ = ["config_of_arguments", "config_of_items", "versions_of_items"]

_KEPT = frozenset(
    [
        "optim",
        "optimizer",
        "max_grad_norm",
        "warmup_steps",
        "eval_strategy",
        "eval_steps",
        "save_strategy",
        "save_steps",
        "save_total_limit",
        "logging_strategy",
        "logging_steps",
        "logging_nan_inf_filter",
        "load_best_model_at_end",
        "metric_for_best_model",
        "greater_is_better",
        "early_stopping_patience",
        "gradient_checkpointing",
        "group_by_length",
        "auto_find_batch_size",
        "full_determinism",
        "data_seed",
        "eval_batch_size",
        "per_device_eval_batch_size",
        "eval_accumulation_steps",
        "fp16_full_eval",
        "dataloader_num_workers",
        "dataloader_pin_memory",
        "dataloader_drop_last",
        "remove_unused_columns",
        "adam_beta1",
        "adam_beta2",
        "adam_epsilon",
        "use_cpu",
        "no_cuda",
        "tf32",
        "distributed_type",
        "num_devices",
        "total_train_batch_size",
        "total_eval_batch_size",
        "model",
    ]
)
"""Arguments that are kept under their own name: those that rules may look at."""

_RENAMED = {
    "evaluation_strategy": "eval_strategy",
    "lr_scheduler_warmup_steps": "warmup_steps",
    "lr_scheduler_warmup_ratio": "warmup_ratio",
    "training_steps": "max_steps",
    "model_name_or_path": "model",
    "num_warmup_steps": "warmup_steps",
}
_NONE = frozenset({"", "none", "null"})
_LIBRARIES = {"pytorch": "torch"}
_LONGEST = 200


def config_of_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return hyperparameters under their standard names from `TrainingArguments` as a mapping.

    What is unknown, nested, or means "not set" (such as `max_steps=-1`) is left out.
    """
    if not arguments:
        return {}
    renamed = {_RENAMED.get(name, name): value for name, value in arguments.items()}
    config = known_hyperparameters([renamed])
    for name in sorted(_KEPT & renamed.keys()):
        value = renamed[name]
        if isinstance(value, bool | int | float) or (isinstance(value, str) and value):
            config.setdefault(name, value[:_LONGEST] if isinstance(value, str) else value)
    steps = config.get("max_steps")
    if isinstance(steps, int | float) and not steps > 0:
        del config["max_steps"]
    return config


def config_of_items(items: Mapping[str, str]) -> dict[str, Any]:
    """Return hyperparameters from the `- name: value` list of a model card."""
    plain = {name.lower().replace(" ", "_"): _value(text) for name, text in items.items()}
    optimizer = items.get("optimizer", "")
    if optimizer.startswith("{"):
        plain |= dict(_keras_optimizer(optimizer))
    elif optimizer:
        plain["optimizer"] = optimizer.removeprefix("Use ").split(" with ")[0].split(" and ")[0]
    config = config_of_arguments(plain)
    precision = f"{plain.get('mixed_precision_training', '')} {plain.get('training_precision', '')}"
    if "Native AMP" in precision or "float16" in precision.replace("bfloat16", ""):
        config.setdefault("fp16", True)
    if "bfloat16" in precision:
        config.setdefault("bf16", True)
    return config


def versions_of_items(text: str, start: str = "### Framework versions") -> dict[str, str]:
    """Return library to version from the `- Transformers 4.25.1` list of a model card."""
    versions: dict[str, str] = {}
    place = text.lower().find(start.lower())
    for line in text[place:].split("\n", 30)[1:30] if place >= 0 else ():
        bare = line.strip()
        if bare.startswith("#"):
            break
        words = bare.lstrip("-* ").replace(":", " ").split()
        if bare.startswith(("-", "*")) and len(words) == 2 and words[1][0].isdigit():
            name = words[0].lower()
            versions.setdefault(_LIBRARIES.get(name, name)[:40], words[1][:40])
    return versions


def _value(text: str) -> bool | int | float | str | None:
    bare = text.strip("\"' ")[:_LONGEST]
    if bare.lower() in _NONE:
        return None
    if bare.lower() in {"true", "false"}:
        return bare.lower() == "true"
    found = number(bare) if bare[:1] in "+-.0123456789" else None
    if found is None or not math.isfinite(found):
        return bare
    return int(found) if found.is_integer() and bare.lstrip("+-").isdigit() else found


def _keras_optimizer(text: str) -> Iterator[tuple[str, Any]]:
    """Yield what the configuration of a Keras optimizer tells; the outermost value comes last."""
    printed = printed_mapping(text)
    if printed is None:
        return
    found = dict(_numbers(printed[1], 0))
    name = text.partition("'name': '")[2].partition("'")[0]
    if name:
        yield "optimizer", name[:40]
    for standard, names in (
        ("learning_rate", ("initial_learning_rate", "learning_rate")),
        ("weight_decay", ("weight_decay_rate", "weight_decay")),
        ("warmup_steps", ("warmup_steps",)),
    ):
        value = next((found[known] for known in names if known in found), None)
        if value is not None:
            yield standard, value


def _numbers(figures: Figures, depth: int) -> Iterator[tuple[str, float]]:
    for name, value in figures.items():
        if isinstance(value, Mapping):
            if depth < 6:
                yield from _numbers(value, depth + 1)
        elif name in HYPERPARAMETERS or "learning_rate" in name or name.startswith("w"):
            yield name, value
