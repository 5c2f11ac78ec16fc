"""Which finding is told as the cause of which, and what is advised first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diagnostics.checkup import check_up, run_rules
from diagnostics.examples import run_example
from diagnostics.findings import Finding, Severity, Tier
from diagnostics.fix_plan import plan_fixes
from diagnostics.subjects.run_history import RunEvent, RunHistory

ZERO = (0.0, 0.0, 0.0, 0.0)
COLLAPSED = run_example(f1=ZERO, precision=ZERO, recall=ZERO, optim="adamw_torch")


def told(run: RunHistory) -> tuple[Finding, ...]:
    return check_up(run, run_rules()).findings


def of(run: RunHistory, name: str) -> Finding:
    return next(found for found in told(run) if found.name == name)


def configured(run: RunHistory, **values: object) -> RunHistory:
    return replace(run, config={**run.config, **values})


@pytest.mark.parametrize(("name", "value"), [("dropout", 0.8), ("learning_rate", 9e-3)])
def test_an_unusual_value_is_the_cause_of_a_collapse(name: str, value: float) -> None:
    run = configured(COLLAPSED, **{name: value})
    first = told(run)[0]
    assert first.name == "unusual-hyperparameter"
    assert of(run, "all-o-collapse").consequence_of == first.rule
    assert name in {planned.fix.parameter for planned in plan_fixes(told(run)).changes}


def test_a_remark_that_explains_an_error_is_mended_before_a_warning() -> None:
    run = configured(COLLAPSED, dropout=0.8)
    warned = replace(
        of(run, "all-o-collapse"), rule="R999", severity=Severity.WARNING, consequence_of=None
    )
    assert plan_fixes([*told(run), warned]).changes[0].fix.parameter == "dropout"


def test_a_log_without_losses_comes_after_the_learning_rate() -> None:
    run = run_example(
        f1=(0.01, 0.05, 0.08), steps_per_epoch=45, learning_rate=9e-3, optim="adamw_torch"
    )
    names = [found.name for found in told(run)]
    assert names.index("unusual-hyperparameter") < names.index("blind-logging")


@pytest.mark.parametrize(("steps", "score"), [(8, 0.08), (16, 0.29)])
def test_next_to_no_steps_are_a_fact_and_the_cause(steps: int, score: float) -> None:
    few = run_example(
        f1=(0.0, 0.05, score), steps_per_epoch=steps, dataset={"train_sentences": 120}
    )
    found = of(few, "too-few-steps")
    assert (found.severity, found.tier) == (Severity.WARNING, Tier.CONCLUSIVE)
    assert of(few, "too-few-examples").consequence_of == found.rule


@pytest.mark.parametrize(("steps", "score"), [(17, 0.08), (8, 0.31)])
def test_more_steps_or_a_score_are_a_remark_only(steps: int, score: float) -> None:
    found = of(run_example(f1=(0.0, 0.05, score), steps_per_epoch=steps), "too-few-steps")
    assert found.severity is Severity.INFO


@pytest.mark.parametrize(("score", "parameter"), [(0.2, "max_steps"), (0.85, "epochs")])
def test_a_dead_tail_of_a_low_score_wants_a_longer_schedule(score: float, parameter: str) -> None:
    run = run_example(rates=(1e-4, 8e-5, 6e-5, 4e-5, 2e-5, *[0.0] * 5), f1=[score] * 10)
    assert of(run, "schedule-dead-tail").fixes[0].parameter == parameter


def test_a_frozen_encoder_is_to_be_trained_or_its_head_faster() -> None:
    run = run_example(
        train_loss=(1.5, 1.3, 1.2, 1.1, 1.0),
        eval_loss=(1.3, 1.2, 1.1, 1.05, 1.0),
        f1=(0.0, 0.02, 0.03, 0.05, 0.08),
        learning_rate=3e-4,
        freeze_encoder=True,
    )
    fixes = of(run, "underfits").fixes
    assert [(fix.parameter, fix.new) for fix in fixes[:2]] == [
        ("frozen_layers", 0),
        ("learning_rate", 1e-3),
    ]


DEATHS = pytest.mark.parametrize(
    ("kind", "name"), [("killed", "host-out-of-memory"), ("out-of-memory", "out-of-memory")]
)


@DEATHS
def test_a_run_that_died_early_had_no_time_to_learn(kind: str, name: str) -> None:
    died = replace(COLLAPSED, config={}, events=(RunEvent(kind=kind, message="Killed"),))
    assert of(died, "all-o-collapse").consequence_of == of(died, name).rule


@DEATHS
def test_a_run_that_died_late_should_have_learned(kind: str, name: str) -> None:
    died = replace(COLLAPSED, events=(RunEvent(kind=kind, message="Killed"),))
    for most in (400, 500, 790):
        late = configured(died, epochs=most / 100, max_steps=most)
        assert of(late, name).consequence_of is None
        assert of(late, "all-o-collapse").consequence_of is None
