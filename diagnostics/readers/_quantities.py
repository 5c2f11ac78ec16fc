"""What a name in a printed line measures: `val_f1`, `Train Loss`, `dev acc`, `eval_PER_precision`.

Hand-written training loops name things freely. A name is cut into words; words that say on which
split something was measured, and words that say nothing, are taken off; what is left must be known.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from diagnostics.readers._name_words import SPLITS, Split, words_of
from diagnostics.readers._vocabulary import KNOWN_METRICS, canonical_metric

__all__ = ["Quantity", "quantity"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """What a name stands for.

    Attributes:
        name: `epoch`, `step`, or how many are planned: `epochs`, `steps`; `loss`, `learning_rate`,
            `grad_norm`, or a metric's standard name.
        split: On what it was measured; for a place in the training it is unsaid.
    """

    name: str
    split: Split = Split.NONE

    @property
    def is_place(self) -> bool:
        """Whether it says where in the training a line was printed."""
        return self.name in ("epoch", "step", "epochs", "steps")


_FILLERS = frozenset(
    ("avg", "average", "mean", "overall", "total", "running", "current", "micro", "score", "set")
) | frozenset(("the", "this", "is", "per", "epoch", "batch", "model", "entity", "entities", "span"))
_TRAINING = {
    "loss": "loss",
    "lr": "learning_rate",
    "learning_rate": "learning_rate",
    "grad_norm": "grad_norm",
    "gradient_norm": "grad_norm",
}
_SHORT = {
    "f": "f1",
    "f1_measure": "f1",
    "fb1": "f1",
    "prec": "precision",
    "rec": "recall",
    "em": "exact_match",
}
_PLACES = {
    "epoch": "epoch",
    **dict.fromkeys(
        ("step", "steps", "batch", "iter", "iteration", "iters", "global_step"), "step"
    ),
}
_MOST_WORDS = 6
_LONGEST_NAME = 80


@lru_cache(maxsize=4096)
def quantity(name: str) -> Quantity | None:
    """Return what a name stands for, None when it is unknown or tells of a best value so far."""
    words = [word.lower() for word in words_of(name[:_LONGEST_NAME])]
    if not words or len(words) > _MOST_WORDS or "best" in words:
        return None
    place = _PLACES.get("_".join(words))
    if place is not None:
        return Quantity(name=place)
    splits = [SPLITS[word] for word in words if word in SPLITS]
    rest = [word for word in words if word not in SPLITS and word not in _FILLERS]
    if rest == ["f"] and len(words) < 2:
        return None  # a lone letter names anything
    known = _measure("_".join(rest)) or ("score" if words[-1] == "score" and not rest else None)
    if known is None or len(set(splits)) > 1:
        return None
    return Quantity(name=known, split=splits[0] if splits else Split.NONE)


def _measure(name: str) -> str | None:
    if name in _TRAINING:
        return _TRAINING[name]
    metric = canonical_metric(_SHORT.get(name, name))
    return metric if metric in KNOWN_METRICS else None
