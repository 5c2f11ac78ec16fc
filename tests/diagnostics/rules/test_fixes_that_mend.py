"""The fix that comes first is one that mends the run, and warnings are due where it would."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from diagnostics import fixes
from diagnostics.checkup import check_up, run_rules
from diagnostics.examples import run_example
from diagnostics.findings import Finding, Fix, Severity, Tier
from diagnostics.fix_plan import plan_fixes
from diagnostics.report._fix_command import fix_command
from diagnostics.rules.run._evidence.times import backward_cost
from diagnostics.subjects.predictions import Predictions
from diagnostics.subjects.run_history import RunHistory

SMALL = 22_000_000
ADAM: dict[str, Any] = {"optim": "adamw_torch", "parameters": SMALL}
SLOW_LOSSES = (2.19, 2.0, 1.8, 1.6, 1.5, 1.4, 1.35, 1.3)
LOW_SCORES = (0.04, 0.06, 0.05, 0.03, 0.03, 0.04, 0.05, 0.05)


def judged(run: RunHistory) -> dict[str, Finding]:
    return {finding.name: finding for finding in check_up(run, run_rules()).findings}


def applied(run: RunHistory) -> dict[str | None, Any]:
    """Return the parameters that the fixes set together, with their values."""
    plan = plan_fixes(check_up(run, run_rules()).findings)
    return {planned.fix.parameter: planned.fix.new for planned in plan.changes}


class TestUsualLearningRate:
    @pytest.mark.parametrize(
        ("config", "rate"),
        [
            ({"parameters": SMALL}, 1.7e-4),
            ({"parameters": 110_000_000}, 3.2e-5),
            ({}, 5.5e-5),
        ],
    )
    def test_it_is_the_middle_of_the_range(self, config: dict[str, Any], rate: float) -> None:
        run = run_example(f1=(0.0,) * 8, steps_per_epoch=100, **config)
        assert fixes.usual_learning_rate(run)[0] == rate

    def test_few_steps_want_the_high_end_where_the_size_is_known(self) -> None:
        known = run_example(f1=(0.0,) * 8, steps_per_epoch=15, parameters=SMALL)
        new, how = fixes.usual_learning_rate(known)
        assert new == 3e-4
        assert "120 steps" in how
        unknown = run_example(f1=(0.0,) * 8, steps_per_epoch=15)
        assert fixes.usual_learning_rate(unknown)[0] == 5.5e-5

    def test_a_rate_far_too_low_is_no_guide(self) -> None:
        run = run_example(f1=(0.0,) * 8, steps_per_epoch=15, parameters=SMALL, learning_rate=3e-6)
        (fix,) = fixes.raise_learning_rate(run, 3)
        assert (fix.old, fix.new) == (3e-6, 3e-4)

    def test_a_rate_near_the_range_is_raised_by_the_factor(self) -> None:
        run = run_example(f1=(0.1,) * 8, parameters=SMALL, learning_rate=5e-5)
        (fix,) = fixes.raise_learning_rate(run, 3)
        assert fix.new == 1.5e-4


class TestNothingMoves:
    def test_a_rate_of_nought_explains_weights_that_stand_still(self) -> None:
        run = run_example(
            f1=(0.03,) * 4, eval_loss=(2.2,) * 4, train_loss=(2.2,) * 4, learning_rate=0.0, **ADAM
        )
        found = judged(run)
        assert found["no-gradient-flow"].consequence_of == "R601"
        assert set(applied(run)) == {"learning_rate"}

    def test_other_illogical_values_explain_no_such_thing(self) -> None:
        run = run_example(
            f1=(0.03,) * 4, eval_loss=(2.2,) * 4, learning_rate=1e-4, dropout=1.0, **ADAM
        )
        assert judged(run)["no-gradient-flow"].consequence_of is None

    def test_sgd_at_a_rate_for_adam_wants_adam(self) -> None:
        run = run_example(
            f1=LOW_SCORES, train_loss=SLOW_LOSSES, eval_loss=SLOW_LOSSES,
            learning_rate=3e-4, optim="sgd", parameters=SMALL,
        )  # fmt: skip
        finding = judged(run)["learning-rate-too-low"]
        assert "Plain SGD" in finding.message
        assert applied(run) == {"optim": "adamw_torch"}

    def test_sgd_at_a_rate_that_suits_nobody_wants_a_rate(self) -> None:
        run = run_example(
            f1=LOW_SCORES, train_loss=SLOW_LOSSES, learning_rate=1e-7, optim="sgd", parameters=SMALL
        )
        assert applied(run) == {"learning_rate": 0.05}

    def test_an_adam_with_sgd_in_a_name_is_no_sgd(self) -> None:
        run = run_example(
            f1=LOW_SCORES, train_loss=SLOW_LOSSES, learning_rate=3e-4, optim="adam_sgd"
        )
        assert "learning-rate-too-low" not in judged(run)


class TestEncoderThatIsNotTrained:
    def run(self, steps_per_epoch: int = 15, **environment: float) -> RunHistory:
        run = run_example(
            f1=LOW_SCORES, train_loss=SLOW_LOSSES, eval_loss=SLOW_LOSSES,
            steps_per_epoch=steps_per_epoch,
            learning_rate=3e-4, dataset={"train_sentences": 120, "dev_sentences": 80}, **ADAM,
        )  # fmt: skip
        return replace(run, environment=environment)

    def test_it_is_to_be_trained(self) -> None:
        assert judged(self.run())["underfits"].fixes[0].parameter == "frozen_layers"

    def test_times_tell_whether_gradients_were_computed(self) -> None:
        forward_alone = self.run(train_seconds=5.4, evaluation_seconds=1.75)
        with_backward = self.run(train_seconds=10.3, evaluation_seconds=1.7)
        assert backward_cost(forward_alone) == pytest.approx(1.39, abs=0.01)
        assert backward_cost(with_backward) == pytest.approx(3.37, abs=0.01)
        assert judged(forward_alone)["underfits"].fixes[0].parameter == "frozen_layers"
        assert judged(with_backward)["underfits"].fixes[0].parameter == "epochs"

    def test_after_few_steps_nothing_is_said_of_it(self) -> None:
        finding = judged(self.run(steps_per_epoch=5))["underfits"]
        assert "frozen_layers" not in [fix.parameter for fix in finding.fixes]

    def test_without_times_the_cost_is_unknown(self) -> None:
        assert backward_cost(self.run()) is None
        assert backward_cost(self.run(train_seconds=1.0, evaluation_seconds=1.0)) is None


class TestUnusualValue:
    def far_off(self, *scores: float) -> RunHistory:
        return run_example(f1=scores, learning_rate=9e-3, **ADAM)

    def test_with_little_learned_it_is_a_warning_and_the_cause(self) -> None:
        found = judged(self.far_off(0.2, 0.07, 0.05, 0.03, 0.02, 0.01, 0.01, 0.01))
        assert found["unusual-hyperparameter"].severity is Severity.WARNING
        assert found["unusual-hyperparameter"].tier is Tier.STATISTICAL
        assert found["overfits-metric"].consequence_of == "R606"

    def test_with_something_learned_it_is_a_remark(self) -> None:
        found = judged(self.far_off(0.2, 0.4, 0.5, 0.51))["unusual-hyperparameter"]
        assert found.severity is Severity.INFO

    def test_before_the_end_it_is_a_remark(self) -> None:
        run = self.far_off(0.2, 0.07, 0.05)
        halfway = replace(run, config={**run.config, "max_steps": 2_000})
        assert judged(halfway)["unusual-hyperparameter"].severity is Severity.INFO

    def test_of_a_low_rate_the_curves_tell_more(self) -> None:
        run = run_example(f1=LOW_SCORES, train_loss=SLOW_LOSSES, learning_rate=3e-6, **ADAM)
        found = judged(run)
        assert found["unusual-hyperparameter"].severity is Severity.INFO
        assert found["learning-rate-too-low"].severity is Severity.WARNING

    def test_decay_of_other_optimizers_is_not_judged(self) -> None:
        for optimizer in ("adafactor", None):
            run = run_example(f1=(0.1, 0.1), weight_decay=100, optim=optimizer)
            assert "unusual-hyperparameter" not in judged(run)


class TestNameOfTheMetric:
    """The Trainer breaks off at a `metric_for_best_model` that it has not logged."""

    RISEN = run_example(
        f1=(0.6, 0.72, 0.73, 0.72, 0.73, 0.73), eval_loss=(0.5, 0.4, 0.5, 0.6, 0.7, 0.8)
    )

    def test_it_is_the_one_that_was_logged(self) -> None:
        run = replace(self.RISEN, notes=("eval_overall_f1 was read as f1.", "Something else."))
        assert fixes.logged_name(run) == "overall_f1"
        assert judged(run)["loss-rises-metric-holds"].fixes[0].new == "overall_f1"
        (keep,) = fixes.keep_best_epoch(run)
        assert keep.how == "with metric_for_best_model=overall_f1"
        assert '"overall_f1"' in fix_command(
            replace(check_up(run, run_rules()), findings=(best_kept(run),), reader="trainer_state")
        )

    def test_other_notes_and_columns_are_no_names_of_the_trainer(self) -> None:
        notes = (
            "val_f1 was read as f1.",
            "eval_x was read as accuracy.",
            "eval_a b was read as f1.",
        )
        assert fixes.logged_name(replace(self.RISEN, notes=notes)) == "f1"


def best_kept(run: RunHistory) -> Finding:
    finding = judged(run)["loss-rises-metric-holds"]
    return replace(finding, severity=Severity.WARNING, fixes=tuple(fixes.keep_best_epoch(run)))


class TestPlan:
    LOWER = Fix(text="Lower.", parameter="learning_rate", old=9e-3, new=3e-4)
    SHORTER = Fix(text="Shorter.", parameter="epochs", old=8, new=4)
    LONGER = Fix(text="Longer.", parameter="epochs", old=8, new=16)

    def planned(self, second: Fix) -> dict[str | None, Any]:
        template = judged(run_example(f1=(0.0, 0.0), learning_rate=-1.0))[
            "illogical-hyperparameter"
        ]
        findings = [
            replace(template, rule="R606", fixes=(self.LOWER,)),
            replace(template, rule="R206", fixes=(second,)),
        ]
        plan = plan_fixes(findings)
        return {planned.fix.parameter: planned.fix.new for planned in plan.changes}

    def test_a_curve_that_is_bent_tells_no_shorter_training(self) -> None:
        assert self.planned(self.SHORTER) == {"learning_rate": 3e-4}

    def test_a_longer_training_goes_with_another_rate(self) -> None:
        assert self.planned(self.LONGER) == {"learning_rate": 3e-4, "epochs": 16}

    def test_two_names_of_the_optimizer_are_one(self) -> None:
        template = judged(run_example(f1=(0.0, 0.0), learning_rate=-1.0))[
            "illogical-hyperparameter"
        ]
        one = Fix(text="So.", parameter="optim", new="adamw_torch")
        other = Fix(text="Or so.", parameter="optimizer", new="sgd")
        plan = plan_fixes(
            [replace(template, fixes=(one,)), replace(template, rule="R606", fixes=(other,))]
        )
        assert [planned.fix for planned in plan.changes] == [one]


class TestFewSteps:
    def fixes(self, batch: int, steps_per_epoch: int, epochs: int) -> list[str | None]:
        run = run_example(
            f1=(0.0,) * epochs, steps_per_epoch=steps_per_epoch, batch_size=batch, epochs=epochs
        )
        return [fix.parameter for fix in judged(run)["too-few-steps"].fixes]

    def test_the_change_that_gives_more_steps_comes_first(self) -> None:
        assert self.fixes(64, 2, 8) == ["batch_size", "epochs"]
        assert self.fixes(16, 8, 3) == ["epochs", "batch_size"]


class TestWarningsThatAreDue:
    RISING = (0.27, 0.45, 0.59, 0.6, 0.61, 0.62, 0.68, 0.7)

    def test_a_rise_that_flattens_is_a_remark(self) -> None:
        flattens = (0.0, 0.35, 0.51, 0.586, 0.586, 0.604, 0.642, 0.656, 0.66)
        found = judged(run_example(f1=flattens))["still-improving"]
        assert found.severity is Severity.INFO

    def test_a_steep_rise_is_a_warning(self) -> None:
        found = judged(run_example(f1=self.RISING))["still-improving"]
        assert found.severity is Severity.WARNING

    def test_sentences_known_by_heart_teach_no_more(self) -> None:
        losses = (1.66, 0.5, 0.16, 0.1, 0.03, 0.02, 0.012, 0.01)
        found = judged(run_example(f1=self.RISING, train_loss=losses))["still-improving"]
        assert found.severity is Severity.INFO

    @pytest.mark.parametrize(
        ("accuracy", "severity"),
        [((0.71, 0.845, 0.93), Severity.INFO), ((0.71, 0.72, 0.74), Severity.WARNING)],
    )
    def test_accuracy_alone_is_a_warning_where_few_errors_went(
        self, accuracy: tuple[float, ...], severity: Severity
    ) -> None:
        run = run_example(accuracy=accuracy, id2label={0: "O", 1: "B-PER", 2: "I-PER"})
        assert judged(run)["accuracy-flatters"].severity is severity

    def test_two_readings_within_noise_are_no_mismatch(self) -> None:
        gold = (("B-PER", "I-PER", "O"),) * 40
        predicted = (*gold[:20], *(("O", "O", "O"),) * 19, ("I-PER", "I-PER", "O"))
        run = run_example(f1=(0.5, 0.6), predictions=Predictions(gold=gold, predicted=predicted))
        assert "scheme-mismatch" not in judged(run)

    def test_the_wrong_direction_explains_the_score_at_the_end(self) -> None:
        run = run_example(
            f1=(0.1, 0.3, 0.5, 0.6, 0.65, 0.66, 0.67, 0.0, 0.0, 0.0),
            load_best_model_at_end=True, metric_for_best_model="f1", greater_is_better=False,
        )  # fmt: skip
        found = judged(run)
        assert found["overfits-metric"].consequence_of == "R602"
        assert applied(run) == {"greater_is_better": True}

    def test_seconds_of_evaluation_are_nobodys_trouble(self) -> None:
        short = replace(
            run_example(f1=(0.5, 0.6)),
            environment={"train_seconds": 50.0, "evaluation_seconds": 30.0},
        )
        long = replace(short, environment={"train_seconds": 500.0, "evaluation_seconds": 300.0})
        assert "too-slow" not in judged(short)
        assert "too-slow" in judged(long)

    def test_a_type_that_is_never_found_shows_beside_one_that_is(self) -> None:
        found = {"precision": 0.7, "recall": 0.6, "f1": 0.65, "support": 40}
        never = {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 40}
        run = run_example(f1=(0.3, 0.45), per_type=({"PER": found, "LOC": never},) * 2)
        assert judged(run)["type-collapse"].severity is Severity.WARNING
        weak = {**found, "f1": 0.4}
        other = run_example(f1=(0.3, 0.4), per_type=({"PER": weak, "LOC": never},) * 2)
        assert "type-collapse" not in judged(other)
