"""What renaming or moving the predictions of a run would gain: tests for mixed-up labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from diagnostics.assignment import best_assignment
from diagnostics.entity_scores import OUTSIDE, EntityCounts, count_entities, parts, spans
from diagnostics.subjects.predictions import Predictions, Tags

__all__ = ["Gain", "relabelling_gain", "shift_gain"]

_MOST_NAMES = 100
_FEWEST_PREDICTED = 5
_Learner = Callable[[Predictions], dict[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """What a change of the predictions would do to F1.

    Attributes:
        before: F1 as predicted.
        after: F1 with the change.
        change: Predicted name to the name it stands for, of names predicted at least 5 times.
        shift: By how many words the predictions are moved, to the right where positive.
    """

    before: float
    after: float
    change: Mapping[str, str] = field(default_factory=dict)
    shift: int = 0


def shift_gain(predictions: Predictions) -> Gain:
    """Return what moving all predictions by one word to either side would gain."""
    before = count_entities(predictions.gold, predictions.predicted).f1
    moved = {
        shift: count_entities(
            predictions.gold, [_shifted(tags, shift) for tags in predictions.predicted]
        ).f1
        for shift in (-1, 1)
    }
    best = max(moved, key=lambda shift: moved[shift])
    return Gain(before=before, after=moved[best], shift=best)


def _shifted(tags: Tags, shift: int) -> Tags:
    return (OUTSIDE, *tags[:-1]) if shift > 0 else (*tags[1:], OUTSIDE)


def relabelling_gain(predictions: Predictions) -> Gain:
    """Return what the best one-to-one renaming of the predicted labels would gain.

    Types are renamed where predicted and gold entities cover the same words, whole tags where
    numbers and names were mixed up. The renaming is found on one half of the sentences and scored
    on the other, and the other way round, so that it cannot profit from chance.
    """
    halves = [
        Predictions(gold=predictions.gold[part::2], predicted=predictions.predicted[part::2])
        for part in (0, 1)
    ]
    before = count_entities(predictions.gold, predictions.predicted)
    best = Gain(before=before.f1, after=before.f1)
    for learn in (_type_map, _tag_map):
        counts = [
            count_entities(here.gold, _renamed(here.predicted, learn(other)))
            for here, other in (halves, reversed(halves))
        ]
        total = EntityCounts(
            correct=sum(count.correct for count in counts),
            predicted=sum(count.predicted for count in counts),
            gold=sum(count.gold for count in counts),
        )
        if total.f1 > best.after:
            best = Gain(before=before.f1, after=total.f1, change=_exchanged(predictions, learn))
    return best


def _exchanged(predictions: Predictions, learn: _Learner) -> dict[str, str]:
    """Return the names that change, of those that were predicted often enough to be told."""
    counts = Counter(tag for tags in predictions.predicted for tag in tags)
    return {
        old: new
        for old, new in sorted(learn(predictions).items())
        if old != new and counts[old] >= _FEWEST_PREDICTED
    }


def _type_map(predictions: Predictions) -> dict[str, str]:
    """Return tag to tag, by the types of entities that cover the same words on both sides."""
    together: Counter[tuple[str, str]] = Counter()
    for gold_tags, predicted_tags in zip(predictions.gold, predictions.predicted, strict=True):
        right = {(start, end): kind for start, end, kind in spans(gold_tags)}
        for start, end, kind in spans(predicted_tags):
            if (start, end) in right:
                together[kind, right[start, end]] += 1
    types = _one_to_one(together)
    tags = {tag for sentence in predictions.predicted for tag in sentence if tag != OUTSIDE}
    renamed = {}
    for tag in tags:
        kind = parts(tag)[1]
        renamed[tag] = tag[: len(tag) - len(kind)] + types.get(kind, kind)
    return renamed


def _tag_map(predictions: Predictions) -> dict[str, str]:
    """Return tag to tag, by the words that carry them on both sides."""
    together: Counter[tuple[str, str]] = Counter()
    for gold_tags, predicted_tags in zip(predictions.gold, predictions.predicted, strict=True):
        together.update(zip(predicted_tags, gold_tags, strict=True))
    return _one_to_one(together)


def _one_to_one(together: Counter[tuple[str, str]]) -> dict[str, str]:
    """Return the one-to-one map with the most agreement; a name without partner keeps its own.

    The names of both sides are united, so that nothing is mapped onto a name that another one
    keeps. Empty above 100 names: the search is cubic.
    """
    names = sorted({name for pair in together for name in pair})
    if not 0 < len(names) <= _MOST_NAMES:
        return {}
    # Half a point for a name's own self settles ties in favour of changing nothing.
    score = [[together[old, new] + 0.5 * (old == new) for new in names] for old in names]
    return {names[old]: names[new] for old, new in enumerate(best_assignment(score))}


def _renamed(sentences: Iterable[Tags], names: Mapping[str, str]) -> list[Tags]:
    return [tuple(names.get(tag, tag) for tag in tags) for tags in sentences]
