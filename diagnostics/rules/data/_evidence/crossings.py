"""Entities that go on behind the end of their sentence."""

from __future__ import annotations

from collections.abc import Iterator

from diagnostics.measures.sentence_edges import SentenceEdges
from diagnostics.subjects.dataset import Dataset
from diagnostics.tag_scheme import SchemeName, TagScheme

__all__ = ["crossings"]

_MARKED_STARTS = (SchemeName.IOB2, SchemeName.BIOES, SchemeName.BILOU)


def crossings(dataset: Dataset, split: str, reading: TagScheme) -> Iterator[tuple[str, str, int]]:
    """Yield last tag, first tag of the next sentence, and how often an entity goes on there.

    Only schemes that mark the start of every entity can tell: in IOB1 and without prefixes, `I-PER`
    at the start of a sentence is a new entity.
    """
    if reading.name not in _MARKED_STARTS:
        return
    for (last, first), count in SentenceEdges.of(dataset).counts.get(split, {}).items():
        if not reading.slips.keys().isdisjoint((last, first)):
            continue
        before, type_before = reading.parsed.get(last, ("O", ""))
        role, kind = reading.parsed.get(first, ("O", ""))
        if before in "BI" and role in "IE" and kind == type_before:
            yield last, first, count
