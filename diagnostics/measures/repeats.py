"""Finds sentences that stand more than once: within train, across splits, and nearly the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from diagnostics.findings import Place
from diagnostics.measure import Measure, SeenSentence, keep_first
from diagnostics.measures._first_sentences import Earlier, FirstSentences, place_name
from diagnostics.measures._near_repeats import near_repeats
from diagnostics.measures._thinned_sample import ThinnedSample

__all__ = ["Alike", "Repeats", "RepeatsFound"]

LEAST_WORDS = 6
"""Words from which a repeat counts: shorter sentences are headings and phrases."""

SIMILARITY = 0.8
"""Jaccard similarity of word triples from which sentences are nearly the same."""

_EXAMPLES = 5
_TRAIN_SAMPLE, _ASKED_SAMPLE = 100_000, 10_000
"""Sentences of train, and of each other split, that are compared for near repeats."""

_Text = tuple[str, str, int | None]
"""Text, file and line of a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Sentences of one split that stand in another as well, or nearly.

    Attributes:
        count: How many.
        of: Of how many sentences of six or more words that were compared.
        places: The first of them, each with where the other one stands.
    """

    count: int
    of: int
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatsFound:
    """Sentences that occur more than once, letter case and white space aside.

    Attributes:
        across: Later and earlier split to the sentences of the later one that stand in the earlier
            one, word for word.
        removable: Later and earlier split to how many sentences of the earlier one stand in the
            later one, each copy counted.
        within: Split to its sentences that repeat an earlier one of it.
        contradicting: Split to its sentences that repeat an earlier one, of whatever split, with
            other labels.
        near: Later split to the sentences that are nearly the same as one of train.
        near_sampled: One of how many training sentences was compared for `near`: 1 is all.
        same: Pairs of splits, the earlier first, that hold the same sentences.
    """

    across: Mapping[tuple[str, str], Alike]
    removable: Mapping[tuple[str, str], int]
    within: Mapping[str, Alike]
    contradicting: Mapping[str, Alike]
    near: Mapping[str, Alike]
    near_sampled: int
    same: tuple[tuple[str, str], ...]


class Repeats(Measure[RepeatsFound]):
    """Sentences that occur more than once, letter case and white space aside."""

    def __init__(self) -> None:
        self._first = FirstSentences()
        self._contents: dict[str, tuple[int, int]] = {}
        self._compared: Counter[str] = Counter()
        self._copies: Counter[tuple[str, int]] = Counter()
        self._shared: dict[tuple[str, str], set[int]] = {}
        self._pairs: dict[tuple[str, str], _Tally] = {}
        self._contradicting: dict[str, _Tally] = {}
        self._train: ThinnedSample[_Text] = ThinnedSample(_TRAIN_SAMPLE)
        self._asked: dict[str, ThinnedSample[_Text]] = {}

    def add(self, seen: SeenSentence) -> None:
        """Look the sentence up among all before it."""
        sentence = seen.sentence
        text = " ".join(" ".join(sentence.tokens).casefold().split())
        key = hash(text)
        count, content = self._contents.get(seen.split, (0, 0))
        self._contents[seen.split] = count + 1, content + key
        if len(sentence.tokens) < LEAST_WORDS or key & self._first.mask:
            return
        self._compared[seen.split] += 1
        earlier = self._first.meet(seen, key)
        if earlier is not None:
            self._take(seen, earlier, key)
        elif seen.split == "train":
            self._train.offer((text, seen.file, sentence.line))
        else:
            asked = self._asked.setdefault(seen.split, ThinnedSample(_ASKED_SAMPLE))
            asked.offer((text, seen.file, sentence.line))

    def _take(self, seen: SeenSentence, earlier: Earlier, key: int) -> None:
        pair = (seen.split, earlier.split)
        self._pairs.setdefault(pair, _Tally()).add(seen, earlier.place)
        if seen.split == earlier.split:
            self._copies[seen.split, key] += 1
        else:
            self._shared.setdefault(pair, set()).add(key)
        if not earlier.same_labels:
            self._contradicting.setdefault(seen.split, _Tally()).add(seen, earlier.place)

    def result(self) -> RepeatsFound:
        """Return what was found, and compare what differs a little."""
        compared, copies = self._compared, self._copies
        return RepeatsFound(
            across={
                pair: tally.alike(compared[pair[0]])
                for pair, tally in self._pairs.items()
                if pair[0] != pair[1]
            },
            removable={
                (later, earlier): sum(1 + copies[earlier, key] for key in keys)
                for (later, earlier), keys in self._shared.items()
            },
            within={
                split: tally.alike(compared[split])
                for (split, other), tally in self._pairs.items()
                if split == other
            },
            contradicting={
                split: tally.alike(compared[split]) for split, tally in self._contradicting.items()
            },
            near=self._near(),
            near_sampled=self._train.stride,
            same=self._same(),
        )

    def _same(self) -> tuple[tuple[str, str], ...]:
        splits = list(self._contents)
        return tuple(
            (earlier, later)
            for number, earlier in enumerate(splits)
            for later in splits[number + 1 :]
            if self._contents[earlier] == self._contents[later]
        )

    def _near(self) -> dict[str, Alike]:
        """Compare the samples of all other splits with that of train, in one go."""
        asked = [(split, *each) for split, kept in self._asked.items() for each in kept.items]
        held = self._train.items
        texts = [text for _, text, _, _ in asked]
        found = near_repeats(texts, (text for text, _, _ in held), similarity=SIMILARITY)
        tallies = {split: _Tally() for split in self._asked}
        for number, other in sorted(found):
            split, text, file, line = asked[number]
            like = f"like {place_name(*held[other][1:])}: {text}"
            tallies[split].keep(Place(file=file, line=line, text=like[:80]))
        return {
            split: tally.alike(len(self._asked[split].items)) for split, tally in tallies.items()
        }


class _Tally:
    """A count with its first places."""

    def __init__(self) -> None:
        self.count = 0
        self.places: list[Place] = []

    def add(self, seen: SeenSentence, earlier: str) -> None:
        self.count += 1
        if len(self.places) < _EXAMPLES:
            words = " ".join(seen.sentence.tokens[:20])
            self.places.append(seen.place(0, f"as {earlier}: {words}"))

    def keep(self, place: Place) -> None:
        self.count += 1
        keep_first(self.places, place, _EXAMPLES)

    def alike(self, of: int) -> Alike:
        return Alike(count=self.count, of=of, places=tuple(self.places))
