"""What rules about data promise besides what every rule does."""

from __future__ import annotations

import pytest

from diagnostics.data_checkup import data_rules
from diagnostics.data_sample import DataSample
from diagnostics.findings import Clear, Flagged, NotApplicable
from diagnostics.rule import Rule
from diagnostics.subjects.dataset import Dataset
from diagnostics.survey import survey_sample

RULES = data_rules()
EACH = pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.name))
LARGEST_EXAMPLE = 40_000
"""Characters; longer examples slow every test and `tuner explain` down."""


@EACH
def test_places_are_in_the_files(rule: Rule[Dataset]) -> None:
    for sample in rule.bad.values():
        assert isinstance(sample, DataSample)
        outcome = rule.judge(survey_sample(sample, [rule]))
        assert isinstance(outcome, Flagged)
        for place in (place for finding in outcome.findings for place in finding.places):
            assert place.file in {"train.txt", "dev.txt", "test.txt"}
            assert place.line is None or place.line >= 1


@EACH
def test_examples_are_small(rule: Rule[Dataset]) -> None:
    for sample in (*rule.bad.values(), *rule.good.values()):
        assert sum(map(len, sample.contents.values())) <= LARGEST_EXAMPLE


@EACH
def test_judges_a_data_set_of_which_nothing_is_known(rule: Rule[Dataset]) -> None:
    nothing = Dataset(source="nothing", splits={})
    assert isinstance(rule.judge(nothing), Clear | NotApplicable)
