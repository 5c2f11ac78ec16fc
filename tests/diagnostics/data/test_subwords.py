"""Words in sub-tokens: lengths, what is lost at a length, and what a tokenizer cannot read."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.measures.casing import Casing
from diagnostics.measures.subwords import Pieces, Subwords, SubwordsFound
from diagnostics.rules.data._evidence.padding import (
    cost_of_length,
    padding_of_random_batches,
    sufficient_length,
)
from diagnostics.split_finder import find_splits
from diagnostics.survey import survey

TEXT = """\
a O
bbb B-PER
cc I-PER

dddd O
\u200b O
ee B-LOC
? B-LOC
"""


def split(words: Sequence[str]) -> list[Pieces]:
    """One sub-token per letter; invisible signs vanish and question marks are unknown."""
    return [Pieces(0 if word == "\u200b" else len(word), word.count("?")) for word in words]


def measured(folder: Path, text: str, *, max_length: int = 512) -> SubwordsFound:
    path = folder / "train.conll"
    path.write_text(text, encoding="utf-8")
    makers = {Subwords.key(): lambda: Subwords(split, special=2, max_length=max_length)}
    return Subwords.of(survey(find_splits(path), makers, source="x"))


def test_lengths_hold_the_special_tokens(tmp_path: Path) -> None:
    found = measured(tmp_path, TEXT)
    assert found.lengths == {"train": {8: 1, 9: 1}}
    assert (found.words["train"], found.pieces["train"]) == (7, 13)


def test_an_entity_is_there_when_its_last_word_begins_inside(tmp_path: Path) -> None:
    found = measured(tmp_path, TEXT)
    # a bbb cc: `cc` begins at the fifth sub-token, so 4 + 1 + 2 special tokens hold it.
    assert found.entity_ends == {"PER": {7: 1}, "LOC": {7: 1, 9: 1}}
    assert found.lost_entities(7) == {"PER": 0, "LOC": 1}
    assert found.lost_entities(6) == {"PER": 1, "LOC": 2}


def test_what_lies_beyond_the_length_is_named(tmp_path: Path) -> None:
    found = measured(tmp_path, TEXT, max_length=6)
    assert [(place.line, place.text) for place in found.entity_places] == [
        (3, "bbb cc (PER)"),
        (7, "ee (LOC)"),
        (8, "? (LOC)"),
    ]
    assert found.words_beyond == {"train": 4}  # also the invisible one


def test_odd_words_are_counted_with_their_places(tmp_path: Path) -> None:
    found = measured(tmp_path, TEXT)
    assert (found.vanished_words, found.vanished_entity_words) == (1, 0)
    assert found.vanished_places[0].line == 6
    assert (found.unknown_words, found.unknown_entity_words) == (1, 1)
    assert found.unknown_places[0].text == "?"


@given(st.lists(st.integers(1, 60), min_size=1, max_size=40), st.integers(1, 16))
def test_padding_is_what_random_batches_come_to(lengths: list[int], batch: int) -> None:
    counts = {length: lengths.count(length) for length in lengths}
    chance = random.Random(7)
    longest = [max(chance.choices(lengths, k=batch)) for _ in range(4_000)]
    mean = sum(lengths) / len(lengths)
    expected = 1 - mean / (sum(longest) / len(longest))
    assert padding_of_random_batches(counts, batch) == pytest.approx(expected, abs=0.04)


def test_sufficient_length_and_what_it_costs(tmp_path: Path) -> None:
    found = measured(tmp_path, "x B-PER\n\n" * 99 + "y O\n" * 100 + "z B-PER\n")
    assert sufficient_length(found, largest_loss=0.02) == 32
    assert sufficient_length(found, largest_loss=0.0) == 128
    assert cost_of_length(found, 32, 128) == pytest.approx((99 * 3 + 103) / (99 * 3 + 32))


def test_nothing_is_asked_of_a_splitter_twice(tmp_path: Path) -> None:
    asked: list[str] = []

    def noting(words: Sequence[str]) -> list[Pieces]:
        asked.extend(words)
        return split(words)

    path = tmp_path / "train.conll"
    path.write_text(TEXT * 3, encoding="utf-8")
    makers = {Subwords.key(): lambda: Subwords(noting, special=2, max_length=9)}
    survey(find_splits(path), makers, source="x")
    assert len(asked) == len(set(asked)) == 7


def test_casing_leaves_first_words_out(tmp_path: Path) -> None:
    path = tmp_path / "train.conll"
    path.write_text("Then O\nAnna B-PER\nde I-PER\nleft O\n3 O\n中 O\n", encoding="utf-8")
    found = Casing.of(survey(find_splits(path), {Casing.key(): Casing}, source="x"))
    assert (found.entity_words, found.entity_capitals) == (2, 1)
    assert (found.other_words, found.other_capitals) == (1, 0)
