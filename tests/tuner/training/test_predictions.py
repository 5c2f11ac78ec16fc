"""What a training keeps of its predictions, and what the diagnosis makes of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tuner
from diagnostics.checkup import diagnose
from tests.conftest import make_sentences, write_conll
from tests.tuner.trainings import RECIPE
from tuner.training.encode import EncodedSplit
from tuner.training.predictions import FILE, MOST_SENTENCES, write_predictions


def split_of(sizes: list[int], gold: list[int]) -> EncodedSplit:
    nothing = np.zeros(0, dtype=np.int32)
    return EncodedSplit(
        ids=nothing,
        labels=nothing,
        offsets=np.zeros(1, dtype=np.int64),
        words=np.arange(len(gold)),
        gold=np.array(gold, dtype=np.int64),
        sentence_of=np.repeat(np.arange(len(sizes)), sizes),
        sentences=len(sizes),
    )


def read(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / FILE).read_text("utf-8").splitlines()]


def test_a_line_per_sentence(tmp_path: Path) -> None:
    split = split_of([2, 1], [0, 1, 0])
    write_predictions(tmp_path, ("O", "B-PER"), split, np.array([0, 0, 1]))
    assert read(tmp_path) == [
        {"gold": ["O", "B-PER"], "predicted": ["O", "O"]},
        {"gold": ["O"], "predicted": ["B-PER"]},
    ]
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("count", [0, 1, MOST_SENTENCES, 3 * MOST_SENTENCES])
def test_a_large_split_is_thinned_evenly(tmp_path: Path, count: int) -> None:
    split = split_of([1] * count, [0] * count)
    predicted = np.minimum(np.arange(count), 1)
    write_predictions(tmp_path, ("first", "other"), split, predicted)
    lines = [line["predicted"][0] for line in read(tmp_path)]
    assert len(lines) == min(count, MOST_SENTENCES)
    assert lines.count("first") == min(count, 1)


def test_a_training_keeps_those_of_its_best_epoch(
    easy_data: Path, tiny_model: Path, tmp_path: Path
) -> None:
    result = tuner.train(
        easy_data, model=tiny_model, recipe=RECIPE, runs_dir=tmp_path, device="cpu"
    )
    pairs = read(result.directory)
    assert len(pairs) == 24
    words = [tags for pair in pairs for tags in zip(pair["gold"], pair["predicted"], strict=True)]
    assert result.dev is not None
    right = sum(gold == predicted for gold, predicted in words) / len(words)
    assert right == pytest.approx(result.dev.accuracy)


def test_labels_shifted_by_a_word_are_found_in_a_real_training(
    tiny_model: Path, tmp_path: Path
) -> None:
    """The development split's labels stand one word too late, as a careless tokenization does."""
    write_conll(tmp_path / "train.conll", make_sentences(48, seed=0))
    shifted = [replace(one, tags=("O", *one.tags[:-1])) for one in make_sentences(40, seed=1)]
    write_conll(tmp_path / "dev.conll", tuple(shifted))
    recipe = replace(RECIPE, epochs=5)
    result = tuner.train(
        tmp_path, model=tiny_model, recipe=recipe, runs_dir=tmp_path / "runs", device="cpu"
    )
    found = {finding.name: finding for finding in diagnose(result.directory).findings}
    assert "token-label-shift" in found, sorted(found)
    assert found["token-label-shift"].tier == "A"
    assert found["token-label-shift"].consequence_of is None
