"""Divides sentences by chance, in proportion to entity types: development splits and samples."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from diagnostics.errors import DataError
from diagnostics.subjects.labelled_data import Sentence
from diagnostics.tag_scheme import entities

__all__ = ["make_development_split", "sample_places", "sample_sentences"]

Unit = list[int]


def make_development_split(
    train: Sequence[Sentence], *, share: float, seed: int
) -> tuple[tuple[Sentence, ...], tuple[Sentence, ...], int]:
    """Take a development split out of the training split.

    Sentences with the same words (letter case aside) stay on one side, since a development sentence
    that stands in train is no test of anything. Each sentence belongs to the stratum of the rarest
    entity type in it, and each stratum gives its share. (scikit-learn's `StratifiedGroupKFold` does
    the same but compares every group with every fold, too slow for 100,000 sentences.)

    Args:
        train: Sentences with IOB2 tags.
        share: Part of the sentences that the development split gets, between 0 and 1.
        seed: Decides which; the same seed gives the same split on every machine.

    Returns:
        The remaining training split, the development split (both in the order of the file), and how
        many sentences were kept together with an equal one.

    Raises:
        DataError: If there are too few different sentences to give each side an entity.
    """
    units = _groups_of_equals(train)
    rarest = _rarest_types(train)
    order = _stratum_order(rarest)
    strata = [min((rarest[place] for place in unit), key=order) for unit in units]
    with_entities = sum(bool(stratum) for stratum in strata)
    if with_entities < 2:
        raise DataError(
            f"A development split cannot be made: only {with_entities} different "
            "sentence of the training split holds an entity, and each side needs one.",
            "Give more data, or a development file with `--dev`.",
        )
    chosen = _choose(units, strata, wanted=share * len(train), seed=seed)
    chosen = _with_entities_on_both_sides(units, strata, chosen)
    taken = {place for unit in chosen for place in units[unit]}
    kept_together = sum(len(unit) for unit in units if len(unit) > 1)
    return (
        tuple(sentence for place, sentence in enumerate(train) if place not in taken),
        tuple(sentence for place, sentence in enumerate(train) if place in taken),
        kept_together,
    )


def sample_sentences(
    sentences: Sequence[Sentence], *, count: int, seed: int
) -> tuple[Sentence, ...]:
    """`count` sentences in the order of the file, in proportion to the rarest type in each."""
    chosen = sample_places(list(map(_types, sentences)), count=count, seed=seed)
    return tuple(sentence for place, sentence in enumerate(sentences) if place in chosen)


def sample_places(types: Sequence[Sequence[str]], *, count: int, seed: int) -> set[int]:
    """Choose sentences of which only the entity types are known.

    Args:
        types: The different types in each sentence, sorted.
        count: How many to choose.
        seed: Decides which, as in `sample_sentences`.

    Returns:
        The places of the chosen sentences, counted from 0.
    """
    units = [[place] for place in range(len(types))]
    return _choose(units, _rarest(types), wanted=count, seed=seed)


def _groups_of_equals(sentences: Iterable[Sentence]) -> list[Unit]:
    groups: dict[tuple[str, ...], Unit] = {}
    for place, sentence in enumerate(sentences):
        groups.setdefault(tuple(map(str.casefold, sentence.tokens)), []).append(place)
    return list(groups.values())


def _rarest_types(sentences: Sequence[Sentence]) -> list[str]:
    """For each sentence the entity type in it that fewest sentences have; "" without entities."""
    return _rarest(list(map(_types, sentences)))


def _types(sentence: Sentence) -> list[str]:
    return sorted({kind for _, _, kind in entities(sentence.tags)})


def _rarest(types: Sequence[Sequence[str]]) -> list[str]:
    frequency = Counter(kind for found in types for kind in found)
    return [min(found, key=lambda kind: frequency[kind], default="") for found in types]


def _stratum_order(strata: Iterable[str]) -> Callable[[str], tuple[bool, int, str]]:
    """Sorts rare types first and sentences without entities last."""
    size = Counter(strata)
    return lambda stratum: (not stratum, size[stratum], stratum)


def _choose(units: Sequence[Unit], strata: Sequence[str], *, wanted: float, seed: int) -> set[int]:
    """Numbers of the units chosen so that each stratum gives its share of `wanted` sentences.

    What rounding leaves over is carried from one stratum to the next, from rare to common.
    """
    chance = random.Random(seed)
    members: dict[str, list[int]] = {}
    for number, stratum in enumerate(strata):
        members.setdefault(stratum, []).append(number)
    total = sum(map(len, units))
    chosen: set[int] = set()
    owed = 0.0
    for stratum in sorted(members, key=_stratum_order(strata)):
        numbers = members[stratum]
        chance.shuffle(numbers)
        owed += wanted * sum(len(units[number]) for number in numbers) / total
        for number in numbers:
            if owed < len(units[number]) / 2:
                continue
            chosen.add(number)
            owed -= len(units[number])
    return chosen


def _with_entities_on_both_sides(
    units: Sequence[Unit], strata: Sequence[str], chosen: set[int]
) -> set[int]:
    """Move one unit where rounding left a side without any entity."""
    labelled = [number for number in range(len(units)) if strata[number]]
    inside = [number for number in labelled if number in chosen]
    if not inside:
        return chosen | {labelled[-1]}
    if len(inside) == len(labelled):
        return chosen - {inside[0]}
    return chosen
