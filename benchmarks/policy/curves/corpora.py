"""The data sets of the table: small draws of short sentences, the same for every training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random

from diagnostics.subjects.labelled_data import Sentence
from tuner.data import TaskData, load_data
from tuner.demo import demo_data

__all__ = ["CORPORA", "DEV_SENTENCES", "HELD_OUT_SENTENCES", "TRAIN_SENTENCES", "drawn"]

_SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"

CORPORA: Mapping[str, Callable[[], Path]] = {
    "sample": demo_data,
    "fin": lambda: _SHARED / "fin",
    "wnut17": lambda: _SHARED / "wnut17",
}
"""Name of a data set to its folder: the sample data that comes along; FIN (Salinas Alvarado et al.
2015) and WNUT-17 (Derczynski et al. 2017), which are not ours to ship, beside the checkout."""

TRAIN_SENTENCES = 100
DEV_SENTENCES = 60
HELD_OUT_SENTENCES = 60
"""Sentences scored beside the development ones but never chosen by: what a setting is worth."""

LONGEST = {"sample": 18, "fin": 24, "wnut17": 14}
"""Words of the longest sentence that is drawn: short ones keep a training to seconds. Those of FIN
that hold an entity are longer."""

BARE_SHARE = 0.2
"""Share of the drawn sentences that hold no entity."""


def drawn(corpus: str) -> TaskData:
    """Draw training, development and held-out sentences; the last two lie in `dev`, in this order.

    Raises:
        DataError: The data set is not there.
    """
    data = load_data(CORPORA[corpus](), seed=0)
    short = [
        each
        for each in dict.fromkeys((*data.train, *data.dev, *data.test))
        if 4 <= len(each.tokens) <= LONGEST[corpus]
    ]
    randomness = Random(0)
    randomness.shuffle(short)
    telling = [each for each in short if set(each.tags) != {"O"}]
    bare = [each for each in short if set(each.tags) == {"O"}]
    sizes = (DEV_SENTENCES, HELD_OUT_SENTENCES, TRAIN_SENTENCES)
    dev, held_out, train = (_take(telling, bare, size) for size in sizes)
    return replace(data, train=train, dev=(*dev, *held_out), test=())


def _take(telling: list[Sentence], bare: list[Sentence], size: int) -> tuple[Sentence, ...]:
    """Take so many sentences out of the two lists, in the usual proportion as far as there are."""
    with_entity = telling[: size - round(size * BARE_SHARE)]
    taken = (*with_entity, *bare[: size - len(with_entity)])
    del telling[: len(with_entity)], bare[: size - len(with_entity)]
    if len(taken) < size:
        raise ValueError(f"{size} short sentences are asked for, but there are {len(taken)}")
    return taken
