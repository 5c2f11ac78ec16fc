"""Pairs of settings that contradict each other, and which of the two gives way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from diagnostics import series
from diagnostics.findings import Fix, Value
from diagnostics.fixes import logged_name
from diagnostics.subjects.run_history import RunHistory

__all__ = ["Conflict", "conflicts"]

_LOWER = ("loss", "wer", "cer", "perplexity", "mae", "mse", "rmse")
_HIGHER = ("f1", "accuracy", "precision", "recall", "bleu", "auc", "mcc", "exact_match")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two settings of which one makes the other do nothing, or the opposite.

    Attributes:
        message: What contradicts what, as a sentence.
        setting: The setting that was looked at.
        value: Its value.
        fix: The change that ends the contradiction.
    """

    message: str
    setting: str
    value: Value
    fix: Fix


def conflicts(run: RunHistory) -> Iterator[Conflict]:
    """Yield the contradictions among the settings that a run recorded."""
    for look in (_precision, _strategies, _intervals, _metric, _direction, _early_stopping):
        yield from look(run)


def _precision(run: RunHistory) -> Iterator[Conflict]:
    if run.config.get("fp16") is True and run.config.get("bf16") is True:
        fix = Fix(
            text="Keep bf16 alone.",
            parameter="fp16",
            old=True,
            new=False,
            how="bf16 has the range of fp32 and needs no loss scaling",
        )
        yield _conflict("Both fp16 and bf16 are on; only one can be.", "fp16", True, fix)


def _strategies(run: RunHistory) -> Iterator[Conflict]:
    evaluated, saved = run.config.get("eval_strategy"), run.config.get("save_strategy")
    if run.config.get("load_best_model_at_end") is not True or evaluated is None or saved is None:
        return
    if saved == "best" or str(evaluated) == str(saved):
        return
    never = str(evaluated) == "no"
    fix = Fix(
        text="Save exactly when the model is evaluated.",
        parameter="eval_strategy" if never else "save_strategy",
        old=str(evaluated if never else saved),
        new=str(saved if never else evaluated),
        how="load_best_model_at_end can load only what was saved when it was scored",
    )
    message = f'load_best_model_at_end with eval_strategy="{evaluated}", save_strategy="{saved}".'
    yield _conflict(message, "save_strategy", str(saved), fix)


def _intervals(run: RunHistory) -> Iterator[Conflict]:
    evaluated = series.whole(run.config.get("eval_steps"))
    saved = series.whole(run.config.get("save_steps"))
    by_steps = all(run.config.get(name) == "steps" for name in ("eval_strategy", "save_strategy"))
    if run.config.get("load_best_model_at_end") is not True or not by_steps:
        return
    if evaluated is None or saved is None or saved % evaluated == 0:
        return
    fix = Fix(
        text="Save at a multiple of the steps between evaluations.",
        parameter="save_steps",
        old=saved,
        new=-(-saved // evaluated) * evaluated,
        how=f"the next multiple of eval_steps={evaluated}",
    )
    message = f"The best epoch is asked for, but save_steps={saved} is no multiple of {evaluated}."
    yield _conflict(message, "save_steps", saved, fix)


def _metric(run: RunHistory) -> Iterator[Conflict]:
    wanted = run.config.get("metric_for_best_model")
    if run.config.get("load_best_model_at_end") is not True or not isinstance(wanted, str):
        return
    evaluated = series.evaluations(run)
    logged = {name.lower() for point in evaluated for name in point.metrics}
    if any(point.eval_loss is not None for point in evaluated):
        logged.add("loss")
    if not evaluated or run.monitor is None or _is_among(wanted, logged):
        return
    fix = Fix(
        text="Choose the best epoch by a metric that compute_metrics returns.",
        parameter="metric_for_best_model",
        old=wanted,
        new=logged_name(run),
        how=f"logged were: {', '.join(sorted(logged)[:8])}",
    )
    message = f"The best epoch is chosen by {wanted}, which was never logged."
    yield _conflict(message, "metric_for_best_model", wanted, fix)


def _bare(metric: str) -> str:
    return metric.strip().lower().removeprefix("eval_")


def _is_among(metric: str, logged: Iterable[str]) -> bool:
    """Whether a metric was logged, perhaps under another of its names: `overall_f1` is `f1`."""
    name = _bare(metric)
    return any(known in name or name in known for known in logged)


def _direction(run: RunHistory) -> Iterator[Conflict]:
    metric, higher = run.config.get("metric_for_best_model"), run.config.get("greater_is_better")
    if not isinstance(metric, str) or not isinstance(higher, bool):
        return
    name = _bare(metric)
    lower_is_better = name.rpartition("_")[2] in _LOWER
    higher_is_better = any(word in name for word in _HIGHER) and not lower_is_better
    if (lower_is_better and higher) or (higher_is_better and not higher):
        fix = Fix(
            text="Turn the direction round.",
            parameter="greater_is_better",
            old=higher,
            new=not higher,
            how=f"a {'lower' if lower_is_better else 'higher'} {name} is better",
        )
        message = f"With greater_is_better={higher} the worst {name} counts as best."
        yield _conflict(message, "greater_is_better", higher, fix)


def _early_stopping(run: RunHistory) -> Iterator[Conflict]:
    patience = series.whole(run.config.get("early_stopping_patience"))
    if patience is None or run.config.get("load_best_model_at_end") is not False:
        return
    fix = Fix(
        text="Load the best epoch's weights at the end.",
        parameter="load_best_model_at_end",
        old=False,
        new=True,
        how=f"the last weights are {patience} evaluations past the best",
    )
    message = f"Early stopping after {patience} evaluations without gain keeps the last weights."
    yield _conflict(message, "load_best_model_at_end", False, fix)


def _conflict(message: str, setting: str, value: Value, fix: Fix) -> Conflict:
    return Conflict(message=message, setting=setting, value=value, fix=fix)
