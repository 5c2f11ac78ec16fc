"""The contract of every rule about data: one test per promise, over the whole catalogue."""

from __future__ import annotations

import dataclasses
import graphlib
import inspect
import re
from collections import Counter
from typing import Any

import pytest

from diagnostics.data_checkup import data_rules
from diagnostics.data_sample import DataSample
from diagnostics.findings import Clear, Finding, Flagged, NotApplicable, Severity, Tier
from diagnostics.judgement import all_rules
from diagnostics.rule import Rule
from diagnostics.subjects.dataset import Dataset
from diagnostics.survey import survey_sample

RULES = data_rules()
BAD = [
    pytest.param(rule, sample, id=f"{rule.name}: {caption}")
    for rule in RULES
    for caption, sample in rule.bad.items()
]
GOOD = [
    pytest.param(rule, sample, id=f"{rule.name}: {caption}")
    for rule in RULES
    for caption, sample in rule.good.items()
]
EACH = pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.name))
LARGEST_EXAMPLE = 40_000
"""Characters; longer examples slow every test and `tuner explain` down."""


def findings(rule: Rule[Dataset], sample: DataSample) -> tuple[Finding, ...]:
    outcome = rule.judge(survey_sample(sample, [rule]))
    assert isinstance(outcome, Flagged | Clear | NotApplicable)
    return outcome.findings if isinstance(outcome, Flagged) else ()


@pytest.mark.parametrize(("rule", "sample"), BAD)
def test_fires_on_what_is_bad(rule: Rule[Dataset], sample: DataSample) -> None:
    found = findings(rule, sample)
    assert found
    for finding in found:
        assert (finding.rule, finding.name) == (rule.id, rule.name)
        assert re.search(r"\d", finding.message) or finding.evidence
        assert finding.message.endswith(".")
        for place in finding.places:
            assert place.file in {"train.txt", "dev.txt", "test.txt"}
            assert place.line is None or place.line >= 1


@pytest.mark.parametrize(("rule", "sample"), BAD)
def test_every_finding_says_what_to_change(rule: Rule[Dataset], sample: DataSample) -> None:
    for finding in findings(rule, sample):
        assert finding.fixes
        for fix in finding.fixes:
            assert fix.text
            if fix.parameter is not None:
                assert fix.new is not None
                assert fix.new != fix.old
                assert fix.how


@pytest.mark.parametrize(("rule", "sample"), BAD)
def test_severity_needs_evidence(rule: Rule[Dataset], sample: DataSample) -> None:
    for finding in findings(rule, sample):
        if finding.severity is Severity.ERROR:
            assert finding.tier is Tier.CONCLUSIVE
        if finding.severity is Severity.WARNING:
            assert finding.tier is not Tier.HEURISTIC


@pytest.mark.parametrize(("rule", "sample"), GOOD)
def test_is_silent_on_what_is_fine(rule: Rule[Dataset], sample: DataSample) -> None:
    assert findings(rule, sample) == ()


@EACH
def test_is_documented(rule: Rule[Dataset]) -> None:
    text = inspect.getdoc(type(rule)) or ""
    assert text.partition("\n")[0].endswith(".")
    for heading in ("Why it matters:", "What to change:", "Source:"):
        assert heading in text
    assert rule.doubt
    assert rule.bad
    assert rule.good


@EACH
def test_examples_are_small(rule: Rule[Dataset]) -> None:
    for sample in (*rule.bad.values(), *rule.good.values()):
        assert sum(map(len, sample.contents.values())) <= LARGEST_EXAMPLE


@EACH
def test_every_threshold_is_documented(rule: Rule[Dataset]) -> None:
    source = inspect.getsource(type(rule))
    for field in dataclasses.fields(rule):
        assert re.search(rf'^    {field.name}: \w+ = .*\n    """', source, re.MULTILINE), field.name


@EACH
def test_thresholds_are_replaceable(rule: Rule[Dataset]) -> None:
    values: dict[str, Any] = {field.name: field.default for field in dataclasses.fields(rule)}
    assert dataclasses.replace(rule, **values) == rule


@EACH
def test_judges_a_data_set_of_which_nothing_is_known(rule: Rule[Dataset]) -> None:
    nothing = Dataset(source="nothing", splits={})
    assert isinstance(rule.judge(nothing), Clear | NotApplicable)


def test_ids_and_names_are_well_formed() -> None:
    for rule in RULES:
        assert re.fullmatch(r"D[1-6]\d\d", rule.id)
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)


def test_ids_and_names_are_unique_over_all_subjects() -> None:
    assert max(Counter(rule.id for rule in all_rules()).values()) == 1
    assert max(Counter(rule.name for rule in all_rules()).values()) == 1


def test_consequences_exist_and_nothing_explains_itself() -> None:
    explains = {rule.id: set(rule.explains) for rule in RULES}
    assert set().union(*explains.values()) <= set(explains)
    order = graphlib.TopologicalSorter(explains)
    assert len(list(order.static_order())) == len(RULES)


def test_the_module_is_named_after_the_rule() -> None:
    for rule in RULES:
        assert type(rule).__module__.rpartition(".")[2].replace("_", "-") == rule.name
