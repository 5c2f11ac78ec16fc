"""How much there is: counts by hand, intervals, and what splits resolve."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.measure import Entity, SeenSentence
from diagnostics.measures import sizes as sizes_module
from diagnostics.measures._thinned_sample import ThinnedSample
from diagnostics.measures.sizes import LabelSize, Sizes, SizesFound
from diagnostics.rules.data._evidence.resolution import resolution
from diagnostics.subjects.labelled_data import Sentence
from tests.diagnostics.data.surveying import conll, surveyed

SHARED = Path(__file__).parents[4] / "shared"
SAMPLE = Path(__file__).parents[3] / "tuner" / "sample_data"
ANNA, RAIN = conll("Anna/B-PER sleeps"), conll("it rains")


def sizes(folder: Path, **splits: str) -> SizesFound:
    return Sizes.of(surveyed(folder, Sizes, **splits))


def test_counts_by_hand(tmp_path: Path) -> None:
    train = conll("Anna/B-PER Lind/I-PER met Bob/B-PER in Rome/B-LOC", "it rains", "Oslo/B-LOC")
    split = sizes(tmp_path, train=train, dev=RAIN).splits["train"]
    assert (split.sentences, split.words, split.entities) == (3, 9, 4)
    assert (split.entity_words, split.sentences_with_entities) == (5, 2)
    assert split.outside_share == pytest.approx(4 / 9)
    assert split.squared_entities == 9 + 1
    assert split.entities_beside == pytest.approx(10 / 4)
    assert dict(split.lengths) == {1: 1, 2: 1, 6: 1}
    assert [split.length_at(share) for share in (0, 0.5, 1)] == [1, 2, 6]
    person = split.labels["PER"]
    assert (person.entities, person.sentences, person.squares) == (2, 1, 4)
    assert [(place.line, place.text) for place in person.places] == [(1, "Anna Lind"), (4, "Bob")]
    assert [(place.line, place.text) for place in split.one_word] == [(11, "Oslo")]


def test_the_scheme_does_not_matter(tmp_path: Path) -> None:
    iob1 = conll("Anna/I-PER Lind/I-PER Bob/B-PER met", "Rome/I-LOC is far")
    split = sizes(tmp_path, train=iob1).splits["train"]
    assert {label: size.entities for label, size in split.labels.items()} == {"PER": 2, "LOC": 1}


def test_the_longest_come_first(tmp_path: Path) -> None:
    lengths = (200, 10, 500, 130, 300, 129, 400, 128, 127)
    train = conll(*(" ".join(["Anna/B-PER"] + ["and"] * (n - 1)) for n in lengths))
    places = sizes(tmp_path, train=train).splits["train"].longest
    assert [int(place.text.split()[0]) for place in places] == [500, 400, 300, 200, 130]


def test_entities_that_come_in_flocks_are_less_certain() -> None:
    alone = LabelSize(entities=40, sentences=40, squares=40)
    flock = LabelSize(entities=40, sentences=4, squares=400)
    assert flock.interval[0] < alone.interval[0] < 40 < alone.interval[1] < flock.interval[1]
    assert LabelSize(entities=0, sentences=0, squares=0).interval == (0, 3)


mixtures = st.lists(st.lists(st.sampled_from("ABC"), max_size=4), max_size=30)


def counted(labels: list[list[str]]) -> SizesFound:
    measure = Sizes()
    for each in labels:
        words = tuple("w" * (len(each) + 1))
        entities = tuple(Entity(at, at + 1, label) for at, label in enumerate(each))
        sentence = Sentence(tokens=words, tags=words, line=1)
        measure.add(SeenSentence("train", "train.txt", sentence, entities))
    return measure.result()


@given(labels=mixtures)
def test_adding_up_early_changes_nothing(labels: list[list[str]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        late = counted(labels)
        patch.setattr(sizes_module, "_MOST_MIXTURES", 1)
        assert counted(labels) == late


@given(count=st.integers(0, 500), most=st.integers(1, 40))
def test_a_thinned_sample_is_even_and_bounded(count: int, most: int) -> None:
    sample = ThinnedSample[int](most)
    for number in range(count):
        sample.offer(number)
    assert sample.seen == count
    assert sample.items == list(range(0, count, sample.stride))
    assert len(sample.items) <= most
    assert count <= most or 2 * len(sample.items) >= most


def test_more_entities_resolve_more(tmp_path: Path) -> None:
    found = sizes(tmp_path, train=ANNA * 100, dev=ANNA * 400, test=ANNA * 1600)
    few, many = resolution(found.splits["dev"]), resolution(found.splits["test"])
    assert few.half_width == pytest.approx(2 * many.half_width, rel=0.01)
    assert few.design_effect == 1  # one entity in each sentence
    assert few.half_width == pytest.approx(1.96 * 0.78 * (0.75 * 0.25 / 400) ** 0.5, rel=0.01)
    assert few.entities_for(few.half_width) == 400


def test_entities_of_a_sentence_count_for_less(tmp_path: Path) -> None:
    five = conll("A/B-PER B/B-PER C/B-PER D/B-PER E/B-PER")
    found = sizes(tmp_path, train=ANNA, dev=ANNA * 500, test=five * 100)
    alone, together = resolution(found.splits["dev"]), resolution(found.splits["test"])
    assert together.design_effect == 3
    assert together.half_width > alone.half_width
