"""Progress bars, share bars and sparklines."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.display.bars import progress_bar, share_bar, sparkline
from tuner.display.symbols import ASCII, UNICODE, Symbols


@settings(max_examples=50, deadline=None)
@given(
    done=st.floats(allow_nan=False, min_value=-10, max_value=10),
    total=st.floats(min_value=0, max_value=8),
    width=st.integers(min_value=1, max_value=60),
)
def test_a_bar_has_its_width_and_is_full_only_at_the_end(
    done: float, total: float, width: int
) -> None:
    bar = progress_bar(done, total, width, UNICODE)
    assert bar.cell_len == width
    assert (bar.plain == UNICODE.bar * width) == (total > 0 and done >= total)


@pytest.mark.parametrize("symbols", [UNICODE, ASCII])
@settings(max_examples=50, deadline=None)
@given(share=st.floats(min_value=-1, max_value=2), width=st.integers(min_value=1, max_value=60))
def test_a_share_never_exceeds_its_width(symbols: Symbols, share: float, width: int) -> None:
    assert share_bar(share, width, symbols).cell_len <= width


def test_shares_are_drawn_to_an_eighth() -> None:
    assert share_bar(0.5, 4, UNICODE).plain == "██"
    assert share_bar(0.53125, 4, UNICODE).plain == "██▏"
    assert share_bar(0.53125, 4, ASCII).plain == "##"


def test_a_sparkline_rises_with_its_values_and_has_gaps() -> None:
    assert sparkline([0.0, 0.5, None, math.nan, 1.0], UNICODE) == "▁▅  █"
    assert sparkline([0.0, 0.5, None, math.nan, 1.0], ASCII) == "_-  ^"
    assert sparkline([0.3, 0.3], UNICODE) == "▁▁"
    assert sparkline([], UNICODE) == ""


@pytest.mark.parametrize("symbols", [UNICODE, ASCII])
def test_signs_that_stand_in_columns_are_one_cell_wide(symbols: Symbols) -> None:
    from rich.cells import cell_len

    signs = symbols.best + symbols.gap + symbols.bar + symbols.bar_rest + symbols.block
    signs += symbols.filled + symbols.hollow + symbols.axis + symbols.spinner + symbols.spark
    assert all(cell_len(sign) == 1 for sign in signs)
    assert len(symbols.axis) == 5
    assert len(symbols.filled) == len(symbols.hollow)


def test_ascii_symbols_are_ascii() -> None:
    assert all(getattr(ASCII, name).isascii() for name in ASCII.__slots__)
