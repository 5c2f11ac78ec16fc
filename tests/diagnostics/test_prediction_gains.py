"""What renaming and moving predictions gains: everything where that was the fault, else nothing."""

from __future__ import annotations

import random

import pytest

from diagnostics.prediction_gains import relabelling_gain, shift_gain
from diagnostics.subjects.predictions import Predictions, Tags

TYPES = ("PER", "LOC", "ORG", "MISC")


def sentences(count: int, *, seed: int = 0) -> list[list[str]]:
    generator = random.Random(seed)
    made = []
    for _ in range(count):
        tags: list[str] = []
        while len(tags) < 12:
            tags += ["O"] * generator.randint(1, 4)
            kind = generator.choice(TYPES)
            tags += [f"B-{kind}"] + [f"I-{kind}"] * generator.randint(0, 2)
        made.append([*tags, "O"])
    return made


def damaged(tags: list[str], share: float, generator: random.Random) -> list[str]:
    """Drop and rename entities, as a mediocre model does."""
    result = list(tags)
    for place, tag in enumerate(tags):
        if tag.startswith("B-") and generator.random() < share:
            end = place + 1
            while end < len(tags) and tags[end].startswith("I-"):
                end += 1
            kind = generator.choice((*TYPES, ""))
            for inner in range(place, end):
                result[inner] = f"{tags[inner][:2]}{kind}" if kind else "O"
    return result


def pair(gold: list[list[str]], predicted: list[list[str]]) -> Predictions:
    def frozen(rows: list[list[str]]) -> tuple[Tags, ...]:
        return tuple(map(tuple, rows))

    return Predictions(gold=frozen(gold), predicted=frozen(predicted))


def model(share: float, *, count: int = 60, seed: int = 1) -> Predictions:
    generator = random.Random(seed)
    gold = sentences(count, seed=seed)
    return pair(gold, [damaged(tags, share, generator) for tags in gold])


def renamed(tags: Tags, names: dict[str, str]) -> Tags:
    return tuple(tag[:2] + names[tag[2:]] if tag != "O" else tag for tag in tags)


CYCLE = dict(zip(TYPES, (*TYPES[1:], TYPES[0]), strict=True))


def test_permuted_types_are_put_back() -> None:
    honest = model(0.3)
    mixed = Predictions(
        gold=honest.gold, predicted=tuple(renamed(tags, CYCLE) for tags in honest.predicted)
    )
    gain = relabelling_gain(mixed)
    assert gain.before < 0.15
    assert gain.after == pytest.approx(relabelling_gain(honest).before, abs=0.03)
    assert {old[2:]: new[2:] for old, new in gain.change.items()} == {
        new: old for old, new in CYCLE.items()
    }


def test_permuted_numbers_of_all_labels_are_put_back() -> None:
    honest = model(0.2, count=120)
    labels = ["O", *(f"{prefix}-{kind}" for kind in TYPES for prefix in "BI")]
    shuffled = labels[3:] + labels[:3]
    names = dict(zip(labels, shuffled, strict=True))
    mixed = Predictions(
        gold=honest.gold,
        predicted=tuple(tuple(names[tag] for tag in tags) for tags in honest.predicted),
    )
    gain = relabelling_gain(mixed)
    assert gain.before < 0.1
    assert gain.after > 0.6


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.8, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_renaming_gains_nothing_from_honest_mistakes(share: float, seed: int) -> None:
    gain = relabelling_gain(model(share, seed=seed))
    assert gain.after - gain.before < 0.1


def test_shifted_predictions_are_moved_back() -> None:
    honest = model(0.2)
    late = Predictions(
        gold=honest.gold, predicted=tuple(("O", *tags[:-1]) for tags in honest.predicted)
    )
    gain = shift_gain(late)
    assert gain.shift == -1
    assert gain.after - gain.before > 0.5


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_moving_gains_nothing_from_honest_mistakes(share: float) -> None:
    gain = shift_gain(model(share))
    assert gain.after - gain.before < 0.1


def test_predictions_of_other_words_are_refused() -> None:
    with pytest.raises(ValueError, match="lengths"):
        Predictions(gold=(("O", "O"),), predicted=(("O",),))
