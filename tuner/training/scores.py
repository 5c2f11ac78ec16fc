"""Entity-level scores, strict IOB2, vectorised over the whole split.

Equal to `seqeval.metrics` with `mode="strict", scheme=IOB2`: an entity starts at a `B-` tag and
goes on through the `I-` tags of the same type; an `I-` tag without such a start is no entity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tuner.trial import Scores, TypeScores

__all__ = ["Entities", "LabelScheme", "find_entities", "score"]

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelScheme:
    """The label list of a task as lookup tables.

    Attributes:
        labels: `O`, `B-X`, `I-X`, ... in the order of their ids.
        types: Entity types, sorted.
        begins: Shape (labels,): whether the label is a `B-`.
        inside: Shape (labels,): whether the label is an `I-`.
        type_of: Shape (labels,): index into `types`, -1 for `O`.
    """

    labels: tuple[str, ...]
    types: tuple[str, ...]
    begins: BoolArray
    inside: BoolArray
    type_of: IntArray

    @classmethod
    def of(cls, labels: Sequence[str]) -> LabelScheme:
        """Build the tables from IOB2 labels."""
        types = tuple(sorted({label[2:] for label in labels if label[:2] in {"B-", "I-"}}))
        index = {name: number for number, name in enumerate(types)}
        return cls(
            labels=tuple(labels),
            types=types,
            begins=np.array([label.startswith("B-") for label in labels], dtype=np.bool_),
            inside=np.array([label.startswith("I-") for label in labels], dtype=np.bool_),
            type_of=np.array([index.get(label[2:], -1) for label in labels], dtype=np.int64),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entities:
    """Entities of a split, in order of their first word.

    Attributes:
        starts: Shape (entities,): position of the first word in the flat split.
        ends: Shape (entities,): position after the last word.
        types: Shape (entities,): index of the entity type.
    """

    starts: IntArray
    ends: IntArray
    types: IntArray


def find_entities(tags: IntArray, sentences: IntArray, scheme: LabelScheme) -> Entities:
    """Find the entities in flat label ids.

    Args:
        tags: Shape (words,): label ids of all sentences, one after the other.
        sentences: Shape (words,): number of the sentence of each word, ascending.
        scheme: The label list.
    """
    if tags.size == 0:
        empty = np.zeros(0, dtype=np.int64)
        return Entities(starts=empty, ends=empty, types=empty)
    kinds = scheme.type_of[tags]
    goes_on = np.zeros(tags.size, dtype=np.bool_)
    goes_on[1:] = (
        scheme.inside[tags[1:]] & (kinds[1:] == kinds[:-1]) & (sentences[1:] == sentences[:-1])
    )
    # A chunk is a maximal run of words of which each goes on from the one before; only a chunk that
    # opens with B- is an entity. The predecessor of an I- cannot be O, whose type is -1.
    chunk_starts = np.flatnonzero(~goes_on)
    chunk_ends = np.append(chunk_starts[1:], tags.size)
    is_entity = scheme.begins[tags[chunk_starts]]
    starts = chunk_starts[is_entity]
    return Entities(starts=starts, ends=chunk_ends[is_entity], types=kinds[starts])


def score(
    gold: IntArray,
    predicted: IntArray,
    sentences: IntArray,
    scheme: LabelScheme,
    *,
    sentence_count: int,
    loss: float | None = None,
) -> Scores:
    """Compare predictions with the gold labels.

    Args:
        gold: Shape (words,): gold label ids.
        predicted: Shape (words,): predicted label ids.
        sentences: Shape (words,): sentence number of each word, ascending from 0.
        scheme: The label list.
        sentence_count: Sentences in the split.
        loss: Mean cross-entropy per word, passed through.

    Returns:
        Micro-averaged strict scores. A ratio whose denominator is 0 is 0, as in seqeval.
    """
    gold_entities = find_entities(gold, sentences, scheme)
    predicted_entities = find_entities(predicted, sentences, scheme)
    correct = _matches(gold_entities, predicted_entities, gold.size)
    counts = np.stack(
        [
            np.bincount(sentences[starts], minlength=sentence_count)
            for starts in (
                gold_entities.starts[correct],
                predicted_entities.starts,
                gold_entities.starts,
            )
        ],
        axis=1,
    )
    hits, found, support = (int(total) for total in counts.sum(axis=0))
    precision, recall, f1 = _ratios(hits, found, support)
    return Scores(
        loss=loss,
        precision=precision,
        recall=recall,
        f1=f1,
        accuracy=float((gold == predicted).mean()) if gold.size else 0.0,
        per_type=_per_type(gold_entities, predicted_entities, correct, scheme),
        counts=tuple((int(row[0]), int(row[1]), int(row[2])) for row in counts),
    )


def _matches(gold: Entities, predicted: Entities, words: int) -> BoolArray:
    """Tell for each gold entity whether it was predicted with the same words and type."""
    end_at = np.full(words, -1, dtype=np.int64)
    type_at = np.full(words, -1, dtype=np.int64)
    end_at[predicted.starts] = predicted.ends
    type_at[predicted.starts] = predicted.types
    matches: BoolArray = (end_at[gold.starts] == gold.ends) & (type_at[gold.starts] == gold.types)
    return matches


def _per_type(
    gold: Entities, predicted: Entities, correct: BoolArray, scheme: LabelScheme
) -> Mapping[str, TypeScores]:
    size = len(scheme.types)
    hits = np.bincount(gold.types[correct], minlength=size)
    found = np.bincount(predicted.types, minlength=size)
    support = np.bincount(gold.types, minlength=size)
    table: dict[str, TypeScores] = {}
    for number, name in enumerate(scheme.types):
        precision, recall, f1 = _ratios(int(hits[number]), int(found[number]), int(support[number]))
        table[name] = TypeScores(
            precision=precision, recall=recall, f1=f1, support=int(support[number])
        )
    return table


def _ratios(hits: int, found: int, support: int) -> tuple[float, float, float]:
    """Precision, recall and F1 from counts; 0 where a denominator is 0."""
    precision = hits / found if found else 0.0
    recall = hits / support if support else 0.0
    f1 = 2 * hits / (found + support) if found + support else 0.0
    return precision, recall, f1
