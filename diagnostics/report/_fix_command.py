"""The one command that applies the fixes of a checkup together."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from diagnostics import series
from diagnostics.findings import Value
from diagnostics.fix_plan import FixPlan, PlannedFix, plan_fixes
from diagnostics.judgement import Checkup
from diagnostics.report._text import clean, shown
from diagnostics.subjects.run_history import RunHistory

__all__ = ["fix_command"]

_OWN_RUNS = "tuner_run"
_LINE = 76
_OWN_OPTIONS = (
    "learning_rate",
    "batch_size",
    "epochs",
    "weight_decay",
    "schedule",
    "dropout",
    "label_smoothing",
    "frozen_layers",
    "max_length",
    "seed",
)
_ARGUMENTS = {
    "learning_rate": "learning_rate",
    "batch_size": "per_device_train_batch_size",
    "epochs": "num_train_epochs",
    "weight_decay": "weight_decay",
    "schedule": "lr_scheduler_type",
    "label_smoothing": "label_smoothing_factor",
    "seed": "seed",
    "max_steps": "max_steps",
}
"""Standard name of a hyperparameter to its name in `transformers.TrainingArguments`."""
_OTHER_ARGUMENTS = {
    "adam_beta2", "adam_epsilon", "auto_find_batch_size", "bf16", "bf16_full_eval",
    "dataloader_num_workers", "dataloader_pin_memory", "eval_accumulation_steps", "eval_steps",
    "eval_strategy", "fp16", "fp16_full_eval", "gradient_accumulation_steps",
    "gradient_checkpointing", "greater_is_better", "load_best_model_at_end",
    "logging_nan_inf_filter", "logging_steps", "logging_strategy", "lr_scheduler_type",
    "max_grad_norm", "metric_for_best_model", "num_train_epochs", "optim",
    "per_device_eval_batch_size", "per_device_train_batch_size", "save_steps", "save_strategy",
    "save_total_limit", "torch_compile", "warmup_steps",
}  # fmt: skip
"""Further arguments that are set under their own name."""
_OWN_SETTINGS = {
    "adam_beta2", "adam_epsilon", "bf16", "dataloader_num_workers", "dataloader_pin_memory", "fp16",
    "gradient_checkpointing", "max_grad_norm", "optim", "torch_compile",
}  # fmt: skip
"""Arguments that `tuner train --set` takes; what else there is it sees to by itself."""
Setting = tuple[str, Value, str]
"""Name of an argument, its value, and the comment on it."""


def fix_command(checkup: Checkup[RunHistory]) -> str:
    """Return a `tuner train` command or a `TrainingArguments` snippet; empty without a fix.

    Every value is quoted for its language, whatever strangers wrote into the log. What no argument
    does follows as comments.
    """
    plan = plan_fixes(checkup.findings)
    if not plan.changes and not plan.by_hand:
        return ""
    own = checkup.reader == _OWN_RUNS
    lines = list(_command(checkup.subject, plan) if own else _snippet(checkup.subject, plan))
    lines += [f"# {planned.rule}: {clean(planned.fix.text)}" for planned in plan.by_hand]
    return "\n".join(lines)


def _command(run: RunHistory, plan: FixPlan) -> Iterator[str]:
    """Yield `tuner train` with the run's settings and the changes among them."""
    changed = {str(planned.fix.parameter): planned.fix.new for planned in plan.changes}
    model = run.config.get("model")
    words = ["tuner train DATA", f"--model {shlex.quote(clean(model)) if model else 'MODEL'}"]
    for name in _OWN_OPTIONS:
        value = changed.get(name, run.config.get(name))
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            words.append(f"--{name.replace('_', '-')} {_shell(value)}")
    for name, value in changed.items():
        if name in _OWN_SETTINGS:
            words.append(f"--set {name}={_shell(value)}")
    if plan.changes:
        yield _continued(words)
    yield from (_comment(planned) for planned in plan.changes if not _own_option(planned))


def _continued(words: Sequence[str]) -> str:
    """Return a command on as many lines as it takes, each but the last ending in a backslash."""
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + len(word) + 1 > _LINE:
            lines.append(f"    {word}")
        else:
            lines[-1] += f" {word}"
    return " \\\n".join(lines)


def _own_option(planned: PlannedFix) -> bool:
    return planned.fix.parameter in _OWN_OPTIONS or planned.fix.parameter in _OWN_SETTINGS


def _shell(value: Any) -> str:
    text = f"{value:g}" if isinstance(value, float) else clean(value)
    return shlex.quote(text.lower() if isinstance(value, bool) else text)


def _snippet(run: RunHistory, plan: FixPlan) -> Iterator[str]:
    """Yield a call of `TrainingArguments` with the changes alone."""
    known = [planned for planned in plan.changes if list(_settings(run, planned))]
    if known:
        yield "TrainingArguments("
        yield "    # ... your other arguments stay as they are"
        told: set[str] = set()
        for planned in known:
            for name, value, comment in _settings(run, planned):
                if name not in told:
                    told.add(name)
                    yield f"    {name}={_python(value)},  # {comment}"
        yield ")"
    yield from (_comment(planned) for planned in plan.changes if planned not in known)


def _settings(run: RunHistory, planned: PlannedFix) -> Iterator[Setting]:
    """Yield the arguments that a fix sets: as a rule one, and what it cannot do without."""
    name, new = str(planned.fix.parameter), planned.fix.new
    if new is None:
        return
    was = f"{planned.rule}: was {shown(planned.fix.old)}"
    steps = series.total_steps(run)
    if name == "precision":
        yield "bf16", new == "bf16", was
        yield "fp16", False, was
    elif name == "warmup_ratio" and isinstance(new, float) and steps:
        # Every version of transformers knows warmup_steps; version 5 took warmup_ratio away.
        yield "warmup_steps", max(1, round(new * steps)), was
    elif name in _ARGUMENTS or name in _OTHER_ARGUMENTS:
        yield _ARGUMENTS.get(name, name), new, was
    if name == "load_best_model_at_end":
        needed = f"{planned.rule}: needed for it"
        yield "metric_for_best_model", run.monitor or "f1", needed
        if run.config.get("eval_strategy", "") != run.config.get("save_strategy"):
            yield "eval_strategy", "epoch", needed
            yield "save_strategy", "epoch", needed


def _python(value: Value) -> str:
    if isinstance(value, float) and not isinstance(value, bool):
        return f"{value:g}"
    return json.dumps(clean(value)) if isinstance(value, str) else repr(value)


def _comment(planned: PlannedFix) -> str:
    fix = planned.fix
    return f"# {planned.rule}: {clean(fix.parameter)} = {shown(fix.new)}: {clean(fix.text)}"
