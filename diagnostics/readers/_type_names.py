"""The names of entity types as the data writes them, where a card has capitals of its own.

The Trainer writes `eval_PER_f1` into a model card as `Per F1`, and `DATE_OF_BIRTH` as `Date Of
Birth`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from diagnostics.errors import DiagnosticsError
from diagnostics.label_names import names_beside
from diagnostics.readers._documents import mapping, optional_mapping
from diagnostics.subjects.run_history import Epoch

__all__ = ["labels_near", "with_names_of"]

_PREFIX = re.compile(r"^[BIOESLUM]-(?=.)")
_LABEL_IN_TEXT = re.compile(r"(?<![\w-])(?:[BIESLU]-)?([A-Z][A-Z0-9_-]{0,60}[A-Z0-9])(?![\w-])")
_MOST = 1_000


def labels_near(path: Path, text: str) -> list[str]:
    """Return labels from the files beside a card, or from its text; empty where nothing tells.

    Args:
        path: The card.
        text: Its text, in which labels such as `B-PER` or `PER` are looked for.
    """
    described = mapping(optional_mapping(path.parent / "config.json").get("id2label"))
    listed = [name for name in described.values() if isinstance(name, str)]
    if listed:
        return listed[:_MOST]
    try:
        beside = names_beside(path)
    except DiagnosticsError:  # a list that cannot be read is no reason not to read the card
        beside = None
    return list(beside or _LABEL_IN_TEXT.findall(text))[:_MOST]


def with_names_of(epochs: Sequence[Epoch], labels: Iterable[str]) -> tuple[Epoch, ...]:
    """Return the points with their entity types called as in some labels.

    All stay as they are where one of them is no such label: then these are the labels of something
    else.

    Args:
        epochs: The points.
        labels: With or without the prefixes of a tagging scheme.
    """
    types = {_PREFIX.sub("", label) for label in labels}
    spelled = {_folded(name): name for name in sorted(types)}
    if any(_folded(name) not in spelled for point in epochs for name in point.per_type):
        return tuple(epochs)
    return tuple(
        replace(point, per_type=dict(_renamed(point.per_type, spelled))) for point in epochs
    )


def _renamed(
    per_type: Mapping[str, Mapping[str, float]], spelled: Mapping[str, str]
) -> Iterator[tuple[str, Mapping[str, float]]]:
    for name, scores in per_type.items():
        known = spelled.get(_folded(name), name)
        yield (name if known in per_type else known), scores


def _folded(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name.casefold()).strip()
