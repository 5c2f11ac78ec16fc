"""Findings about runs of other libraries, without the words of Hugging Face's Trainer.

Rules name parameters as the Trainer does, since most runs are its. Who trains by Keras, Lightning,
flair or spaCy has no such arguments: there a parameter gets a name that explains itself, and what
only the Trainer has becomes a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from diagnostics.findings import Finding, Fix

__all__ = ["NEUTRAL_NAMES", "without_the_trainer"]

NEUTRAL_NAMES: Mapping[str, str] = {
    "dataloader_num_workers": "loader_workers",
    "eval_steps": "steps_between_evaluations",
    "eval_strategy": "evaluate_every",
    "load_best_model_at_end": "keep_best_epoch",
    "logging_steps": "steps_between_logs",
    "lr_scheduler_type": "schedule",
    "metric_for_best_model": "best_epoch_metric",
    "num_train_epochs": "epochs",
    "optim": "optimizer",
    "per_device_eval_batch_size": "eval_batch_size",
    "per_device_train_batch_size": "batch_size",
}
"""Parameter of the Trainer to a name that says the same to anybody."""

_OF_THE_TRAINER_ALONE = frozenset(
    (
        *("auto_find_batch_size", "bf16_full_eval", "dataloader_pin_memory", "fp16_full_eval"),
        *("eval_accumulation_steps", "greater_is_better", "label_pad_token_id"),
        *("logging_nan_inf_filter", "logging_strategy", "processing_class"),
        *("resume_from_checkpoint", "save_steps", "save_strategy", "save_total_limit"),
    )
)
"""Parameters with which no other library can do anything."""

_QUOTING = ("R507", "R7")
"""How the identifiers of rules begin whose findings repeat an error message."""

_PHRASES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(words), said)
    for words, said in (
        (r" \(checkpoint-\d{1,12}, if it was saved\)", ""),
        (r"with metric_for_best_model=(\w{1,60})", r"by its \1"),
        (r": give the Trainer preprocess_logits_for_metrics[^\n]{0,120}", "."),
        (r" \(preprocess_logits_for_metrics\)", ""),
        (r"\bthe default of TrainingArguments\b", "a usual number"),
        (r" of `?TrainingArguments`?(?:\.\w{1,60})?", ""),
        (r"\bthe Trainer\b", "the library"),
        (r"\bThe Trainer\b", "The library"),
        *((rf"\b{old}\b", new.replace("_", " ")) for old, new in NEUTRAL_NAMES.items()),
    )
)
"""What is said elsewhere instead of the Trainer's words."""


def without_the_trainer(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return findings in words that fit a run of another library.

    Those about its environment quote what it printed, and stay as they are.
    """
    return tuple(
        found if found.rule.startswith(_QUOTING) else _neutral(found) for found in findings
    )


def _neutral(found: Finding) -> Finding:
    return replace(
        found,
        message=_said(found.message),
        doubt=_said(found.doubt),
        evidence=tuple(replace(each, label=_said(each.label)) for each in found.evidence),
        fixes=tuple(_neutral_fix(fix) for fix in found.fixes),
    )


def _neutral_fix(fix: Fix) -> Fix:
    text, how = _said(fix.text), _said(fix.how)
    if fix.parameter in _OF_THE_TRAINER_ALONE:
        return Fix(text=text)
    name = None if fix.parameter is None else NEUTRAL_NAMES.get(fix.parameter, fix.parameter)
    return replace(fix, text=text, how=how, parameter=name)


def _said(text: str) -> str:
    for words, said in _PHRASES:
        text = words.sub(said, text)
    return text
