"""Changes of the drawn sentences: what is wrong with data, and what is only unusual."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from benchmarks.faults.corpora import Splits
from diagnostics.entity_scores import spans
from diagnostics.subjects.labelled_data import Sentence

__all__ = [
    "bare_types",
    "dev_from_train",
    "entities_dropped",
    "iob1",
    "only_types",
    "other_order",
    "shifted",
    "type_left_out",
    "types_turned",
    "word_classes",
    "wrong_types",
]

Tags = Sequence[str]


def entities_dropped(splits: Splits, randomness: Random) -> Splits:
    """Leave every second entity of the training sentences unlabelled."""
    return _train(splits, lambda tags: _without(tags, lambda kind: randomness.random() < 0.5))


def wrong_types(splits: Splits, randomness: Random) -> Splits:
    """Give three of ten entities of the training sentences another type."""
    types = _types(splits)

    def change(tags: Tags) -> list[str]:
        new = list(tags)
        for start, end, kind in spans(tuple(tags)):
            if randomness.random() < 0.3:
                other = randomness.choice([each for each in types if each != kind])
                new[start:end] = [f"{tag[:2]}{other}" for tag in new[start:end]]
        return new

    return _train(splits, change)


def shifted(splits: Splits, randomness: Random) -> Splits:
    """Move the tags of the training sentences by one word to the right."""
    del randomness
    return _train(splits, lambda tags: ["O", *tags[:-1]])


def type_left_out(splits: Splits, randomness: Random) -> Splits:
    """Leave the second most frequent type of the training sentences unlabelled there."""
    del randomness
    kinds = [kind for each in splits.train for _, _, kind in spans(each.tags)]
    rare = sorted(set(kinds), key=lambda kind: (-kinds.count(kind), kind))[1]
    return _train(splits, lambda tags: _without(tags, lambda kind: kind == rare))


def only_types(splits: Splits, randomness: Random) -> Splits:
    """Label persons and organisations only, everywhere."""
    del randomness
    return _everywhere(splits, lambda tags: _without(tags, lambda k: k not in {"ORG", "PER"}))


def bare_types(splits: Splits, randomness: Random) -> Splits:
    """Write `PER` for `B-PER` and `I-PER`, everywhere."""
    del randomness
    return _everywhere(splits, lambda tags: [tag.rpartition("-")[2] for tag in tags])


def iob1(splits: Splits, randomness: Random) -> Splits:
    """Write B- only where an entity follows one of its own type, everywhere."""
    del randomness

    def change(tags: Tags) -> list[str]:
        return [
            f"I-{tag[2:]}" if tag.startswith("B-") and before[2:] != tag[2:] else tag
            for before, tag in zip(("O", *tags), tags, strict=False)
        ]

    return _everywhere(splits, change)


def types_turned(splits: Splits, randomness: Random) -> Splits:
    """Call each type of the development sentences by the name of the next one."""
    del randomness
    types = _types(splits)
    following = dict(zip(types, (*types[1:], types[0]), strict=True))
    dev = _changed(
        splits.dev, lambda tags: [t if t == "O" else t[:2] + following[t[2:]] for t in tags]
    )
    return replace(splits, dev=dev)


def word_classes(splits: Splits, randomness: Random) -> Splits:
    """Give every word a class by its form, and none O: a task as parts of speech are."""
    del randomness
    parts = (splits.train, splits.dev)
    train, dev = (
        tuple(replace(each, tags=tuple(map(_word_class, each.tokens))) for each in part)
        for part in parts
    )
    return Splits(train=train, dev=dev)


def _word_class(word: str) -> str:
    if not any(character.isalnum() for character in word):
        return "PUNCT"
    if any(character.isdigit() for character in word):
        return "NUM"
    if len(word) <= 3:
        return "SHORT"
    return "GERUND" if word.lower().endswith("ing") else "WORD"


def dev_from_train(splits: Splits, randomness: Random) -> Splits:
    """Score on sentences that are trained on."""
    del randomness
    return replace(splits, dev=splits.train[: len(splits.dev)])


def other_order(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Number the labels from the last to the first, as another list of them would."""
    return tuple(reversed(labels))


def _types(splits: Splits) -> list[str]:
    parts = (splits.train, splits.dev)
    return sorted({t[2:] for part in parts for each in part for t in each.tags if t != "O"})


def _without(tags: Tags, drop: Callable[[str], bool]) -> list[str]:
    new = list(tags)
    for start, end, kind in spans(tuple(tags)):
        if drop(kind):
            new[start:end] = ["O"] * (end - start)
    return new


def _train(splits: Splits, change: Callable[[Tags], list[str]]) -> Splits:
    return replace(splits, train=_changed(splits.train, change))


def _everywhere(splits: Splits, change: Callable[[Tags], list[str]]) -> Splits:
    return Splits(train=_changed(splits.train, change), dev=_changed(splits.dev, change))


def _changed(
    sentences: tuple[Sentence, ...], change: Callable[[Tags], list[str]]
) -> tuple[Sentence, ...]:
    return tuple(replace(each, tags=tuple(change(each.tags))) for each in sentences)
