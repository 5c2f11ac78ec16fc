"""Counts how much there is of everything: sentences, words, and entities of each label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from diagnostics.findings import Place
from diagnostics.measure import Measure, SeenSentence, keep_first
from diagnostics.measures._split_sizes import LabelSize, SplitSizes

__all__ = ["LabelSize", "Sizes", "SizesFound", "SplitSizes"]

_MOST_MIXTURES = 20_000
"""Different sets of labels in a sentence that are held before they are added up."""

_EXAMPLES = 5

LONG = 128
"""Words from which a sentence is looked at as a candidate for the longest ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SizesFound:
    """How much there is in each split.

    Attributes:
        splits: Split to its sizes, `train` first; only splits that hold sentences.
    """

    splits: Mapping[str, SplitSizes]

    @property
    def train(self) -> SplitSizes | None:
        """Sizes of the training split; None when it holds no sentence."""
        return self.splits.get("train")

    def evaluated(self) -> Iterator[tuple[str, SplitSizes]]:
        """Yield name and sizes of the splits that are not trained on."""
        yield from ((name, sizes) for name, sizes in self.splits.items() if name != "train")


class Sizes(Measure[SizesFound]):
    """Sentences, words and entities of each split."""

    def __init__(self) -> None:
        self._splits: dict[str, _Counts] = {}

    def add(self, seen: SeenSentence) -> None:
        """Count one sentence."""
        counts = self._splits.get(seen.split)
        if counts is None:
            counts = self._splits[seen.split] = _Counts()
        length = len(seen.sentence.tokens)
        counts.lengths[length] += 1
        if length == 1 or length >= LONG:
            counts.keep_place(seen, length)
        if seen.entities:
            mixture = tuple(sorted([entity[2] for entity in seen.entities]))
            counts.mixtures[mixture] += 1
            counts.entity_words += sum([entity[1] - entity[0] for entity in seen.entities])
            if len(counts.mixtures) > _MOST_MIXTURES:
                counts.add_up()
            if not counts.placed.issuperset(mixture):
                counts.keep_entities(seen)

    def result(self) -> SizesFound:
        """Return the counts of each split."""
        return SizesFound(splits={name: counts.sizes() for name, counts in self._splits.items()})


class _Counts:
    """What is counted of one split while it is read."""

    def __init__(self) -> None:
        self.lengths: Counter[int] = Counter()
        self.mixtures: Counter[tuple[str, ...]] = Counter()
        self.entity_words = 0
        self.one_word: list[Place] = []
        self.places: dict[str, list[Place]] = {}
        self.placed: set[str] = set()
        self._longest: list[tuple[int, Place]] = []
        self._totals: Counter[tuple[str, str]] = Counter()

    def keep_place(self, seen: SeenSentence, length: int) -> None:
        if length == 1:
            if len(self.one_word) < _EXAMPLES:
                self.one_word.append(seen.place(0, seen.sentence.tokens[0]))
        elif len(self._longest) < _EXAMPLES or length > self._longest[-1][0]:
            text = f"{length} words: {' '.join(seen.sentence.tokens[:12])}"
            self._longest.append((length, seen.place(0, text)))
            self._longest.sort(key=lambda pair: -pair[0])
            del self._longest[_EXAMPLES:]

    def keep_entities(self, seen: SeenSentence) -> None:
        for entity in seen.entities:
            if entity.type not in self.placed:
                places = self.places.setdefault(entity.type, [])
                keep_first(places, seen.place(entity.start, seen.surface(entity)), _EXAMPLES)
                if len(places) == _EXAMPLES:
                    self.placed.add(entity.type)

    def add_up(self) -> None:
        """Add the mixtures of labels to the totals, and start them anew."""
        totals = self._totals
        for mixture, count in self.mixtures.items():
            totals["", "sentences"] += count
            totals["", "squares"] += count * len(mixture) ** 2
            for label, times in Counter(mixture).items():
                totals[label, "entities"] += count * times
                totals[label, "sentences"] += count
                totals[label, "squares"] += count * times**2
        self.mixtures.clear()

    def sizes(self) -> SplitSizes:
        self.add_up()
        totals = self._totals
        found = {label: count for (label, kind), count in totals.items() if kind == "entities"}
        ordered = sorted(found, key=lambda label: (-found[label], label))
        return SplitSizes(
            lengths=dict(sorted(self.lengths.items())),
            labels={
                label: LabelSize(
                    entities=found[label],
                    sentences=totals[label, "sentences"],
                    squares=totals[label, "squares"],
                    places=tuple(self.places[label]),
                )
                for label in ordered
            },
            entity_words=self.entity_words,
            sentences_with_entities=totals["", "sentences"],
            squared_entities=totals["", "squares"],
            longest=tuple(place for _, place in self._longest),
            one_word=tuple(self.one_word),
        )
