"""The label names of a run, and what they tell about their scheme."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from diagnostics.once_per_run import once_per_run
from diagnostics.subjects.run_history import RunHistory

__all__ = [
    "data_label_names",
    "difference",
    "label_names",
    "placeholders",
    "prefixed",
    "typed_scores",
]

_PREFIX = re.compile(r"[BIESLUMW][-_:/|]\S")
_SUFFIX = re.compile(r"\S[-_:/|][BIESLU]")
_MOST_NAMES = 2_000


@once_per_run
def label_names(run: RunHistory) -> tuple[str, ...]:
    """Return the labels of the model in the order of their numbers; empty when unknown.

    From `id2label`, `label2id`, `labels` or `label_list` of the configuration, whichever is there.
    """
    for key in ("id2label", "labels", "label_list"):
        names = _names(run.config.get(key))
        if names:
            return names
    return _names(_turned(run.config.get("label2id")))


@once_per_run
def data_label_names(run: RunHistory) -> tuple[str, ...]:
    """Return the labels of the data set in the order of their numbers; empty when unknown."""
    for key in ("labels", "label_names", "label_list", "id2label"):
        names = _names(run.dataset.get(key))
        if names:
            return names
    return ()


def difference(model: Sequence[str], data: Sequence[str]) -> str | None:
    """Return, as a sentence, how the labels of model and data contradict each other.

    None when they agree, and when the model only knows more labels than the data uses.
    """
    missing = [name for name in data if name not in model]
    if missing:
        return f"The model has no label {', '.join(missing[:4])}, which the data uses."
    if sorted(model) != sorted(data):
        return None
    for place, (one, other) in enumerate(zip(model, data, strict=True)):
        if one != other:
            return (
                f"Model and data number their {len(data)} labels differently: {place} is {one} in "
                f"the model and {other} in the data."
            )
    return None


def placeholders(names: Sequence[str]) -> bool:
    """Whether the labels are the `LABEL_0`, `LABEL_1`, ... that transformers makes up."""
    return bool(names) and all(name.upper().startswith("LABEL_") for name in names)


def prefixed(names: Iterable[str]) -> bool:
    """Whether most of the labels besides O carry a prefix, as `B-PER` and `PER_I` do."""
    named = [name for name in names if name != "O"]
    return bool(named) and sum(map(_is_prefixed, named)) > 0.5 * len(named)


def typed_scores(run: RunHistory) -> Sequence[Mapping[str, Mapping[str, float]]]:
    """Return the scores per entity type of each evaluation that has them."""
    return [point.per_type for point in run.epochs if point.per_type]


def _is_prefixed(name: str) -> bool:
    return bool(_PREFIX.match(name) or _SUFFIX.match(name[-3:]))


def _names(value: Any) -> tuple[str, ...]:
    if isinstance(value, Mapping):
        numbered = {_number(key): name for key, name in value.items()}
        if None in numbered or not 0 < len(numbered) <= _MOST_NAMES:
            return ()
        value = [numbered[key] for key in sorted(key for key in numbered if key is not None)]
    if isinstance(value, str) or not isinstance(value, Sequence) or len(value) > _MOST_NAMES:
        return ()
    return tuple(value) if all(isinstance(name, str) and name for name in value) else ()


def _number(key: Any) -> int | None:
    text = str(key)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _turned(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return None
    return {number: name for name, number in value.items() if isinstance(number, int)}
