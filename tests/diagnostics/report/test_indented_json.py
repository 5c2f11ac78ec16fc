"""The fast writer writes what the standard library writes."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.findings import Severity
from diagnostics.report._indented_json import indented_json

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_it_is_the_text_of_the_standard_library(value: Any) -> None:
    assert indented_json(value) == json.dumps(value, indent=2, allow_nan=False)


def test_a_text_of_an_enumeration_is_a_text() -> None:
    assert indented_json({"severity": Severity.ERROR}) == json.dumps(
        {"severity": Severity.ERROR}, indent=2
    )


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_does_not_know_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        indented_json([value])


def test_what_is_no_plain_value_is_refused() -> None:
    with pytest.raises(TypeError):
        indented_json({"set": {1}})
