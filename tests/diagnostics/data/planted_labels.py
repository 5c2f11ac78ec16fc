"""Plants wrong labels into a data set, and remembers where."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from diagnostics.data_format import ReadingLog, ReadOptions
from diagnostics.scheme_detection import detect_scheme
from diagnostics.split_finder import find_splits
from diagnostics.tag_scheme import entities

Span = tuple[int, int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedLabels:
    """A file with wrong labels, and the lines (from 1) at which they start."""

    path: Path
    lines: frozenset[int]


def plant_wrong_labels(
    source: Path, into: Path, *, share: float = 0.05, seed: int = 0
) -> PlantedLabels:
    """Write all splits into one file, a share of the entities wrong.

    Half of them get another type, a quarter lose their label, and for another quarter a word that
    is no entity is called one.
    """
    draw = random.Random(seed)
    words, spans = _read(source)
    types = sorted({kind for found in spans for _, _, kind in found})
    every = [(number, span) for number, found in enumerate(spans) for span in found]
    draw.shuffle(every)
    count = int(share * len(every))
    planted: set[tuple[int, int]] = set()
    for number, span in every[: count // 2]:
        other = draw.choice([kind for kind in types if kind != span[2]])
        spans[number][spans[number].index(span)] = (*span[:2], other)
        planted.add((number, span[0]))
    for number, span in every[count // 2 : count // 2 + count // 4]:
        spans[number].remove(span)
        planted.add((number, span[0]))
    while len(planted) < count:
        number = draw.randrange(len(words))
        place = draw.randrange(len(words[number]))
        inside = any(start <= place < end for start, end, _ in spans[number])
        if words[number][place].isalpha() and not inside:
            spans[number].append((place, place + 1, draw.choice(types)))
            planted.add((number, place))
    return PlantedLabels(path=into, lines=_written(into, words, spans, planted))


def _read(source: Path) -> tuple[list[Sequence[str]], list[list[Span]]]:
    sentences = [
        sentence
        for places in find_splits(source).values()
        for place in places
        for sentence in place.format.read(place.path, ReadOptions(), ReadingLog(strict=False))
    ]
    scheme = detect_scheme(sentence.tags for sentence in sentences)
    spans = [list(entities(scheme.convert(sentence.tags).tags)) for sentence in sentences]
    return [sentence.tokens for sentence in sentences], spans


def _written(
    path: Path,
    words: Sequence[Sequence[str]],
    spans: Sequence[Sequence[Span]],
    planted: set[tuple[int, int]],
) -> frozenset[int]:
    lines: list[str] = []
    numbers: set[int] = set()
    for number, sentence in enumerate(words):
        tags = ["O"] * len(sentence)
        for start, end, kind in spans[number]:
            tags[start:end] = [f"B-{kind}", *[f"I-{kind}"] * (end - start - 1)]
        numbers.update(
            len(lines) + place + 1 for place in range(len(sentence)) if (number, place) in planted
        )
        lines.extend(f"{word}\t{tag}" for word, tag in zip(sentence, tags, strict=True))
        lines.append("")
    path.write_text("\n".join(lines), encoding="utf-8")
    return frozenset(numbers)
