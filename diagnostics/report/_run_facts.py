"""What a report says about a run in a few words: the facts behind the verdict."""

from __future__ import annotations

from collections.abc import Iterator

from diagnostics import series
from diagnostics.report._text import clean, shown
from diagnostics.subjects.run_history import RunHistory

__all__ = ["run_facts"]


def run_facts(run: RunHistory) -> list[str]:
    """Return short facts: model, data, length, hyperparameters, device, state."""
    other = run.dataset.get("other_data")
    first = [other.removesuffix(".")] if isinstance(other, str) else []
    return [clean(fact) for fact in (*first, *_facts(run))]


def _facts(run: RunHistory) -> Iterator[str]:
    if isinstance(model := run.config.get("model", run.config.get("architecture")), str):
        yield "/".join(model.rstrip("/").split("/")[-2:])
    yield from _sizes(run)
    steps = series.total_steps(run)
    if run.epochs:
        yield f"{round(run.epochs[-1].number, 2):g} epochs"
        if steps and run.epochs[-1].number > 0:
            yield f"{steps / run.epochs[-1].number:.0f} steps per epoch"
    for name, label in (("learning_rate", "learning rate"), ("batch_size", "batch")):
        value = series.number(run.config.get(name))
        if value is not None:
            yield f"{label} {shown(int(value) if value.is_integer() else value)}"
    if isinstance(device := run.environment.get("device"), str):
        yield device
    share = series.plan_share(run)
    if share is not None and share < 0.95:
        yield f"stands at {share:.0%} of its plan"


def _sizes(run: RunHistory) -> Iterator[str]:
    exact = series.whole(run.dataset.get("train_sentences"))
    estimate = series.whole(run.dataset.get("train_sentences_estimated"))
    if exact is not None:
        yield f"{exact:,} training sentences"
    elif estimate is not None:
        yield f"about {estimate:,} training samples"
    entities = series.whole(run.dataset.get("dev_entities"))
    sentences = series.whole(run.dataset.get("dev_sentences"))
    if entities is not None:
        yield f"{entities:,} dev entities"
    elif sentences is not None:
        yield f"{sentences:,} dev samples"
