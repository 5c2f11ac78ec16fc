"""Smaller copies of a data set, for measurements that have to be short."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from diagnostics.development_split import sample_sentences
from diagnostics.subjects.labelled_data import Sentence
from tuner.data import load_data

__all__ = ["write_small"]


def write_small(data: str, folder: Path, *, dev: int | None, test: int | None, seed: int) -> str:
    """Write a data set with fewer sentences to evaluate on; its training split stays whole.

    Args:
        data: Data set, as `tuner.search` takes it.
        folder: Where to write it, as two columns with IOB2 tags.
        dev: Development sentences to keep, in proportion to the entity types; None keeps all.
        test: The same for the test split.
        seed: Decides the sample, and the development split where one has to be made.

    Returns:
        The folder.
    """
    loaded = load_data(data, seed=seed)
    folder.mkdir(parents=True, exist_ok=True)
    splits = {
        "train": loaded.train,
        "dev": _sampled(loaded.dev, dev, seed),
        "test": _sampled(loaded.test, test, seed),
    }
    for name, sentences in splits.items():
        if sentences:
            (folder / f"{name}.txt").write_text(_columns(sentences), encoding="utf-8")
    return str(folder)


def _sampled(sentences: tuple[Sentence, ...], count: int | None, seed: int) -> tuple[Sentence, ...]:
    if count is None or count >= len(sentences):
        return sentences
    return sample_sentences(sentences, count=count, seed=seed)


def _columns(sentences: Iterable[Sentence]) -> str:
    blocks = (
        "".join(
            f"{token}\t{tag}\n" for token, tag in zip(sentence.tokens, sentence.tags, strict=True)
        )
        for sentence in sentences
    )
    return "\n".join(blocks)
