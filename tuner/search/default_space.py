"""The search space to use when nobody gives one: from the size of the model and of the data.

Learning rates follow the encoder's size. Published grids: small BERTs 3e-5 to 3e-4 (Turc et al.
2019, arXiv 1908.08962), BERT base 2e-5 to 5e-5 with batches of 16 and 32 (Devlin et al. 2019),
RoBERTa large 1e-5 to 3e-5 (Liu et al. 2019). The ranges here reach a factor of about three beyond,
because those grids were made for thousands of sentences. Small encoders begin at 3e-4: with the
demo's MiniLM it beat 1e-4 wherever both were trained (development F1 0.91 against 0.83 on
FIN, 0.92 against 0.85 on the sample data, at batch size 16).

The number of epochs follows the number of optimizer steps. On small data it is steps that are
missing: about 40 steps leave a tagger at "everything is O", while public model cards with 260 steps
(13 per epoch, 20 epochs) reach a useful F1; Mosbach et al. 2021 (arXiv 2006.04884) recommend 20
epochs on small data. On large data three epochs are the custom.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from dataclasses import dataclass

from tuner.errors import UsageError
from tuner.model_facts import ModelFacts
from tuner.problems import nearest_name_hint
from tuner.space import (
    Choice,
    LogRange,
    Parameter,
    PowersOfTwo,
    SearchSpace,
    UniformRange,
    WholeRange,
    snap,
)
from tuner.trial import TrialSpec

__all__ = ["OPTIONAL", "DefaultSpace", "default_space", "with_parameters"]

OPTIONAL = (
    "warmup_ratio",
    "weight_decay",
    "schedule",
    "dropout",
    "label_smoothing",
    "frozen_layers",
)
"""Hyperparameters that are searched by choice only."""

STEPS_WANTED = 300
"""Optimizer steps at batch size 16 that the recipe aims at on small data."""

STEPS_PER_EPOCH_WANTED = 6
"""The largest batch size leaves at least about so many steps per epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultSpace:
    """A search space that follows from model and data.

    Attributes:
        space: What is searched, with its reasons.
        recipe: Trial 0: what a careful practitioner would use without any search.
        known_good: Further points tried before the sampler decides.
    """

    space: SearchSpace
    recipe: TrialSpec
    known_good: tuple[TrialSpec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _SizeClass:
    """Learning rates that suit encoders up to a size."""

    label: str
    below: float
    low: float
    high: float
    usual: float
    others: tuple[float, float]
    reason: str


_SIZES = (
    _SizeClass(
        label="small",
        below=45e6,
        low=3e-5,
        high=1e-3,
        usual=3e-4,
        others=(5e-4, 1e-4),
        reason="small encoders bear, and need, higher rates: 3e-5 to 3e-4 is the published grid",
    ),
    _SizeClass(
        label="base",
        below=200e6,
        low=1e-5,
        high=2e-4,
        usual=3e-5,
        others=(5e-5, 2e-5),
        reason="2e-5 to 5e-5 is the published grid for base-sized encoders; small data bears more",
    ),
    _SizeClass(
        label="large",
        below=math.inf,
        low=3e-6,
        high=6e-5,
        usual=1e-5,
        others=(2e-5, 7e-6),
        reason="large encoders fail to start above about 5e-5; 1e-5 to 3e-5 is the published grid",
    ),
)


def default_space(
    model: ModelFacts, train_sentences: int, *, names: Iterable[str] = (), seed: int = 42
) -> DefaultSpace:
    """Give the space, the recipe and further good points for a model and a data set.

    Args:
        model: Facts about the encoder; only its size and layers matter here.
        train_sentences: Number of training sentences.
        names: Hyperparameters to search besides learning rate, batch size and epochs; any of
            `OPTIONAL`.
        seed: Seed of the trainings.

    Raises:
        UsageError: `names` holds something that is not in `OPTIONAL`.
    """
    size = next(one for one in _SIZES if model.parameters < one.below)
    batch_size, batch_reason = _batch_sizes(train_sentences)
    usual_batch = batch_size.clip(16)
    epochs, usual_epochs, epoch_reason = _epochs(train_sentences)
    core = SearchSpace(
        parameters={
            "learning_rate": LogRange(low=size.low, high=size.high),
            "batch_size": batch_size,
            "epochs": epochs,
        },
        reasons={
            "learning_rate": f"{model.size} parameters ({size.label}): {size.reason}",
            "batch_size": batch_reason,
            "epochs": epoch_reason,
        },
    )
    space = with_parameters(core, names, layers=model.layers)
    recipe = snap(
        TrialSpec(learning_rate=size.usual, batch_size=usual_batch, epochs=usual_epochs, seed=seed),
        space,
    )
    return DefaultSpace(space=space, recipe=recipe, known_good=_known_good(recipe, size, space))


def with_parameters(space: SearchSpace, names: Iterable[str], *, layers: int = 12) -> SearchSpace:
    """Add optional hyperparameters with their usual ranges.

    Args:
        space: What is searched already; ranges it has for a name are kept.
        names: Any of `OPTIONAL`; names that the space has already change nothing.
        layers: Layers of the encoder, which bound the number of frozen ones.

    Raises:
        UsageError: A name is not in `OPTIONAL`.
    """
    parameters, reasons = dict(space.parameters), dict(space.reasons)
    ranges = _optional_ranges(layers)
    for name in names:
        if name in parameters:
            continue
        if name not in ranges:
            raise UsageError(
                f"`{name}` has no usual range to search.", nearest_name_hint(name, ranges)
            )
        parameters[name], reasons[name] = ranges[name]
    return SearchSpace(parameters=parameters, reasons=reasons)


def _optional_ranges(layers: int) -> dict[str, tuple[Parameter, str]]:
    frozen = max(1, layers // 2)
    return {
        "warmup_ratio": (
            UniformRange(low=0.0, high=0.3),
            "0.06 to 0.1 is the custom; a longer rise steadies high rates and few steps",
        ),
        "weight_decay": (
            UniformRange(low=0.0, high=0.1),
            "0.01 is the custom; matters little in short trainings",
        ),
        "schedule": (
            Choice(values=("linear", "cosine", "constant_with_warmup")),
            "trials are compared with others of the same schedule only, so pruning starts later",
        ),
        "dropout": (
            UniformRange(low=0.0, high=0.3),
            "0.1 is the encoders' own; more helps against overfitting on small data",
        ),
        "label_smoothing": (
            UniformRange(low=0.0, high=0.2),
            "a little helps against noisy labels",
        ),
        "frozen_layers": (
            WholeRange(low=0, high=frozen),
            f"up to half of the {layers} layers: cheaper, and steadier on very small data",
        ),
    }


def _batch_sizes(train_sentences: int) -> tuple[PowersOfTwo, str]:
    """Bound the batch size so that an epoch keeps a few steps."""
    largest = 2 ** math.floor(math.log2(max(train_sentences / STEPS_PER_EPOCH_WANTED, 1)))
    high = min(max(largest, 8), 64)
    low = 4 if high == 8 else 8
    steps = math.ceil(max(train_sentences, 1) / high)
    reason = (
        f"{train_sentences:,} training sentences: batches of {high} still make "
        f"{_count(steps, 'step')} per epoch"
    )
    return PowersOfTwo(low=low, high=high), reason


def _epochs(train_sentences: int) -> tuple[WholeRange, int, str]:
    """Bound the epochs around the number that gives enough optimizer steps."""
    steps = math.ceil(max(train_sentences, 1) / 16)
    usual = min(max(math.ceil(STEPS_WANTED / steps), 3), 20)
    low, high = max(2, usual // 2), min(2 * usual, 30)
    reason = (
        f"{_count(steps, 'step')} per epoch at batch size 16: {usual} epochs make "
        f"{steps * usual:,} steps"
    )
    return WholeRange(low=low, high=high), usual, reason


def _known_good(recipe: TrialSpec, size: _SizeClass, space: SearchSpace) -> tuple[TrialSpec, ...]:
    """Vary the recipe the way practitioners do: a higher rate, and a lower one in smaller steps."""
    higher, lower = size.others
    points = (
        dataclasses.replace(recipe, learning_rate=higher),
        dataclasses.replace(
            recipe,
            learning_rate=lower,
            batch_size=max(recipe.batch_size // 2, 1),
            epochs=math.ceil(recipe.epochs * 1.5),
        ),
    )
    return tuple(snap(point, space) for point in points)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
