"""The contract of every rule about runs: one test per promise, over the whole catalogue."""

from __future__ import annotations

import dataclasses
import graphlib
import inspect
import re
from collections import Counter
from typing import Any

import pytest

from diagnostics.checkup import check_up, run_rules
from diagnostics.examples import run_example
from diagnostics.findings import Clear, Finding, Flagged, NotApplicable
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunHistory

RULES = run_rules()
BAD = [
    pytest.param(rule, subject, id=f"{rule.name}: {caption}")
    for rule in RULES
    for caption, subject in rule.bad.items()
]
GOOD = [
    pytest.param(rule, subject, id=f"{rule.name}: {caption}")
    for rule in RULES
    for caption, subject in rule.good.items()
]
EACH = pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.name))


def findings(rule: Rule[RunHistory], subject: RunHistory) -> tuple[Finding, ...]:
    outcome = rule.judge(subject)
    return outcome.findings if isinstance(outcome, Flagged) else ()


@pytest.mark.parametrize(("rule", "subject"), BAD)
def test_fires_on_what_is_bad(rule: Rule[RunHistory], subject: RunHistory) -> None:
    found = findings(rule, subject)
    assert found
    for finding in found:
        assert (finding.rule, finding.name) == (rule.id, rule.name)
        assert re.search(r"\d", finding.message) or finding.evidence
        assert finding.message.endswith(".")


@pytest.mark.parametrize(("rule", "subject"), GOOD)
def test_is_silent_on_what_is_fine(rule: Rule[RunHistory], subject: RunHistory) -> None:
    assert findings(rule, subject) == ()


@pytest.mark.parametrize(("rule", "subject"), BAD)
def test_every_fix_changes_something(rule: Rule[RunHistory], subject: RunHistory) -> None:
    for finding in findings(rule, subject):
        assert finding.fixes
        assert any(fix.parameter for fix in finding.fixes)
        for fix in finding.fixes:
            assert fix.text
            if fix.parameter is not None:
                assert fix.new is not None
                assert fix.new != fix.old
                assert fix.how


@EACH
def test_is_documented(rule: Rule[RunHistory]) -> None:
    text = inspect.getdoc(type(rule)) or ""
    assert text.partition("\n")[0].endswith(".")
    for heading in ("Why it matters:", "What to change:", "Source:"):
        assert heading in text
    assert rule.doubt
    assert rule.bad
    assert rule.good


@EACH
def test_every_threshold_is_documented(rule: Rule[RunHistory]) -> None:
    source = inspect.getsource(type(rule))
    for field in dataclasses.fields(rule):
        assert re.search(rf'^    {field.name}: \w+ = .*\n    """', source, re.MULTILINE), field.name


@EACH
def test_thresholds_are_replaceable(rule: Rule[RunHistory]) -> None:
    values: dict[str, Any] = {field.name: field.default for field in dataclasses.fields(rule)}
    assert dataclasses.replace(rule, **values) == rule


@EACH
def test_judges_neither_an_empty_nor_a_hardly_begun_run(rule: Rule[RunHistory]) -> None:
    begun = run_example(
        f1=(0.1,),
        precision=(0.1,),
        recall=(0.1,),
        eval_loss=(0.7,),
        train_loss=(0.9,),
        max_steps=900,
    )
    assert isinstance(rule.judge(RunHistory(epochs=())), Clear | NotApplicable)
    assert isinstance(rule.judge(begun), Clear | NotApplicable)


def test_ids_and_names_are_unique_and_well_formed() -> None:
    assert max(Counter(rule.id for rule in RULES).values()) == 1
    assert max(Counter(rule.name for rule in RULES).values()) == 1
    for rule in RULES:
        assert re.fullmatch(r"R[1-7]\d\d", rule.id)
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)


def test_consequences_exist_and_nothing_explains_itself() -> None:
    explains = {rule.id: set(rule.explains) for rule in RULES}
    assert set().union(*explains.values()) <= set(explains)
    order = graphlib.TopologicalSorter(explains)
    assert len(list(order.static_order())) == len(RULES)


def test_the_module_is_named_after_the_rule() -> None:
    for rule in RULES:
        assert type(rule).__module__.rpartition(".")[2].replace("_", "-") == rule.name


HEALTHY = {
    "three epochs": run_example(
        train_loss=(0.3, 0.1, 0.05),
        eval_loss=(0.2, 0.18, 0.19),
        f1=(0.85, 0.9, 0.91),
        learning_rate=2e-5,
    ),
    "twenty epochs of a small set": run_example(
        train_loss=[1.2 * 0.75**epoch for epoch in range(20)],
        eval_loss=[max(0.35, 0.9 * 0.8**epoch) + 0.01 * epoch for epoch in range(20)],
        f1=(0, 0, 0.3, 0.5, 0.6, 0.66, 0.7, 0.69, 0.72, 0.73, 0.74, 0.73, 0.75, 0.74, 0.755),
        steps_per_epoch=13,
        learning_rate=1.5e-5,
        dataset={"train_sentences": 208, "dev_entities": 150},
    ),
    "label smoothing: a high floor": run_example(
        train_loss=(1.0, 0.85, 0.81, 0.8, 0.8), eval_loss=(0.9, 0.82, 0.8, 0.8, 0.8),
        f1=(0.8, 0.9, 0.92, 0.93, 0.93), learning_rate=5e-5,
    ),
    "a noisy score": run_example(
        train_loss=(0.9, 0.5, 0.3, 0.2, 0.15, 0.12), f1=(0.5, 0.62, 0.58, 0.64, 0.6, 0.63)
    ),
    "the score of one class of four and few steps": run_example(
        eval_loss=(0.5, 0.4), accuracy=(0.9, 0.92), steps_per_epoch=20
    ),
}  # fmt: skip


@pytest.mark.parametrize("run", HEALTHY.values(), ids=HEALTHY.keys())
def test_healthy_runs_raise_no_warning(run: RunHistory) -> None:
    checkup = check_up(run, RULES)
    assert not checkup.crashed
    assert [found.message for found in checkup.findings if found.severity.rank < 2] == []
