"""Entity-level F1 of tag sequences, read strictly or leniently, without any library."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

__all__ = ["OUTSIDE", "EntityCounts", "Span", "count_entities", "parts", "spans"]

OUTSIDE = "O"
"""Tag of the words outside all entities."""

_BEGINS, _ENDS = "BSUW", "ESLUW"
_SEPARATORS = "-_:/|"

Span = tuple[int, int, str]
"""First word, word behind the last, entity type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityCounts:
    """Correct, predicted and gold entities."""

    correct: int
    predicted: int
    gold: int

    @property
    def f1(self) -> float:
        """Micro-averaged F1; 0.0 when there is nothing to find and nothing was found."""
        total = self.predicted + self.gold
        return 2 * self.correct / total if total else 0.0


def parts(tag: str) -> tuple[str, str]:
    """Return prefix letter and type of a tag; a tag without prefix goes on (`I`) in its type."""
    if tag == OUTSIDE:
        return OUTSIDE, ""
    if len(tag) > 2 and tag[1] in _SEPARATORS and tag[0] in "BIESLUMW":
        return tag[0], tag[2:]
    return "I", tag


def spans(tags: Sequence[str], *, strict: bool = False) -> Iterator[Span]:
    """Yield the entities of one sentence.

    Args:
        tags: One tag per word, in IOB1, IOB2, BIOES, BILOU, or plain types.
        strict: Whether an entity must begin with a `B-`, as in seqeval's strict IOB2; otherwise it
            also begins wherever a type does, as in conlleval.
    """
    start, open_type, opened, before = 0, "", False, OUTSIDE
    for place, tag in enumerate(tags):
        letter, kind = parts(tag)
        begins = letter != OUTSIDE and (
            letter in _BEGINS or before in OUTSIDE + _ENDS or kind != open_type
        )
        if opened and (begins or letter == OUTSIDE):
            yield start, place, open_type
            opened = False
        if begins:
            start, opened = place, not strict or letter in _BEGINS
        before, open_type = letter, kind
    if opened:
        yield start, len(tags), open_type


def count_entities(
    gold: Iterable[Sequence[str]], predicted: Iterable[Sequence[str]], *, strict: bool = False
) -> EntityCounts:
    """Count correct, predicted and gold entities over sentences of equal length."""
    correct = said = there = 0
    for gold_tags, predicted_tags in zip(gold, predicted, strict=True):
        right = set(spans(gold_tags, strict=strict))
        found = set(spans(predicted_tags, strict=strict))
        correct += len(right & found)
        said += len(found)
        there += len(right)
    return EntityCounts(correct=correct, predicted=said, gold=there)
