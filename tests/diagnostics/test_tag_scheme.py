"""Every scheme in every notation is recognised and becomes the same IOB2 tags."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from diagnostics.errors import DataError
from diagnostics.scheme_detection import detect_scheme
from diagnostics.tag_scheme import SchemeName, entities

Entity = tuple[int, int, str]

TYPES = ("PER", "ORG", "creative-work", "FIN_TERM", "O", "B", "Inside", "é")


@st.composite
def sentence(draw: st.DrawFn) -> tuple[int, list[Entity]]:
    """A length and entities that do not overlap; neighbours may touch."""
    pieces = draw(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(("", *TYPES))), max_size=8))
    found: list[Entity] = []
    place = 0
    for length, kind in pieces:
        if kind:
            found.append((place, place + length, kind))
        place += length
    return max(place, 1), found


CHUNKED = {"BIOES": "BIES", "BILOU": "BILU", "BMES": "BMES"}


def role(scheme: str, *, first: bool, last: bool, touches: bool) -> str:
    """Letter of a word of an entity, which may touch an entity of its type before it."""
    if scheme in CHUNKED:
        place = 3 if first and last else 0 if first else 2 if last else 1
        return CHUNKED[scheme][place]
    if scheme == "IOB1":
        return "B" if first and touches else "I"
    return "B" if first else "I"


def write(scheme: str, length: int, found: list[Entity]) -> list[tuple[str, str]]:
    """Role and type of each word as an annotator would write them in a scheme."""
    tags = [("O", "")] * length
    for start, end, kind in found:
        touches = start > 0 and tags[start - 1][1] == kind
        for place in range(start, end):
            first, last = place == start, place == end - 1
            tags[place] = (role(scheme, first=first, last=last, touches=touches), kind)
    return tags


NOTATIONS = {"B-X": "{0}-{1}", "B_X": "{0}_{1}", "X-B": "{1}-{0}", "X_B": "{1}_{0}", "b-X": ""}


def glue(notation: str, letter: str, kind: str) -> str:
    """A tag in a notation."""
    return NOTATIONS[notation].format(letter, kind) or f"{letter.lower()}-{kind}"


@given(
    st.lists(sentence(), min_size=1, max_size=6),
    st.sampled_from(("IOB1", "IOB2", "BIOES", "BILOU", "BMES")),
    st.sampled_from(sorted(NOTATIONS)),
)
def test_any_scheme_in_any_notation_becomes_iob2(
    data: list[tuple[int, list[Entity]]], scheme: str, notation: str
) -> None:
    if notation not in ("B-X", "B_X"):
        # A type that is a letter of a scheme itself leaves open which side the role is on.
        assume(not any(kind == "B" for _, found in data for _, _, kind in found))
    written = [
        [
            "O" if letter == "O" else glue(notation, letter, kind)
            for letter, kind in write(scheme, *each)
        ]
        for each in data
    ]
    letters = {tag for tags in written for tag in tags}
    assume(letters & {glue(notation, letter, kind) for letter in "BI" for kind in TYPES})
    detected = detect_scheme(written)
    converted = [detected.convert(tags) for tags in written]
    assert [list(entities(each.tags)) for each in converted] == [found for _, found in data]
    assert sum(each.repairs for each in converted) == 0
    assert all(tag == "O" or tag[:2] in ("B-", "I-") for each in converted for tag in each.tags)


@given(st.lists(sentence(), min_size=1, max_size=6))
def test_plain_types_become_runs(data: list[tuple[int, list[Entity]]]) -> None:
    kinds = {"PER": "person", "ORG": "E-mail", "O": "Organisation", "B": "Brand"}
    written: list[list[str]] = [["O"]]
    for length, found in data:
        tags = ["O"] * length
        for start, end, kind in found:
            tags[start:end] = [kinds.get(kind, kind)] * (end - start)
        written.append(tags)
    detected = detect_scheme(written)
    for tags in written:
        runs = [(kind, len(list(run))) for kind, run in itertools.groupby(tags) if kind != "O"]
        result = detected.convert(tags)
        assert [(kind, end - start) for start, end, kind in entities(result.tags)] == runs
        assert result.repairs == 0


@given(st.lists(st.lists(st.text(max_size=6), min_size=1, max_size=8), max_size=5))
def test_any_tags_are_converted_or_refused(data: list[list[str]]) -> None:
    try:
        detected = detect_scheme(data)
    except DataError:
        return
    for tags in data:
        converted = detected.convert(tags).tags
        assert len(converted) == len(tags)
        pairs = itertools.pairwise(("O", *converted))
        assert all(tag[0] != "I" or before[2:] == tag[2:] != "" for before, tag in pairs)


@pytest.mark.parametrize(
    ("sentences", "name"),
    [
        ([["I-PER", "I-PER", "O"], ["O", "I-LOC"]], SchemeName.IOB1),
        ([["I-PER", "B-PER", "O"]], SchemeName.IOB1),
        ([["B-PER", "B-PER", "O"]], SchemeName.IOB2),
        ([["B-PER", "I-PER", "O"]], SchemeName.IOB2),
        # One sentence would be IOB1 by itself; the data set as a whole is IOB2 with a slip.
        ([["I-PER", "O"], ["B-LOC", "O"], ["B-LOC", "I-LOC"]], SchemeName.IOB2),
        ([["B-PER", "E-PER", "S-LOC"]], SchemeName.BIOES),
        ([["B-PER", "L-PER", "U-LOC"]], SchemeName.BILOU),
        ([["B-PER", "M-PER", "E-PER"]], SchemeName.BIOES),
        ([["PER", "O", "Organisation", "B"]], SchemeName.PLAIN),
        ([["E-mail", "O", "S-Bahn"]], SchemeName.PLAIN),
        ([["B_cell", "O", "T_cell", "Inhibitor"]], SchemeName.PLAIN),
        ([["B", "I", "O"]], SchemeName.IOB2),
        ([["O", "O"]], SchemeName.IOB2),
    ],
)
def test_schemes_are_told_apart(sentences: list[list[str]], name: SchemeName) -> None:
    assert detect_scheme(sentences).name is name


@pytest.mark.parametrize(
    ("sentences", "repairs", "tags"),
    [
        ([["B-PER", "O"], ["O", "I-PER", "I-PER"]], [0, 1], ("O", "B-PER", "I-PER")),
        ([["B-PER", "O"], ["B-PER", "I-LOC", "O"]], [0, 1], ("B-PER", "B-LOC", "O")),
        ([["S-PER", "O"], ["B-LOC", "O", "E-LOC"]], [0, 2], ("B-LOC", "O", "B-LOC")),
        ([["S-PER", "O"], ["O", "O", "B-LOC"]], [0, 1], ("O", "O", "B-LOC")),
    ],
)
def test_broken_rules_are_repaired_and_counted(
    sentences: list[list[str]], repairs: list[int], tags: tuple[str, ...]
) -> None:
    detected = detect_scheme(sentences)
    assert [detected.convert(each).repairs for each in sentences] == repairs
    assert detected.convert(sentences[-1]).tags == tags


def test_bare_letters_get_a_type() -> None:
    assert detect_scheme([["B", "I", "O"]]).convert(["B", "I", "O"]).tags == (
        "B-ENTITY",
        "I-ENTITY",
        "O",
    )


@pytest.mark.parametrize("outside", ["O", "o", "0", "OTHER", "Other", "none"])
def test_words_for_no_entity(outside: str) -> None:
    detected = detect_scheme([[outside, "LOCATION", outside]])
    assert detected.outside == outside
    assert detected.convert([outside, "LOCATION"]).tags == ("O", "B-LOCATION")


def test_a_rare_tag_without_prefix_is_a_slip() -> None:
    tags = ["B-PER", "I-PER", "O"] * 20 + ["PER"]
    detected = detect_scheme([tags])
    assert detected.name is SchemeName.IOB2
    assert detected.slips == {"PER": 1}
    assert detected.convert(tags).tags[-1] == "B-PER"


def test_tags_without_any_outside_are_refused() -> None:
    with pytest.raises(DataError, match='no tag means "no entity"'):
        detect_scheme([["NOUN", "VERB"], ["NOUN"]])


def test_a_prefix_without_type_is_refused() -> None:
    with pytest.raises(DataError, match=r"'B-' .* has no entity type"):
        detect_scheme([["B-PER", "I-PER", "O"] * 20 + ["B-"]])


def test_bare_types_among_tags_that_all_begin_with_inside() -> None:
    """IOB1 without touching entities has the letter `I` alone."""
    sentences = [["I-PER", "I-PER", "O", "I-ORG"]] * 20 + [["PER", "O"]]
    scheme = detect_scheme(sentences)
    assert scheme.name is SchemeName.IOB1
    assert scheme.slips == {"PER": 1}
    assert scheme.parsed["PER"] == ("I", "PER")


def test_types_that_look_prefixed_stay_types() -> None:
    scheme = detect_scheme([["I-beam", "O", "girder"]] * 20 + [["bolt", "O"]])
    assert scheme.name is SchemeName.PLAIN
