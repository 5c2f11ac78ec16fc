"""What rules about runs promise besides what every rule does."""

from __future__ import annotations

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
EACH = pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.name))


def findings(rule: Rule[RunHistory], subject: RunHistory) -> tuple[Finding, ...]:
    outcome = rule.judge(subject)
    return outcome.findings if isinstance(outcome, Flagged) else ()


@pytest.mark.parametrize(("rule", "subject"), BAD)
def test_a_fix_can_be_applied_by_a_program(rule: Rule[RunHistory], subject: RunHistory) -> None:
    for finding in findings(rule, subject):
        assert any(fix.parameter for fix in finding.fixes)


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
