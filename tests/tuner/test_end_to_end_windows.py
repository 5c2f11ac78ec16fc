"""Sentences that are longer than the model reads at once: every word is trained and scored."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import tuner
from diagnostics.subjects.labelled_data import Sentence
from tests.conftest import write_conll
from tests.tuner.trainings import RECIPE, SPACE, StudyWatcher
from tuner.data import load_data

MAX_LENGTH = 16


def joined(sentences: tuple[Sentence, ...], size: int) -> tuple[Sentence, ...]:
    """Join each `size` sentences to a long one."""
    groups = [sentences[start : start + size] for start in range(0, len(sentences), size)]
    return tuple(
        Sentence(
            tokens=tuple(token for sentence in group for token in sentence.tokens),
            tags=tuple(tag for sentence in group for tag in sentence.tags),
        )
        for group in groups
    )


@pytest.fixture(scope="module")
def long_data(
    sentences: Callable[..., tuple[Sentence, ...]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("long")
    for number, (split, count) in enumerate((("train", 60), ("dev", 30), ("test", 20))):
        write_conll(folder / f"{split}.conll", joined(sentences(count, seed=number), 5))
    return folder


def test_every_entity_of_a_long_sentence_is_scored(
    long_data: Path, tiny_model: Path, tmp_path: Path
) -> None:
    facts = load_data(long_data).facts["splits"]
    watcher = StudyWatcher()
    summary = tuner.search(
        long_data,
        model=tiny_model,
        max_length=MAX_LENGTH,
        trials=1,
        confirm=0,
        space=SPACE,
        recipe=replace(RECIPE, batch_size=4, epochs=4),
        study="long",
        runs_dir=tmp_path,
        device="cpu",
        observer=watcher,
    )
    assert summary.winner is not None and summary.test is not None
    for scores, split in ((summary.winner.scores, "dev"), (summary.test, "test")):
        support = {kind: values.support for kind, values in scores.per_type.items()}
        assert support == facts[split]["per_type"]
        assert scores.accuracy > 0.99, "a word that no window scores would count as wrong"
    counts = json.loads((tmp_path / "long" / "trials" / "0000" / "dev_counts.json").read_text())
    assert len(counts) == facts["dev"]["sentences"], "windows are put together again"
    assert sum(gold for _, _, gold in counts) == facts["dev"]["entities"]
    (plan,) = watcher.plans
    assert any("cut into overlapping windows" in note for note in plan.notes)


def test_windows_change_nothing_where_all_sentences_fit(
    easy_data: Path, tiny_model: Path, tmp_path: Path
) -> None:
    """A limit that no sentence reaches gives the very same training."""
    whole, limited = (
        tuner.train(
            easy_data,
            model=tiny_model,
            recipe=RECIPE,
            epochs=1,
            max_length=length,
            runs_dir=tmp_path,
            device="cpu",
        )
        for length in (None, 32)
    )
    assert whole.reports[0].train_loss == limited.reports[0].train_loss
    assert whole.dev == limited.dev
