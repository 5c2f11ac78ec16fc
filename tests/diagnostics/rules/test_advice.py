"""What findings say and advise must fit the run, and never contradict another finding."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from diagnostics import fixes, needs
from diagnostics.checkup import check_up, run_rules
from diagnostics.examples import run_example
from diagnostics.findings import Finding, Severity
from diagnostics.fix_plan import plan_fixes
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import Epoch, RunEvent, RunHistory

RULES = {rule.name: rule for rule in run_rules()}
STOPPED = RunEvent(kind="interrupted", message="KeyboardInterrupt")
FULL = RunEvent(kind="out-of-memory", message="CUDA out of memory.")


def rule(name: str) -> Rule[RunHistory]:
    return RULES[name]


def judged(run: RunHistory) -> dict[str, Finding]:
    """Return the findings of a checkup by the name of their rule."""
    return {finding.name: finding for finding in check_up(run, run_rules()).findings}


def monitored(name: str, *values: float) -> RunHistory:
    """Return a run that logs a single score, which is better when higher."""
    epochs = tuple(
        Epoch(number=place, step=100 * place, metrics={name: value})
        for place, value in enumerate(values, start=1)
    )
    return RunHistory(epochs=epochs, monitor=name)


class TestUnknownLearningRate:
    RUN = run_example(f1=(0.1, 0.2))

    def test_no_value_is_invented(self) -> None:
        lower = fixes.lower_learning_rate(self.RUN, 3)
        (higher,) = fixes.raise_learning_rate(self.RUN, 3)
        assert lower.text == "Try a third of the present learning rate."
        assert higher.text == "Try three times the present learning rate."
        for fix in (lower, higher):
            assert (fix.parameter, fix.old, fix.new, fix.how) == (None, None, None, "")

    def test_the_usual_range_is_named_where_the_size_of_the_encoder_is_known(self) -> None:
        run = run_example(f1=(0.1, 0.2), parameters=110_000_000)
        fix = fixes.lower_learning_rate(run, 10)
        assert fix.text == (
            "Try a tenth of the present learning rate; usual for a base encoder is 2e-05 to 5e-05."
        )
        assert fix.parameter is None

    def test_a_factor_without_a_name_is_a_figure(self) -> None:
        assert "1/4 of the present" in fixes.lower_learning_rate(self.RUN, 4).text


class TestLossRisesScoreHolds:
    LOSSES = (0.4, 0.45, 0.5, 0.6, 0.7, 0.8)

    def test_it_is_silent_where_the_score_fell_from_its_best(self) -> None:
        # 0.70 at the lowest loss and at the end, but 0.80 between them.
        run = run_example(f1=(0.7, 0.8, 0.78, 0.74, 0.71, 0.7), eval_loss=self.LOSSES)
        assert "loss-rises-metric-holds" not in judged(run)

    def test_it_is_silent_where_the_last_weights_are_the_worse_ones(self) -> None:
        run = run_example(f1=(0.7, 0.72, 0.72, 0.72, 0.72, 0.6), eval_loss=self.LOSSES)
        assert "loss-rises-metric-holds" not in judged(run)

    def test_message_and_evidence_give_the_last_score(self) -> None:
        run = run_example(f1=(0.7, 0.72, 0.73, 0.725, 0.73, 0.721), eval_loss=self.LOSSES)
        finding = judged(run)["loss-rises-metric-holds"]
        assert "0.721 at the end" in finding.message
        figures = {evidence.label: evidence.value for evidence in finding.evidence}
        assert figures["last score"] == 0.721


def test_a_large_loss_is_one_figure_in_message_and_evidence() -> None:
    run = run_example(
        train_loss=(900.0, 700.0, 600.0, 4_000.0, 8_450.0, 8_556.0), f1=(0.3, 0.6, 0.6, 0.1, 0, 0)
    )
    finding = judged(run)["learning-rate-too-high"]
    assert "climbs back from 600 to 8556" in finding.message
    assert [evidence.value for evidence in finding.evidence] == [600.0, 8_556.0]


class TestWastedEpochs:
    def test_a_score_that_creeps_up_wastes_nothing(self) -> None:
        creeping = tuple(0.9 + 0.001 * place for place in range(12))
        assert "wasted-epochs" not in judged(run_example(f1=creeping))

    def test_the_best_epoch_is_not_the_last(self) -> None:
        run = run_example(f1=(0.5, 0.7, 0.8, 0.799, 0.801, 0.8, 0.799, 0.8, 0.8, 0.805))
        assert "wasted-epochs" not in judged(run)

    def test_an_evaluation_loss_that_falls_is_progress(self) -> None:
        losses = (0.9, 0.6, 0.5, 0.45, 0.4, 0.36, 0.33, 0.3, 0.28, 0.26)
        run = run_example(
            f1=(0.5, 0.7, 0.8, 0.8, 0.802, 0.799, 0.8, 0.8, 0.8, 0.8), eval_loss=losses
        )
        assert "wasted-epochs" not in judged(run)
        assert "wasted-epochs" in judged(replace(run, epochs=tuple(
            replace(point, eval_loss=max(0.5, point.eval_loss or 0.0)) for point in run.epochs
        )))  # fmt: skip

    def test_the_message_claims_no_more_than_the_noise_allows(self) -> None:
        run = run_example(f1=(0.5, 0.7, 0.8, 0.8, 0.802, 0.799, 0.801, 0.8, 0.802, 0.8, 0.8, 0.8))
        uneven = replace(run, epochs=tuple(
            replace(point, number=point.number * 12.5 / 7) for point in run.epochs
        ), config={})  # fmt: skip
        message = judged(uneven)["wasted-epochs"].message
        assert "added less than its noise of 0.010" in message
        assert "the 16.1 epochs after it" in message


class TestMetricOfAnotherKind:
    def test_an_accuracy_logged_as_a_count_is_divided(self) -> None:
        finding = judged(run_example(accuracy=(201, 230, 242)))["metric-suspect"]
        assert "a count where" in finding.message
        assert finding.fixes[0].text == "Divide the accuracy by the number of examples."
        assert "seqeval" not in str(finding.fixes)

    @pytest.mark.parametrize("value", [83.0, 83.3, 100.0])
    def test_up_to_a_hundred_is_a_percentage_as_readers_have_it(self, value: float) -> None:
        finding = judged(run_example(accuracy=(71.2, 80.4, value)))["metric-suspect"]
        assert "a percentage" in finding.message
        assert finding.fixes[0].text == "Divide the accuracy by 100."

    def test_only_token_classifiers_are_told_of_entities(self) -> None:
        names = ("f1", "precision", "recall", "accuracy")
        scores: dict[str, Any] = dict.fromkeys(names, (0.7, 0.8))
        texts = run_example(**scores, architecture="BertForSequenceClassification")
        tokens = run_example(**scores, architecture="BertForTokenClassification")
        assert "seqeval" not in str(rule("metric-suspect").judge(texts))
        assert "seqeval" in str(rule("metric-suspect").judge(tokens))


class TestZeroThroughout:
    def test_an_accuracy_of_nought_is_suspect(self) -> None:
        (finding,) = check_up(run_example(accuracy=(0.0,) * 11), [rule("metric-suspect")]).findings
        assert "accuracy is exactly 0 in all 11 evaluations" in finding.message
        assert finding.severity is Severity.WARNING

    def test_so_is_any_other_score(self) -> None:
        assert "metric-suspect" in judged(monitored("exact_match", 0.0, 0.0, 0.0, 0.0))

    def test_a_run_in_the_first_half_of_its_plan_may_start_slowly(self) -> None:
        run = run_example(accuracy=(0.0,) * 3, max_steps=900, epochs=9)
        assert "metric-suspect" not in judged(run)

    def test_one_evaluation_without_a_hit_is_a_collapse(self) -> None:
        run = run_example(f1=(0.0,), precision=(0.0,), recall=(0.0,), accuracy=(0.87,))
        finding = judged(run)["all-o-collapse"]
        assert "at the only evaluation (epoch 1)" in finding.message
        assert finding.severity is Severity.WARNING

    def test_part_of_an_epoch_proves_nothing(self) -> None:
        run = run_example(f1=(0.0,), precision=(0.0,), recall=(0.0,))
        early = replace(run, epochs=(replace(run.epochs[0], number=0.4),), config={})
        assert "all-o-collapse" not in judged(early)


class TestInterruptedPastTheBest:
    @pytest.mark.parametrize(
        "scores",
        [
            (0.6, 0.72, 0.7, 0.67, 0.65, 0.62, 0.6),
            (0.5, 0.7, 0.8, 0.8, 0.802, 0.799, 0.801, 0.8, 0.802, 0.8, 0.801, 0.8),
        ],
        ids=["falls", "stands still"],
    )
    def test_it_is_not_resumed(self, scores: tuple[float, ...]) -> None:
        run = run_example(f1=scores, events=[STOPPED], max_steps=5_000, epochs=50)
        finding = judged(run)["interrupted"]
        assert finding.severity is Severity.INFO
        assert "resume_from_checkpoint" not in {fix.parameter for fix in finding.fixes}
        assert "best" in finding.fixes[0].text

    def test_a_run_that_still_gains_is_resumed(self) -> None:
        run = run_example(
            f1=(0.3, 0.4, 0.5, 0.6, 0.65, 0.7), events=[STOPPED], max_steps=5_000, epochs=50
        )
        finding = judged(run)["interrupted"]
        assert finding.severity is Severity.WARNING
        assert finding.fixes[0].parameter == "resume_from_checkpoint"

    @pytest.mark.parametrize(
        ("library", "words"),
        [
            ("transformers", "trainer.train(resume_from_checkpoint=True)"),
            ("lightning", 'trainer.fit(model, ckpt_path="last")'),
            ("flair", "trainer.resume(model)"),
            ("spacy", "from the start"),
        ],
    )
    def test_each_library_resumes_in_its_way(self, library: str, words: str) -> None:
        run = run_example(
            f1=(0.3, 0.4, 0.5, 0.6, 0.65, 0.7), events=[STOPPED], max_steps=5_000, epochs=50
        )
        finding = judged(replace(run, environment={"library": library}))["interrupted"]
        assert words in finding.fixes[0].text


class TestFewSentences:
    def test_the_steps_that_more_epochs_give_are_those_it_promises(self) -> None:
        run = run_example(f1=(0.1, 0.2, 0.3), steps_per_epoch=1, dataset={"train_sentences": 12})
        longer = [fix for fix in judged(run)["too-few-examples"].fixes if fix.parameter == "epochs"]
        assert [(fix.new, fix.how) for fix in longer] == [
            (30, "30 optimizer steps; 400 usually do")
        ]


class TestOtherLibraries:
    def test_spacy_gets_no_settings_of_transformers(self) -> None:
        zeros = (0.0, 0.0, 0.0)
        silent = run_example(f1=zeros, precision=zeros, recall=zeros)
        falls = run_example(f1=(0.6, 0.72, 0.7, 0.67, 0.65, 0.62, 0.6))
        for run in (silent, falls):
            named = {
                fix.parameter
                for finding in judged(replace(run, environment={"library": "spacy"})).values()
                for fix in finding.fixes
            }
            assert not named & {"label_pad_token_id", "load_best_model_at_end"}


class TestEvidence:
    def test_a_p_value_is_named_only_where_the_trend_decided(self) -> None:
        collapse = run_example(accuracy=(0.92, 0.94, 0.31, 0.3, 0.34))
        trend = run_example(f1=(0.6, 0.72, 0.7, 0.67, 0.65, 0.62, 0.6))
        for run, expected in ((collapse, False), (trend, True)):
            labels = {evidence.label for evidence in judged(run)["overfits-metric"].evidence}
            assert ("p of the fall" in labels) is expected

    def test_versions_do_not_explain_an_unknown_argument(self) -> None:
        assert rule("unknown-argument").id not in rule("version-conflict").explains


class TestTokenClassifiers:
    @pytest.mark.parametrize(
        "name",
        ["BertForTokenClassification", "SequenceTagger", "POSTagger", "BertNER", "NERModel",
         "BiLSTM_CRF", "BertCrfForNer", "MyEntityRecognizer"],
    )  # fmt: skip
    def test_by_name(self, name: str) -> None:
        assert needs.token_classifier(run_example(architecture=name)) is True

    @pytest.mark.parametrize(
        "name",
        [
            "BertForSequenceClassification",
            "GPT2LMHeadModel",
            "T5ForConditionalGeneration",
            "ImageClassification",
            "QuestionAnswering",
            "ObjectDetection",
        ],
    )
    def test_others_are_not(self, name: str) -> None:
        assert needs.token_classifier(run_example(architecture=name)) is False

    @pytest.mark.parametrize("name", ["", "MyModel", "Bert", "GENERATOR"])
    def test_an_own_class_is_unknown(self, name: str) -> None:
        assert needs.token_classifier(run_example(architecture=name)) is None

    def test_a_tagger_is_judged_as_one(self) -> None:
        zeros: dict[str, Any] = dict.fromkeys(("f1", "precision", "recall"), (0.0, 0.0, 0.0))
        for name in ("SequenceTagger", "MyModel"):
            assert "all-o-collapse" in judged(run_example(**zeros, architecture=name))
        flattered = run_example(accuracy=(0.95, 0.96, 0.97), architecture="SequenceTagger")
        assert "accuracy-flatters" in judged(flattered)
        own = run_example(accuracy=(0.95, 0.96, 0.97), architecture="MyModel")
        assert "accuracy-flatters" not in judged(own)


class TestUnknownBatch:
    def test_accumulation_is_never_the_whole_advice(self) -> None:
        run = run_example(train_loss=(0.9,), events=[FULL], epochs=9, max_steps=900)
        finding = judged(run)["out-of-memory"]
        assert finding.fixes[0].text.startswith("Halve per_device_train_batch_size")
        changed = {planned.fix.parameter for planned in plan_fixes([finding]).changes}
        assert "gradient_accumulation_steps" not in changed


def test_a_score_that_was_not_logged_is_not_named() -> None:
    run = run_example(step_losses=[5.3 + 0.01 * (step % 3) for step in range(200)])
    assert "score" not in judged(run)["not-learning"].message


def test_one_step_is_singular() -> None:
    run = run_example(f1=(0.1,), steps_per_epoch=1)
    assert "made only 1 optimizer step (" in judged(run)["too-few-steps"].message
