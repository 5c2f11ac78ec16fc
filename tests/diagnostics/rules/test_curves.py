"""Verdicts on curves that examples alone do not pin down: traps seen in public runs."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from diagnostics.checkup import check_up, run_rules
from diagnostics.examples import run_example
from diagnostics.findings import Finding, Flagged, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.subjects.predictions import Predictions
from diagnostics.subjects.run_history import Epoch, RunHistory, Step

RULES = {rule.name: rule for rule in run_rules()}


def rule(name: str) -> Rule[RunHistory]:
    return RULES[name]


def found(name: str, run: RunHistory) -> list[Finding]:
    outcome = rule(name).judge(run)
    return list(outcome.findings) if isinstance(outcome, Flagged) else []


def measured(name: str, values: Sequence[float], losses: Sequence[float] = ()) -> RunHistory:
    """Return a run with an error rate or a perplexity, which is better when lower."""
    return RunHistory(
        epochs=tuple(
            Epoch(
                number=index + 1,
                step=100 * (index + 1),
                metrics={name: value},
                eval_loss=losses[index] if index < len(losses) else None,
            )
            for index, value in enumerate(values)
        ),
        monitor=name,
        higher_is_better=False,
    )


@pytest.mark.parametrize("each", run_rules(), ids=lambda each: str(each.name))
def test_severity_rests_on_evidence(each: Rule[RunHistory]) -> None:
    for example in each.bad.values():
        for finding in found(each.name, example):
            if finding.severity is Severity.ERROR:
                assert finding.tier is Tier.CONCLUSIVE
            if finding.severity is Severity.WARNING:
                assert finding.tier is not Tier.HEURISTIC


class TestNonFinite:
    def test_an_infinite_loss_beside_a_good_error_rate_is_a_remark(self) -> None:
        run = measured("wer", (0.29, 0.22, 0.185), (math.inf, math.inf, math.inf))
        assert [finding.severity for finding in found("non-finite-loss", run)] == [Severity.INFO]

    def test_an_error_rate_of_one_is_no_good_score(self) -> None:
        run = measured("wer", (0.3, 0.11, 1.0, 1.0), (0.4, 0.13, math.nan, math.nan))
        assert [finding.severity for finding in found("non-finite-loss", run)] == [Severity.ERROR]

    def test_the_step_at_which_the_log_turns_to_zero_is_named(self) -> None:
        run = run_example(step_losses=[0.8] * 30 + [0.0] * 10, steps_per_epoch=20)
        (finding,) = found("non-finite-loss", run)
        assert "at step 31" in finding.message

    def test_rewards_around_zero_are_no_hidden_nan(self) -> None:
        run = run_example(step_losses=[0.1, -0.1, 0.05] * 10 + [0.0] * 10, steps_per_epoch=20)
        assert found("non-finite-loss", run) == []

    def test_finite_figures_after_it_mean_that_the_weights_survived(self) -> None:
        lost = run_example(train_loss=(0.9, math.nan), f1=(0.5, 0.6), fp16=True)
        run = replace(lost, environment={"device": "Tesla T4"})
        (finding,) = found("non-finite-loss", run)
        assert finding.severity is Severity.WARNING
        assert "survived" in finding.message
        assert finding.fixes[0].new == "fp32"
        ampere = replace(lost, environment={"device": "NVIDIA A100-SXM4-40GB"})
        assert found("non-finite-loss", ampere)[0].fixes[0].new == "bf16"

    def test_what_was_survived_explains_nothing(self) -> None:
        run = run_example(train_loss=(0.9, math.nan), f1=(0.5, 0.6), max_steps=40)
        checkup = check_up(run, run_rules())
        assert not [each for each in checkup.findings if each.consequence_of == "R101"]

    def test_a_finite_step_before_the_last_nan_proves_nothing(self) -> None:
        run = run_example(step_losses=[0.8, math.nan, 0.7, math.nan, math.nan, 0.0], f1=(0.0,))
        run = replace(run, epochs=(replace(run.epochs[0], train_loss=math.nan),))
        (finding,) = found("non-finite-loss", run)
        assert finding.severity is Severity.ERROR


class TestNotLearning:
    def test_ten_epochs_without_step_numbers_can_be_judged(self) -> None:
        epochs = tuple(
            Epoch(number=index + 1, eval_loss=2.302, train_loss=2.302, metrics={"accuracy": 0.1135})
            for index in range(12)
        )
        run = RunHistory(epochs=epochs, monitor="accuracy")
        assert found("not-learning", run)
        short = RunHistory(epochs=epochs[:5], monitor="accuracy")
        assert isinstance(rule("not-learning").judge(short), NotApplicable)

    def test_a_constant_answer_is_told_from_early_convergence(self) -> None:
        constant = run_example(
            eval_loss=(0.693, 0.694, 0.693, 0.693), accuracy=(0.5,) * 4, f1=(0.667,) * 4
        )
        converged = run_example(
            eval_loss=(0.45, 0.45, 0.45, 0.45), accuracy=(0.9,) * 4, f1=(0.9,) * 4
        )
        (finding,) = found("not-learning", constant)
        assert "most frequent answer" in finding.message
        assert found("not-learning", converged) == []


class TestScales:
    """Thresholds for scores from 0 to 1 must not judge perplexities and percentages."""

    def test_a_tenth_of_a_perplexity_of_sixty_is_no_gain(self) -> None:
        run = measured("perplexity", (73.5, 66.6, 64.0, 62.7, 62.5))
        assert found("still-improving", run) == []

    def test_a_steady_rise_of_a_perplexity_is_overfitting(self) -> None:
        run = measured("perplexity", (60, 40, 30, 25, 26, 27, 28, 29, 30, 31))
        (finding,) = found("overfits-metric", run)
        assert "rises from 25.000" in finding.message

    def test_error_rates_are_scores_from_zero_to_one(self) -> None:
        run = measured("wer", (1.0, 0.8, 0.6, 0.5, 0.42, 0.35))
        assert found("still-improving", run)


class TestOverfitting:
    def test_one_step_down_is_no_trend_however_long_it_lasts(self) -> None:
        run = run_example(f1=(0.5, 0.78, 0.94, 0.94, 0.94, *(0.875,) * 8))
        assert found("overfits-metric", run) == []

    def test_a_collapse_needs_no_trend(self) -> None:
        run = run_example(accuracy=(0.92, 0.94, 0.31, 0.3, 0.34))
        assert [finding.severity for finding in found("overfits-metric", run)] == [Severity.WARNING]

    def test_the_collapse_is_not_blamed_on_a_training_loss_that_falls(self) -> None:
        run = run_example(
            train_loss=(0.11, 0.15, 0.1, 0.087, 0.057), accuracy=(0.92, 0.94, 0.31, 0.3, 0.34)
        )
        assert found("learning-rate-too-high", run) == []

    def test_a_gap_alone_is_a_remark(self) -> None:
        run = run_example(
            train_loss=(0.5, 0.1, 0.01), eval_loss=(0.4, 0.42, 0.6), f1=(0.4, 0.48, 0.49)
        )
        assert [finding.severity for finding in found("memorised", run)] == [Severity.INFO]


class TestFewEvaluations:
    @pytest.mark.parametrize("count", [2, 3])
    def test_a_large_last_gain_is_a_remark_without_a_trend(self, count: int) -> None:
        (finding,) = found("still-improving", run_example(f1=(0.3, 0.45, 0.6)[:count]))
        assert (finding.severity, finding.tier) == (Severity.INFO, Tier.HEURISTIC)
        assert "no trend" in finding.message

    def test_three_epochs_of_a_good_run_raise_nothing(self) -> None:
        assert found("still-improving", run_example(f1=(0.913, 0.941, 0.941))) == []
        assert found("loss-rises-metric-holds", run_example(
            f1=(0.9, 0.91, 0.91), eval_loss=(0.22, 0.2, 0.216)
        )) == []  # fmt: skip


class TestLuck:
    """Curves that converge, with noise and nothing else, must stay without warnings."""

    def simulated(self, generator: random.Random, length: int) -> RunHistory:
        top, noise = generator.uniform(0.65, 0.92), 0.03
        reached = [
            top * (1 - math.exp(-6 * (index + 1) / length)) + generator.gauss(0, noise)
            for index in range(length)
        ]
        falling = [0.2 + math.exp(-5 * (index + 1) / length) for index in range(length)]
        return run_example(
            f1=reached, precision=reached, recall=reached,
            train_loss=falling, eval_loss=falling, steps_per_epoch=60, learning_rate=3e-5,
            dataset={"dev_entities": round((1.56 / noise) ** 2 * top * (1 - top))},
        )  # fmt: skip

    @pytest.mark.parametrize("length", [3, 5, 10, 20, 40])
    def test_false_alarms_are_rare(self, length: int) -> None:
        generator = random.Random(length)
        alarmed = [
            [found.name for found in check_up(run, run_rules()).findings if found.severity.rank < 2]
            for run in (self.simulated(generator, length) for _ in range(60))
        ]
        named = [[name for name in names if name != "dev-set-too-small"] for names in alarmed]
        assert sum(map(bool, named)) <= 6


class TestSchedule:
    RATES = tuple(step / 500 * 5e-5 for step in range(1, 61))

    def test_a_warm_up_that_never_ended_is_the_cause_of_the_rest(self) -> None:
        run = run_example(
            step_rates=self.RATES, f1=(0, 0, 0), precision=(0, 0, 0), recall=(0, 0, 0),
            steps_per_epoch=20, warmup_steps=500,
        )  # fmt: skip
        findings = {found.name: found for found in check_up(run, run_rules()).findings}
        (fix,) = findings["schedule-dead-tail"].fixes
        assert (fix.parameter, fix.old, fix.new) == ("warmup_steps", 500, 6)
        assert findings["all-o-collapse"].consequence_of is not None

    def test_it_is_a_remark_where_the_run_learned_all_the_same(self) -> None:
        run = run_example(step_rates=self.RATES, f1=(0.8, 0.9, 0.97), steps_per_epoch=20)
        severities = [finding.severity for finding in found("schedule-dead-tail", run)]
        assert severities == [Severity.INFO]

    def test_a_run_whose_plan_is_unknown_may_warm_up_yet(self) -> None:
        steps = tuple(
            Step(step=place, learning_rate=rate) for place, rate in enumerate(self.RATES, start=1)
        )
        run = RunHistory(epochs=(Epoch(number=1, step=60),), steps=steps)
        assert isinstance(rule("schedule-dead-tail").judge(run), NotApplicable)


class TestSpikes:
    LOSSES = tuple(0.2 + 2 * 0.97**step + 0.03 * (step * 7 % 5) for step in range(200))

    def spiked(self, *places: int, norm: float = 1.0) -> RunHistory:
        steps = tuple(
            Step(
                step=place + 1,
                loss=3.0 if place in places else loss,
                grad_norm=norm + (place % 10) / 10,
            )
            for place, loss in enumerate(self.LOSSES)
        )
        return RunHistory(epochs=(Epoch(number=4, step=200),), steps=steps)

    def test_the_gradient_is_clipped_at_its_ninetieth_percentile(self) -> None:
        (finding,) = found("loss-spikes", self.spiked(60, 90, 117, 151))
        assert (finding.fixes[0].parameter, finding.fixes[0].new) == ("max_grad_norm", 1.8)

    def test_bumps_at_the_beginning_of_epochs_are_a_remark(self) -> None:
        (finding,) = found("loss-spikes", self.spiked(50, 100, 150))
        assert finding.severity is Severity.INFO

    def test_early_spikes_ask_for_a_longer_warm_up(self) -> None:
        run = RunHistory(
            epochs=(Epoch(number=1, step=2000),),
            steps=tuple(
                Step(step=place + 1, loss=9.0 if place in {30, 60, 100} else 1.0 + place % 3 / 50)
                for place in range(2000)
            ),
        )
        (finding,) = found("loss-spikes", run)
        assert "warmup_ratio" in {fix.parameter for fix in finding.fixes}


class TestMetric:
    def test_a_suspect_metric_is_the_cause_of_what_is_read_from_it(self) -> None:
        run = run_example(accuracy=(201.6, 181.2, 150.1), eval_loss=(0.7, 0.8, 0.9))
        findings = check_up(run, run_rules()).findings
        kept = next(found for found in findings if found.name == "wrong-checkpoint-kept")
        assert kept.consequence_of == "R307"

    def test_nan_counts_in_the_end_only(self) -> None:
        nan = math.nan
        early = run_example(f1=(nan, 0.4, 0.5), precision=(nan, 0.4, 0.5), recall=(0, 0.4, 0.5))
        late = run_example(f1=(0.4, nan, nan))
        assert found("metric-suspect", early) == []
        assert "nan" in found("metric-suspect", late)[0].message

    def test_percentages_are_a_remark(self) -> None:
        run = run_example(f1=(71.2, 80.4, 83.3))
        assert [finding.severity for finding in found("metric-suspect", run)] == [Severity.INFO]

    def test_always_positive_is_no_mix_of_averages(self) -> None:
        run = run_example(
            f1=(0.66, 0.66), precision=(0.5, 0.5), recall=(1.0, 1.0), accuracy=(0.5, 0.5)
        )
        assert found("metric-suspect", run) == []

    def test_part_of_speech_tags_scored_as_chunks_are_a_remark(self) -> None:
        run = run_example(
            f1=(0.9, 0.92), precision=(0.9, 0.92), recall=(0.9, 0.92),
            labels=["NOUN", "VERB", "ADJ"], architecture="BertForTokenClassification",
        )  # fmt: skip
        assert [found.severity for found in found("labels-are-not-chunks", run)] == [Severity.INFO]

    def test_odd_label_lists_are_passed_over(self) -> None:
        for odd in ({"a": "O"}, {0: 1}, "O", 3, [], ["O", 2], {0: "O", "x" * 99: "B-PER"}):
            run = run_example(f1=(0.4,), precision=(0.4,), recall=(0.4,), id2label=odd)
            assert check_up(run, run_rules()).crashed == ()


class TestUnlabelled:
    def test_it_is_the_cause_of_the_collapse(self) -> None:
        run = rule("entities-left-unlabelled").bad[
            "recall falls from 0.6 to 0.02, the training loss falls, too"
        ]
        first, *rest = check_up(run, run_rules()).findings
        assert first.name == "entities-left-unlabelled"
        causes = {finding.name: finding.consequence_of for finding in rest}
        assert causes["overfits-metric"] == "R311"

    def test_a_split_of_unknown_size_needs_a_larger_fall(self) -> None:
        run = run_example(
            f1=(0.5, 0.6, 0.55, 0.52, 0.5, 0.48),
            precision=(0.5, 0.6, 0.62, 0.64, 0.65, 0.66),
            recall=(0.5, 0.6, 0.52, 0.47, 0.42, 0.38),
            train_loss=(0.9, 0.5, 0.3, 0.2, 0.1, 0.05),
        )
        assert found("entities-left-unlabelled", run) == []
        known = dataclasses.replace(run, dataset={"dev_entities": 1000})
        assert found("entities-left-unlabelled", known)


class TestPredictions:
    GOLD = (("O", "B-PER", "I-PER", "O", "B-LOC", "O"),) * 20

    def test_without_predictions_a_shift_cannot_be_seen(self) -> None:
        outcome = rule("token-label-shift").judge(run_example(f1=(0.05,)))
        assert isinstance(outcome, NotApplicable)
        assert "dev_predictions.jsonl" in outcome.reason

    def test_a_shift_is_the_cause_of_a_score_of_nought(self) -> None:
        late = tuple(("O", *tags[:-1]) for tags in self.GOLD)
        run = run_example(
            f1=(0.0, 0.0), precision=(0.0, 0.0), recall=(0.0, 0.0), steps_per_epoch=400,
            predictions=Predictions(gold=self.GOLD, predicted=late),
        )  # fmt: skip
        first, *rest = check_up(run, run_rules()).findings
        assert first.name == "token-label-shift"
        assert {found.consequence_of for found in rest if found.name == "all-o-collapse"} == {
            "R310"
        }

    def test_a_model_that_knows_more_labels_than_the_data_is_fine(self) -> None:
        run = run_example(
            f1=(0.8,), labels=["O", "B-PER", "B-LOC"], dataset={"labels": ["O", "B-PER"]}
        )
        assert found("label-map-mismatch", run) == []


def test_a_loss_in_the_millions_is_remarked_where_nothing_else_is_logged() -> None:
    losses = (1_929_010.0, 1_655_342.0)
    run = dataclasses.replace(run_example(eval_loss=losses), config={"num_labels": 9})
    (finding,) = found("loss-far-above-chance", run)
    assert finding.severity is Severity.INFO
    assert "1,655,342" in finding.message
    assert "among 9 labels gives 2.2" in finding.message
    (finding,) = found(
        "loss-far-above-chance",
        dataclasses.replace(run, config={"architecture": "BertForTokenClassification"}),
    )
    assert finding.severity is Severity.WARNING


def test_the_loss_of_a_regression_has_no_scale() -> None:
    outcome = rule("loss-far-above-chance").judge(measured("mae", (300.0, 200.0), (9e6, 8e6)))
    assert isinstance(outcome, NotApplicable)


@pytest.mark.parametrize(
    ("f1", "words"),
    [
        ((0.3, 0.5, 0.7, 0.73, 0.72, 0.69, 0.65, 0.62, 0.61, 0.6), "did harm: it ends at 0.610"),
        ((0.3, 0.5, 0.7, 0.73, 0.72, 0.73, 0.72, 0.73, 0.72, 0.725), "added less than its noise"),
    ],
    ids=["falls", "holds"],
)
def test_wasted_epochs_say_whether_they_did_harm(f1: Sequence[float], words: str) -> None:
    (finding,) = found("wasted-epochs", run_example(f1=f1))
    assert words in finding.message
