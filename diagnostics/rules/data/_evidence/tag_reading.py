"""What the pairs of neighbouring tags tell about entity types and schemes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from diagnostics.findings import Place
from diagnostics.measures.tag_pairs import Pair, TagPairs, TagPairsFound
from diagnostics.subjects.dataset import Dataset
from diagnostics.tag_scheme import TagScheme

__all__ = [
    "entity_counts",
    "first_places",
    "readable",
    "scheme",
    "slip_types",
    "type_places",
    "types_of",
]


def readable(dataset: Dataset) -> str | None:
    """Return None when the tags have been understood, else why nothing can be said about them."""
    found = dataset.measured.get(TagPairs.key())
    known = isinstance(found, TagPairsFound) and found.scheme is not None
    return None if known else "the tags make no sense as a whole"


def scheme(dataset: Dataset) -> TagScheme:
    """Return how the tags of all splits are read; only of readable data sets."""
    found = TagPairs.of(dataset).scheme
    assert found is not None
    return found


def entity_counts(counts: Mapping[Pair, int], reading: TagScheme) -> Counter[str]:
    """Return each entity type with the number of its entities, the most frequent first."""
    entities = Counter[str]()
    for (before, tag), count in counts.items():
        if tag and reading.starts(before, tag):
            entities[reading.parsed[tag][1]] += count
    return Counter(dict(entities.most_common()))


def types_of(dataset: Dataset) -> dict[str, Counter[str]]:
    """Return split to entity type to number of entities; only of readable data sets."""
    reading = scheme(dataset)
    found = TagPairs.of(dataset).counts
    return {split: entity_counts(counts, reading) for split, counts in found.items()}


def slip_types(dataset: Dataset) -> frozenset[str]:
    """Return the types that stem from nothing but tags against the style, which D208 tells of.

    Empty where the tags make no sense as a whole.
    """
    found = dataset.measured.get(TagPairs.key())
    reading = found.scheme if isinstance(found, TagPairsFound) else None
    if reading is None or not reading.slips:
        return frozenset()
    proper = {kind for tag, (_, kind) in reading.parsed.items() if tag not in reading.slips}
    return frozenset(reading.parsed[tag][1] for tag in reading.slips) - proper


def type_places(dataset: Dataset, split: str, kind: str) -> Iterator[Place]:
    """Yield the first places at which entities of a type start in a split, by kind of start."""
    reading = scheme(dataset)
    for (before, tag), places in TagPairs.of(dataset).places.get(split, {}).items():
        if tag and reading.parsed[tag][1] == kind and reading.starts(before, tag):
            yield from places


def first_places(places: Iterable[Place], *, most: int = 5) -> tuple[Place, ...]:
    """Return the first places in the order of the lines, file after file as they come."""
    files: dict[str, list[Place]] = {}
    for place in places:
        files.setdefault(place.file, []).append(place)
    ordered = [
        place for found in files.values() for place in sorted(found, key=lambda at: at.line or 0)
    ]
    return tuple(dict.fromkeys(ordered))[:most]
