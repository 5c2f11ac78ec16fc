"""The one command that applies the fixes of a checkup together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from diagnostics import fixes, series
from diagnostics.command_lines import command_lines
from diagnostics.findings import Value
from diagnostics.fix_plan import FixPlan, PlannedFix
from diagnostics.judgement import Checkup
from diagnostics.report._chosen_fixes import by_hand, install_line, plan_of, with_path
from diagnostics.report._library_places import places_of
from diagnostics.report._own_command import comment_of, own_command
from diagnostics.report._text import shown
from diagnostics.report._training_calls import Place, is_name, library_of, python
from diagnostics.subjects.run_history import RunHistory

__all__ = ["fix_command"]

_LINE = 90
_ROW = 78
"""Cells of a command's line: reports indent it by two."""
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
    "save_total_limit", "torch_compile", "train_sampling_strategy", "use_cpu", "warmup_steps",
}  # fmt: skip
"""Further arguments that are set under their own name."""
_CALLS = {
    "processing_class": "Trainer(..., processing_class=tokenizer)",
    "resume_from_checkpoint": "trainer.train(resume_from_checkpoint=True)",
}
"""What is no argument of `TrainingArguments`, as it is written."""
_OF_TRANSFORMERS = {*_CALLS, "eval_strategy", "save_strategy"}
"""Names that mean nothing where the library is not known."""
Setting = tuple[str, Value, str]
"""Name of an argument, its value, and the comment on it."""


def fix_command(checkup: Checkup[RunHistory]) -> str:
    """Return a `tuner train` command or a snippet for the run's library; empty without a fix.

    Where nothing tells the library it is a line for each parameter by its standard name. Every
    value is quoted for its language, whatever strangers wrote into the log. What no argument does
    follows as comments.
    """
    run = checkup.subject
    library = library_of(run, checkup.reader)
    plan = plan_of(checkup.findings, library)
    if not plan.changes and not plan.by_hand:
        return ""
    if library == "tuner":
        lines = [row for line in own_command(run, plan) for row in _rows(line, run)]
    elif library == "transformers" or any(event.kind == "unknown-argument" for event in run.events):
        lines = list(_snippet(run, plan))
    else:
        lines = list(_calls(run, plan, places_of(library, run)))
    lines += [f"# {each.rule}: {by_hand(each.fix, run)}" for each in plan.by_hand]
    if all(line.startswith("#") for line in lines):
        installs = [line for planned in plan.by_hand if (line := install_line(planned))]
        return "\n".join(installs or ["# No command applies these:", *lines])
    return "\n".join(lines)


def _rows(line: str, run: RunHistory) -> list[str]:
    """Return a command with the path of the data, on lines that a terminal holds; or a comment."""
    return command_lines(with_path(line, run), _ROW) if line.startswith("tuner ") else [line]


def _snippet(run: RunHistory, plan: FixPlan) -> Iterator[str]:
    """Yield a call of `TrainingArguments` with the changes alone."""
    known = [planned for planned in plan.changes if list(_settings(run, planned))]
    calls = {str(each.fix.parameter): each for each in plan.changes if each.fix.parameter in _CALLS}
    if known:
        yield "TrainingArguments("
        yield "    # ... your other arguments stay as they are"
        told: set[str] = set()
        for planned in known:
            for name, value, comment in _settings(run, planned):
                if name not in told:
                    told.add(name)
                    yield f"    {name}={python(value)},  # {comment}"
        yield ")"
    yield from (f"{_CALLS[name]}  # {planned.rule}" for name, planned in calls.items())
    for planned in plan.changes:
        if planned not in known and planned.fix.parameter not in calls:
            yield comment_of(planned)


def _calls(run: RunHistory, plan: FixPlan, places: Sequence[Place]) -> Iterator[str]:
    """Yield the changes where a library takes them, or one assignment for each."""
    written: list[PlannedFix] = []
    for place in places:
        found = [(planned, _written(planned, place, run)) for planned in plan.changes]
        here = [(planned, text) for planned, text in found if text is not None]
        if here:
            yield from _filled(place, here)
            written += [planned for planned, _ in here]
    for planned in plan.changes:
        if planned in written:
            continue
        name, new = planned.fix.parameter, planned.fix.new
        if places or new is None or not is_name(name) or name in _OF_TRANSFORMERS:
            yield comment_of(planned)
        else:
            yield f"{name} = {python(new)}  # {planned.rule}: was {shown(planned.fix.old)}"


def _written(planned: PlannedFix, place: Place, run: RunHistory) -> str | None:
    write, new = place.arguments.get(planned.fix.parameter or ""), planned.fix.new
    return None if write is None or new is None else write(new, run)


def _filled(place: Place, here: Sequence[tuple[PlannedFix, str]]) -> Iterator[str]:
    """Yield a call, or the section of a file, with the changes alone."""
    yield place.opening
    indent = "    " if place.closing else ""
    yield f"{indent}# ... what else stands there stays as it is"
    for planned, text in here:
        comment = f"# {planned.rule}: was {shown(planned.fix.old)}"
        if not place.closing:  # a configuration file takes no comment behind a value
            yield from (comment, text)
        elif len(text) < _LINE - len(comment):
            yield f"{indent}{text},  {comment}"
        else:
            yield from (f"{indent}{comment}", f"{indent}{text},")
    if place.closing:
        yield place.closing


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
        yield "metric_for_best_model", fixes.logged_name(run), needed
        if run.config.get("eval_strategy", "") != run.config.get("save_strategy"):
            yield "eval_strategy", "epoch", needed
            yield "save_strategy", "epoch", needed
