"""Facts about an encoder."""

from __future__ import annotations

import pytest

from tests.tuner.facts import model_facts


@pytest.mark.parametrize(
    ("parameters", "size"),
    [
        (950, "950"), (1_000, "1k"), (12_345, "12k"), (999_600, "1M"), (1_350_000, "1.4M"),
        (4_000_000, "4M"), (22_713_216, "23M"), (108_310_272, "108M"), (1_300_000_000, "1300M"),
    ],
)  # fmt: skip
def test_the_size_is_never_nought(parameters: int, size: str) -> None:
    facts = model_facts(parameters=parameters, layers=2, hidden_size=32, max_length=64)
    assert facts.size == size
