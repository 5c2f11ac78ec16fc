"""How noisy scores are taken to be, above all on tiny development splits."""

from __future__ import annotations

from typing import Any

import pytest

from diagnostics import score_noise
from diagnostics.checkup import check_up, run_rules
from diagnostics.examples import run_example
from diagnostics.findings import Severity


@pytest.mark.parametrize("f1", [0.0, 1.0])
def test_a_perfect_or_useless_score_on_three_entities_is_wide_open(f1: float) -> None:
    run = run_example(f1=(f1, f1), dataset={"dev_entities": 3})
    low, high = score_noise.score_interval(run, f1) or (0, 0)
    assert high - low > 0.7
    assert score_noise.score_error(run, f1) == pytest.approx((high - low) / 3.92)


def test_a_recorded_error_counts_unless_it_is_absurdly_small() -> None:
    dataset = {"dev_entities": 100, "f1_standard_error": 0.05}
    run = run_example(f1=(0.8,), dataset=dataset)
    assert score_noise.score_error(run, 0.8) == 0.05
    assert score_noise.score_interval(run, 0.8) == pytest.approx((0.702, 0.898))
    tiny = run_example(f1=(0.8,), dataset={"dev_entities": 4, "f1_standard_error": 1e-9})
    assert (score_noise.score_error(tiny, 0.8) or 0) > 0.05


def test_a_fall_of_four_cases_is_no_warning() -> None:
    accuracy = (0.5, 0.8, 0.88, 0.87, 0.86, 0.855, 0.85, 0.845, 0.84, 0.84, 0.84)
    config: dict[str, Any] = {
        "architecture": "BertForSequenceClassification",
        "load_best_model_at_end": False,
    }
    grades = {}
    for size in (100, 1000):
        run = run_example(accuracy=accuracy, dataset={"dev_sentences": size}, **config)
        found = {finding.name: finding for finding in check_up(run, run_rules()).findings}
        grades[size] = found["overfits-metric"].severity
    assert grades == {100: Severity.INFO, 1000: Severity.WARNING}


def test_words_are_not_counted_by_sentences() -> None:
    run = run_example(
        accuracy=(0.9, 0.8),
        dataset={"dev_sentences": 20},
        architecture="BertForTokenClassification",
    )
    assert not score_noise.may_be_chance(run, 0.1)
    assert score_noise.may_be_chance(run_example(f1=(0.9, 0.8), dataset={"dev_entities": 40}), 0.1)
