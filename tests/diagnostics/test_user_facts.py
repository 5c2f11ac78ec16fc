"""What the user adds to a log: the size of the data, and the metric that counts."""

from __future__ import annotations

import pytest

from diagnostics import series
from diagnostics.errors import DiagnosticsError
from diagnostics.examples import run_example
from diagnostics.subjects.run_history import Epoch, RunHistory
from diagnostics.user_facts import available_metrics, with_metric, with_train_size

RUN = run_example(f1=(0.5, 0.6), accuracy=(0.9, 0.8), eval_loss=(0.4, 0.5))


def test_the_size_of_the_training_set_replaces_what_was_read() -> None:
    run = run_example(f1=(0.5,), dataset={"train_sentences": 5, "dev_sentences": 7})
    assert with_train_size(run, 300).dataset == {"train_sentences": 300, "dev_sentences": 7}
    with pytest.raises(DiagnosticsError, match="at least 1"):
        with_train_size(run, 0)


@pytest.mark.parametrize("name", ["accuracy", "eval_accuracy", "Accuracy", "eval_overall_accuracy"])
def test_another_metric_decides_which_epoch_is_best(name: str) -> None:
    run = with_metric(RUN, name)
    best = series.best_point(run)
    assert run.monitor == "accuracy"
    assert best is not None and best.epoch == 1


@pytest.mark.parametrize(
    ("name", "higher"),
    [
        ("wer", False),
        ("perplexity", False),
        ("mse_loss", False),
        ("word_error", False),
        ("bleu", True),
    ],
)
def test_direction(name: str, higher: bool) -> None:
    run = RunHistory(epochs=(Epoch(number=1, metrics={name: 0.5}),))
    assert with_metric(run, name).higher_is_better is higher


def test_the_loss_is_a_metric_too() -> None:
    run = with_metric(RUN, "eval_loss")
    assert (run.monitor, run.higher_is_better) == ("loss", False)


def test_an_absent_metric_is_answered_with_those_that_are_there() -> None:
    assert available_metrics(RUN) == ("accuracy", "f1", "loss")
    with pytest.raises(DiagnosticsError) as raised:
        with_metric(RUN, "eval_acuracy")
    assert "Did you mean `accuracy`? It logged accuracy, f1, loss." in str(raised.value)
    with pytest.raises(DiagnosticsError, match="It logged no metric at all"):
        with_metric(run_example(train_loss=(0.5,)), "f1")
