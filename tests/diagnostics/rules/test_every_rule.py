"""What every rule promises, whatever it judges: one test per promise, over all subjects."""

from __future__ import annotations

import dataclasses
import graphlib
import inspect
import re
from collections import Counter
from typing import Any

import pytest

from diagnostics.data_sample import DataSample
from diagnostics.findings import Clear, Finding, Flagged, NotApplicable, Severity, Tier
from diagnostics.judgement import all_rules
from diagnostics.rule import Rule
from diagnostics.survey import survey_sample

RULES = all_rules()
BAD = [
    pytest.param(rule, example, id=f"{rule.name}: {caption}")
    for rule in RULES
    for caption, example in rule.bad.items()
]
GOOD = [
    pytest.param(rule, example, id=f"{rule.name}: {caption}")
    for rule in RULES
    for caption, example in rule.good.items()
]
EACH = pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.name))
LETTERS = {"run": r"R[1-7]\d\d", "data": r"D[1-6]\d\d", "environment": r"E[1-3]\d\d"}
"""Folder of a subject's rules to what their identifiers look like."""


def findings(rule: Rule[Any], example: Any) -> tuple[Finding, ...]:
    subject = survey_sample(example, [rule]) if isinstance(example, DataSample) else example
    outcome = rule.judge(subject)
    assert isinstance(outcome, Flagged | Clear | NotApplicable)
    return outcome.findings if isinstance(outcome, Flagged) else ()


@pytest.mark.parametrize(("rule", "example"), BAD)
def test_fires_on_what_is_bad(rule: Rule[Any], example: Any) -> None:
    found = findings(rule, example)
    assert found
    for finding in found:
        assert (finding.rule, finding.name) == (rule.id, rule.name)
        assert re.search(r"\d", finding.message) or finding.evidence
        assert re.search(r"[^.]\.$", finding.message)
        _check_fixes(finding)
        _check_severity(finding)


def _check_fixes(finding: Finding) -> None:
    assert finding.fixes
    for fix in finding.fixes:
        assert fix.text
        if fix.parameter is not None:
            assert fix.new is not None
            assert fix.new != fix.old
            assert fix.how


def _check_severity(finding: Finding) -> None:
    if finding.severity is Severity.ERROR:
        assert finding.tier is Tier.CONCLUSIVE
    if finding.severity is Severity.WARNING:
        assert finding.tier is not Tier.HEURISTIC


@pytest.mark.parametrize(("rule", "example"), GOOD)
def test_is_silent_on_what_is_fine(rule: Rule[Any], example: Any) -> None:
    assert findings(rule, example) == ()


@EACH
def test_is_documented(rule: Rule[Any]) -> None:
    text = inspect.getdoc(type(rule)) or ""
    assert text.partition("\n")[0].endswith(".")
    for heading in ("Why it matters:", "What to change:", "Source:"):
        assert heading in text
    assert rule.doubt
    assert rule.bad
    assert rule.good


@EACH
def test_every_threshold_is_documented(rule: Rule[Any]) -> None:
    source = inspect.getsource(type(rule))
    for field in dataclasses.fields(rule):
        assert re.search(rf'^    {field.name}: \w+ = .*\n    """', source, re.MULTILINE), field.name


@EACH
def test_thresholds_are_replaceable(rule: Rule[Any]) -> None:
    values: dict[str, Any] = {field.name: field.default for field in dataclasses.fields(rule)}
    assert dataclasses.replace(rule, **values) == rule


@EACH
def test_the_module_is_named_after_the_rule(rule: Rule[Any]) -> None:
    *_, subject, module = type(rule).__module__.split(".")
    assert module.replace("_", "-") == rule.name
    assert re.fullmatch(LETTERS[subject], rule.id)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)


def test_ids_and_names_are_unique_over_all_subjects() -> None:
    assert max(Counter(rule.id for rule in RULES).values()) == 1
    assert max(Counter(rule.name for rule in RULES).values()) == 1


def test_consequences_exist_and_nothing_explains_itself() -> None:
    explains = {rule.id: set(rule.explains) for rule in RULES}
    assert set().union(*explains.values()) <= set(explains)
    order = graphlib.TopologicalSorter(explains)
    assert len(list(order.static_order())) == len(RULES)
