"""Development splits and samples: in proportion to the types, equal sentences on one side."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.development_split import make_development_split, sample_sentences
from diagnostics.errors import DataError
from diagnostics.subjects.labelled_data import Sentence
from diagnostics.tag_scheme import entities


def labelled(*types: str, text: str = "") -> Sentence:
    """A sentence with one entity of each type."""
    tokens = (*(f"{text}{kind}" for kind in types), ".")
    return Sentence(tokens=tokens, tags=(*(f"B-{kind}" for kind in types), "O"))


@given(
    st.lists(
        st.tuples(st.sets(st.sampled_from("ABCD")), st.integers(0, 30)), min_size=8, max_size=120
    ),
    st.floats(0.05, 0.5),
    st.integers(0, 5),
)
def test_made_development_splits(
    drawn: list[tuple[set[str], int]], share: float, seed: int
) -> None:
    train = [labelled(*sorted(types), text=str(number)) for types, number in drawn]
    distinct = {tuple(map(str.casefold, each.tokens)) for each in train if len(each.tokens) > 1}
    if len(distinct) < 2:
        with pytest.raises(DataError, match="cannot be made"):
            make_development_split(train, share=share, seed=seed)
        return
    rest, dev, together = make_development_split(train, share=share, seed=seed)
    assert Counter(rest) + Counter(dev) == Counter(train)
    assert not {each.tokens for each in rest} & {each.tokens for each in dev}
    assert any(len(each.tokens) > 1 for each in rest)
    assert any(len(each.tokens) > 1 for each in dev)
    largest = max(Counter(each.tokens for each in train).values())
    assert abs(len(dev) - share * len(train)) <= largest + 1
    repeated = Counter(tuple(map(str.casefold, each.tokens)) for each in train)
    assert together == sum(count for count in repeated.values() if count > 1)


def test_each_type_gets_its_share() -> None:
    train = [labelled("RARE", text=str(number)) for number in range(20)]
    train += [labelled("OFTEN", text=str(number)) for number in range(400)]
    train += [labelled(text=str(number)) for number in range(580)]
    _, dev, _ = make_development_split(train, share=0.15, seed=3)
    kinds = Counter(kind for each in dev for _, _, kind in entities(each.tags))
    assert kinds == {"RARE": 3, "OFTEN": 60}


def test_samples_are_exact_and_proportional() -> None:
    sentences = [labelled("RARE", text=str(number)) for number in range(20)]
    sentences += [labelled("OFTEN", text=str(number)) for number in range(180)]
    for count in (1, 7, 50, 199, 200):
        taken = sample_sentences(sentences, count=count, seed=1)
        assert len(taken) == count
        rare = sum("RARE" in each.tokens[0] for each in taken)
        assert abs(rare - count / 10) <= 1
