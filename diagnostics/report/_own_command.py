"""The `tuner train` command that applies fixes together."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from diagnostics.fix_plan import FixPlan, PlannedFix
from diagnostics.report._text import clean, shown
from diagnostics.subjects.run_history import RunHistory

__all__ = ["comment_of", "own_command"]

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
_OWN_SETTINGS = {
    "adam_beta2", "adam_epsilon", "bf16", "dataloader_num_workers", "dataloader_pin_memory", "fp16",
    "gradient_checkpointing", "max_grad_norm", "optim", "torch_compile",
}  # fmt: skip
"""Arguments that `tuner train --set` takes; what else there is it sees to by itself."""


def own_command(run: RunHistory, plan: FixPlan) -> Iterator[str]:
    """Yield `tuner train` with the run's settings and the changes among them, and comments."""
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
        yield " ".join(words)
    yield from (comment_of(planned) for planned in plan.changes if not _own_option(planned))


def _own_option(planned: PlannedFix) -> bool:
    return planned.fix.parameter in _OWN_OPTIONS or planned.fix.parameter in _OWN_SETTINGS


def _shell(value: Any) -> str:
    text = f"{value:g}" if isinstance(value, float) else clean(value)
    return shlex.quote(text.lower() if isinstance(value, bool) else text)


def comment_of(planned: PlannedFix) -> str:
    """Return a change as a comment, for what no argument sets."""
    fix = planned.fix
    return f"# {planned.rule}: {clean(fix.parameter)} = {shown(fix.new)}: {clean(fix.text)}"
