"""How the names of logged values are cut into words, and which words name a split."""

from __future__ import annotations

import re
from enum import StrEnum

__all__ = ["SPLITS", "Split", "words_of"]

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BETWEEN = re.compile(r"[^A-Za-z0-9]+")


class Split(StrEnum):
    """Which part of the data a figure was taken on; NONE: the name does not say."""

    TRAIN = "training"
    DEVELOPMENT = "development"
    TEST = "test"
    NONE = ""


SPLITS: dict[str, Split] = {
    **dict.fromkeys(("train", "training", "trn", "tr"), Split.TRAIN),
    **dict.fromkeys(("val", "valid", "validation", "vali"), Split.DEVELOPMENT),
    **dict.fromkeys(("dev", "devel", "development"), Split.DEVELOPMENT),
    **dict.fromkeys(("eval", "evaluation"), Split.DEVELOPMENT),
    **dict.fromkeys(("test", "testing", "tst", "predict", "prediction"), Split.TEST),
}
"""Words, in small letters, that say on which split something was measured."""


def words_of(name: str) -> list[str]:
    """Return the words of a name: `val_loss`, `Val Loss`, `val/loss` and `valLoss` have two."""
    return [word for word in _BETWEEN.split(_HUMP.sub("_", name)) if word]
