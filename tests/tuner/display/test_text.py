"""Numbers, durations and names from strangers as text."""

from __future__ import annotations

import math
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.display import text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (2e-5, "2e-5"),
        (2.134e-5, "2.13e-5"),
        (1e-4, "1e-4"),
        (0.00999999, "1e-2"),
        (1.0, "1e0"),
        (0.0, "0"),
        (math.nan, "NaN"),
    ],
)
def test_learning_rate(value: float, shown: str) -> None:
    assert text.learning_rate(value) == shown


@settings(max_examples=50, deadline=None)
@given(st.floats(min_value=1e-12, max_value=1.0))
def test_a_learning_rate_reads_back_to_three_digits(value: float) -> None:
    assert float(text.learning_rate(value)) == pytest.approx(value, rel=5.01e-3)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "-"), (math.nan, "NaN"), (0.5, "0.5000"), (1.0, "1.0000"), (0.87316, "0.8732")],
)
def test_score(value: float | None, shown: str) -> None:
    assert text.score(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0312, "+0.0312"), (-0.5, "-0.5000"), (0.00001, "0.0000"), (-0.00001, "0.0000")],
)
def test_signed_score(value: float, shown: str) -> None:
    assert text.signed_score(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "unknown"),
        (math.inf, "unknown"),
        (-1, "0.0s"),
        (0.84, "0.8s"),
        (9.97, "10s"),
        (42, "42s"),
        (59.7, "1m 00s"),
        (723, "12m 03s"),
        (3599.6, "1h 00m"),
        (7800, "2h 10m"),
        (273_600, "3d 04h"),
    ],
)
def test_duration(value: float | None, shown: str) -> None:
    assert text.duration(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "unknown"), (0, "0 B"), (740_000_000, "740 MB"), (1_340_000_000, "1.3 GB")],
)
def test_byte_size(value: int | None, shown: str) -> None:
    assert text.byte_size(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0.0, "0 %"), (0.004, "<1 %"), (0.37, "37 %"), (1.0, "100 %")]
)
def test_percent(value: float, shown: str) -> None:
    assert text.percent(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0.1, "0.1"), (16, "16"), (2.13e-7, "2.13e-7"), (math.nan, "NaN")]
)
def test_plain_number(value: float, shown: str) -> None:
    assert text.plain_number(value) == shown


def test_count_and_clock() -> None:
    assert text.count(1, "trial") == "1 trial"
    assert text.count(1200, "sentence") == "1,200 sentences"
    assert text.clock(3723.9) == "1:02:03"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain name", "plain name"),
        ("[red]markup[/red]", "[red]markup[/red]"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("one\ntwo\tthree", "one two three"),
        ("over\rwritten", "over\\rwritten"),
        ("exe\u202egnp", "exe\\u202egnp"),
        ("un\udcffdecodable", "un\\udcffdecodable"),
        ("漢字 👩\u200d👧 naïve", "漢字 👩\u200d👧 naïve"),
        ("\x9b31m", "\\x9b31m"),
    ],
)
def test_clean_shows_control_characters_and_keeps_the_rest(value: str, shown: str) -> None:
    assert text.clean(value) == shown


@settings(max_examples=50, deadline=None)
@given(st.text())
def test_clean_leaves_nothing_that_moves_or_hides(value: str) -> None:
    shown = text.clean(value)
    categories = {unicodedata.category(letter) for letter in shown if letter not in "\u200c\u200d"}
    assert not categories & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert shown.encode("utf-8").decode("utf-8") == shown
    assert text.clean(shown) == shown
