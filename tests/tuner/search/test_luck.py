"""How much luck the best of many trials has on a small development split."""

from __future__ import annotations

import math
import random

import pytest

from tuner.search.luck import CHANCE_SHARE, luck_of_the_best, luck_warning


def test_luck_is_the_expected_maximum_of_chance() -> None:
    source = random.Random(0)
    scatter = CHANCE_SHARE * math.sqrt(0.85 * 0.15 / 100)
    drawn = [max(source.gauss(0, scatter) for _ in range(20)) for _ in range(2000)]
    assert luck_of_the_best(100, 20) == pytest.approx(sum(drawn) / len(drawn), rel=0.03)


def test_luck_grows_with_trials_and_shrinks_with_entities() -> None:
    assert luck_of_the_best(100, 5) < luck_of_the_best(100, 50)
    assert luck_of_the_best(100, 20) == pytest.approx(2 * luck_of_the_best(400, 20))


def test_one_trial_has_none_and_no_entity_cannot_be_told() -> None:
    assert luck_of_the_best(60, 1) == 0.0
    assert math.isnan(luck_of_the_best(0, 10))


def test_warning_names_the_figure_and_the_size_that_would_do() -> None:
    warning = luck_warning(60, 20)
    assert warning is not None
    assert "60 entities" in warning
    assert "6 points" in warning
    assert luck_warning(250, 20) is None
    assert "about 243 entities" in warning


def test_no_warning_for_a_large_split_or_one_trial() -> None:
    assert luck_warning(5000, 40) is None
    assert luck_warning(30, 1) is None
    assert luck_warning(0, 10) is None
