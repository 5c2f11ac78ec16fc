"""Words of a text and spans laid over them lose nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.span_words import Span, cut_words, lay_spans, longest_spans
from diagnostics.tag_scheme import entities

TEXT = st.text(alphabet="ab1 .,-'\n\u00a0\u200d漢คे é$", max_size=40)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Anna didn't pay $3.50, Inc.", "Anna|didn't|pay|$|3.50|,|Inc|."),
        ("U.S. e-mail to a.b@c.de!", "U.S|.|e-mail|to|a.b@c.de|!"),
        ("1,000 or a,b", "1,000|or|a|,|b"),
        ("東京都 is 도쿄", "東|京|都|is|도쿄"),
        ("श्रीलंका में", "श्रीलंका|में"),
        ("ශ්‍රී ලංකා", "ශ්‍රී|ලංකා"),
        ("no\u00a0break\u2028line\u200bend", "no|break|line|end"),
        ("", ""),
    ],
)
def test_words(text: str, words: str) -> None:
    assert "|".join(text[start:end] for start, end in cut_words(text)) == words


@given(TEXT)
def test_only_white_space_is_left_between_words(text: str) -> None:
    at = 0
    for start, end in [*cut_words(text), (len(text), len(text))]:
        assert not text[at:start].replace("\u200d", " ").replace("े", " ").strip() or at == start
        assert start <= end
        at = end


@given(TEXT, st.data())
def test_spans_come_back_with_their_edges(text: str, data: st.DataObject) -> None:
    edges = st.integers(0, len(text))
    drawn = data.draw(st.lists(st.tuples(edges, edges, st.sampled_from("XY")), max_size=6))
    spans, given_up = longest_spans(
        Span(start=min(start, end), end=max(start, end), label=label) for start, end, label in drawn
    )
    assert len(spans) + len(given_up) == len({(min(a, b), max(a, b), c) for a, b, c in drawn})
    places = cut_words(text)
    laid = lay_spans(text, places, spans)
    assert "".join(laid.words) == "".join(text[start:end] for start, end in places)
    found = ["".join(laid.words[start:end]) for start, end, _ in entities(laid.tags)]
    held = ["".join(_words_inside(text, places, span)) for span in spans]
    assert found == [words for words in held if words]
    assert laid.lost == sum(not words for words in held)


def _words_inside(text: str, places: list[tuple[int, int]], span: Span) -> list[str]:
    return [
        text[max(start, span.start) : min(end, span.end)]
        for start, end in places
        if max(start, span.start) < min(end, span.end)
    ]


def test_of_overlapping_spans_the_longest_stays() -> None:
    spans = [Span(start=0, end=4, label="X"), Span(start=3, end=12, label="Y")]
    assert longest_spans([*spans, Span(start=12, end=13, label="Z")]) == (
        [spans[1], Span(start=12, end=13, label="Z")],
        [spans[0]],
    )
