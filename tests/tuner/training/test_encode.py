"""Every word is labelled on its first sub-token and scored in exactly one window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from diagnostics.subjects.labelled_data import Sentence
from tuner.errors import ModelError
from tuner.training.encode import IGNORED, SubwordEncoder, cut_windows, encode, load_or_encode

LABELS = ("O", "B-X", "I-X")


@pytest.fixture(scope="module")
def tokenizer(tiny_model: Path) -> object:
    return AutoTokenizer.from_pretrained(tiny_model)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=80), st.integers(12, 40))
def test_windows_score_each_word_once(sizes: list[int], room: int) -> None:
    windows = cut_windows(sizes, room)
    scored = [w for window in windows for w in range(window.scored_from, window.scored_to)]
    assert scored == list(range(len(sizes)))
    for window in windows:
        assert sum(sizes[window.first : window.stop]) <= room
        assert window.first <= window.scored_from <= window.scored_to <= window.stop


def test_windows_overlap_and_split_the_overlap_in_its_middle() -> None:
    first, second = cut_windows([1] * 15, 10)
    assert (first.first, first.stop, second.first, second.stop) == (0, 10, 8, 15)
    assert first.scored_to == second.scored_from == 9


def sentence(*words: str) -> Sentence:
    tags = tuple("B-X" if word[0].isupper() else "O" for word in words)
    return Sentence(tokens=words, tags=tags)


def test_the_first_sub_token_carries_the_label(tokenizer: object) -> None:
    encoder = SubwordEncoder(tokenizer, 64)  # type: ignore[arg-type]
    split = encode([sentence("Acme", "zzz", "paris")], LABELS, encoder)
    assert split.labels.tolist() == [IGNORED, 1, 0, IGNORED, IGNORED, 0, IGNORED]
    assert split.words.tolist() == [0, 1, 2]
    assert split.gold.tolist() == [1, 0, 0]


def test_equals_the_tokenizer_on_split_words(tokenizer: object) -> None:
    words = ["Acme", "Corp", "joined", "zebra-like", '("', "Paris", "."]
    encoder = SubwordEncoder(tokenizer, 64)  # type: ignore[arg-type]
    split = encode([sentence(*words)], LABELS, encoder)
    theirs = tokenizer(words, is_split_into_words=True)  # type: ignore[operator]
    assert split.ids.tolist() == theirs["input_ids"]
    firsts = [n for n, word in enumerate(theirs.word_ids()) if word is not None]
    firsts = [n for n in firsts if n == 0 or theirs.word_ids()[n] != theirs.word_ids()[n - 1]]
    assert np.flatnonzero(split.labels != IGNORED).tolist() == firsts


def test_nothing_is_dropped(tokenizer: object) -> None:
    words = ["Paris"] * 30 + ["\u200b", "x" * 50, "Rome"]
    encoder = SubwordEncoder(tokenizer, 16)  # type: ignore[arg-type]
    split = encode([sentence(*words), sentence("Bob")], LABELS, encoder)
    assert sorted(split.words.tolist()) == list(range(len(words) + 1))
    assert (split.labels != IGNORED).sum() == len(words) + 1
    assert split.lengths.max() <= 16
    assert (split.cut_sentences, split.cut_words, split.unknown_words) == (1, 1, 1)
    assert split.sentence_of[-1] == 1


def test_a_window_must_have_room(tokenizer: object) -> None:
    with pytest.raises(ModelError, match=r"leave room .* got 2"):
        SubwordEncoder(tokenizer, 2)  # type: ignore[arg-type]


def test_the_cache_is_read_and_a_damaged_one_is_replaced(tokenizer: object, tmp_path: Path) -> None:
    class Forbidden(SubwordEncoder):
        def learn(self, words: object) -> None:
            raise AssertionError("encoded again")

    data = [sentence("Acme", "in", "Paris")]
    encoder = SubwordEncoder(tokenizer, 64)  # type: ignore[arg-type]
    first = load_or_encode(data, LABELS, encoder, tmp_path, "key")
    again = load_or_encode(data, LABELS, Forbidden(tokenizer, 64), tmp_path, "key")  # type: ignore[arg-type]
    assert first.ids.tolist() == again.ids.tolist()
    (stored,) = tmp_path.iterdir()
    stored.write_bytes(stored.read_bytes()[:40])
    mended = load_or_encode(data, LABELS, encoder, tmp_path, "key")
    assert mended.labels.tolist() == first.labels.tolist()
