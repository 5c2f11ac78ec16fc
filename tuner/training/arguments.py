"""Hyperparameters of a trial to transformers' `TrainingArguments`, and which of these are ours."""

from __future__ import annotations

import dataclasses
import difflib
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import torch
from transformers import SchedulerType, TrainingArguments, get_scheduler
from transformers.integrations.integration_utils import get_reporting_integration_callbacks

from tuner.errors import UsageError
from tuner.training.device import Device
from tuner.trial import TrialSpec
from tuner.trunk import is_trunk

__all__ = ["OWNED", "check_arguments", "training_arguments", "validate_settings"]

OWNED: Mapping[str, str] = {
    "learning_rate": "--learning-rate",
    "per_device_train_batch_size": "--batch-size",
    "num_train_epochs": "--epochs",
    "warmup_steps": "--warmup-ratio",
    "weight_decay": "--weight-decay",
    "lr_scheduler_type": "--schedule",
    "label_smoothing_factor": "--label-smoothing",
    "seed": "--seed",
    "use_cpu": "--device",
    "gradient_accumulation_steps": "--batch-size, which is the effective batch size: it is split "
    "into micro-batches by itself when memory asks for it",
    "per_device_eval_batch_size": "nothing: evaluation fills the memory by itself",
    "auto_find_batch_size": "nothing: out of memory is handled without changing the batch size",
    "train_sampling_strategy": "nothing: batches are grouped by length already",
}
"""TrainingArguments that have an option of their own, and that option."""

_FIXED = {
    "output_dir", "eval_strategy", "eval_steps", "eval_delay", "eval_on_start", "save_strategy",
    "save_steps", "save_total_limit", "save_only_model", "load_best_model_at_end",
    "metric_for_best_model", "greater_is_better", "logging_strategy", "logging_nan_inf_filter",
    "max_steps", "do_train", "do_eval", "do_predict", "resume_from_checkpoint",
    "remove_unused_columns", "label_names", "deepspeed", "fsdp", "fsdp_config",
    "parallelism_config", "local_rank", "push_to_hub", "disable_tqdm", "dataloader_drop_last",
    "data_seed", "enable_jit_checkpoint",
}  # fmt: skip

_TRUNK: Mapping[str, Any] = {  # one pass over all steps, whose rates `TrunkCourse` knows
    "num_train_epochs": 1,
    "warmup_steps": 0,
    "lr_scheduler_type": "constant",
    "eval_strategy": "no",
}
_SECRETS = ("_token", "_password", "_secret", "_api_key")
_LOGS_PER_EPOCH = 5
_LONGEST_REASON = 300
_KINDS: Mapping[Any, tuple[str, Any]] = {
    bool: ("true or false", bool),
    int: ("a whole number", int),
    float: ("a number", int | float),
}


def validate_settings(settings: Mapping[str, Any]) -> None:
    """Check what the user set with `--set name=value` before anything is trained.

    Raises:
        UsageError: A name is unknown, belongs to an option of its own, or takes a secret.
    """
    known = {field.name: field for field in dataclasses.fields(TrainingArguments) if field.init}
    for name, value in settings.items():
        if name in OWNED:
            raise UsageError(f"`--set {name}` has an option of its own.", f"Use {OWNED[name]}.")
        if name.endswith(_SECRETS):
            raise UsageError(
                f"`--set {name}` would write a secret into the files of every training.",
                "Leave it out: `hf auth login` or the variable HF_TOKEN says who you are, and "
                "nothing is uploaded to the hub.",
            )
        if name in _FIXED:
            raise UsageError(
                f"`--set {name}` would break how epochs are evaluated, saved and resumed.",
                "Leave it out.",
            )
        if name not in known:
            near = difflib.get_close_matches(name, sorted(known), n=1)
            raise UsageError(
                f"transformers' TrainingArguments has no {name!r} (`--set {name}=...`).",
                f"Did you mean {near[0]}?" if near else "See the documentation of transformers.",
            )
        _check_kind(name, value, known[name].type)


def _check_kind(name: str, value: Any, kind: Any) -> None:
    """Refuse what transformers would take, and stumble over in the middle of a training."""
    what, kinds = _KINDS.get(kind, ("", object))
    is_flag = isinstance(value, bool)
    if not isinstance(value, kinds) or (is_flag and kind in {int, float}):
        raise UsageError(
            f"`--set {name}` takes {what}, but got {value!r}.", "Change the value, or leave it out."
        )


def training_arguments(
    spec: TrialSpec, device: Device, folder: Path, steps_per_epoch: int
) -> TrainingArguments:
    """Build the arguments of one training.

    Raises:
        UsageError: transformers refuses a value.
    """
    values: dict[str, Any] = {
        "output_dir": str(folder),
        "learning_rate": spec.learning_rate,
        "per_device_train_batch_size": spec.batch_size,
        "num_train_epochs": spec.epochs,
        "warmup_steps": _warmup(spec, steps_per_epoch),
        "weight_decay": spec.weight_decay,
        "lr_scheduler_type": spec.schedule,
        "seed": spec.seed,
        "bf16": device.bf16,
        "tf32": True if device.tf32 else None,
        "use_cpu": device.kind == "cpu",
        "eval_strategy": "epoch",
        "save_strategy": "no",  # saving is decided at each evaluation, see trainer.py
        "logging_strategy": "steps",
        "logging_steps": max(1, steps_per_epoch // _LOGS_PER_EPOCH),
        "logging_nan_inf_filter": False,
        "disable_tqdm": True,
        "log_level": "error",
        "report_to": "none",
        **(_TRUNK if is_trunk(spec) else {}),
        **spec.extra,
    }
    try:
        arguments = TrainingArguments(**values)
    except (TypeError, ValueError, ImportError) as error:
        settings = ", ".join(f"{name}={value}" for name, value in spec.extra.items()) or "none"
        raise UsageError(
            f"transformers refuses the training arguments: {_short(error)} (settings: {settings})",
            "Change or leave out the setting that it names.",
        ) from error
    # One training uses one device; without this, transformers would spread it over all GPUs.
    if arguments.n_gpu > 1:
        arguments._n_gpu = 1
    return arguments


def check_arguments(arguments: TrainingArguments) -> None:
    """Make what the Trainer makes of its arguments later: the reporters and the schedule.

    The arguments take any reporter and any keyword of a schedule; what is wrong with them would
    end every trial of a search instead.

    Raises:
        UsageError: A reporter is unknown or not installed, or a schedule takes no such keyword.
    """
    try:
        for reporter in get_reporting_integration_callbacks(arguments.report_to):
            reporter()
    except (ImportError, RuntimeError, ValueError) as error:
        raise UsageError(
            f"`report_to` names a reporter that cannot be used here: {_short(error)}",
            "Install what it needs, or leave the setting out.",
        ) from error
    schedule = SchedulerType(arguments.lr_scheduler_type)
    throwaway = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    try:
        get_scheduler(
            schedule,
            optimizer=throwaway,
            num_warmup_steps=1,
            num_training_steps=10,
            # Text is parsed when the arguments are made, which their type does not tell.
            scheduler_specific_kwargs=cast("dict[str, Any] | None", arguments.lr_scheduler_kwargs),
        )
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"`lr_scheduler_kwargs` do not fit the schedule {schedule.value}: {_short(error)}",
            "Change or leave out the keyword that it names.",
        ) from error


def _short(error: Exception) -> str:
    return textwrap.shorten(str(error), _LONGEST_REASON, placeholder=" …")


def _warmup(spec: TrialSpec, steps_per_epoch: int) -> float:
    """Return warm-up as transformers wants it: a share below 1, or whole steps."""
    if spec.warmup_ratio < 1:
        return spec.warmup_ratio
    return float(steps_per_epoch * spec.epochs)
