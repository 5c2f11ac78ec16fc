"""What more sentences would bring: a light tagger on parts of train."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from diagnostics.data_checkup import check
from diagnostics.measures import learning_curve
from diagnostics.measures._outlook import outlook
from diagnostics.measures._power_law import fit_power_law
from diagnostics.measures._training_curve import PartScore
from diagnostics.measures.learning_curve import LearningCurve, LearningCurveFound
from tests.diagnostics.data.surveying import conll, surveyed, written

ENDINGS = [first + last for first in "aeiou" for last in "bdfgklmn"]
"""Every second one is that of a person, the others are those of places."""

VERBS = ("met", "left", "saw", "likes", "near", "beside")


def sentences(count: int, seed: int) -> str:
    """Names whose endings tell their type, each name a new one."""
    generator = random.Random(seed)
    lines = []
    for _ in range(count):
        words = []
        for ending in generator.choices(range(len(ENDINGS)), k=2):
            stem = "".join(generator.choices("bdfgklmnprst", k=4)).capitalize()
            label = ("PER", "LOC")[ending % 2]
            words += [f"{stem}{ENDINGS[ending]}/B-{label}", generator.choice(VERBS)]
        lines.append(" ".join(words))
    return conll(*lines)


def curve(folder: Path, **splits: str) -> LearningCurveFound:
    return LearningCurve.of(surveyed(folder, LearningCurve, **splits))


def test_the_score_rises_with_the_sentences(tmp_path: Path) -> None:
    found = curve(tmp_path, train=sentences(60, 1), dev=sentences(60, 2))
    assert [point.sentences for point in found.points] == [15, 30, 45, 60]
    assert found.points[-1].f1 > found.points[0].f1
    assert all(point.lowest <= point.f1 <= point.highest for point in found.points)
    assert (found.scored_on, found.train_sentences, found.sampled) == ("dev", 60, 1)
    assert found.outlook is not None
    assert found.outlook.low <= found.outlook.gain <= found.outlook.high
    assert found.outlook.gain > 0


def test_without_dev_a_fifth_of_train_is_held_out(tmp_path: Path) -> None:
    found = curve(tmp_path, train=sentences(100, 1))
    assert (found.scored_on, found.points[-1].sentences) == ("train", 80)


def test_the_same_data_gives_the_same_curve(tmp_path: Path) -> None:
    splits = {"train": sentences(60, 1), "dev": sentences(20, 2)}
    assert curve(tmp_path, **splits) == curve(tmp_path, **splits)


def test_large_data_is_thinned_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning_curve, "_MOST_WORK", 60 * 4 * 3 // 2)
    found = curve(tmp_path, train=sentences(120, 1), dev=sentences(20, 2))
    assert (found.sampled, found.points[-1].sentences, found.train_sentences) == (4, 30, 120)


def test_too_little_to_try(tmp_path: Path) -> None:
    found = curve(tmp_path, train=sentences(10, 1), dev=sentences(5, 2))
    assert (found.points, found.outlook) == ((), None)


def test_one_label_alone_is_no_fault(tmp_path: Path) -> None:
    always = conll("Anna/B-PER Lind/B-PER")
    found = curve(tmp_path, train=always * 60, dev=always * 20, test=conll("it rains"))
    assert found.points[-1].f1 == 1.0


def test_it_is_made_on_request_only(tmp_path: Path) -> None:
    folder = written(tmp_path, train=sentences(60, 1), dev=sentences(60, 2))
    unasked = check(folder, select=["D310"])
    assert "--learning-curve" in unasked.not_judged[0][1]
    deep = check(folder, select=["D310"], deep=True)
    assert deep.not_judged
    asked = check(folder, select=["D310"], learning_curve=True)
    assert not asked.not_judged
    assert not asked.crashed


@pytest.mark.parametrize("rate", [0.2, 0.5, 1.0])
def test_a_power_law_is_found_again(rate: float) -> None:
    counts = [250.0, 500.0, 750.0, 1000.0]
    law = fit_power_law(counts, [0.9 - 2.5 * count**-rate for count in counts])
    assert law is not None
    assert law.at(2000) == pytest.approx(0.9 - 2.5 * 2000**-rate, abs=0.005)


def test_a_falling_curve_is_taken_for_flat() -> None:
    law = fit_power_law([250, 500, 750, 1000], [0.8, 0.79, 0.78, 0.77])
    assert law is not None
    assert 0 <= law.at(2000) - law.at(1000) < 0.001


def test_luck_of_the_draw_widens_the_interval() -> None:
    def part(sentences: int, correct: int) -> PartScore:
        return PartScore(sentences=sentences, counts=((correct, 100, 100),) * 4)

    rising = {25: 50, 50: 55, 75: 58, 100: 60}
    steady = [part(size, score) for size, score in rising.items() for _ in range(3)]
    shaky = [
        part(size, score + step * (size < 100))
        for size, score in rising.items()
        for step in (-6, 0, 6)
    ]
    calm, wide = outlook(steady, 100), outlook(shaky, 100)
    assert calm is not None
    assert wide is not None
    assert calm.gain == pytest.approx(0.05, abs=0.02)
    assert wide.high - wide.low > 2 * (calm.high - calm.low)
