"""Our scores are seqeval's, to the last digit, on anything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics import accuracy_score
from seqeval.metrics.v1 import classification_report, precision_recall_fscore_support
from seqeval.scheme import IOB2

from tuner.training.scores import LabelScheme, find_entities, score

LABELS = ("O", "B-LOC", "I-LOC", "B-ORG", "I-ORG", "B-PER", "I-PER")
SCHEME = LabelScheme.of(LABELS)


@st.composite
def tagged(draw: st.DrawFn) -> tuple[list[list[int]], list[list[int]]]:
    """Random gold and predicted tag sequences, most of them ill-formed."""
    lengths = draw(st.lists(st.integers(1, 9), min_size=1, max_size=6))
    tag = st.integers(0, len(LABELS) - 1)
    sentences = [draw(st.lists(tag, min_size=n, max_size=n)) for n in lengths]
    # Predictions often agree with the gold, or nothing would ever match.
    predicted = [[draw(st.sampled_from([g, g, g, draw(tag)])) for g in s] for s in sentences]
    return sentences, predicted


def flat(sentences: list[list[int]]) -> np.ndarray:
    return np.array([tag for sentence in sentences for tag in sentence], dtype=np.int64)


def sentence_numbers(sentences: list[list[int]]) -> np.ndarray:
    return np.repeat(np.arange(len(sentences)), [len(s) for s in sentences]).astype(np.int64)


def names(sentences: list[list[int]]) -> list[list[str]]:
    return [[LABELS[tag] for tag in sentence] for sentence in sentences]


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=400, deadline=None)
@given(tagged())
def test_equals_seqeval_strict(case: tuple[list[list[int]], list[list[int]]]) -> None:
    gold, predicted = case
    ours = score(
        flat(gold),
        flat(predicted),
        sentence_numbers(gold),
        SCHEME,
        sentence_count=len(gold),
    )
    precision, recall, f1, _ = precision_recall_fscore_support(
        names(gold), names(predicted), average="micro", scheme=IOB2, zero_division=0
    )
    assert (ours.precision, ours.recall) == (precision, recall)
    assert ours.f1 == pytest.approx(f1, abs=1e-15)
    assert ours.accuracy == pytest.approx(accuracy_score(names(gold), names(predicted)))
    report = classification_report(
        names(gold),
        names(predicted),
        scheme=IOB2,
        output_dict=True,
        zero_division=0,
    )
    for kind, values in ours.per_type.items():
        theirs = report.get(kind, {"precision": 0.0, "recall": 0.0, "f1-score": 0.0, "support": 0})
        assert values.precision == pytest.approx(theirs["precision"])
        assert values.recall == pytest.approx(theirs["recall"])
        assert values.f1 == pytest.approx(theirs["f1-score"])
        assert values.support == theirs["support"]


@settings(max_examples=100, deadline=None)
@given(tagged())
def test_counts_add_up_to_the_scores(case: tuple[list[list[int]], list[list[int]]]) -> None:
    gold, predicted = case
    ours = score(
        flat(gold), flat(predicted), sentence_numbers(gold), SCHEME, sentence_count=len(gold)
    )
    assert ours.counts is not None and len(ours.counts) == len(gold)
    hits, found, support = (sum(column) for column in zip(*ours.counts, strict=True))
    assert ours.f1 == pytest.approx(2 * hits / (found + support) if found + support else 0.0)


def test_an_inside_tag_without_a_start_is_no_entity() -> None:
    tags = np.array([2, 2, 0, 1, 2, 4, 3], dtype=np.int64)  # I I O B I I-ORG B-ORG
    found = find_entities(tags, np.zeros(7, dtype=np.int64), SCHEME)
    assert found.starts.tolist() == [3, 6]
    assert found.ends.tolist() == [5, 7]


def test_entities_end_with_their_sentence() -> None:
    tags = np.array([1, 2], dtype=np.int64)
    found = find_entities(tags, np.array([0, 1], dtype=np.int64), SCHEME)
    assert (found.starts.tolist(), found.ends.tolist()) == ([0], [1])


def test_nothing_at_all_scores_zero() -> None:
    empty = np.zeros(0, dtype=np.int64)
    assert score(empty, empty, empty, SCHEME, sentence_count=0).f1 == 0.0
