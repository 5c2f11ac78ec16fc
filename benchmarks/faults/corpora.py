"""The two corpora, cut to short sentences that a training of seconds can learn from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from diagnostics.subjects.labelled_data import Sentence
from tuner.data import load_data
from tuner.demo import demo_data

__all__ = ["CORPORA", "Splits", "corpus_folder", "draw", "label_names"]

FIN = Path(__file__).resolve().parents[3] / "shared" / "data" / "fin"
"""The FIN data (Salinas Alvarado et al. 2015), which is not ours to ship, beside the checkout."""

LONGEST = {"sample": 18, "fin": 24}
"""Words of the longest sentence that is drawn: short ones keep a training to seconds. Those of FIN
that hold an entity are longer."""

MOST_DEV = 80
"""Sentences of the pool that are never trained on."""

BARE_SHARE = 0.2
"""Share of the drawn sentences that hold no entity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Splits:
    """Sentences to train on and to score on."""

    train: tuple[Sentence, ...]
    dev: tuple[Sentence, ...]


CORPORA: Mapping[str, Callable[[], Path]] = {"sample": demo_data, "fin": lambda: FIN}
"""Name of a corpus to its folder: the sample data that comes along, and FIN beside the checkout."""


def corpus_folder(corpus: str) -> Path | None:
    """Return the folder of a corpus; None when it is not there."""
    folder = CORPORA[corpus]()
    return folder if folder.is_dir() else None


def draw(corpus: str, sentences: int, dev_sentences: int, seed: int) -> Splits:
    """Draw training sentences by seed, and always the same development sentences.

    Args:
        corpus: Name of the corpus; all its splits are one pool.
        sentences: Training sentences, as far as there are so many.
        dev_sentences: Development sentences.
        seed: Decides the training sentences.
    """
    telling, bare = _pool(corpus)
    of_dev, of_train = (round(BARE_SHARE * size) for size in (dev_sentences, sentences))
    reserved = round(BARE_SHARE * MOST_DEV)
    randomness = Random(seed)
    train = [
        *_some(telling[MOST_DEV - reserved :], sentences - of_train, randomness),
        *_some(bare[reserved:], of_train, randomness),
    ]
    return Splits(train=tuple(train), dev=(*telling[: dev_sentences - of_dev], *bare[:of_dev]))


def _some(pool: Sequence[Sentence], count: int, randomness: Random) -> list[Sentence]:
    return randomness.sample(pool, min(count, len(pool)))


def label_names(splits: Splits) -> tuple[str, ...]:
    """Return the labels of some splits, `O` first if it is among them."""
    found = {tag for part in (splits.train, splits.dev) for each in part for tag in each.tags}
    return (*(["O"] if "O" in found else []), *sorted(found - {"O"}))


@cache
def _pool(corpus: str) -> tuple[tuple[Sentence, ...], tuple[Sentence, ...]]:
    """Return the short sentences with an entity and those without, in a fixed random order."""
    data = load_data(CORPORA[corpus](), seed=0)
    short = [
        each
        for each in dict.fromkeys((*data.train, *data.dev, *data.test))
        if 4 <= len(each.tokens) <= LONGEST[corpus]
    ]
    Random(0).shuffle(short)
    telling = tuple(each for each in short if set(each.tags) != {"O"})
    return telling, tuple(each for each in short if set(each.tags) == {"O"})
