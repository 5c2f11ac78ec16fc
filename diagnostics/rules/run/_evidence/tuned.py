"""What is trained, and by which optimizer: what decides which hyperparameters are usual."""

from __future__ import annotations

from diagnostics import reference_values, series
from diagnostics.subjects.run_history import RunHistory

__all__ = [
    "destroying_rate",
    "encoder_is_frozen",
    "is_plain_adam",
    "is_plain_sgd",
    "is_plan",
    "is_searched",
    "optimizer_of",
    "trains_adapters",
]

_ADAPTERS = ("lora", "peft", "adapter", "prefix_tuning", "prompt_tuning")
_FROZEN = ("freeze", "frozen", "freeze_encoder", "freeze_base_model", "head_only")


def optimizer_of(run: RunHistory) -> str | None:
    """Return the optimizer's name in lower case, None when the run did not record it."""
    for name in ("optim", "optimizer"):
        value = run.config.get(name)
        if isinstance(value, str) and value:
            return value.lower()
    return None


def is_plain_adam(run: RunHistory) -> bool | None:
    """Whether the optimizer is Adam or AdamW; None when it is unknown."""
    optimizer = optimizer_of(run)
    return None if optimizer is None else "adam" in optimizer


def is_plain_sgd(run: RunHistory) -> bool:
    """Whether the optimizer is known to be stochastic gradient descent, with or without momentum.

    Its steps have the size of the gradient times the learning rate, those of Adam the size of the
    learning rate alone.
    """
    optimizer = optimizer_of(run) or ""
    return "sgd" in optimizer and "adam" not in optimizer


def trains_adapters(run: RunHistory) -> bool:
    """Whether adapters (LoRA and its kin) are trained instead of the weights."""
    names = " ".join(str(name) for name in run.config).lower()
    model = str(run.config.get("model", "")).lower()
    return any(word in names or word in model for word in _ADAPTERS)


def encoder_is_frozen(run: RunHistory) -> bool:
    """Whether layers of the encoder are frozen, so that a head wants larger steps."""
    layers = series.number(run.config.get("frozen_layers"))
    told = any(run.config.get(name) is True for name in _FROZEN)
    return told or (layers is not None and layers > 0)


def is_plan(run: RunHistory) -> bool:
    """Whether nothing has happened yet: the settings are all that there is to judge."""
    return not (run.epochs or run.events or run.steps)


def is_searched(run: RunHistory) -> bool:
    """Whether a plan is one end of a search, which tries wide rates on purpose."""
    return run.config.get("searched") is True


def destroying_rate(run: RunHistory, first_step: float) -> float:
    """Return the learning rate of Adam from which a run or a plan is taken for broken.

    Args:
        run: A run, or a plan.
        first_step: Rate at which one step destroys an encoder. Of runs nothing less is judged by
            its value alone, since their curves tell; of plans ten times the usual rates is, unless
            the encoder is frozen or the rate is searched.
    """
    if not is_plan(run) or is_searched(run) or encoder_is_frozen(run):
        return first_step
    return min(first_step, 10 * reference_values.learning_rate_range(run).high)
