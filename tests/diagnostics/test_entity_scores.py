"""Entities and their F1, against seqeval and against the scores of the training."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.entity_scores import count_entities, spans

TAGS = st.sampled_from(["O", "B-PER", "I-PER", "B-LOC", "I-LOC"])
PAIRS = st.lists(st.tuples(TAGS, TAGS), min_size=1, max_size=12)
SENTENCES = st.lists(PAIRS, min_size=1, max_size=4)


def sides(sentences: list[list[tuple[str, str]]]) -> tuple[list[list[str]], list[list[str]]]:
    gold = [[tag for tag, _ in sentence] for sentence in sentences]
    predicted = [[tag for _, tag in sentence] for sentence in sentences]
    return gold, predicted


@settings(deadline=None)  # the first example imports scikit-learn
@given(SENTENCES)
def test_the_lenient_reading_is_that_of_seqeval(sentences: list[list[tuple[str, str]]]) -> None:
    from seqeval.metrics import f1_score

    gold, predicted = sides(sentences)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = f1_score(gold, predicted)
    assert count_entities(gold, predicted).f1 == pytest.approx(expected)


@settings(deadline=None)
@given(SENTENCES)
def test_the_strict_reading_is_that_of_seqeval(sentences: list[list[tuple[str, str]]]) -> None:
    from seqeval.metrics import f1_score
    from seqeval.scheme import IOB2

    gold, predicted = sides(sentences)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = f1_score(gold, predicted, mode="strict", scheme=IOB2)
    assert count_entities(gold, predicted, strict=True).f1 == pytest.approx(expected)


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        (("B-PER", "L-PER", "O", "U-LOC"), [(0, 2, "PER"), (3, 4, "LOC")]),
        (("S-PER", "S-PER", "B-LOC", "E-LOC"), [(0, 1, "PER"), (1, 2, "PER"), (2, 4, "LOC")]),
        (("PER", "PER", "O", "LOC"), [(0, 2, "PER"), (3, 4, "LOC")]),
        (("I-PER", "I-PER", "B-PER"), [(0, 2, "PER"), (2, 3, "PER")]),
        (("B-X-Y", "I-X-Y"), [(0, 2, "X-Y")]),
        ((), []),
    ],
    ids=["BILOU", "BIOES", "plain types", "IOB1", "a type with a hyphen", "nothing"],
)
def test_other_schemes_are_read(tags: tuple[str, ...], found: list[tuple[int, int, str]]) -> None:
    assert list(spans(tags)) == found


def test_nothing_to_find_is_no_success() -> None:
    assert count_entities([["O", "O"]], [["O", "O"]]).f1 == 0.0
