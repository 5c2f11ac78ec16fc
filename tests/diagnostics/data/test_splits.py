"""What splits have in common, and where they differ."""

from __future__ import annotations

import math
import random
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.measures import _first_sentences, entity_overlap
from diagnostics.measures._near_repeats import near_repeats, triples
from diagnostics.measures.entity_overlap import EntityOverlap
from diagnostics.measures.repeats import Repeats, RepeatsFound
from diagnostics.rules.data._evidence.divergence import (
    chance_of_divergence,
    jensen_shannon,
    kolmogorov_smirnov,
)
from tests.diagnostics.data.surveying import conll, numbered, surveyed

FOX = "The/B-X quick brown fox runs away"
DOG = "A lazy dog/B-X sleeps all day"
CAT = "One old cat/B-X eats red fish"


def repeats(folder: Path, **splits: str) -> RepeatsFound:
    return Repeats.of(surveyed(folder, Repeats, **splits))


def test_copies_are_found_whatever_their_case(tmp_path: Path) -> None:
    shouted = "THE/B-X QUICK BROWN FOX RUNS AWAY"
    seen = repeats(tmp_path, train=conll(FOX, DOG), dev=conll(CAT, shouted))
    alike = seen.across["dev", "train"]
    assert (alike.count, alike.of) == (1, 2)
    assert [(place.file, place.line) for place in alike.places] == [("dev.txt", 8)]
    assert alike.places[0].text.startswith("as train.txt:1: THE QUICK")


def test_short_sentences_are_no_copies(tmp_path: Path) -> None:
    seen = repeats(tmp_path, train=conll("Yes he/B-X is", FOX), dev=conll("Yes he/B-X is", DOG))
    assert (seen.across, seen.same) == ({}, ())


def test_each_copy_is_counted_where_it_stood_first(tmp_path: Path) -> None:
    seen = repeats(tmp_path, train=conll(FOX), dev=conll(DOG, FOX), test=conll(FOX, DOG, CAT))
    counts = {pair: alike.count for pair, alike in seen.across.items()}
    assert counts == {("dev", "train"): 1, ("test", "train"): 1, ("test", "dev"): 1}


def test_all_copies_in_train_have_to_go(tmp_path: Path) -> None:
    seen = repeats(
        tmp_path,
        train=conll(FOX, FOX, DOG, FOX),
        dev=conll(FOX, FOX, CAT, CAT),
        test=conll(CAT),
    )
    assert seen.across["dev", "train"].count == 2
    assert seen.removable == {("dev", "train"): 3, ("test", "dev"): 2}
    assert seen.within["train"].count == 2


def test_other_labels_are_contradictions(tmp_path: Path) -> None:
    other = FOX.replace("B-X", "B-Y")
    seen = repeats(tmp_path, train=conll(FOX, DOG, other, DOG), test=conll(other, CAT))
    assert {split: alike.count for split, alike in seen.contradicting.items()} == {
        "train": 1,
        "test": 1,
    }
    assert seen.contradicting["train"].places[0].line == 15


def test_the_same_sentences_in_any_order_are_the_same(tmp_path: Path) -> None:
    short = "Yes he/B-X is"
    seen = repeats(tmp_path, train=conll(short, FOX, DOG), dev=conll(DOG, short, FOX))
    assert seen.same == (("train", "dev"),)


def test_a_sample_finds_the_same_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_first_sentences, "_MOST_HELD", 500)
    train, dev = conll(*numbered(0, 3000)), conll(*numbered(2000, 4000))
    alike = repeats(tmp_path, train=train, dev=dev).across["dev", "train"]
    assert alike.of < 600
    assert 0.2 < alike.count / alike.of < 0.8  # half of dev is in train


small_texts = st.lists(
    st.lists(st.sampled_from("abcd"), min_size=3, max_size=9).map(" ".join), max_size=8
)


@given(asked=small_texts, texts=small_texts, similarity=st.sampled_from([0.3, 0.5, 0.8, 1.0]))
def test_near_repeats_are_those_of_all_pairs(
    asked: list[str], texts: list[str], similarity: float
) -> None:
    expected = {}
    for number, one in enumerate(map(triples, asked)):
        for place, other in enumerate(map(triples, texts)):
            union = len(one | other)
            if union and len(one & other) >= similarity * union and number not in expected:
                expected[number] = place
    assert dict(near_repeats(asked, texts, similarity=similarity)) == expected


def test_a_changed_word_leaves_a_near_copy(tmp_path: Path) -> None:
    clause = " ".join(f"word{n}" for n in range(20))
    train, dev = conll(f"{clause} Acme/B-ORG"), conll(f"{clause} Bolt/B-ORG", FOX)
    near = repeats(tmp_path, train=train, dev=dev).near["dev"]
    assert (near.count, near.of) == (1, 2)
    assert near.places[0].text.startswith("like train.txt:1: word0")


def test_entities_are_known_with_their_label_only(tmp_path: Path) -> None:
    train = conll("Anna/B-PER Lind/I-PER saw Rome/B-LOC")
    dev = conll("ANNA/B-PER Lind/I-PER and Anna/B-PER and Rome/B-ORG and Rome/B-LOC")
    overlap = EntityOverlap.of(surveyed(tmp_path, EntityOverlap, train=train, dev=dev)).splits[
        "dev"
    ]
    assert overlap.looked_up == {"PER": 2, "ORG": 1, "LOC": 1}
    assert overlap.known == {"PER": 1, "ORG": 0, "LOC": 1}
    assert overlap.share == 0.5
    assert [place.text for place in overlap.unknown_places] == ["Anna (PER)", "Rome (ORG)"]


def test_a_sample_of_entities_has_the_same_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entity_overlap, "_MOST_HELD", 500)
    train = conll(*(f"name{n}/B-PER left" for n in range(4000)))
    dev = conll(*(f"name{n}/B-PER left" for n in range(3000, 5000)))
    seen = EntityOverlap.of(surveyed(tmp_path, EntityOverlap, train=train, dev=dev))
    assert seen.sampled in {8, 16}
    assert sum(seen.splits["dev"].looked_up.values()) < 500
    assert 0.3 < seen.splits["dev"].share < 0.7


counts = st.dictionaries(st.sampled_from("ABCDE"), st.integers(1, 50), min_size=1)


@given(one=counts, other=counts)
def test_divergence_is_a_divergence(one: dict[str, int], other: dict[str, int]) -> None:
    divergence = jensen_shannon(one, other)
    assert divergence == pytest.approx(jensen_shannon(other, one))
    assert 0 <= divergence <= 1 + 1e-9
    assert jensen_shannon(one, one) == pytest.approx(0)
    assert jensen_shannon(one, {"F": 3}) == pytest.approx(1)
    assert math.isnan(jensen_shannon(one, {}))


def test_draws_of_one_pool_diverge_by_chance() -> None:
    generator = random.Random(1)
    reached = 0
    for _ in range(40):
        one, other = ([generator.choice("AAAB") for _ in range(size)] for size in (200, 50))
        divergence = jensen_shannon(Counter(one), Counter(other))
        reached += chance_of_divergence(one, other, divergence) < 0.05
    assert reached <= 6  # 2 are expected


def test_flocks_of_labels_are_drawn_together() -> None:
    """Ten sentences of twenty equal labels each tell as much as ten labels."""
    one, other = [["A"] * 20] * 5 + [["B"] * 20] * 5, [["A"] * 20] * 3 + [["B"] * 20] * 7
    assert (
        chance_of_divergence(one, other, jensen_shannon({"A": 5, "B": 5}, {"A": 3, "B": 7})) > 0.1
    )


lengths = st.dictionaries(st.integers(1, 40), st.integers(1, 60), min_size=2)


@settings(max_examples=25)
@given(one=lengths, other=lengths)
def test_the_distance_of_lengths_is_that_of_scipy(
    one: dict[int, int], other: dict[int, int]
) -> None:
    from scipy.stats import ks_2samp

    expanded = [list(Counter(each).elements()) for each in (one, other)]
    reference = ks_2samp(*expanded, method="asymp")
    distance, chance = kolmogorov_smirnov(one, other)
    assert distance == pytest.approx(reference.statistic)
    assert 0 <= chance <= 1
    if min(map(len, expanded)) > 50:
        assert chance == pytest.approx(reference.pvalue, abs=0.1)


def test_the_chance_of_a_distance_falls() -> None:
    chances = [
        kolmogorov_smirnov({1: 100 - n, 9: n}, {1: 100})[1] for n in (0, 1, 5, 10, 20, 30, 50)
    ]
    assert all(later <= earlier for earlier, later in pairwise(chances))
    assert (chances[0], chances[-1] < 1e-6) == (1, True)
